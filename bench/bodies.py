"""Requests to measure with: the fixtures' own, brought to the size of a real one, each for another invented member."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fhir_um.cases.model import PayerId
from fhir_um.coverage.load import load_people
from fhir_um.coverage.model import Member
from fhir_um.words import Identifier
from profiles.canonicals import EXT_DOCUMENT_INFORMATION, LOINC, PAS_TEMP_CODES, X12_REPORT_TYPE

FIXTURES = Path(__file__).parent.parent / "fixtures"
STORY = FIXTURES / "stories" / "prior-authorization"
MEMBER_NUMBER = "H1001-6103"
PAYER = PayerId("harbor")
BASE = "https://ehr.example.test/fhir"
SIZE_BYTES = 24_000
_NOTES = "http://hl7.org/fhir/us/core/CodeSystem/us-core-documentreference-category"


@dataclass(frozen=True, slots=True)
class Template:
    """A request body split where each copy differs: member number and message identifier."""

    parts: tuple[bytes, ...]

    def for_member(self, number: str, message: str) -> bytes:
        """The body for that member under that message identifier."""
        marks = {b"@member@": number.encode(), b"@message@": message.encode()}
        return b"".join(marks.get(part, part) for part in self.parts)


def template(name: str, size_bytes: int = SIZE_BYTES) -> Template:
    """The story's request of that name, padded with a document to about `size_bytes`."""
    bundle = json.loads((STORY / f"{name}.request.json").read_text("utf-8"))
    short = len(json.dumps(bundle)) + 1_400
    if size_bytes > short:
        _attach(bundle, (size_bytes - short) // 4 * 4)
    return _split(bundle)


def inquiry() -> Template:
    """An inquiry for every authorization of a member."""
    bundle = json.loads((STORY / "05-inquire-wheelchair.request.json").read_text("utf-8"))
    claim = bundle["entry"][0]["resource"]
    for place in (claim, *claim.get("item", ())):
        place.pop("extension", None)
    claim.pop("item", None)
    return _split(bundle)


def _split(bundle: dict[str, Any]) -> Template:
    text = json.dumps(bundle).replace(MEMBER_NUMBER, "\0@member@\0")
    message = bundle["identifier"]["value"]
    return Template(tuple(text.replace(message, "\0@message@\0").encode().split(b"\0")))


def _attach(bundle: dict[str, Any], characters: int) -> None:
    claim = bundle["entry"][0]["resource"]
    url = f"{BASE}/DocumentReference/bench-note"
    taken = [info["sequence"] for info in claim.get("supportingInfo", [])]
    report = {"coding": [{"system": X12_REPORT_TYPE, "code": "PY"}]}
    claim.setdefault("supportingInfo", []).append(
        {
            "extension": [
                {
                    "url": EXT_DOCUMENT_INFORMATION,
                    "extension": [{"url": "reportTypeCode", "valueCodeableConcept": report}],
                }
            ],
            "sequence": max(taken, default=0) + 1,
            "category": {"coding": [{"system": PAS_TEMP_CODES, "code": "additionalInformation"}]},
            "valueReference": {"reference": url},
        }
    )
    patient = next(e["fullUrl"] for e in bundle["entry"] if e["resource"]["resourceType"] == "Patient")
    bundle["entry"].append({"fullUrl": url, "resource": _document(patient, characters)})


def _document(patient: str, characters: int) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "id": "bench-note",
        "status": "current",
        "type": {"coding": [{"system": LOINC, "code": "11506-3"}]},
        "category": [{"coding": [{"system": _NOTES, "code": "clinical-note"}]}],
        "subject": {"reference": patient},
        "content": [{"attachment": {"contentType": "text/plain", "data": "QUFB" * (characters // 4)}}],
    }


def bench_members(count: int) -> tuple[Member, ...]:
    """That many copies of the story's member, each with an own number."""
    people = load_people(FIXTURES / "people")
    model = next(m for m in people.members if any(i.value == MEMBER_NUMBER for i in m.identifiers))
    system = model.identifiers[0].system
    return tuple(
        replace(model, id=f"bench-{n}", identifiers=(Identifier(system, number_of(n), "MB"),)) for n in range(count)
    )


def number_of(n: int) -> str:
    """The member number of the n-th copy."""
    return f"BENCH-{n:06d}"


def numbered(body: Template, first: int, count: int, run: str) -> Iterator[bytes]:
    """Bodies for members `first` to `first + count`, each with a message identifier of its own."""
    for n in range(first, first + count):
        yield body.for_member(number_of(n), f"{run}-{n}")
