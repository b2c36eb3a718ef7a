"""The counter answers every request there is, in JSON, with what browsers need to see it."""

import gzip
import json
import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_hooks.door import HookClient, OpenDoor
from cds_hooks.offered import SERVICES
from profiles.reading import Limits
from tests.cds_hooks.calling import Counter, call, make_counter, order, told_of
from tests.cds_hooks.fake_desk import FakeDesk

BASES = ["/cds-services", "/2.0.1/cds-services"]
SIGN = "/cds-services/order-sign"
OUTSIDE = {"REMOTE_ADDR": "203.0.113.7"}
ACCEPTED = {"card": "c1", "outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}]}


@pytest.fixture
def at() -> Counter:
    return make_counter()


def _is_json(response: Any) -> bool:
    return (
        bool(response.headers["Content-Type"] == "application/json; charset=utf-8") and response.get_json() is not None
    )


def _issues(response: Any) -> list[dict[str, Any]]:
    outcome = response.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    return list(outcome["issue"])


@pytest.mark.spec("crd:hook-4", "hooks:discovery", "crd-check:1", "crd-check:5")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer a.b.c"}], ids=["no token", "token"])
def test_discovery_answers_with_and_without_a_token(at: Counter, base: str, headers: dict[str, str]) -> None:
    response = at.client.get(base, headers=headers)

    assert response.status_code == 200
    assert _is_json(response)
    assert len(response.get_json()["services"]) == len(SERVICES)


@pytest.mark.spec("crd:dev-2", "crd-check:6")
def test_discovery_of_each_address_speaks_of_its_versions(at: Counter) -> None:
    declared = [at.client.get(base).get_json()["services"][0]["extension"]["davinci-crd.version"] for base in BASES]

    assert declared == [["2.2", "2.0"], ["2.0"]]


@pytest.mark.spec("crd:found-24", "hooks:prefetch", "crd-check:12")
def test_prefetch_keys_keep_their_order_on_the_wire(at: Counter) -> None:
    written = at.client.get("/cds-services").get_data(as_text=True)
    first = json.loads(written, object_pairs_hook=list)

    for row in (dict(row) for row in dict(first)["services"]):
        keys = [key for key, _ in row["prefetch"]]
        assert keys[:3] == ["patient", "encounter", "coverage"]
        for place, (_, template) in enumerate(row["prefetch"]):
            assert set(re.findall(r"%(\w+)", template)) <= set(keys[:place])
        assert "%practitionerRoles" in dict(row["prefetch"])["locations"]


@pytest.mark.spec("hooks:cors", "crd-check:16")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("tail", ["", "/order-sign", "/order-sign/feedback", "/nonsense"])
def test_preflight_needs_no_token(base: str, tail: str) -> None:
    response = make_counter(door=_Closed()).client.options(base + tail)

    assert response.status_code == 204
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"GET", "POST", "OPTIONS"} <= set(response.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"Authorization", "Content-Type"} <= set(response.headers["Access-Control-Allow-Headers"].split(", "))


def test_preflight_from_the_web_to_a_private_network_is_allowed(at: Counter) -> None:
    response = at.client.options(SIGN, headers={"Access-Control-Request-Private-Network": "true"})

    assert response.headers["Access-Control-Allow-Private-Network"] == "true"


class _Closed(OpenDoor):
    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        return super().admit(header, url, is_loopback=False)


@pytest.mark.spec("hooks:jwt", "crd-check:22")
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/cds-services"), ("POST", SIGN), ("POST", f"{SIGN}/feedback"), ("GET", "/2.0.1/cds-services")],
)
def test_who_is_not_admitted_learns_no_reason(method: str, path: str) -> None:
    response = make_counter(door=_Closed()).client.open(path, method=method, data=b"{}")

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert [issue["details"]["text"] for issue in _issues(response)] == ["Authentication is required."]


@pytest.mark.parametrize("forwarded", [{}, {"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}])
def test_who_comes_from_elsewhere_is_never_taken_for_this_machine(forwarded: dict[str, str]) -> None:
    environment = OUTSIDE if not forwarded else {"REMOTE_ADDR": "127.0.0.1"}

    response = make_counter().client.get("/cds-services", headers=forwarded, environ_overrides=environment)

    assert response.status_code == 401


@pytest.mark.spec("hooks:jwt", "crd-check:25")
def test_door_is_told_the_published_address_and_not_what_the_request_says() -> None:
    seen: list[tuple[str | None, str]] = []

    class Curious(OpenDoor):
        def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
            seen.append((header, url))
            return super().admit(header, url, is_loopback)

    make_counter(door=Curious()).client.get("/cds-services", headers={"Host": "evil.example", "Authorization": "B x"})

    assert seen == [("B x", "https://payer.example.org/cds-services")]


@pytest.mark.spec("hooks:errors", "crd-check:17", "crd-check:36")
@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/cds-services/nonsense", 404),
        ("GET", "/cds-services/nonsense", 404),
        ("POST", "/cds-services/nonsense/feedback", 404),
        ("POST", "/cds-services/order-sign/feedback/again", 404),
        ("GET", "/cds-services/order-sign", 405),
        ("GET", "/cds-services/order-sign/feedback", 405),
        ("PUT", "/cds-services/order-sign", 405),
        ("POST", "/cds-services", 405),
        ("DELETE", "/2.0.1/cds-services", 405),
    ],
)
def test_wrong_address_or_method_is_told_in_json(at: Counter, method: str, path: str, status: int) -> None:
    response = at.client.open(path, method=method, json={})

    assert response.status_code == status
    assert _is_json(response) and _issues(response)
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert status != 405 or "POST" in response.headers["Allow"]


@pytest.mark.spec("crd-check:19")
@pytest.mark.parametrize("tail", ["", "/", "/order-sign", "/order-sign/", "/order-sign/feedback/", "/x/y/z"])
@pytest.mark.parametrize("base", [*BASES, "//cds-services"])
def test_nothing_is_redirected(at: Counter, base: str, tail: str) -> None:
    assert at.client.post(base + tail, json={}).status_code // 100 != 3


@pytest.mark.spec("crd:hook-9", "hooks:cors", "hooks:errors", "crd-check:17")
@pytest.mark.parametrize("status", [400, 401, 404, 405, 413, 415, 422, 500])
def test_browsers_see_errors_too(status: int) -> None:
    class Broken(OpenDoor):
        def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
            raise LookupError("Marisol Vega")

    doors = {401: _Closed(), 500: Broken()}
    at = make_counter(door=doors.get(status, OpenDoor()), limits=Limits(2000, 64, 100))
    paths = {404: "/cds-services/x", 405: "/cds-services"}
    bodies = {400: b"{", 413: b" " * 3000, 422: b"{}"}
    media = "text/plain" if status == 415 else "application/json"

    response = at.client.post(paths.get(status, SIGN), data=bodies.get(status, b"{}"), content_type=media)

    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert _is_json(response) and _issues(response)


def test_fault_of_ours_shows_and_logs_no_words_of_it() -> None:
    class Broken(OpenDoor):
        def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
            raise LookupError("Marisol Vega")

    at = make_counter(door=Broken())

    response = at.ask(call("order-sign", order()))

    assert response.status_code == 500
    assert "Marisol" not in response.get_data(as_text=True) + repr(at.lines)
    assert [event for event, _ in at.lines] == ["broken"]


@pytest.mark.spec("crd-check:18")
@pytest.mark.parametrize(
    "media",
    [
        "application/json",
        "application/json; charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/fhir+json",
    ],
)
def test_json_is_taken_however_it_is_called(at: Counter, media: str) -> None:
    assert at.client.post(SIGN, data=json.dumps(call("order-sign", order())), content_type=media).status_code == 200


@pytest.mark.spec("crd-check:18")
@pytest.mark.parametrize(
    ("media", "encoding"),
    [
        ("text/plain", ""),
        ("application/x-www-form-urlencoded", ""),
        ("", ""),
        ("application/json; charset=latin-1", ""),
        ("application/json", "br"),
    ],
)
def test_other_media_are_refused(at: Counter, media: str, encoding: str) -> None:
    headers = {"Content-Encoding": encoding} if encoding else {}

    assert at.client.post(SIGN, data=b"{}", content_type=media or None, headers=headers).status_code == 415


def test_gzip_is_inflated_within_the_limit(at: Counter) -> None:
    def send(body: bytes, client: FlaskClient = at.client) -> int:
        headers = {"Content-Encoding": "gzip"}
        return client.post(SIGN, data=body, content_type="application/json", headers=headers).status_code

    packed = gzip.compress(json.dumps(call("order-sign", order())).encode())
    bomb = gzip.compress(b" " * 20_000_000)

    assert [send(packed), send(bomb), send(packed[:-9]), send(b"no gzip")] == [200, 413, 400, 400]


def test_body_over_the_limit_is_refused_without_reading_it_all() -> None:
    small = make_counter(limits=Limits(1000, 64, 100))

    assert small.ask(b'{"a":"' + b"x" * 2000 + b'"}').status_code == 413


def test_body_that_stops_half_way_is_refused(at: Counter) -> None:
    said = {"CONTENT_LENGTH": "10"}

    response = at.client.post(SIGN, data=b"{}", content_type="application/json", environ_overrides=said)

    assert response.status_code == 400


def test_answer_is_not_kept_by_anybody_on_the_way(at: Counter) -> None:
    assert at.ask(call("order-sign", order())).headers["Cache-Control"] == "no-store"


@pytest.mark.spec("crd-check:49")
@pytest.mark.parametrize(
    ("dialect", "base", "spoken"),
    [
        (None, BASES[0], "2.0"),
        ("2.2", BASES[0], "2.2"),
        ("2.0", BASES[0], "2.0"),
        ("2.2", BASES[1], "2.0"),
    ],
)
def test_client_is_answered_in_its_dialect_as_far_as_the_address_has_it(
    dialect: str | None, base: str, spoken: str
) -> None:
    at = make_counter(client=HookClient("c", "C", dialect))

    at.ask(call("order-sign", order()), base)

    assert [told.version for told in at.desk.told] == [spoken]


@pytest.mark.spec("hooks:feedback", "crd-check:114")
@pytest.mark.parametrize("id", [row.id for row in SERVICES])
@pytest.mark.parametrize("base", BASES)
def test_feedback_on_every_service_is_kept(at: Counter, base: str, id: str) -> None:
    rows = [ACCEPTED, {"card": "c2", "outcome": "overridden"}, ACCEPTED]

    response = at.client.post(f"{base}/{id}/feedback", json={"feedback": rows})

    assert (response.status_code, response.get_json()) == (200, {})
    assert [(service, row.card, row.outcome) for service, row in at.desk.reported] == [
        (id, "c1", "accepted"),
        (id, "c2", "overridden"),
        (id, "c1", "accepted"),
    ]


@pytest.mark.spec("hooks:feedback", "crd-check:115")
def test_feedback_without_its_substance_is_refused_whole(at: Counter) -> None:
    rows = [ACCEPTED, {"card": "c1", "outcome": "accepted"}]

    response = at.client.post(f"{SIGN}/feedback", json={"feedback": rows})

    assert response.status_code == 400
    assert [issue["expression"] for issue in _issues(response)] == [["feedback[1].acceptedSuggestions"]]
    assert at.desk.reported == []


def test_feedback_the_desk_cannot_keep_is_asked_for_again() -> None:
    class Forgetful(FakeDesk):
        def feedback(self, *_: object) -> None:
            raise OSError("disk of Marisol Vega is full")

    at = make_counter(Forgetful())

    response = at.client.post(f"{SIGN}/feedback", json={"feedback": [ACCEPTED]})

    assert response.status_code == 503
    assert "Marisol" not in response.get_data(as_text=True) + repr(at.lines)


def test_two_counters_do_not_share_anything() -> None:
    one, other = make_counter(), make_counter()

    one.ask(call("order-sign", order()))

    assert (len(one.desk.told), len(other.desk.told)) == (1, 0)
    assert told_of(one.ask(call("order-sign", order())))
