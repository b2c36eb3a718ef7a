"""The Parameters of `$submit-attachment` in house words, or everything that is wrong with them."""

import json
from decimal import Decimal

import pytest

from fhir_um.errors import Kind, Refusal
from fhir_um.translate.attachment_in import RESOURCES, read_attachments
from fhir_um.words import Code, Concept, Identifier
from profiles.reading import Limits, read_json
from tests.fhir_um.api.attaching import PDF, answers, attachment, parameters, report
from tests.validators import validator_for

MOST = 10
LIMITS = Limits(1_000_000, 60, MOST)
PROFILE = "http://hl7.org/fhir/us/davinci-cdex/StructureDefinition/cdex-parameters-submit-attachment"


def read(body):
    return read_attachments(read_json(json.dumps(body).encode(), LIMITS), MOST)


def faults(body) -> list[tuple[str, str]]:
    with pytest.raises(Refusal) as refused:
        read(body)
    assert refused.value.kind is Kind.INVALID
    return [(issue.path, issue.text) for issue in refused.value.issues]


def test_everything_said_is_read() -> None:
    beside = {
        "AdminRefNumber": {"valueIdentifier": {"value": "R1"}},
        "PayerId": {"valueIdentifier": {"system": "urn:payer", "value": "P"}},
        "ServiceDate": {"valueDateTime": "2026-03"},
    }
    body = parameters("T", attachment(report(title="Oximetry"), "1", "2", code="11502-2"), final=False, **beside)

    sent = read(body)

    (document,) = sent.documents
    assert (sent.tracking, sent.admin_reference, sent.payer) == (
        Identifier("", "T"),
        Identifier("", "R1"),
        Identifier("urn:payer", "P"),
    )
    assert (sent.organization.value, sent.provider.value, sent.member.value) == (
        "1910010010",
        "1910020027",
        "H1006-5409",
    )
    assert (sent.service_date, sent.final) == ("2026-03", False)
    assert (document.lines, document.kind, document.title, document.media) == (
        ("1", "2"),
        "DocumentReference",
        "Oximetry",
        "application/pdf",
    )
    assert document.code == document.type == Concept((Code("http://loinc.org", "11502-2"),))
    assert b"".join(document.content.pieces()) == PDF
    assert "data" not in json.loads(document.about)["content"][0]["attachment"]
    assert json.loads(document.about)["subject"] == {"reference": "Patient/rosa-castellano"}


def test_what_is_not_said_is_the_last() -> None:
    assert read(parameters("T", attachment(report()))).final


@pytest.mark.parametrize("who", ["OrganizationId", "ProviderId"])
def test_one_of_two_says_who_sends(who: str) -> None:
    assert read(parameters("T", attachment(report()), **{who: None})).documents


def test_each_file_of_a_document_is_one() -> None:
    both = report()
    both["content"] += report(PDF + b"2")["content"]

    sent = read(parameters("T", attachment(both), attachment(answers(spo2=86.50))))

    assert [d.path.partition("resource")[2] for d in sent.documents] == [
        ".content[0].attachment",
        ".content[1].attachment",
        "",
    ]
    form = b"".join(sent.documents[2].content.pieces())
    assert read_json(form, LIMITS)["item"][0]["answer"][0]["valueDecimal"] == Decimal("86.5")
    assert sent.documents[2].about == b""


def test_a_binary_is_a_file() -> None:
    file = report()["content"][0]["attachment"]

    (document,) = read(parameters("T", attachment({"resourceType": "Binary", **file}))).documents

    assert (document.kind, document.media) == ("Binary", "application/pdf")
    assert json.loads(document.about) == {"resourceType": "Binary", "contentType": "application/pdf"}


@pytest.mark.parametrize("kind", sorted(RESOURCES))
def test_resources_are_taken_as_they_are(kind: str) -> None:
    (document,) = read(parameters("T", attachment({"resourceType": kind, "id": "1"}))).documents

    assert json.loads(b"".join(document.content.pieces())) == {"resourceType": kind, "id": "1"}


@pytest.mark.spec("pas:ainfo-2")
def test_what_is_read_is_what_the_guide_says() -> None:
    body = parameters("T", attachment(report(), "1", code="11502-2"), attachment(answers(spo2=86)), final=True)

    found = validator_for("2.2.1").check(body, (PROFILE,))

    assert [issue.text for issue in found if issue.severity == "error"] == []


@pytest.mark.parametrize(
    ("changes", "path", "told"),
    [
        ({"TrackingId": {"valueString": "T"}}, "parameter[0].valueIdentifier", "TrackingId needs a valueIdentifier"),
        ({"TrackingId": {"valueIdentifier": {"system": "urn:x"}}}, "parameter[0].valueIdentifier", "TrackingId needs"),
        ({"AttachTo": {"valueCode": "claim"}}, "parameter[1].valueCode", "Attachments are taken for prior"),
        ({"AttachTo": {"valueCode": "x"}}, "parameter[1].valueCode", "Attachments are taken for prior"),
        ({"ServiceDate": {"valueDateTime": "1.3.2026"}}, "parameter[5].valueDateTime", "ServiceDate is written as"),
        ({"Final": {"valueBoolean": "true"}}, "parameter[5].valueBoolean", "Final is true or false"),
        ({"Extra": {"valueBoolean": True}}, "parameter[5].name", "A parameter of that name is not known here."),
        ({"MemberId": None}, "parameter", "The parameter MemberId is missing."),
        ({"AttachTo": None}, "parameter", "The parameter AttachTo is missing."),
        ({"ProviderId": None, "OrganizationId": None}, "parameter", "Say who sends: OrganizationId or ProviderId."),
    ],
)
def test_a_parameter_that_cannot_be_used(changes: dict, path: str, told: str) -> None:
    ((place, text),) = faults(parameters("T", attachment(report()), **changes))

    assert place == f"Parameters.{path}"
    assert text.startswith(told)


def test_parameters_are_given_once_and_documents_often() -> None:
    body = parameters("T", attachment(report()), attachment(report()))
    body["parameter"].append({"name": "TrackingId", "valueIdentifier": {"value": "U"}})

    assert faults(body) == [("Parameters.parameter[7]", "The parameter TrackingId may be given once.")]


@pytest.mark.parametrize(
    ("part", "told"),
    [
        ({"name": "Content"}, "The part Content needs a resource."),
        ({"name": "LineItem", "valueInteger": 1}, "The part LineItem needs a valueString."),
        ({"name": "Code", "valueCodeableConcept": {}}, "The part Code needs a valueCodeableConcept."),
        ({"name": "Note", "valueString": "x"}, "A part of that name is not known here."),
        ({"name": "Content", "resource": report()}, "An attachment has exactly one Content."),
    ],
)
def test_a_part_that_cannot_be_used(part: dict, told: str) -> None:
    row = attachment(report())
    row["part"].append(part)

    assert told in [text for _, text in faults(parameters("T", row))]


@pytest.mark.parametrize("resource", [{"resourceType": "Patient"}, {"id": "1"}, {"resourceType": ["Patient"]}])
def test_a_resource_that_is_not_taken(resource: dict) -> None:
    ((path, text),) = faults(parameters("T", attachment(resource)))

    assert path == "Parameters.parameter[5].part[0].resource"
    assert "is not taken as an attachment" in text


def test_a_document_reference_without_content() -> None:
    bare = {**report(), "content": []}

    assert [text for _, text in faults(parameters("T", attachment(bare)))] == ["The DocumentReference has no content."]


@pytest.mark.parametrize("data", [7, None, {}, []])
def test_data_that_is_no_text(data: object) -> None:
    odd = report()
    odd["content"][0]["attachment"]["data"] = data

    assert [text for _, text in faults(parameters("T", attachment(odd)))] == [
        "Send the document itself in `data`; nothing is fetched from a url."
    ]


def test_no_more_at_once_than_are_taken() -> None:
    with pytest.raises(Refusal) as refused:
        read(parameters("T", *[attachment(report())] * (MOST + 1)))

    assert refused.value.kind is Kind.TOO_BIG


@pytest.mark.parametrize("body", [{}, {"resourceType": "Bundle"}, [], "Parameters", None])
def test_another_body(body: object) -> None:
    with pytest.raises(Refusal) as refused:
        read(body)

    assert refused.value.kind is Kind.UNREADABLE
