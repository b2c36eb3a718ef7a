"""The one way out: which addresses it leads to, and that nobody can hold it up or fill it."""

import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cds_hooks.addresses import Origin, Reach
from cds_hooks.budget import Budget
from cds_hooks.outbound import Failure, Reply, exchange, fetch
from tests.cds_hooks import fake_ehr as fakes
from tests.cds_hooks.fake_ehr import FakeEhr, fake_ehr


@pytest.fixture
def server() -> Iterator[FakeEhr]:
    with fake_ehr() as running:
        yield running


def budget(seconds: float = 2.0) -> Budget:
    return Budget(seconds, time.monotonic)


def reach(*hosts: str, **given: object) -> Reach:
    return Reach(frozenset(hosts), **given)  # type: ignore[arg-type]  # the fields of Reach by name


def test_nothing_is_asked_of_a_host_that_is_not_listed(server: FakeEhr) -> None:
    assert fetch(server.url, reach("other.example.org", allow_private=True), budget()) is Failure.NOT_ASKED
    assert server.asked == []


def test_nothing_is_sent_to_a_host_that_is_not_listed(server: FakeEhr) -> None:
    elsewhere = reach("other.example.org", allow_private=True)

    assert exchange(server.url, elsewhere, {}, b"secret", budget()) is Failure.NOT_ASKED
    assert exchange(server.url, reach(server.host), {}, b"secret", budget()) is Failure.NOT_ASKED, "plain, and private"
    assert server.asked == []


def test_a_reply_is_read_whole(server: FakeEhr) -> None:
    server.instead["/r4"] = fakes.sends(b"{}", Content_Type="application/json; charset=utf-8")

    assert fetch(server.url, server.policy(), budget()) == Reply(200, "application/json", b"{}")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache_Control": "max-age=600"}, 600),
        ({"Cache_Control": 'public, Max-Age="600"', "Age": "100"}, 500),
        ({"Cache_Control": "max-age=60", "Age": "61"}, 0),
        ({"Cache_Control": "max-age=60, no-cache"}, 0),
        ({"Cache_Control": "no-store"}, 0),
        ({"Cache_Control": "private"}, None),
        ({"Cache_Control": "max-age=-1"}, None),
        ({"Cache_Control": "max-age=" + "9" * 5_000}, None),
        ({"Cache_Control": "max-age=60", "Age": "soon"}, 60),
    ],
)
def test_how_long_a_reply_may_be_kept_is_told(server: FakeEhr, headers: dict[str, str], seconds: int | None) -> None:
    server.instead["/r4"] = fakes.sends(b"{}", **headers)
    reply = fetch(server.url, server.policy(), budget())

    assert isinstance(reply, Reply)
    assert reply.fresh_seconds == seconds


def test_a_resolver_that_dawdles_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: asked.wait(5) and [])
    started = time.monotonic()

    found = fetch("https://ehr.example.org/jwks", reach("ehr.example.org"), budget(0.1))
    asked.set()

    assert found is Failure.LATE
    assert time.monotonic() - started < 1


def _leads_to(monkeypatch: pytest.MonkeyPatch, *answers: list[tuple[str, int]]) -> list[str]:
    """Names that are looked up lead to these addresses, in turns; what was looked up."""
    looked_up: list[str] = []

    def answer(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        looked_up.append(host)
        places = answers[min(len(looked_up), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", place) for place in places]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    return looked_up


def test_a_name_that_leads_elsewhere_after_it_was_judged_leads_nowhere(
    server: FakeEhr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was judged is what is connected to; nobody looks the name up again in between."""
    server.instead["/r4"] = fakes.sends(b"{}")
    port = int(server.host.rpartition(":")[2])
    looked_up = _leads_to(monkeypatch, [("127.0.0.1", port)], [("127.0.0.1", 1)])
    where = reach(f"ehr.example.org:{port}", allow_private=True)

    assert isinstance(fetch(f"http://ehr.example.org:{port}/r4", where, budget()), Reply)
    assert looked_up == ["ehr.example.org"]


def test_of_the_addresses_of_a_name_only_the_allowed_ones_are_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    _leads_to(monkeypatch, [("127.0.0.1", 443), ("8.8.8.8", 443), ("169.254.169.254", 443)])

    found = Origin("https", "ehr.example.org", 443).addresses(reach("ehr.example.org"))

    assert [place for _, place in found] == [("8.8.8.8", 443)]


def test_a_name_that_leads_to_this_machine_is_not_asked(server: FakeEhr, monkeypatch: pytest.MonkeyPatch) -> None:
    _leads_to(monkeypatch, [("127.0.0.1", int(server.host.rpartition(":")[2]))])

    assert fetch("https://ehr.example.org/r4", reach("ehr.example.org"), budget()) is Failure.NOT_ASKED
    assert server.asked == []


def test_a_redirect_is_told_and_not_followed(server: FakeEhr) -> None:
    server.instead["/r4"] = fakes.redirects(server.url + "/elsewhere")

    assert fetch(server.url, server.policy(), budget()) == Reply(302, "application/fhir+json", b"")
    assert server.asked == ["/r4"]


@pytest.mark.parametrize("answer", fakes.SLOW)
def test_nobody_holds_it_up(server: FakeEhr, answer: fakes.Answer) -> None:
    server.instead["/r4"] = answer
    started = time.monotonic()

    assert fetch(server.url, server.policy(), budget(0.1)) is Failure.LATE
    assert time.monotonic() - started < 1


@pytest.mark.parametrize(
    "answer",
    [fakes.floods, fakes.claims_huge, fakes.is_a_bomb, fakes.breaks_off, fakes.no_http]
    + [fakes.floods_headers, fakes.one_huge_header, fakes.sends(b"{}", Content_Encoding="br")],
)
def test_nobody_fills_it(server: FakeEhr, answer: fakes.Answer) -> None:
    server.instead["/r4"] = answer

    assert fetch(server.url, server.policy(max_bytes=100_000), budget()) is Failure.GARBAGE


def test_a_server_that_hangs_up_or_is_not_there(server: FakeEhr) -> None:
    server.instead["/r4"] = fakes.hangs_up
    assert fetch(server.url, server.policy(), budget()) is Failure.UNREACHABLE

    nobody = "http://127.0.0.1:1/r4"
    assert fetch(nobody, reach("127.0.0.1:1", allow_private=True), budget()) is Failure.UNREACHABLE


def certificate(folder: Path) -> Path:
    """A key and a certificate for localhost that nobody vouches for, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.mark.spec("crd:sec-2")
def test_a_certificate_must_be_vouched_for(tmp_path: Path) -> None:
    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with fake_ehr(context) as server:
        server.instead["/r4"] = fakes.sends(b"{}")

        assert fetch(server.url, server.policy(), budget()) is Failure.UNREACHABLE
        assert server.asked == []
        assert isinstance(fetch(server.url, server.policy(ca_file=str(file)), budget()), Reply)
