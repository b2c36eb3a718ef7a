"""The EHR of a call: asked in parallel, believed only so far, and never told more than it needs."""

import logging
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from threading import Barrier, BrokenBarrierError
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from cds_hooks.budget import Budget
from cds_hooks.ehr import Ehr, Failure, a_page, a_read, a_search
from fhir_um.simulators.listening import Asked, Told, json_told
from tests.cds_hooks import fake_ehr as fakes
from tests.cds_hooks.fake_ehr import TOKEN, FakeEhr, fake_ehr

PATIENT = {"resourceType": "Patient", "id": "1", "birthDate": "1961-05-02"}


def coverage(id: str, patient: str = "1", status: str = "active") -> dict[str, Any]:
    return {
        "resourceType": "Coverage",
        "id": id,
        "status": status,
        "beneficiary": {"reference": f"Patient/{patient}"},
    }


@pytest.fixture
def server() -> Iterator[FakeEhr]:
    with fake_ehr() as running:
        yield running.has(PATIENT, coverage("c1"), coverage("c2"), coverage("c3"))


def budget(seconds: float = 2.0) -> Budget:
    return Budget(seconds, time.monotonic)


@pytest.fixture
def ehr(server: FakeEhr) -> Iterator[Ehr]:
    with server.ehr(budget()) as asked:
        yield asked


def ids(resources: tuple[dict[str, Any], ...]) -> list[str]:
    return [resource["id"] for resource in resources]


def test_a_record_is_read_with_the_token_in_its_header(server: FakeEhr, ehr: Ehr) -> None:
    assert ehr.read("Patient/1").resources == (PATIENT,)
    assert server.headers[0]["Authorization"] == f"Bearer {TOKEN}"
    assert server.headers[0]["Accept"] == "application/fhir+json"
    assert ehr.token_use == "used"


def test_without_a_token_there_is_no_such_header(server: FakeEhr) -> None:
    with server.ehr(budget(), token="") as ehr:
        assert ehr.read("Patient/1").failure is None
        assert "Authorization" not in server.headers[0]
        assert ehr.token_use == "not-used"


@pytest.mark.spec("crd:found-32")
def test_a_record_the_ehr_does_not_have_is_no_failure(ehr: Ehr) -> None:
    assert ehr.read("Patient/2") == ehr.search("Condition", "patient=1")
    assert ehr.read("Patient/3").failure is None


def test_numbers_stay_as_they_were_written(server: FakeEhr, ehr: Ehr) -> None:
    server.instead["/r4/Observation/o"] = fakes.sends(b'{"resourceType":"Observation","id":"o","value":1.00}')

    assert str(ehr.read("Observation/o").resources[0]["value"]) == "1.00"


def test_all_pages_are_read(server: FakeEhr, ehr: Ehr) -> None:
    server.page_size = 1

    assert ids(ehr.search("Coverage", "patient=1&status=active").resources) == ["c1", "c2", "c3"]


def test_a_page_of_a_bundle_that_came_along(server: FakeEhr, ehr: Ehr) -> None:
    page = f"{server.url}/Coverage?patient=1&_from=2"

    assert ids(ehr.ask((a_page(page),))[0].resources) == ["c3"]


@pytest.mark.parametrize(
    "url", ["http://localhost:{port}/r4/Coverage", "https://evil.example.org/r4/Coverage", "//x/", "//["]
)
def test_no_page_of_another_server_is_asked_for(server: FakeEhr, ehr: Ehr, url: str) -> None:
    elsewhere = url.replace("{port}", server.host.rpartition(":")[2])
    bundle = {"resourceType": "Bundle", "link": [{"relation": "next", "url": elsewhere}], "entry": []}
    server.instead["/r4/Coverage"] = fakes.sends(bundle)

    assert ehr.search("Coverage", "patient=1").failure is Failure.GARBAGE
    assert len(server.asked) == 1


def test_pages_without_end_come_to_one(server: FakeEhr, ehr: Ehr) -> None:
    bundle = {"resourceType": "Bundle", "link": [{"relation": "next", "url": "Coverage?more"}], "entry": []}
    server.instead["/r4/Coverage"] = fakes.sends(bundle)

    assert ehr.search("Coverage", "patient=1").failure is Failure.GARBAGE
    assert len(server.asked) == server.policy().max_pages


def test_rows_that_were_not_asked_for_are_dropped(server: FakeEhr, ehr: Ehr) -> None:
    """An EHR that does not know a parameter ignores it: here we can tell by ourselves."""
    server.has(coverage("of-another", patient="2"), coverage("of-old", status="cancelled"))
    server.ignores = frozenset({"patient", "status"})

    assert ids(ehr.search("Coverage", "patient=1&status=active").resources) == ["c1", "c2", "c3"]


def test_an_answer_to_another_question_is_none(server: FakeEhr, ehr: Ehr) -> None:
    """Codes we cannot apply afterwards: with other rows in the way, the one that matters may be missing."""
    server.ignores = frozenset({"code"})

    assert ehr.search("Observation", "patient=1&code=http://loinc.org|2708-6").failure is Failure.GARBAGE


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (fakes.sends({}, 401), Failure.REFUSED),
        (fakes.sends({}, 403), Failure.REFUSED),
        (fakes.sends({}, 400), Failure.REFUSED),
        (fakes.sends({}, 429), Failure.UNREACHABLE),
        (fakes.sends({}, 500), Failure.UNREACHABLE),
        (fakes.sends({}, 503), Failure.UNREACHABLE),
        (fakes.hangs_up, Failure.UNREACHABLE),
        (fakes.sends({}, 204), Failure.GARBAGE),
        (fakes.sends(b"<html/>", Content_Type="text/html"), Failure.GARBAGE),
        (fakes.sends(b"{"), Failure.GARBAGE),
        (fakes.sends(b"[" * 5_000), Failure.GARBAGE),
        (fakes.sends([]), Failure.GARBAGE),
        (fakes.sends({"resourceType": "Patient", "id": "2"}), Failure.GARBAGE),
        (fakes.sends({"resourceType": "OperationOutcome"}), Failure.GARBAGE),
        (fakes.floods, Failure.GARBAGE),
        (fakes.is_a_bomb, Failure.GARBAGE),
    ],
)
def test_what_cannot_be_had_has_a_reason(server: FakeEhr, ehr: Ehr, answer: fakes.Answer, failure: Failure) -> None:
    server.instead["/r4/Patient/1"] = answer

    found = ehr.read("Patient/1")

    assert (found.resources, found.failure) == ((), failure)
    assert ehr.visits[0].failure is failure


def test_a_token_that_is_turned_away_is_told(server: FakeEhr, ehr: Ehr) -> None:
    server.instead["/r4/Patient/1"] = fakes.sends({}, 401)
    ehr.ask((a_read("Patient/1"), a_read("Patient/9")))

    assert ehr.token_use == "rejected"


def test_a_redirect_gets_no_token(server: FakeEhr, ehr: Ehr) -> None:
    with fake_ehr() as elsewhere:
        server.instead["/r4/Patient/1"] = fakes.redirects(elsewhere.url + "/Patient/1")

        assert ehr.read("Patient/1").failure is Failure.GARBAGE
        assert elsewhere.asked == []


@pytest.mark.parametrize("kind", ["patient", "Patient/..", "Patient?x=", "", "Pa tient"])
def test_only_resource_types_are_asked_for(server: FakeEhr, ehr: Ehr, kind: str) -> None:
    assert ehr.search(kind, "x=1").failure is Failure.GARBAGE
    assert server.asked == []


@pytest.mark.parametrize(
    "reference", ["Patient/..", "Patient/.", "Patient/a/b", "Patient/a?b=c", "Patient/", "Patient"]
)
def test_only_ids_are_read(server: FakeEhr, ehr: Ehr, reference: str) -> None:
    assert ehr.read(reference).failure is Failure.GARBAGE
    assert server.asked == []


@pytest.mark.parametrize("ids", ["1,2,3&patient=2", "1,,2", "1,2&_include=*", "1,a b", ""])
def test_no_reference_adds_a_parameter_to_a_search_by_id(server: FakeEhr, ehr: Ehr, ids: str) -> None:
    assert ehr.search("Practitioner", f"_id={ids}").failure is Failure.GARBAGE
    assert server.asked == []


def test_a_query_stays_a_query(server: FakeEhr, ehr: Ehr) -> None:
    ehr.search("Condition", "patient=1&code=a b#c\r\nX: y")

    assert server.asked == ["/r4/Condition?patient=1&code=a%20b%23c%0D%0AX:%20y"]


@pytest.mark.spec("crd-check:59")
@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("", {}),
        ("no address", {}),
        ("{url}?tenant=1", {}),
        ("{url}", {"allowed_hosts": frozenset({"ehr.example.org"})}),
        ("{url}", {"allowed_hosts": frozenset()}),
        ("{url}", {"allow_private": False}),
    ],
)
def test_some_servers_are_never_asked(server: FakeEhr, url: str, given: dict[str, Any]) -> None:
    with server.ehr(budget(), server=url.replace("{url}", server.url) or "-", **given) as ehr:
        assert ehr.read("Patient/1").failure is Failure.NOT_ASKED
        assert ehr.token_use == "not-used"
    assert server.asked == []


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "é", "a" * 20_000])
def test_a_token_that_fits_no_header_is_not_sent(server: FakeEhr, token: str) -> None:
    with server.ehr(budget(), token=token) as ehr:
        assert ehr.read("Patient/1").failure is Failure.NOT_ASKED
    assert server.asked == []


def all_at_once(count: int) -> fakes.Answer:
    """Answers when so many are asking at the same time, and otherwise never."""
    together = Barrier(count)

    def answer(asked: Asked) -> Told:
        try:
            together.wait(2)
        except BrokenBarrierError:
            return fakes.hangs_up(asked)
        return json_told({"resourceType": "Patient", "id": asked.steps[-1]})

    return answer


@pytest.mark.spec("crd-check:118")
def test_questions_are_asked_in_parallel(server: FakeEhr, ehr: Ehr) -> None:
    answer = all_at_once(5)
    for id in range(5):
        server.instead[f"/r4/Patient/{id}"] = answer

    found = ehr.ask([a_read(f"Patient/{id}") for id in range(5)])

    assert [each.failure for each in found] == [None] * 5
    assert [ids(each.resources) for each in found] == [[str(id)] for id in range(5)]


def test_no_more_connections_than_allowed_and_each_used_again(server: FakeEhr) -> None:
    with server.ehr(budget(), max_connections=3) as ehr:
        for _ in range(3):
            ehr.ask([a_read(f"Patient/{id}") for id in range(10, 20)] + [a_read("Patient/1")])
        server.asked.clear()
        server.peers.clear()
        ehr.read("Patient/1")
        ehr.read("Patient/1")

    assert len(server.peers) == 1
    assert len(server.asked) == 2


def test_a_kept_connection_that_was_closed_meanwhile_is_opened_again(server: FakeEhr, ehr: Ehr) -> None:
    server.instead["/r4/Patient/1"] = lambda asked: replace(server.honest(asked), hangs_up=True)

    assert [ehr.read("Patient/1").failure for _ in range(3)] == [None] * 3


def test_a_name_that_changes_its_address_during_a_call_gains_nothing(
    server: FakeEhr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The addresses that were judged are those that are connected to, also when a connection is made anew."""
    port = int(server.host.rpartition(":")[2])
    found = [[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found.pop())

    server.instead["/r4/Patient/1"] = lambda asked: replace(server.honest(asked), hangs_up=True)
    name = f"ehr.example.test:{port}"
    with server.ehr(budget(), server=f"http://{name}/r4", allowed_hosts=frozenset({name})) as ehr:
        assert [ehr.read("Patient/1").failure for _ in range(3)] == [None] * 3
    assert found == []
    assert {headers["Host"] for headers in server.headers} == {name}


def test_what_is_late_does_not_hold_up_the_rest(server: FakeEhr) -> None:
    server.instead["/r4/Patient/slow"] = fakes.never_answers
    started = time.monotonic()
    with server.ehr(budget(), per_request_seconds=0.15) as ehr:
        slow, quick = ehr.ask((a_read("Patient/slow"), a_read("Patient/1")))

    assert (slow.failure, quick.failure) == (Failure.LATE, None)
    assert time.monotonic() - started < 1


@pytest.mark.spec("crd-check:118")
@pytest.mark.parametrize("answer", fakes.SLOW)
@pytest.mark.spec("crd:found-2")
def test_the_budget_holds_whatever_the_server_does(server: FakeEhr, answer: fakes.Answer) -> None:
    for id in range(1, 9):
        server.instead[f"/r4/Patient/{id}"] = answer
    started = time.monotonic()
    with server.ehr(budget(0.15)) as ehr:
        found = ehr.ask([a_read("Patient/1"), *(a_read(f"Patient/{id}") for id in range(2, 9))])

    assert {each.failure for each in found} == {Failure.LATE}
    assert time.monotonic() - started < 1
    _demand_no_threads_left()


def _demand_no_threads_left() -> None:
    """Those that asked end with the budget, whatever the server does then; a little late, on a busy machine."""
    asking = [thread for thread in enumerate_threads() if thread.name.startswith("ThreadPoolExecutor")]
    for thread in asking:
        thread.join(2)
    assert not any(thread.is_alive() for thread in asking)


@pytest.mark.spec("crd-check:118")
def test_nothing_is_asked_when_the_budget_is_over(server: FakeEhr) -> None:
    with server.ehr(budget(0)) as ehr:
        assert ehr.read("Patient/1").failure is Failure.LATE
    with server.ehr(budget()) as ehr:
        assert ehr.ask((a_read("Patient/1"),), budget(0))[0].failure is Failure.LATE
    assert server.asked == []


def test_one_call_makes_only_so_many_requests(server: FakeEhr) -> None:
    with server.ehr(budget(), max_requests=3) as ehr:
        found = ehr.ask([a_search("Coverage", f"patient={id}") for id in range(5)])

    assert [each.failure for each in found] == [None] * 3 + [Failure.NOT_ASKED] * 2


def test_one_call_fetches_only_so_much(server: FakeEhr) -> None:
    server.instead["/r4/Patient/1"] = fakes.sends(b" " * 40_000 + b'{"resourceType":"Patient","id":"1"}')
    with server.ehr(budget(), max_bytes=100_000) as ehr:
        failures = [ehr.read("Patient/1").failure for _ in range(4)]

    assert failures == [None, None, Failure.GARBAGE, Failure.GARBAGE]


@pytest.mark.spec("crd:sec-1", "crd-check:31")
def test_the_token_is_in_no_log_and_no_representation(server: FakeEhr, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.instead["/r4/Patient/9"] = fakes.no_http
    with server.ehr(budget()) as ehr:
        found = ehr.ask((a_read("Patient/1"), a_read("Patient/9"), a_search("Coverage", "patient=1")))

        told = repr(ehr) + repr(found) + repr([asdict(visit) for visit in ehr.visits]) + caplog.text

    assert TOKEN not in told


def test_calls_do_not_disturb_each_other(server: FakeEhr) -> None:
    def one(token: str) -> bool:
        with server.ehr(budget(), token=token) as ehr:
            return ehr.read("Patient/1").resources == (PATIENT,)

    with ThreadPoolExecutor(4) as several:
        assert all(several.map(one, [f"token-{number}" for number in range(12)]))
    assert {each["Authorization"] for each in server.headers} == {f"Bearer token-{number}" for number in range(12)}
