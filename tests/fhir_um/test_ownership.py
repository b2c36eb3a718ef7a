"""What is not yours and what is not there: the same answer, byte for byte, and the same statements behind it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fhir_um.api.attaching import PDF, attachment, parameters, report
from tests.fhir_um.parties import CLINIC, STRANGER, Parties, parties, replaced, story
from tests.fhir_um.subscribing import written
from tests.postgresql import PostgreSQL

NOBODY = "00000000-0000-4000-8000-000000000000"
BASES = ("/fhir", "/2.0.1/fhir")
GUIDE = {"/fhir": "2.2.1", "/2.0.1/fhir": "2.0.1"}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    """One server for all tests of this file, on each kind of database."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        with parties(f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('owned') / 'um.db')}") as opened:
            yield opened
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.new_database(request.getfixturevalue("postgresql_template"))
    with parties(server.url(name)) as opened:
        yield opened
    server.drop_database(name)


@pytest.fixture(scope="module")
def case(house: Parties) -> dict[str, Any]:
    """What `own` sent: a request with a line that waits for documents."""
    return house.submit("own", story("pended-for-documents", "01"))


@pytest.fixture(scope="module")
def subscription(house: Parties) -> dict[str, str]:
    """Subscriptions of `own`, by base."""
    return {base: house.subscribe("own", base, GUIDE[base]) for base in BASES}


@pytest.fixture(scope="module")
def held(house: Parties) -> str:
    """A document that a person of Harbor has to match."""
    body = parameters("nothing-has-this-name", attachment(report()))
    assert house.ask("own", "POST", "/fhir/$submit-attachment", body).status_code == 200
    return _held(house, "own", "nothing-has-this-name")


def _held(house: Parties, name: str, tracking: str) -> str:
    rows = house.ask(name, "GET", "/um/v1/attachments?unmatched=true&limit=200").get_json()["attachments"]
    return str(next(row["id"] for row in rows if tracking in json.dumps(row)))


def assert_as_if_not_there(house: Parties, who: str, ask: Callable[[str], tuple[str, str, Any]], there: str) -> bytes:
    """Asks for what is somebody else's and for what nobody has; the answer to both."""
    anothers = house.watched(who, *ask(there))
    nobodys = house.watched(who, *ask(NOBODY))

    assert anothers[0] == nobodys[0]
    assert anothers[1].replace(there.encode(), b"-") == nobodys[1].replace(NOBODY.encode(), b"-")
    assert anothers[2] == nobodys[2]
    assert anothers[2], "no statement was seen"
    return nobodys[1]


# --- what a sender reads and changes by id --------------------------------------------------------------------------


@pytest.mark.spec("hrex:sec-20")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", ["Claim", "ClaimResponse"])
@pytest.mark.parametrize("who", ["other-organisation", "other-payer"])
def test_a_request_is_read_by_its_sender_alone(house: Parties, case: dict[str, Any], base: str, kind: str, who: str):
    path = f"{base}/{kind}"

    assert_as_if_not_there(house, who, lambda id: ("GET", f"{path}/{id}", None), case["id"])

    for sender in ("own", "same-organisation"):
        assert house.ask(sender, "GET", f"{path}/{case['id']}").status_code == 200
    assert house.ask(who, "GET", f"{path}/{case['id']}").status_code == 404


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("kind", ["Claim", "ClaimResponse"])
@pytest.mark.parametrize("who", ["other-organisation", "other-payer"])
@pytest.mark.parametrize("by", ["identifier", "patient"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_search_finds_what_the_sender_sent(
    house: Parties, case: dict[str, Any], base: str, kind: str, who: str, by: str, method: str
):
    known = {"identifier": case["identifier"][0]["value"], "patient": "H1006-5409"}[by]

    def ask(value: str) -> tuple[str, str, Any]:
        if method == "POST":
            return "POST", f"{base}/{kind}/_search", {by: value}
        return "GET", f"{base}/{kind}?{by}={value}", None

    assert_as_if_not_there(house, who, ask, known)
    for sender in ("own", "same-organisation"):
        assert house.ask(sender, *ask(known)).get_json()["total"] == 1


@pytest.mark.spec("pas:spec-59")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("who", ["other-organisation", "other-payer"])
@pytest.mark.parametrize(
    ("method", "tail"),
    [("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/$status"), ("POST", "/$status"), ("GET", "/$events")],
)
def test_a_subscription_is_its_senders_alone(
    house: Parties, subscription: dict[str, str], base: str, who: str, method: str, tail: str
):
    def ask(id: str) -> tuple[str, str, Any]:
        bodies = {"PUT": written(GUIDE[base], id=id), "POST": {"resourceType": "Parameters"}}
        body = bodies.get(method)
        return method, f"{base}/Subscription/{id}{tail}", body

    assert_as_if_not_there(house, who, ask, subscription[base])

    assert house.ask(who, *ask(subscription[base])).status_code == 404
    if method != "DELETE":
        for sender in ("own", "same-organisation"):
            assert house.ask(sender, *ask(subscription[base])).status_code == 200


@pytest.mark.spec("pas:spec-59")
@pytest.mark.parametrize("tail", ["?_id=", "/$status?id="])
@pytest.mark.parametrize("who", ["other-organisation", "other-payer"])
def test_a_search_for_subscriptions_finds_ones_own(house: Parties, subscription: dict[str, str], who: str, tail: str):
    told = assert_as_if_not_there(
        house, who, lambda id: ("GET", f"/fhir/Subscription{tail}{id}", None), subscription["/fhir"]
    )

    assert b'"total":0' in told or b'"type":"searchset"' in told


@pytest.mark.spec("pas:spec-59")
@pytest.mark.spec("pas:spec-60")
@pytest.mark.parametrize("who", ["other-organisation", "other-payer"])
def test_a_forged_filter_brings_nothing_of_anothers(house: Parties, who: str):
    """Filtered by the clinic's own identifier, the subscription of somebody else hears of no request of the clinic."""
    forged = house.subscribe(who, "/fhir", "2.2.1", f"org-identifier={CLINIC}")
    mine = house.subscribe("own", "/fhir", "2.2.1", f"org-identifier={CLINIC}")
    sent = house.submit("own", replaced(story("pended-for-documents", "01"), **{'"id": "msg': f'"id": "{who}'}))
    _decide(house, sent["id"])

    def heard(name: str, id: str) -> int:
        told = house.ask(name, "GET", f"/fhir/Subscription/{id}/$events?content=id-only").get_json()["entry"]
        return len([p for p in told[0]["resource"]["parameter"] if p["name"] == "notification-event"])

    assert (heard("own", mine), heard(who, forged)) == (1, 0)


def _decide(house: Parties, case_id: str) -> None:
    version = house.ask("own", "GET", f"/um/v1/cases/{case_id}").get_json()["version"]
    decision = {
        "version": version,
        "role": "intake",
        "reviewer": {"id": "intake-1"},
        "lines": [{"sequence": 1, "action": "refer-nurse", "reason": "needs-medical-review", "text": ""}],
    }
    answer = house.ask("own", "POST", f"/um/v1/cases/{case_id}/decisions", decision)
    assert answer.status_code == 200, answer.text


# --- what a sender sends about something ----------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["02", "06"])
@pytest.mark.parametrize("base", BASES)
def test_an_update_or_cancellation_of_anothers_claim_is_one_of_no_claim(house: Parties, base: str, step: str):
    """By address, by identifiers and by flags: the request is taken as new and with intake, the other one stays."""
    mark = f"{step}{base.count('2')}"
    none = f"none{mark}"
    named = {"oxygen-1008-": f"oxygen-{mark}-", "PE-1008-": f"PE-{mark}-"}
    theirs = house.submit("own", story("update-chain", "01", **named), base)
    update = story("update-chain", step, **named)

    def ask(name: str) -> tuple[str, str, Any]:
        return (
            "POST",
            f"{base}/Claim/$submit",
            replaced(update, **{f"oxygen-{mark}-": f"oxygen-{name}-", f"PE-{mark}-": f"PE-{name}-"}),
        )

    anothers = house.watched("other-organisation", *ask(mark))
    nobodys = house.watched("other-organisation", *ask(none))

    assert anothers[0] == nobodys[0] == 200
    assert anothers[1].replace(f"-{mark}-".encode(), f"-{none}-".encode()) == nobodys[1]
    assert anothers[2] == nobodys[2]
    assert house.ask("own", "GET", f"/fhir/ClaimResponse/{theirs['id']}").headers["ETag"] == 'W/"1"'


@pytest.mark.parametrize("by", ["case", "control number", "claim identifier", "reference", "member alone"])
def test_documents_for_anothers_request_are_held_like_those_for_none(house: Parties, case: dict[str, Any], by: str):
    names = {
        "case": case["id"],
        "control number": f"{case['id']}-1-59408-5",
        "claim identifier": case["identifier"][0]["value"],
        "reference": _reference(case),
        "member alone": "no-name-of-anything",
    }

    def ask(name: str, content: bytes) -> tuple[str, str, Any]:
        member = {"MemberId": {"valueIdentifier": {"value": "H1006-5409" if name == names[by] else "H0000-0000"}}}
        body = parameters(name, attachment(report(content)), **(member if by == "member alone" else {}))
        return "POST", "/fhir/$submit-attachment", body

    unknown = names[by].replace(case["id"], NOBODY) if case["id"] in names[by] else f"{names[by][:-1]}0"
    anothers = house.watched("other-organisation", *ask(names[by], PDF + b"one"))
    nobodys = house.watched("other-organisation", *ask(unknown, PDF + b"two"))

    assert anothers == nobodys
    assert b"No request of yours" in anothers[1]


def _reference(case: dict[str, Any]) -> str:
    urls = "extension-administrationReferenceNumber"
    found = (e["valueString"] for item in case["item"] for e in item["extension"] if e["url"].endswith(urls))
    return str(next(found))


# --- inquiries ------------------------------------------------------------------------------------------------------

NPIS = {CLINIC: STRANGER, "1910020027": STRANGER}
PETROVA = {"H1010-6610": "H1010-6610", "Hale": "Petrova", "Gregory": "Irina", "1950-06-27": "1966-10-16"}


@pytest.fixture(scope="module")
def asked_about(house: Parties) -> dict[str, Any]:
    """A request of `own` for Gregory Hale, whose number a later inquiry may name."""
    return house.submit("own", story("inquiry-ways", "01"))


@pytest.mark.spec("pas:spec-52")
@pytest.mark.spec("pas:spec-53")
@pytest.mark.parametrize(("base", "step"), [("/fhir", "02"), ("/fhir", "05"), ("/2.0.1/fhir", "05")])
@pytest.mark.parametrize("who", ["other-organisation", "other-payer"])
def test_an_inquiry_tells_no_stranger_whether_there_is_anything(
    house: Parties, asked_about: dict[str, Any], base: str, step: str, who: str
):
    """A member with cases but a foreign provider, one without cases, and nobody: one answer, and the same work."""
    number = asked_about["preAuthRef"]
    inquiry = story("inquiry-ways", step, AUTHNUMBER=number)
    others = {
        "right member, foreign provider": replaced(inquiry, **NPIS),
        "right provider, unknown member": replaced(inquiry, **{"H1009-5006": "H1009-9999"}),
        "right provider, member without cases": replaced(inquiry, **PETROVA, **{"H1009-5006": "H1010-6610"}),
        "neither": replaced(inquiry, **NPIS, **{"H1009-5006": "H1009-9999"}),
        "a number nobody gave": replaced(inquiry, **NPIS, **{number: "A000000000"}),
    }

    told = {name: house.watched(who, "POST", f"{base}/Claim/$inquire", body) for name, body in others.items()}

    assert {status for status, _, _ in told.values()} == {200}
    assert len({body for _, body, _ in told.values()}) == 1
    assert len({tuple(asked) for _, _, asked in told.values()}) == 1
    assert b'"ClaimResponse"' not in told["neither"][1]


@pytest.mark.spec("pas:spec-52")
@pytest.mark.spec("pas:spec-53")
@pytest.mark.parametrize("step", ["02", "05"])
def test_who_names_member_and_provider_finds_it_whoever_sent_it(house: Parties, asked_about: dict[str, Any], step: str):
    inquiry = story("inquiry-ways", step, AUTHNUMBER=asked_about["preAuthRef"])

    for who in ("own", "same-organisation", "other-organisation"):
        told = house.ask(who, "POST", "/fhir/Claim/$inquire", inquiry)
        assert asked_about["id"] in told.text, who
    assert asked_about["id"] not in house.ask("other-payer", "POST", "/fhir/Claim/$inquire", inquiry).text


# --- what the payer's own people see --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "tail"),
    [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/worksheet"),
        ("GET", "/attachments"),
        ("POST", "/decisions"),
        ("POST", "/openings"),
    ],
)
def test_a_case_of_another_payer_is_not_there(house: Parties, case: dict[str, Any], method: str, tail: str):
    lines = [{"sequence": 1, "action": "refer-nurse", "reason": "needs-medical-review", "text": ""}]
    decision = {"version": 1, "role": "nurse", "reviewer": {"id": "n"}, "lines": lines}
    opening = {name: decision[name] for name in ("role", "reviewer")}
    body = (opening if tail == "/openings" else decision) if method == "POST" else None

    assert_as_if_not_there(house, "other-payer", lambda id: (method, f"/um/v1/cases/{id}{tail}", body), case["id"])

    assert house.ask("other-payer", method, f"/um/v1/cases/{case['id']}{tail}", body).status_code == 404
    if method == "GET":
        assert house.ask("other-organisation", method, f"/um/v1/cases/{case['id']}{tail}").status_code == 200


@pytest.mark.parametrize("tail", ["", "/match"])
def test_a_document_of_another_payer_is_not_there(house: Parties, case: dict[str, Any], held: str, tail: str):
    body = (
        {"case": case["id"], "lines": [1], "role": "intake", "reviewer": {"id": "i"}, "final": False} if tail else None
    )
    method = "POST" if tail else "GET"

    assert_as_if_not_there(house, "other-payer", lambda id: (method, f"/um/v1/attachments/{id}{tail}", body), held)

    assert house.ask("other-payer", method, f"/um/v1/attachments/{held}{tail}", body).status_code == 404
    assert house.ask("own", "GET", f"/um/v1/attachments/{held}").status_code == 200


def test_a_document_cannot_be_given_to_a_case_of_another_payer(house: Parties, case: dict[str, Any]):
    body = parameters("of-the-plains", attachment(report(PDF + b"plains")))
    assert house.ask("other-payer", "POST", "/fhir/$submit-attachment", body).status_code == 200
    held = _held(house, "other-payer", "of-the-plains")

    def ask(id: str) -> tuple[str, str, Any]:
        given = {"case": id, "lines": [1], "role": "intake", "reviewer": {"id": "i"}, "final": False}
        return "POST", f"/um/v1/attachments/{held}/match", given

    assert_as_if_not_there(house, "other-payer", ask, case["id"])


@pytest.mark.parametrize("path", ["/um/v1/cases", "/um/v1/attachments?unmatched=true"])
def test_lists_show_the_callers_payers(house: Parties, case: dict[str, Any], held: str, path: str):
    mine, theirs = (house.ask(name, "GET", path).text for name in ("own", "other-payer"))

    wanted = case["id"] if "cases" in path else held
    assert wanted in mine
    assert wanted not in theirs


def test_the_list_of_cases_tells_no_diagnosis_service_or_name(house: Parties, case: dict[str, Any]):
    text = house.ask("own", "GET", "/um/v1/cases").text

    assert case["id"] in text
    known = json.loads(story("pended-for-documents", "01"))
    claim = known["entry"][0]["resource"]
    words = {code["code"] for d in claim["diagnosis"] for code in d["diagnosisCodeableConcept"]["coding"]}
    words |= {code["code"] for item in claim["item"] for code in item["productOrService"]["coding"]}
    assert words
    assert not [word for word in (*words, "Castellano", "H1006-5409") if word in text]
