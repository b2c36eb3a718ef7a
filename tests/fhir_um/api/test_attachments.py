"""`$submit-attachment` over the whole application: named answers, and nothing that came is lost."""

import gzip
import json
from collections.abc import Iterator
from hashlib import sha256

import pytest
from flask.testing import FlaskClient

from tests.fhir_um.api.attaching import (
    FHIR,
    NOTE,
    PDF,
    REPORT,
    STORY,
    answers,
    attachment,
    line_of,
    listed,
    parameters,
    pended,
    report,
    send,
    told,
)
from tests.fhir_um.doors import open_doors

ATTACHED = "information: The document was added to the request."
REPEATED = "information: The document was received before."
BASES = ["/fhir", "/2.0.1/fhir"]
FORM = "102089-0"
REVIEWER = {"role": "nurse", "reviewer": {"id": "rn-7"}}


@pytest.fixture
def doors(database_url: str) -> Iterator[FlaskClient]:
    """The application, once on each kind of database."""
    with open_doors(database_url) as made:
        yield made


@pytest.fixture
def waiting(client: FlaskClient) -> str:
    return pended(client)


def tracking(case_id: str, loinc: str = REPORT) -> str:
    return f"{case_id}-1-{loinc}"


def worksheet(client: FlaskClient, case_id: str) -> dict[str, tuple[str, str]]:
    """Per criterion of the one line, its truth and the value found for it."""
    sheet = client.get(f"/um/v1/cases/{case_id}/worksheet").json
    criteria = sheet["lines"][0]["findings"][0]["criteria"]
    return {c["id"]: (c["truth"], next((one.get("value") for one in c["found"]), "")) for c in criteria}


# --- the way it should go -------------------------------------------------------------------------------------------


@pytest.mark.spec("pas:ainfo-2")
@pytest.mark.parametrize("base", BASES)
def test_answers_that_complete_the_policy_approve_without_a_person(doors: FlaskClient, base: str) -> None:
    case_id = pended(doors)

    answer = send(doors, parameters(tracking(case_id), attachment(answers(spo2=86), "1")), base)

    line = line_of(doors, case_id)
    assert (answer.status_code, told(answer)[0]) == (200, ATTACHED)
    assert (line["state"], line["decision"]["by"]["id"]) == ("approved", "engine")
    (row,) = listed(doors, case_id)
    evidence = {c["id"]: c["evidence"] for c in line["findings"][0]["criteria"]}
    assert evidence["spo2"] == [f"attachment:{row['id']}#spo2"]
    assert (row["caseVersion"], row["lines"], row["kind"]) == (2, [1], "QuestionnaireResponse")
    steps = [(e["kind"], e["moves"]) for e in doors.get(f"/um/v1/cases/{case_id}/events").json["events"][2:]]
    assert steps == [("information-received", []), ("line-moved", ["T10", "T6", "T7"])]


@pytest.mark.spec("pas:ainfo-2")
def test_answers_that_do_not_go_to_a_nurse_with_the_answers(doors: FlaskClient) -> None:
    case_id = pended(doors)

    answer = send(doors, parameters(tracking(case_id, FORM), attachment(answers(spo2=93, pao2=80))))

    line, found = line_of(doors, case_id), worksheet(doors, case_id)
    assert told(answer)[0] == ATTACHED
    assert line["state"] == "nurse-review"
    assert line["decision"]["text"].startswith("Information received. ")
    assert (found["spo2"], found["pao2"]) == (("unmet", "93"), ("unmet", "80"))
    assert line["documents"] == []


@pytest.mark.spec("pas:spec-2")
def test_the_same_by_an_update_that_carries_the_answers(client: FlaskClient, waiting: str) -> None:
    bundle = json.loads((STORY / "02-send-the-test.request.json").read_text())
    resources = [entry["resource"] for entry in bundle["entry"]]
    (form,) = [r for r in resources if r["resourceType"] == "QuestionnaireResponse"]
    for observation in (r for r in resources if r["resourceType"] == "Observation"):
        observation["valueQuantity"]["value"] = 93
    form["item"] = [{"linkId": link, "answer": [{"valueDecimal": 93}]} for link in ("spo2", "pao2")]
    form["authored"] = "2026-11-19T10:00:00-05:00"

    answer = client.post("/fhir/Claim/$submit", data=json.dumps(bundle), headers=FHIR)

    line, found = line_of(client, waiting), worksheet(client, waiting)
    assert answer.json["entry"][0]["resource"]["id"] == waiting
    assert line["state"] == "nurse-review"
    assert (found["spo2"], found["pao2"]) == (("unmet", "93"), ("unmet", "93"))


def test_documents_that_software_cannot_read_are_read_by_a_nurse_when_all_came(doors: FlaskClient) -> None:
    case_id = pended(doors)
    asked = {d["loinc"] for d in line_of(doors, case_id)["documents"]}

    first = send(doors, parameters(tracking(case_id), attachment(report())))
    between = line_of(doors, case_id)
    second = send(doors, parameters(tracking(case_id, NOTE), attachment(report(PDF + b"note", loinc=NOTE))))

    assert asked == {REPORT, NOTE}
    assert told(first)[-1] == f"information: Line 1 still waits for {NOTE}."
    assert (between["state"], [d["loinc"] for d in between["documents"]]) == ("pended-info", [NOTE])
    assert told(second)[0] == ATTACHED
    assert line_of(doors, case_id)["state"] == "nurse-review"
    assert [row["title"] for row in listed(doors, case_id)] == ["", ""]


def test_a_document_with_more_to_come_is_waited_for(client: FlaskClient, waiting: str) -> None:
    send(client, parameters(waiting, attachment(report()), final=False))
    between = line_of(client, waiting)
    send(client, parameters(waiting, attachment(report(PDF + b"part 2"))))

    assert [d["loinc"] for d in between["documents"]] == [REPORT, NOTE]
    assert line_of(client, waiting)["state"] == "nurse-review"


def test_what_came_before_counts_with_what_comes_now(client: FlaskClient, waiting: str) -> None:
    measured = {
        "resourceType": "Observation",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
        "subject": {"reference": "https://ehr.example.test/fhir/Patient/rosa-castellano"},
        "effectiveDateTime": "2026-11-18T10:00:00-05:00",
        "valueQuantity": {"value": 91, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }

    send(client, parameters(tracking(waiting), attachment(measured), final=False))
    between = line_of(client, waiting)
    send(client, parameters(tracking(waiting), attachment(answers(pao2=54))))

    assert between["state"] == "pended-info"
    assert line_of(client, waiting)["state"] == "approved"


def test_the_clock_runs_on(client: FlaskClient, waiting: str) -> None:
    before = client.get(f"/um/v1/cases/{waiting}").json

    send(client, parameters(waiting, attachment(report())))

    after = client.get(f"/um/v1/cases/{waiting}").json
    assert after["dueAt"] == before["dueAt"]
    assert after["clocks"] == before["clocks"]


@pytest.mark.parametrize("name", ["case", "reference", "claim", "reference beside an unknown tracking id"])
def test_a_request_is_found_by_what_it_is_called(client: FlaskClient, waiting: str, name: str) -> None:
    reference = line_of(client, waiting)["administrativeReference"]
    (claim,) = client.get(f"/um/v1/cases/{waiting}").json["claimIdentifiers"]
    bodies = {
        "case": parameters(waiting, attachment(report())),
        "reference": parameters(reference, attachment(report())),
        "claim": parameters("", attachment(report()), TrackingId={"valueIdentifier": claim}),
        "reference beside an unknown tracking id": parameters(
            "our-own-4711", attachment(report()), AdminRefNumber={"valueIdentifier": {"value": reference}}
        ),
    }

    answer = send(client, bodies[name])

    assert told(answer)[0] == ATTACHED
    assert [row["caseId"] for row in listed(client, waiting)] == [waiting]


# --- reading what came ----------------------------------------------------------------------------------------------


def test_the_bytes_come_back_as_they_were_sent(doors: FlaskClient) -> None:
    case_id, content = pended(doors), PDF * 700
    send(doors, parameters(case_id, attachment(report(content, title="Oximetry"))))
    (row,) = listed(doors, case_id)

    answer = doors.get(f"/um/v1/attachments/{row['id']}", headers={"Accept-Encoding": "gzip"})

    assert answer.is_streamed
    assert answer.data == content
    assert (row["size"], row["sha256"], row["title"]) == (len(content), sha256(content).hexdigest(), "Oximetry")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(content))
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "Content-Encoding" not in answer.headers


def test_the_worksheet_shows_answers_and_documents(client: FlaskClient, waiting: str) -> None:
    send(client, parameters(tracking(waiting, FORM), attachment(answers(spo2=93.50)), attachment(report())))

    sheet = client.get(f"/um/v1/cases/{waiting}/worksheet").json

    form, paper = sheet["attachments"]
    (answer,) = sheet["answers"]
    assert answer == {
        "evidence": f"attachment:{form['id']}#spo2",
        "form": "",
        "link": "spo2",
        "value": "93.5",
        "unit": "",
        "on": "2026-11-20",
    }
    assert paper["mediaType"] == "application/pdf"
    assert client.get("/um/v1/cases/nothing/worksheet").status_code == 404


def test_there_is_no_attachment_of_that_id(client: FlaskClient) -> None:
    assert client.get("/um/v1/attachments/nothing").status_code == 404
    assert client.get("/um/v1/cases/nothing/attachments").status_code == 404


# --- again, too late, not theirs ------------------------------------------------------------------------------------


def test_the_same_again_is_recognised(doors: FlaskClient) -> None:
    case_id = pended(doors)
    body = parameters(tracking(case_id), attachment(report()))

    first, again = send(doors, body), send(doors, body)

    assert (told(first)[0], told(again)[0]) == (ATTACHED, REPEATED)
    assert len(listed(doors, case_id)) == 1
    assert doors.get(f"/um/v1/cases/{case_id}").json["version"] == 2


def test_said_to_be_final_the_second_time(client: FlaskClient, waiting: str) -> None:
    send(client, parameters(waiting, attachment(report()), final=False))

    again = send(client, parameters(waiting, attachment(report()), final=True))

    assert told(again)[0] == REPEATED
    assert line_of(client, waiting)["state"] == "nurse-review"


def test_documents_for_a_decided_request_are_kept_with_it(client: FlaskClient, waiting: str) -> None:
    send(client, parameters(tracking(waiting), attachment(answers(spo2=86))))
    version = client.get(f"/um/v1/cases/{waiting}").json["version"]

    late = send(client, parameters(tracking(waiting), attachment(report())))

    assert told(late) == [ATTACHED, "information: Line 1 did not wait for documents (approved); they are kept with it."]
    assert client.get(f"/um/v1/cases/{waiting}").json["version"] == version
    assert [row["caseVersion"] for row in listed(client, waiting)] == [2, version]


def _held(client: FlaskClient) -> list[dict]:
    rows: list[dict] = client.get("/um/v1/attachments?unmatched=true").json["attachments"]
    return rows


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"TrackingId": {"valueIdentifier": {"value": "nothing-of-ours"}}}, "No request of yours has this TrackingId"),
        ({"MemberId": {"valueIdentifier": {"value": "H1001-6103"}}}, "The MemberId is not that of the request."),
        ({"MemberId": {"valueIdentifier": {"value": "nobody"}}}, "The MemberId is not that of the request."),
    ],
)
def test_what_fits_no_request_is_kept_for_a_person(doors: FlaskClient, change: dict, why: str) -> None:
    case_id = pended(doors)

    body = parameters(tracking(case_id), attachment(report()), **change)
    answer, again = send(doors, body), send(doors, body)

    assert (answer.status_code, again.status_code) == (200, 200)
    assert told(answer)[0].startswith(f"information: {why}")
    assert told(again) == [REPEATED]
    assert listed(doors, case_id) == []
    (held,) = _held(doors)
    assert held["whyHeld"].startswith(why)
    assert doors.get(f"/um/v1/attachments/{held['id']}").data == PDF
    assert line_of(doors, case_id)["state"] == "pended-info"


@pytest.mark.parametrize("odd", ["\0", "x" * 5000, "1-1-1-1", "' OR 1=1 --", "\u202e", "a|b", "../../etc"])
def test_odd_names_find_nothing_and_are_kept(doors: FlaskClient, odd: str) -> None:
    named = {"TrackingId": {"valueIdentifier": {"system": odd, "value": odd}}}
    numbered = {"AdminRefNumber": {"valueIdentifier": {"value": odd}}, "MemberId": {"valueIdentifier": {"value": odd}}}

    answer = send(doors, parameters("", attachment(report(title=odd), odd), **named, **numbered))

    assert answer.status_code == 200
    (held,) = _held(doors)
    assert (held["trackingId"]["value"], held["title"], held["saidLines"]) == (odd, odd, [odd.strip()])
    assert doors.get(f"/um/v1/attachments/{held['id']}").data == PDF


def test_a_document_for_a_line_that_is_not_there_is_kept_for_a_person(client: FlaskClient, waiting: str) -> None:
    answer = send(client, parameters(waiting, attachment(report(), "7"), attachment(report(PDF + b"2"), "1")))

    assert told(answer)[0] == "information: The request has no such line. The document is kept; a person will match it."
    assert told(answer)[1] == ATTACHED
    assert (len(_held(client)), len(listed(client, waiting))) == (1, 1)


def test_a_reference_to_another_request_is_not_guessed_about(client: FlaskClient, waiting: str) -> None:
    bundle = json.loads((STORY / "01-submit-without-test.request.json").read_text())
    claim = bundle["entry"][0]["resource"]
    claim["identifier"][0]["value"] = claim["id"] = "another"
    bundle["entry"][0]["fullUrl"] = "https://ehr.example.test/fhir/Claim/another"
    other = pended(client, **bundle)
    reference = line_of(client, other)["administrativeReference"]

    named = {"AdminRefNumber": {"valueIdentifier": {"value": reference}}}
    answer = send(client, parameters(tracking(waiting), attachment(report()), **named))

    assert "more than one request" in told(answer)[0]


@pytest.mark.parametrize("subject", [{"reference": "Patient/somebody-else"}, {"identifier": {"value": "H1001-6103"}}])
def test_answers_about_somebody_else_decide_nothing(client: FlaskClient, waiting: str, subject: dict) -> None:
    send(client, parameters(tracking(waiting, FORM), attachment(answers(subject=subject, spo2=86))))
    send(client, parameters(waiting, attachment(report())))

    assert line_of(client, waiting)["state"] == "nurse-review"


@pytest.mark.parametrize(
    "subject", [None, {"identifier": {"value": "H1006-5409", "system": "https://harbor.example.test/member-number"}}]
)
def test_answers_that_name_the_member_count(client: FlaskClient, waiting: str, subject: dict | None) -> None:
    send(client, parameters(tracking(waiting, FORM), attachment(answers(subject=subject, spo2=86))))

    assert line_of(client, waiting)["state"] == "approved"


@pytest.mark.spec("pas:spec-2")
def test_answers_wrapped_in_a_bundle_count(client: FlaskClient, waiting: str) -> None:
    entry = {"fullUrl": "https://ehr.example.test/fhir/QuestionnaireResponse/1", "resource": answers(spo2=86)}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}

    send(client, parameters(tracking(waiting, FORM), attachment(bundle)))

    (row,) = listed(client, waiting)
    criteria = {c["id"]: c["evidence"] for c in line_of(client, waiting)["findings"][0]["criteria"]}
    assert criteria["spo2"] == [f"attachment:{row['id']}#spo2"]


# --- a person matches -----------------------------------------------------------------------------------------------


def test_a_person_matches_what_was_held(doors: FlaskClient) -> None:
    case_id = pended(doors)
    send(doors, parameters("a-typo", attachment(answers(spo2=86))))
    (held,) = _held(doors)

    body = {"case": case_id, "lines": [1], **REVIEWER}
    answer = doors.post(f"/um/v1/attachments/{held['id']}/match", json=body)
    again = doors.post(f"/um/v1/attachments/{held['id']}/match", json=body)

    assert (answer.status_code, answer.json["lines"][0]["state"]) == (200, "approved")
    assert again.status_code == 409
    assert _held(doors) == []
    (row,) = listed(doors, case_id)
    assert (row["matchedBy"], row["lines"], row["caseVersion"]) == ("rn-7", [1], 2)
    step = doors.get(f"/um/v1/cases/{case_id}/events").json["events"][2]
    assert (step["kind"], step["actor"]["id"]) == ("information-received", "rn-7")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"case": "nothing"}, 404),
        ({"lines": [9]}, 422),
        ({"lines": []}, 422),
        ({"role": "engine"}, 403),
        ({"reviewer": {"id": " "}}, 422),
        ({"lines": ["one"]}, 422),
        ({"surprise": 1}, 422),
    ],
)
def test_a_matching_that_cannot_be(client: FlaskClient, waiting: str, change: dict, status: int) -> None:
    send(client, parameters("a-typo", attachment(report())))
    (held,) = _held(client)

    body = {"case": waiting, "lines": [1], **REVIEWER, **change}
    answer = client.post(f"/um/v1/attachments/{held['id']}/match", json=body)

    assert answer.status_code == status
    assert len(_held(client)) == 1


def test_a_document_of_another_member_is_not_matched(client: FlaskClient, waiting: str) -> None:
    send(client, parameters("a-typo", attachment(report()), MemberId={"valueIdentifier": {"value": "H1001-6103"}}))
    (held,) = _held(client)

    answer = client.post(f"/um/v1/attachments/{held['id']}/match", json={"case": waiting, "lines": [1], **REVIEWER})

    assert answer.status_code == 422
    assert told(answer) == ["error: The attachment is about another member than the case."]


@pytest.mark.parametrize("query", ["", "?unmatched=false", "?unmatched=true&limit=0", "?unmatched=true&x=1"])
def test_the_list_of_held_ones_is_asked_for_by_name(client: FlaskClient, query: str) -> None:
    assert client.get(f"/um/v1/attachments{query}").status_code == 422


# --- bad input ------------------------------------------------------------------------------------------------------

BAD = [
    ("no bytes", report(data=""), "The document is empty (0 bytes).", ".data"),
    ("no base64", report(data="%%%"), "The data is not base64.", ".data"),
    ("cut base64", report(data="JVBERi0"), "The data is not base64.", ".data"),
    ("another type", report(b"GIF89a"), "The content is not of the type it says to be (application/pdf).", ".data"),
    (
        "an archive",
        report(b"PK\x03\x04", "application/zip"),
        "That type is not taken; send one of",
        "",
    ),
    ("a page", report(b"<html>", "text/html"), "That type is not taken; send one of", ""),
    ("no type", report(media=""), "A document without contentType is not taken; send one of", ""),
    (
        "entities",
        report(b"<!DOCTYPE a [", "text/xml"),
        "The content is not of the type it says to be (text/xml).",
        ".data",
    ),
    ("an address", report(data=None, url="https://ehr.example.test/b/1"), "Send the document itself in `data`", ""),
    ("cut on the way", report(size=9), f"The document has {len(PDF)} bytes, not 9; it was cut", ""),
    ("changed on the way", report(hash="AAAA"), "The document does not have the hash it says", ""),
    ("a hash that is none", report(hash="é"), "The document does not have the hash it says", ""),
]


@pytest.mark.parametrize(("content", "why", "place"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_a_document_that_cannot_be_one(client: FlaskClient, waiting: str, content: dict, why: str, place: str) -> None:
    answer = send(client, parameters(tracking(waiting), attachment(content)))

    (issue,) = answer.json["issue"]
    assert answer.status_code == 422
    assert issue["details"]["text"].startswith(why)
    assert issue["expression"] == [f"Parameters.parameter[5].part[0].resource.content[0].attachment{place}"]
    assert (listed(client, waiting), _held(client)) == ([], [])


def test_an_office_document_is_taken_and_stays_closed(client: FlaskClient, waiting: str) -> None:
    bomb = b"PK\x03\x04" + bytes(5000)
    word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

    answer = send(client, parameters(waiting, attachment(report(bomb, word))))

    assert told(answer)[0] == ATTACHED
    assert listed(client, waiting)[0]["size"] == len(bomb)


def test_every_fault_is_told_at_once(client: FlaskClient) -> None:
    body = parameters(
        "", attachment(report(b"")), attachment({"resourceType": "Patient"}), AttachTo={"valueCode": "claim"}
    )
    body["parameter"] += [{"name": "Final", "valueBoolean": "yes"}, {"name": "Extra", "valueString": "x"}]
    body["parameter"] = [
        row for row in body["parameter"] if row["name"] not in {"ProviderId", "OrganizationId", "MemberId"}
    ]

    answer = send(client, body)

    assert answer.status_code == 422
    assert [issue.partition(": ")[2].partition(" ")[0] for issue in told(answer)] == [
        "TrackingId",
        "Attachments",
        "The",
        "A",
        "Final",
        "A",
        "The",
        "Say",
    ]


@pytest.mark.parametrize(
    ("body", "status"), [({"resourceType": "Bundle"}, 400), ([], 400), ({"resourceType": "Parameters"}, 422)]
)
def test_a_body_that_is_something_else(client: FlaskClient, body: object, status: int) -> None:
    assert send(client, body).status_code == status


def test_too_big_is_told_with_the_limit(client: FlaskClient) -> None:
    limit = 20_000_000
    body = b'{"resourceType": "Parameters", "x": "' + b"A" * limit + b'"}'

    plain = client.post("/fhir/$submit-attachment", data=body, headers=FHIR)
    bomb = client.post(
        "/fhir/$submit-attachment", data=gzip.compress(body), headers={**FHIR, "Content-Encoding": "gzip"}
    )

    assert (plain.status_code, bomb.status_code) == (413, 413)
    assert str(limit) in told(plain)[0]
    for base in BASES:
        operations = client.get(f"{base}/metadata").json["rest"][0]["operation"]
        (ours,) = [row for row in operations if row["name"] == "submit-attachment"]
        assert str(limit) in ours["documentation"]


def test_endless_nesting_is_refused(client: FlaskClient) -> None:
    answer = client.post("/fhir/$submit-attachment", data=b"[" * 200_000, headers=FHIR)

    assert answer.status_code == 400


def test_a_number_of_a_few_digits_is_shown_in_a_few(client: FlaskClient, waiting: str) -> None:
    """`1e999999999` as digits would be a gigabyte."""
    body = json.dumps(parameters(waiting, attachment(answers(spo2=777)))).replace("777", "1e999999999")
    client.post("/fhir/$submit-attachment", data=body, headers=FHIR)

    sheet = client.get(f"/um/v1/cases/{waiting}/worksheet").json

    assert [answer["value"] for answer in sheet["answers"]] == ["1E+999999999"]
