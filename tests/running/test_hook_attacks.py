"""A real server over loopback whose hooks are called by people, and answered by EHRs, who mean it no good."""

import gzip
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from select import select
from typing import Any

import pytest
import requests
import yaml
from joserfc import jws
from joserfc.jwk import ECKey

from bench import bodies
from bench.servers import free_port
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from tests.cds_hooks import fake_ehr as fakes
from tests.cds_hooks.fake_ehr import FakeEhr, fake_ehr
from tests.people import people

Json = dict[str, Any]
STORY = bodies.FIXTURES / "stories" / "crd"
OXYGEN: Json = json.loads((STORY / "02-sign-oxygen.hook.json").read_text("utf-8"))
SIGN = "/cds-services/order-sign"
ISSUER = "https://ehr.example.org"
KEY = ECKey.generate_key("P-384", {"kid": "ec-1"})
FROM_AFAR = {"X-Forwarded-For": "203.0.113.9"}
ACCESS_TOKEN = "tok_hZ81kQ-of-the-ehr"
LONGEST_SECONDS = 5.0
"""What the guide gives an order-sign, from end to end."""


@dataclass(frozen=True)
class Server:
    """A running server, and the files it writes."""

    port: int
    process: "subprocess.Popen[bytes]"
    log: Path
    database: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def post(self, body: Json | bytes, path: str = SIGN, **headers: str) -> requests.Response:
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        usual = {"Content-Type": "application/json"}
        return requests.post(self.url + path, data=sent, headers=usual | headers, timeout=30)

    def threads(self) -> int:
        """Of all its workers, as the kernel counts them."""
        return sum(1 for pid in self._workers() for _ in Path(f"/proc/{pid}/task").iterdir())

    def megabytes(self) -> float:
        status = [Path(f"/proc/{pid}/status").read_text() for pid in self._workers()]
        lines = [line for text in status for line in text.splitlines() if line.startswith("VmRSS")]
        return sum(int(line.split()[1]) for line in lines) / 1024

    def open_files(self) -> int:
        return sum(1 for pid in self._workers() for _ in Path(f"/proc/{pid}/fd").iterdir())

    def _workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@contextmanager
def running(folder: Path, database: Path, workers: int = 2, more: dict[str, str] | None = None) -> Iterator[Server]:
    """`fhir-um serve` in the sandbox, with one registered EHR."""
    clients = folder / "clients.yaml"
    entry = {"id": "ehr-1", "name": "General Hospital", "issuer": ISSUER, "keys": [KEY.as_dict(private=False)]}
    clients.write_text(yaml.safe_dump({"clients": [entry]}))
    port, log = free_port(), folder / "server.log"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FHIR_UM_")}
    settings = {
        "FHIR_UM_DATABASE_URL": f"sqlite:///{database}",
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_PORT": str(port),
        "FHIR_UM_WORKERS": str(workers),
        "FHIR_UM_HOOK_CLIENTS": str(clients),
        "FHIR_UM_LOG_LEVEL": "debug",
        "FHIR_UM_LONGEST_WAIT_MS": "0",
        **(more or {}),
    }
    with log.open("wb") as output:
        command = [sys.executable, "-m", "fhir_um", "serve"]
        process = subprocess.Popen(command, env=inherited | settings, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait(port, process)
            yield Server(port, process, log, database)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end and process.poll() is None:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


@pytest.fixture(scope="module")
def seeded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the demo's people."""
    file = tmp_path_factory.mktemp("people") / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    deps = make_deps(Settings(database_url=f"sqlite:///{file}"))
    seed(people(), deps)
    deps.store.close()
    return file


@pytest.fixture(scope="module")
def server(seeded: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server of two processes for all tests that leave it as it was."""
    folder = tmp_path_factory.mktemp("attacked")
    database = folder / "fhir-um.db"
    database.write_bytes(seeded.read_bytes())
    with running(folder, database) as started:
        yield started


def call(version: str = "2.0", **changed: Any) -> Json:
    """The signed oxygen order of the story, with everything prefetched."""
    body = deepcopy(OXYGEN) | changed
    body["extension"] = {"davinci-crd.requestedVersion": version}
    return body


def of(ehr: FakeEhr | str, **changed: Any) -> Json:
    """The same order with nothing prefetched: everything has to be asked of that EHR."""
    access = {"access_token": ACCESS_TOKEN, "token_type": "Bearer", "expires_in": 300, "subject": "us", "scope": "x"}
    url = ehr if isinstance(ehr, str) else ehr.url
    return call(**{"prefetch": {}, "fhirServer": url, "fhirAuthorization": access, **changed})


class Everywhere(dict[str, fakes.Answer]):
    """The same answer at every address."""

    def __init__(self, answer: fakes.Answer) -> None:
        self.answer = answer

    def get(self, _key: str, _otherwise: Any = None) -> Any:
        return self.answer


_ENDLESS_PAGES = {"resourceType": "Bundle", "link": [{"relation": "next", "url": "Coverage?more"}], "entry": []}
_ODD_ROWS = [None, 7, {"resource": {"resourceType": []}}, {"resource": {"resourceType": "Coverage", "id": {}}}]
HOSTILE: dict[str, fakes.Answer] = {
    "never_answers": fakes.never_answers,
    "drips_body": fakes.drips_body,
    "floods": fakes.floods,
    "a bomb": fakes.is_a_bomb,
    "claims_huge": fakes.claims_huge,
    "breaks_off": fakes.breaks_off,
    "floods_headers": fakes.floods_headers,
    "one_huge_header": fakes.one_huge_header,
    "no_http": fakes.no_http,
    "hangs_up": fakes.hangs_up,
    "refuses": fakes.sends({}, 401),
    "is broken": fakes.sends({}, 500),
    "endless pages": fakes.sends(_ENDLESS_PAGES),
    "redirects": fakes.redirects("/r4/Patient/1"),
    "deep": fakes.sends(b"[" * 100_000),
    "many digits": fakes.sends(b'{"resourceType":"Bundle","x":' + b"9" * 100_000 + b"}"),
    "html": fakes.sends(b"<html/>", Content_Type="text/html"),
    "odd rows": fakes.sends({"resourceType": "Bundle", "link": [{"relation": "next", "url": {}}], "entry": _ODD_ROWS}),
    "many rows": fakes.sends({"resourceType": "Bundle", "entry": [{}] * 300_000}),
}


@pytest.mark.parametrize("answer", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.spec("crd:found-2", "crd-check:118")
def test_no_ehr_holds_up_or_breaks_the_answer(server: Server, answer: fakes.Answer) -> None:
    with fake_ehr() as ehr:
        ehr.instead = Everywhere(answer)
        started = time.monotonic()

        got = server.post(of(ehr))

        assert time.monotonic() - started < LONGEST_SECONDS
        assert got.status_code == 200
        assert got.json()["cards"], "it is said that nothing could be determined"
        assert "systemActions" not in got.json()
        assert ehr.asked


def test_nothing_is_left_of_hostile_ehrs(server: Server) -> None:
    """No thread, no connection, and no more memory with every call."""
    server.post(call())
    for _ in range(4):
        server.post(call())
    threads, files = server.threads(), server.open_files()
    with fake_ehr() as ehr:
        ehr.instead = Everywhere(fakes.floods)
        server.post(of(ehr))
        before = server.megabytes()
        for _ in range(30):
            server.post(of(ehr))

    _demand_soon(lambda: server.threads() <= threads + 2)
    _demand_soon(lambda: server.open_files() <= files + 2)
    assert server.megabytes() < before + 30


def _demand_soon(is_so: Callable[[], bool]) -> None:
    end = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    "url",
    [
        "http://user@127.0.0.1:{port}/r4",
        "http://127.0.0.1:{port}@127.0.0.1:{port}/r4",
        "http://localhost\\@127.0.0.1:{port}/r4",
        "http://2130706433:{port}/r4",
        "http://0x7f000001:{port}/r4",
        "http://127.1:{port}/r4",
        "http://0177.0.0.1:{port}/r4",
        "http://0.0.0.0:{port}/r4",
        "http://[::ffff:127.0.0.1]:{port}/r4",
        "http://[::1]:{port}/r4",
        "http://localhost.:{port}/r4",
        "http://127.0.0.2:{port}/r4",
        "http://①②⑦.0.0.1:{port}/r4",
        "http://127.0.0.1:{port}/r4#x",
        "http://127.0.0.1:{port}/r4?x=",
        "http://127.0.0.1:{port}/r4\r\nX-Injected: 1",
        "HTTP://127.0.0.1:{port}/r4",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{port}/r4",
        "//127.0.0.1:{port}/r4",
        "http://169.254.169.254/latest/meta-data",
        "http://metadata.google.internal/",
    ],
)
@pytest.mark.spec("crd-check:59")
def test_only_the_listed_host_as_it_is_listed_is_asked(server: Server, url: str) -> None:
    with fake_ehr() as ehr:
        got = server.post(of(url.replace("{port}", ehr.host.rpartition(":")[2])))

        assert got.status_code == 200
        assert ehr.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_leads_to_another_server(server: Server, status: int) -> None:
    with fake_ehr() as ehr, fake_ehr() as other:
        ehr.instead = Everywhere(fakes.sends(b"", status, Location=other.url + "/Patient/1"))

        assert server.post(of(ehr)).status_code == 200
        assert other.asked == []


@pytest.mark.parametrize("token", ["a\r\nX-Injected: 1", "a b", "é", "a" * 20_000, {"a": 1}, ["a"], 7])
@pytest.mark.spec("crd:sec-1")
def test_no_token_writes_headers(server: Server, token: Any) -> None:
    with fake_ehr() as ehr:
        got = server.post(of(ehr, fhirAuthorization={"access_token": token, "token_type": "Bearer"}))

        assert got.status_code == 200
        assert not any("X-Injected" in headers for headers in ehr.headers)
        assert {headers.get("Authorization") for headers in ehr.headers} <= {None}


def _with(place: str, text: bytes) -> bytes:
    """The call with those bytes where that word stands."""
    body = call()
    body["context"]["draftOrders"]["entry"][0]["resource"]["quantityQuantity"] = {"value": "HERE"}
    return json.dumps(body).encode().replace(b'"HERE"', text) if place == "quantity" else text


def _orders(count: int) -> Json:
    body = call()
    (entry,) = body["context"]["draftOrders"]["entry"]
    many = [{"resource": entry["resource"] | {"id": f"o{number}"}} for number in range(count)]
    body["context"]["draftOrders"]["entry"] = many
    return body


def _large_prefetch() -> Json:
    code = {"coding": [{"system": "http://loinc.org", "code": "1234-5"}]}
    subject = {"reference": "Patient/maeve-byrne"}
    shared = {
        "resourceType": "Observation",
        "status": "final",
        "code": code,
        "subject": subject,
        "valueString": "x" * 300,
    }
    rows = [{"resource": shared | {"id": f"x{number}"}} for number in range(11_000)]
    body = call()
    body["prefetch"]["more"] = {"resourceType": "Bundle", "entry": rows}
    assert len(json.dumps(body)) > 5_000_000
    return body


def _nested(levels: int) -> Json:
    value: Any = {}
    for _ in range(levels):
        value = {"x": value}
    return call(prefetch=OXYGEN["prefetch"] | {"deep": value})


def _without(member: str) -> Json:
    return {name: value for name, value in call().items() if name != member}


BAD: dict[str, tuple[Callable[[], Json | bytes], int]] = {
    "no JSON": (lambda: b"{", 400),
    "not UTF-8": (lambda: b'{"hook": "\xff"}', 400),
    "an array": (lambda: b"[]", 422),
    "NaN": (lambda: _with("quantity", b"NaN"), 400),
    "Infinity": (lambda: _with("quantity", b"-Infinity"), 400),
    "a number without end": (lambda: _with("quantity", b"9" * 5_000), 400),
    "a number out of any range": (lambda: _with("quantity", b"1e99999999999999999999"), 400),
    "a huge number": (lambda: _with("quantity", b"1e999999999"), 200),
    "a name twice": (lambda: json.dumps(call()).encode().replace(b'"hook":', b'"hook":"order-sign","hook":', 1), 400),
    "half a sign": (lambda: json.dumps(call(hookInstance="\ud800")).encode(), 400),
    "too deep": (lambda: _nested(70), 400),
    "far too deep": (lambda: b'{"a":' * 100_000, 400),
    "no hook": (lambda: _without("hook"), 422),
    "another hook": (lambda: call(hook="order-select"), 422),
    "another hook, 2.2": (lambda: call("2.2", hook="order-select"), 400),
    "no instance": (lambda: _without("hookInstance"), 422),
    "no context": (lambda: _without("context"), 422),
    "no patient": (lambda: call(context={"draftOrders": OXYGEN["context"]["draftOrders"]}), 422),
    "no orders": (lambda: call(context={"patientId": "maeve-byrne"}), 422),
    "a version nobody speaks": (lambda: call("9.9"), 400),
    "500 orders": (lambda: _orders(500), 200),
    "1001 orders": (lambda: _orders(1001), 413),
    "5 MB prefetch": (_large_prefetch, 200),
    "21 MB": (lambda: b" " * 21_000_000, 413),
}


@pytest.mark.parametrize(("body", "status"), BAD.values(), ids=list(BAD))
@pytest.mark.spec("crd:hook-9", "hooks:errors")
def test_bad_input_gets_its_status_in_time(server: Server, body: Callable[[], Json | bytes], status: int) -> None:
    sent = body()
    started = time.monotonic()

    got = server.post(sent)

    assert time.monotonic() - started < LONGEST_SECONDS
    assert got.status_code == status
    assert (got.json().get("resourceType") == "OperationOutcome") is (status != 200)
    assert got.headers["Content-Type"] == "application/json; charset=utf-8"


def test_a_body_that_inflates_without_end_is_too_big(server: Server) -> None:
    bomb = gzip.compress(b" " * 30_000_000)

    assert server.post(bomb, **{"Content-Encoding": "gzip"}).status_code == 413
    assert server.post(bomb, **{"Content-Encoding": "gzip, gzip"}).status_code == 415
    assert server.post(bomb).status_code == 400


@pytest.mark.parametrize("pause_seconds", [0.2, 60.0], ids=["drips", "stops"])
@pytest.mark.spec("hooks:errors")
def test_a_body_that_does_not_arrive_is_the_callers_fault(seeded: Path, tmp_path: Path, pause_seconds: float) -> None:
    database = tmp_path / "fhir-um.db"
    database.write_bytes(seeded.read_bytes())
    patience = {"FHIR_UM_WORKER_TIMEOUT_SECONDS": "3", "FHIR_UM_BODY_TIMEOUT_SECONDS": "1"}
    head = f"POST {SIGN} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    with (
        running(tmp_path, database, 1, patience) as server,
        socket.create_connection(("127.0.0.1", server.port)) as line,
    ):
        line.sendall(head.encode())
        answer = _answer_to_drips(line, pause_seconds)

    assert answer.startswith(b"HTTP/1.1 400 ")
    assert '"broken"' not in server.log.read_text("utf-8")


def _answer_to_drips(line: socket.socket, pause_seconds: float) -> bytes:
    """What comes back to somebody who sends a blank now and then."""
    for _ in range(60):
        line.sendall(b" ")
        if select([line], [], [], pause_seconds)[0]:
            return line.recv(65_536)
    return b""


@pytest.mark.spec("hooks:cors", "crd-check:16", "crd-check:17")
def test_pages_of_any_origin_may_ask_and_never_with_the_visitors_own_credentials(server: Server) -> None:
    asking = {"Origin": "https://evil.example", "Cookie": "session=1"}
    answers = [
        requests.options(server.url + SIGN, headers=asking, timeout=10),
        server.post(call(), **asking),
        server.post(b"{", **asking),
        server.post(call(), **asking, **FROM_AFAR),
        requests.get(f"{server.url}/cds-services", headers=asking, timeout=10),
        requests.get(f"{server.url}/cds-services/none", headers=asking, timeout=10),
    ]

    assert [answer.status_code for answer in answers] == [204, 200, 400, 401, 200, 404]
    for answer in answers:
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def token(jti: str, path: str = SIGN, key: ECKey = KEY, port: int = 0, **changed: Any) -> dict[str, str]:
    at = time.time()
    claims = {"iss": ISSUER, "aud": f"http://127.0.0.1:{port}{path}", "iat": at, "exp": at + 300, "jti": jti}
    header = {"alg": "ES384", "kid": "ec-1", "typ": "JWT"}
    text = jws.serialize_compact(header, json.dumps(claims | changed).encode(), key, algorithms=["ES384"])
    return {"Authorization": f"Bearer {text}"}


@pytest.mark.spec("hooks:jwt", "crd-check:27")
def test_of_one_token_sent_from_everywhere_at_once_one_call_is_admitted(server: Server) -> None:
    headers = token("at-once", port=server.port) | FROM_AFAR
    body = json.dumps(call()).encode()

    with ThreadPoolExecutor(12) as several:
        answers = list(several.map(lambda _: server.post(body, **headers), range(12)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 11}


PLANTED = ("Zyxwallow", "MBR-7781-44", "1931-07-19", "Speaks-of-chest-pain", ACCESS_TOKEN)
_NAME, _NUMBER, _BIRTH, _COMPLAINT, _ = PLANTED


def _leaky_calls(ehr: FakeEhr) -> Iterator[tuple[str, Json | bytes, dict[str, str]]]:
    """Calls with health data and tokens wherever there is room for them: answered, refused and broken ones."""
    whole = of(ehr, fhirAuthorization={"access_token": ACCESS_TOKEN, "subject": _NAME})
    patient = deepcopy(OXYGEN["prefetch"]["patient"]) | {"birthDate": _BIRTH, "name": [{"family": _NAME, "text": [5]}]}
    told = call(prefetch=OXYGEN["prefetch"] | {"patient": patient, _NUMBER: {"resourceType": _COMPLAINT, "id": _NAME}})
    yield SIGN, whole, {}
    yield SIGN, told, {}
    for changed in (
        {"hookInstance": _NAME},
        {"hook": _COMPLAINT},
        {"context": {"patientId": _NAME, _NUMBER: _BIRTH}},
        {"context": {"patientId": _NUMBER, "draftOrders": {"entry": [{"resource": {"resourceType": _NAME}}]}}},
        {"fhirServer": f"http://{_NAME}:{ACCESS_TOKEN}@127.0.0.1:1/{_NUMBER}"},
        {"extension": {"davinci-crd.requestedVersion": _NAME, _NAME: _NUMBER}},
        {"extension": {"davinci-crd.configuration": {"max-cards": _NAME, "coverage-info": _BIRTH, _NAME: True}}},
    ):
        yield SIGN, whole | changed, {}
        yield "/2.0.1" + SIGN, told | changed, {}
    yield SIGN, json.dumps(told).encode()[:-40], {}
    yield SIGN, f'{{"{_NAME}": 1, "{_NAME}": "{_NUMBER}"}}'.encode(), {}
    yield f"/cds-services/{_NAME}", told, {}
    yield f"{SIGN}/{_NUMBER}/{_NAME}", told, {}
    yield f"{SIGN}?patient={_NAME}&token={ACCESS_TOKEN}", whole, {}
    yield SIGN, told, {"Authorization": f"Bearer {ACCESS_TOKEN}", **FROM_AFAR}
    yield SIGN, told, token(_NAME, sub=_NUMBER, aud=_BIRTH) | FROM_AFAR
    yield SIGN, told, {"Content-Type": f"text/{_NAME}"}
    yield SIGN, told, {"Content-Encoding": _NAME}
    yield SIGN, told, {"X-Request-Id": f"{_NAME} {_NUMBER}"}
    row = {"card": _NAME, "outcome": "overridden", "overrideReason": {"userComment": f"{_COMPLAINT} {_NAME}"}}
    yield f"{SIGN}/feedback", {"feedback": [row]}, {}
    yield f"{SIGN}/feedback", {"feedback": [row | {"outcome": _NAME}]}, {}


@pytest.mark.spec("crd:sec-1", "crd-check:31", "crd-check:120")
def test_nothing_a_process_writes_tells_of_people_or_tokens(seeded: Path, tmp_path: Path) -> None:
    """Every line of the log; and no access token in the database."""
    database = tmp_path / "fhir-um.db"
    database.write_bytes(seeded.read_bytes())
    sent = 0
    with running(tmp_path, database) as server, fake_ehr() as ehr:
        ehr.instead["/r4/Patient/maeve-byrne"] = fakes.no_http
        for path, body, headers in _leaky_calls(ehr):
            server.post(body, path, **headers)
            sent += 1
        assert {header.get("Authorization") for header in ehr.headers} == {f"Bearer {ACCESS_TOKEN}"}

    written = server.log.read_text("utf-8")
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines].count("request") == sent
    assert "broken" not in {line["event"] for line in lines}
    assert [word for word in (*PLANTED, "maeve", "Byrne", "H1016", "eyJ") if word in written] == []
    with closing(sqlite3.connect(database)) as connection:
        assert ACCESS_TOKEN not in "\n".join(connection.iterdump())


def _saturations(body: Json) -> Iterator[Json]:
    for value in body["prefetch"].values():
        for entry in value.get("entry", ()):
            if entry["resource"]["resourceType"] == "Observation":
                yield entry["resource"]


NOT_OF_THE_PATIENT: dict[str, Any] = {
    "of another": {"reference": "Patient/another"},
    "of another server": {"reference": "https://other.example.org/fhir/Patient/maeve-byrne"},
    "of nobody": None,
    "of somebody by a number without a system": {"identifier": {"value": "R-1016"}},
    "of several": [{"reference": "Patient/another"}, {"reference": "Patient/maeve-byrne"}],
    "in another case": {"reference": "Patient/Maeve-Byrne"},
    "with a mark nobody sees": {"reference": "Patient/maeve-byrne\u200b"},
    "of a group": {"reference": "Group/maeve-byrne"},
}


def _in_doubt() -> Iterator[tuple[str, Json]]:
    """Calls whose saturation is the patient's at first sight."""
    donor, twins = call("2.2"), call("2.2")
    for observation in _saturations(donor):
        observation["focus"] = [{"reference": "RelatedPerson/donor"}]
    yield "about a donor", donor
    others = deepcopy(list(_saturations(twins)))
    for observation in others:
        observation["valueQuantity"]["value"] = 97
    twins["prefetch"]["twins"] = others
    yield "with two contents", twins


def test_no_record_of_another_patient_justifies_an_approval(seeded: Path, tmp_path: Path) -> None:
    database = tmp_path / "fhir-um.db"
    database.write_bytes(seeded.read_bytes())
    with running(tmp_path, database, workers=1) as server:
        for whose, subject in NOT_OF_THE_PATIENT.items():
            body = call("2.2")
            found = list(_saturations(body))
            assert found
            for observation in found:
                observation["subject"] = subject
            assert (whose, _needed(server.post(body))) == (whose, "auth-needed")
        for what, body in _in_doubt():
            assert (what, _needed(server.post(body))) == (what, "auth-needed")

        assert _needed(server.post(call("2.2"))) == "satisfied"


def _needed(got: requests.Response) -> str:
    (action,) = got.json()["systemActions"]
    parts = [part for extension in action["resource"]["extension"] for part in extension["extension"]]
    return next(str(part["valueCode"]) for part in parts if part["url"] == "pa-needed")
