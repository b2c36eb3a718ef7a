import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.asked import Party
from fhir_um.cases.model import OVER, PENDED, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.translate.dialects import DIALECTS, PAS_2_0_1, PAS_2_2_1
from fhir_um.translate.response_out import (
    Beside,
    claim_resource,
    claim_response,
    inquiry_response,
    submit_response,
)
from fhir_um.translate.withholding import PART_2_NOTICE, may_be_withheld
from fhir_um.words import Identifier
from profiles.bundle import absolute, references_of
from profiles.canonicals import PAS_SD, X12_REVIEW_ACTION
from profiles.issues import Issue
from profiles.models import parse
from profiles.reading import raw_entries, read_json
from profiles.terminology import code_tables
from tests.fhir_um.translate.by_hand import (
    AT,
    BASE,
    CASES,
    EHR,
    LIMITS,
    LINE_ERROR,
    MEMBER_ERROR,
    SUBMISSION,
    approved,
    case,
    denied,
    line,
    modified,
    pended_for_documents,
)

GOLDEN = Path(__file__).parent / "golden"
EVERY = [(name, version) for name in CASES for version in DIALECTS]
ONLY_IN_2_2 = (
    "TransmissionIdentifiers",
    "claimResponseReviewer",
    "admissionDates",
    "dischargeDate",
    "itemCategory",
    "extension-revenueCode",
    "authorizedProviderType",
)


def submitted(made, dialect=PAS_2_2_1):
    return read_json(submit_response(made, SUBMISSION, dialect, BASE), LIMITS)


def answer(made, dialect=PAS_2_2_1):
    return submitted(made, dialect)["entry"][0]["resource"]


def actions(response):
    found = {}
    for item in response["item"]:
        review = item["adjudication"][0]["extension"][0]["extension"]
        code = next(part for part in review if part["url"] == PAS_SD + "extension-reviewActionCode")
        found[item["itemSequence"]] = code["valueCodeableConcept"]["coding"][0]["code"]
    return found


def extension(node, name):
    return [e for e in node.get("extension", []) if e["url"] == PAS_SD + name]


def assert_whole(bundle):
    """First entry, addresses once, every reference (but those to the Claim) to exactly one entry, R4 models parse."""
    urls = [entry["fullUrl"] for entry in bundle["entry"]]
    assert bundle["type"] == "collection" and len(urls) == len(set(urls))
    assert bundle["entry"][0]["resource"]["resourceType"] == "ClaimResponse"
    for entry in bundle["entry"]:
        for path, reference in references_of(entry["resource"]):
            if path not in {"request", "reasonReference"}:
                assert urls.count(absolute(reference, entry["fullUrl"])) == 1, (path, reference)
    parse("Bundle", json.loads(json.dumps(bundle, default=float)))


@pytest.mark.parametrize(("name", "version"), EVERY)
def test_the_whole_answer_is_as_agreed(name, version):
    expected = (GOLDEN / f"{name}-{version}.json").read_text(encoding="utf-8")

    sent = submit_response(CASES[name], SUBMISSION, DIALECTS[version], BASE)

    assert msgspec.json.format(sent, indent=1).decode() + "\n" == expected


@pytest.mark.spec("pas:spec-30")
@pytest.mark.spec("pas:spec-31")
@pytest.mark.parametrize(("name", "version"), EVERY)
def test_every_answer_is_a_whole_bundle(name, version):
    assert_whole(submitted(CASES[name], DIALECTS[version]))


@pytest.mark.spec("pas:spec-33")
def test_what_came_goes_back_byte_for_byte_under_its_address():
    came = raw_entries(SUBMISSION)
    went = raw_entries(submit_response(CASES["approved"], SUBMISSION, PAS_2_2_1, BASE))

    echoed = {url: raw for url, raw in went.items() if url.startswith(EHR)}
    assert echoed == {url: came[url] for url in echoed}
    assert {url.removeprefix(f"{EHR}/") for url in echoed} == {
        "Patient/p1",
        "Organization/payer",
        "PractitionerRole/r1",
        "Practitioner/dr",
        "Organization/clinic",
    }
    assert b'"name" :  "Lakeside' in echoed[f"{EHR}/Organization/payer"]


def test_decimals_go_out_as_they_came():
    sent = submit_response(CASES["approved"], SUBMISSION, PAS_2_2_1, BASE)

    assert b'"value":1.00,' in sent and b'"value":120.50,' in sent and b'"valueDecimal":100.10' in sent


def test_the_same_case_gives_the_same_bytes():
    first = submit_response(CASES["pended"], SUBMISSION, PAS_2_2_1, BASE)

    assert first == submit_response(replace(CASES["pended"]), SUBMISSION, PAS_2_2_1, BASE)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from(LineState), st.sampled_from(Reason)), min_size=2, max_size=2),
    st.sampled_from([(), (MEMBER_ERROR,), (LINE_ERROR,), (MEMBER_ERROR, LINE_ERROR)]),
    st.sampled_from(sorted(DIALECTS)),
)
@pytest.mark.spec("pas:spec-34")
def test_every_mix_of_states_is_answered_line_by_line(standing, errors, version):
    lines = [line(n, state, reason, f"Why {n}.") for n, (state, reason) in enumerate(standing, start=1)]

    response = answer(case(*reversed(lines), errors=errors), DIALECTS[version])

    said = actions(response)
    assert list(said) == [1, 2] and set(said.values()) <= code_tables()[X12_REVIEW_ACTION]
    waits = any(state in PENDED for state, _ in standing) and version == "2.0.1"
    in_order = "error" if MEMBER_ERROR in errors else "partial" if errors else "queued" if waits else "complete"
    assert response["outcome"] == in_order


def test_an_approval_carries_number_issue_date_period_and_detail():
    response = answer(CASES["approved"])

    item = response["item"][0]
    review = item["adjudication"][0]["extension"][0]["extension"]
    assert {"url": "number", "valueString": "AUTH000001"} in review
    assert extension(item, "extension-itemPreAuthIssueDate")[0]["valueDate"] == "2026-03-02"
    assert extension(item, "extension-itemPreAuthPeriod")[0]["valuePeriod"] == {
        "start": "2026-03-10",
        "end": "2026-06-10",
    }
    assert (response["preAuthRef"], response["preAuthPeriod"]["end"]) == ("AUTH000001", "2026-06-10")
    assert extension(item, "extension-itemAuthorizedDetail")


@pytest.mark.spec("pas:spec-37")
def test_a_modified_line_says_what_was_asked_and_adds_what_was_authorized():
    response = answer(case(modified(1)))

    asked = extension(response["item"][0], "extension-itemAuthorizedDetail")[0]["extension"]
    added = response["addItem"][0]
    assert actions(response) == {1: "A6"}
    assert next(p for p in asked if p["url"] == "quantity")["valueQuantity"]["value"] == Decimal("1.00")
    assert added["itemSequence"] == [1] and added["quantity"] == {"value": Decimal("0.50"), "unit": "month"}
    assert added["servicedPeriod"] == {"start": "2026-03-10", "end": "2026-04-10"}
    assert added["provider"] == [{"reference": f"{EHR}/Organization/clinic"}]
    assert actions({"item": [added | {"itemSequence": 1}]}) == {1: "A1"}


def test_a_modified_line_says_what_was_authorized_in_2_0_1():
    response = answer(case(modified(1)), PAS_2_0_1)

    detail = extension(response["item"][0], "extension-itemAuthorizedDetail")[0]["extension"]
    assert "addItem" not in response
    assert next(p for p in detail if p["url"] == "quantity")["valueQuantity"]["value"] == Decimal("0.50")
    revenue = next(p for p in detail if p["url"] == "revenue")["valueCodeableConcept"]["coding"][0]
    assert revenue["system"] == "https://www.nubc.org/revenue-code"


def test_a_denial_carries_reason_code_note_reference_and_reviewer():
    response = answer(CASES["denied"])

    item = response["item"][1]
    review = item["adjudication"][0]["extension"][0]["extension"]
    reviewer = {p["url"]: p for p in extension(response, "extension-claimResponseReviewer")[0]["extension"]}
    assert [p["valueCodeableConcept"]["coding"][0]["code"] for p in review if p["url"] == "reasonCode"] == ["0F"]
    assert not [p for p in review if p["url"] == "number"]
    assert response["processNote"][item["noteNumber"][0] - 1]["text"].startswith("The portable unit")
    assert extension(item, "extension-administrationReferenceNumber")[0]["valueString"] == "REF000001"
    assert reviewer["wasHumanReviewedFlag"]["valueBoolean"] is True
    assert reviewer["reviewerNPI"]["valueIdentifier"]["value"] == "1999999950"


def test_a_dismissed_line_carries_its_reference():
    dismissed = line(1, LineState.DISMISSED, administrative_reference="REF0000001")

    (told,) = extension(answer(case(dismissed))["item"][0], "extension-administrationReferenceNumber")

    assert told["valueString"] == "REF0000001"


def test_two_lines_with_the_same_words_share_a_note():
    response = answer(CASES["refused"])

    assert [item["noteNumber"] for item in response["item"]] == [[1], [1]]


@pytest.mark.parametrize("dialect", [PAS_2_2_1, PAS_2_0_1], ids=["2.2.1", "2.0.1"])
def test_a_business_error_carries_its_codes_element_and_path(dialect):
    response = answer(CASES["refused"], dialect)

    error = response["error"][0]
    element = extension(error, "extension-errorElement")[0]
    assert error["code"]["coding"][0] == {"system": "https://codesystem.x12.org/005010/901", "code": "67"}
    assert extension(error, "extension-errorPath")[0]["valueString"].startswith("Bundle.entry[1].resource")
    assert extension(error, "extension-errorFollowupAction")[0]["valueCodeableConcept"]["coding"][0]["code"] == "C"
    if dialect is PAS_2_0_1:
        assert element["valueString"] == "2010C-NM109"
    else:
        note, place = element["extension"]
        assert place == {"url": "error", "valueString": "2010C-NM109"}
        assert response["processNote"][note["valuePositiveInt"] - 1]["text"] == "No such member."


def test_an_error_of_one_line_names_its_sequence():
    response = answer(CASES["partly-refused"])

    assert (response["outcome"], response["error"][0]["itemSequence"]) == ("partial", 2)


@pytest.mark.spec("pas:ainfo-2")
def test_documents_are_asked_for_one_by_one_and_only_while_submitting():
    bundle = submitted(CASES["pended"])

    asked = [e for e in bundle["entry"] if e["resource"]["resourceType"] == "CommunicationRequest"]
    first = asked[0]["resource"]
    assert [e["resource"]["payload"][0]["contentString"] for e in asked] == ["11506-3", "28570-0"]
    assert extension(first, "extension-serviceLineNumber")[0]["valuePositiveInt"] == 2
    assert first["sender"] == {"reference": f"{EHR}/Organization/clinic"}
    assert first["medium"][0]["coding"][0]["code"] == "CDEX"
    assert bundle["entry"][0]["resource"]["communicationRequest"] == [{"reference": e["fullUrl"]} for e in asked]
    assert b"CommunicationRequest" not in inquiry_response(((CASES["pended"], SUBMISSION),), PAS_2_2_1, BASE, AT)


def test_the_line_number_of_a_document_sits_on_the_payload_in_2_0_1():
    entries = submitted(CASES["pended"], PAS_2_0_1)["entry"]

    first = next(e["resource"] for e in entries if e["resource"]["resourceType"] == "CommunicationRequest")
    assert "extension" not in first
    assert extension(first["payload"][0], "extension-serviceLineNumber")[0]["valuePositiveInt"] == 2


@pytest.mark.parametrize("name", CASES)
def test_nothing_new_in_2_2_is_said_in_2_0_1(name):
    sent = submit_response(CASES[name], SUBMISSION, PAS_2_0_1, BASE).decode()

    assert not [word for word in ONLY_IN_2_2 if word in json.dumps(json.loads(sent)["entry"][0])]


def test_sender_and_receiver_change_places():
    parts = extension(answer(CASES["approved"]), "extension-TransmissionIdentifiers")[0]["extension"]

    assert [p["valueString"] for p in parts] == ["PAYAPP", "EHRAPP", "PAYID", "EHRID"]


def test_a_party_without_an_entry_is_named_by_identifier():
    request = CASES["approved"].request
    known = Party("", (Identifier("s", "77"),), "Some Plan")
    made = replace(CASES["approved"], request=replace(request, payer=known, requester=Party(), requester_parties=()))

    response = answer(made)

    assert response["insurer"] == {"identifier": {"system": "s", "value": "77"}, "display": "Some Plan"}
    assert "requestor" not in response


def test_a_read_stands_alone():
    response = read_json(claim_response(CASES["pended"], SUBMISSION, PAS_2_2_1, BASE), LIMITS)

    assert response["patient"] == {"reference": f"{EHR}/Patient/p1"}
    assert {r["resourceType"] for r in response["contained"]} == {"CommunicationRequest"}
    assert [r["payload"][0]["contentString"] for r in response["contained"]] == ["11506-3", "28570-0"]
    assert response["communicationRequest"] == [{"reference": f"#{r['id']}"} for r in response["contained"]]
    parse("ClaimResponse", json.loads(json.dumps(response, default=float)))


def test_a_read_names_what_has_only_a_uuid():
    member = replace(CASES["denied"].request.member, full_url="urn:uuid:6b1f5f0e-8f6e-4a52-9b7c-0d9f5a1c0001")
    request = replace(CASES["denied"].request, member=member, claim_url="urn:uuid:0d3f0b0a-2a52-4c0f-9a88-1f2e3d4c0001")

    response = read_json(claim_response(replace(CASES["denied"], request=request), SUBMISSION, PAS_2_2_1, BASE), LIMITS)

    assert response["patient"]["identifier"]["value"] == "M-100"
    assert response["request"] == {"reference": f"{BASE}/Claim/{CASES['denied'].id}"}


def test_the_claim_is_read_as_received_but_for_its_id():
    received = raw_entries(SUBMISSION)[f"{EHR}/Claim/c1"]

    sent = claim_resource(CASES["approved"], SUBMISSION)

    assert json.loads(sent) == json.loads(received) | {"id": CASES["approved"].id}
    assert b'"value": 1.00' in sent


@pytest.mark.spec("pas:spec-46")
def test_an_inquiry_gives_one_bundle_per_case_as_parameters():
    found = tuple((made, SUBMISSION) for made in CASES.values())

    parameters = read_json(inquiry_response(found, PAS_2_2_1, BASE, AT), LIMITS)

    assert [p["name"] for p in parameters["parameter"]] == ["return"] * len(CASES)
    for parameter in parameters["parameter"]:
        assert_whole(parameter["resource"])
        assert parameter["resource"]["timestamp"] == "2026-03-02T15:00:00.000Z"


@pytest.mark.spec("pas:spec-32")
def test_an_inquiry_gives_one_bundle_with_all_cases_in_2_0_1():
    second = replace(case(denied(2)), id="5f0c7a3e-9a51-4d5c-8c1d-2f6f6a1f0002")

    bundle = read_json(
        inquiry_response(((CASES["approved"], SUBMISSION), (second, SUBMISSION)), PAS_2_0_1, BASE, AT), LIMITS
    )

    kinds = [entry["resource"]["resourceType"] for entry in bundle["entry"]]
    assert kinds[:2] == ["ClaimResponse"] * 2 and kinds.count("Patient") == 1
    assert_whole(bundle)


def test_an_address_used_for_two_things_points_to_the_first_only():
    other = SUBMISSION.replace(b'"Hill Street Clinic"', b'"Mill Lane Clinic"').replace(b'"5550100"', b'"5550199"')
    second = replace(case(denied(2)), id="5f0c7a3e-9a51-4d5c-8c1d-2f6f6a1f0002")

    bundle = read_json(
        inquiry_response(((CASES["approved"], SUBMISSION), (second, other)), PAS_2_0_1, BASE, AT), LIMITS
    )

    first, later = (bundle["entry"][n]["resource"] for n in (0, 1))
    assert first["requestor"] == {"reference": f"{EHR}/PractitionerRole/r1"}
    assert "reference" not in later["requestor"]
    assert later["patient"] == {"reference": f"{EHR}/Patient/p1"}


def test_nothing_found_is_empty_parameters_or_a_note():
    note = read_json(inquiry_response((), PAS_2_0_1, BASE, AT), LIMITS)["entry"]

    assert read_json(inquiry_response((), PAS_2_2_1, BASE, AT), LIMITS) == {"resourceType": "Parameters"}
    assert note[0]["resource"]["issue"][0]["severity"] == "information"


def test_a_warning_about_the_inquiry_goes_along():
    beside = Beside((Issue("value", "Mend this.", severity="warning"),))
    found = ((CASES["approved"], SUBMISSION),)

    newer = read_json(inquiry_response(found, PAS_2_2_1, BASE, AT, beside), LIMITS)["parameter"]
    older = read_json(inquiry_response(found, PAS_2_0_1, BASE, AT, beside), LIMITS)["entry"]

    assert [p["name"] for p in newer] == ["return", "outcome"]
    assert older[-1]["resource"]["issue"][0]["details"]["text"] == "Mend this."


def _outcomes(entries):
    return [e["resource"]["issue"] for e in entries if e["resource"]["resourceType"] == "OperationOutcome"]


@pytest.mark.spec("pas:spec-50")
@pytest.mark.parametrize("dialect", [PAS_2_2_1, PAS_2_0_1])
def test_what_may_be_withheld_is_told_once_in_the_first_bundle(dialect):
    second = replace(CASES["approved"], id="case-2")
    beside = Beside(limits=(may_be_withheld("Intake desk, +1 555 0100"),))
    found = ((CASES["approved"], SUBMISSION), (second, SUBMISSION))

    written = read_json(inquiry_response(found, dialect, BASE, AT, beside), LIMITS)
    bundles = [p["resource"] for p in written["parameter"]] if dialect is PAS_2_2_1 else [written]
    (issues,) = _outcomes(bundles[0]["entry"])

    assert [(i["severity"], i["code"]) for i in issues] == [("warning", "suppressed")]
    assert "Intake desk, +1 555 0100" in issues[0]["details"]["text"]
    assert all(not _outcomes(bundle["entry"]) for bundle in bundles[1:])
    assert all(bundle["entry"][0]["resource"]["resourceType"] == "ClaimResponse" for bundle in bundles)


@pytest.mark.spec("pas:spec-50")
def test_with_nothing_found_it_stands_alone():
    beside = Beside(limits=(may_be_withheld(""),))

    newer = read_json(inquiry_response((), PAS_2_2_1, BASE, AT, beside), LIMITS)["parameter"]
    older = read_json(inquiry_response((), PAS_2_0_1, BASE, AT, beside), LIMITS)["entry"]

    assert [(p["name"], p["resource"]["issue"][0]["code"]) for p in newer] == [("outcome", "suppressed")]
    assert [issue["code"] for issue in _outcomes(older)[0]] == ["informational", "suppressed"]


def test_the_notice_of_part_2_is_a_note_on_that_answer_alone():
    second = replace(CASES["approved"], id="case-2")
    found = ((CASES["approved"], SUBMISSION), (second, SUBMISSION))

    written = inquiry_response(found, PAS_2_2_1, BASE, AT, Beside(under_part_2=frozenset({"case-2"})))
    first, other = (p["resource"]["entry"][0]["resource"] for p in read_json(written, LIMITS)["parameter"])

    assert PART_2_NOTICE not in {note["text"] for note in first.get("processNote", ())}
    assert PART_2_NOTICE in {note["text"] for note in other["processNote"]}


def test_the_authorized_period_of_the_whole_spans_every_line():
    later = replace(approved(2), period=replace(approved(2).period, end=None))

    assert answer(case(approved(1), later))["preAuthPeriod"] == {"start": "2026-03-10"}
    assert "preAuthPeriod" not in answer(case(pended_for_documents(2)))


def _string(node, name):
    return [e["valueString"] for e in extension(node, name)]


@pytest.mark.spec("pas:spec-34")
@pytest.mark.parametrize("dialect", [PAS_2_2_1, PAS_2_0_1], ids=["2.2.1", "2.0.1"])
@pytest.mark.parametrize(("was", "number"), [(approved(1), "AUTH000001"), (modified(1), "AUTH000009")])
def test_a_cancelled_line_names_the_number_that_was_in_force(was, number, dialect):
    cancelled = replace(was, state=LineState.CANCELLED)

    response = answer(case(cancelled), dialect)

    assert _string(response["item"][0], "extension-authorizationNumber") == [number]
    assert "preAuthRef" not in response


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: dialect.version)
@pytest.mark.parametrize(
    ("state", "action"),
    [(LineState.SPECIALIST_REVIEW, "A4"), (LineState.WITHDRAWN, "C"), (LineState.VOIDED, "C")],
)
def test_states_of_the_payers_own_work_are_told_like_others(state, action, dialect):
    was = replace(approved(), state=state)

    answered = answer(case(was), dialect)

    assert set(actions(answered).values()) == {action}
    named = extension(answered["item"][0], "extension-authorizationNumber")
    assert bool(named) is (state in OVER)
    assert "preAuthRef" not in answered


def test_a_line_cancelled_while_it_waited_names_the_number_it_was_to_replace():
    waited = replace(pended_for_documents(2), state=LineState.CANCELLED, previous_authorization_number="AUTH000003")

    assert _string(answer(case(waited))["item"][0], "extension-authorizationNumber") == ["AUTH000003"]
