"""What one coverage-information says, in the codes and shapes of a version of CRD; and how 2.2 says it.

Must not know orders or hooks. Source: CRD 2.2.1, ext-coverage-information.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from cds_hooks.desk import Amount, Assertion, Coding, Contact, Detail, Json, Period, Why

CODES_OF_ITS_OWN = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
_DETAIL_SYSTEM = "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"
_DETAIL_CODES = frozenset(
    {
        "allowed-quantity",
        "allowed-period",
        "in-network-copay",
        "out-network-copay",
        "concurrent-review",
        "appropriate-use-needed",
        "policy-link",
        "instructions",
    }
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The content of one extension, in the order of its elements; what is empty is not said.

    `reasons` are CodeableConcepts, `details` lists of sub-extensions, `contacts` values under their name
    (`valueContactDetail`).
    """

    covered: str
    pa_needed: str
    doc_needed: tuple[str, ...]
    doc_purpose: tuple[str, ...]
    info_needed: tuple[str, ...]
    billing_codes: tuple[Json, ...]
    reasons: tuple[Json, ...]
    details: tuple[list[Json], ...]
    depends_on: tuple[str, ...]
    questionnaires: tuple[str, ...]
    on: date
    id: str
    satisfied_pa_id: str
    contacts: tuple[Json, ...]
    expires: date | None


def in_crd_2_2(told: Assertion) -> Statement:
    """An assertion in the words of CRD 2.2, which are its own."""
    return Statement(
        covered=told.covered,
        pa_needed=told.pa_needed or "",
        doc_needed=told.doc_needed,
        doc_purpose=told.doc_purpose,
        info_needed=told.info_needed,
        billing_codes=tuple(map(coding, told.billing_codes)),
        reasons=tuple(map(_reason, told.reasons)),
        details=tuple(map(_detail, told.details)),
        depends_on=told.depends_on,
        questionnaires=told.questionnaires,
        on=told.on,
        id=told.id,
        satisfied_pa_id=told.satisfied_pa_id,
        contacts=tuple(map(_contact, told.contacts)),
        expires=told.expires,
    )


def coding(code: Coding) -> Json:
    """A Coding, without an empty display."""
    return said({"system": code.system, "code": code.code, "display": code.display})


def part(url: str, value: Json) -> Json:
    """A sub-extension: `value` holds the one value under its name."""
    return {"url": url, **value}


def said(members: Json) -> Json:
    """Only what says something: no null, no empty text, list or object."""
    return {name: value for name, value in members.items() if value or says(value)}


def says(value: object) -> bool:
    """False for null and for an empty text, list or object; nought and false say something."""
    return bool(value) or not (value is None or isinstance(value, str | list | dict))


def value_of(value: bool | str | Period | Amount) -> Json:
    """The value of a detail, under the name that FHIR gives its type.

    >>> value_of(Period(date(2026, 3, 1), None))
    {'valuePeriod': {'start': '2026-03-01'}}
    """
    if isinstance(value, Period):
        return {"valuePeriod": said({"start": _day(value.start), "end": _day(value.end)})}
    if isinstance(value, Amount):
        return {"valueQuantity": said({"value": value.value, "unit": value.unit})}
    return {"valueString": value} if isinstance(value, str) else {"valueBoolean": value}


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _reason(why: Why) -> Json:
    codes = [{"system": CODES_OF_ITS_OWN, "code": why.code.value}] if why.code else []
    return said({"coding": codes, "text": why.text})


def _detail(detail: Detail) -> list[Json]:
    known = detail.code in _DETAIL_CODES
    concept: Json = {"coding": [{"system": _DETAIL_SYSTEM, "code": detail.code}]} if known else {"text": detail.code}
    value: dict[str, Any] = {"valueUrl": detail.value} if detail.code == "policy-link" else value_of(detail.value)
    parts = [
        part("category", {"valueCode": detail.category.value}),
        part("code", {"valueCodeableConcept": concept}),
        part("value", value),
    ]
    return parts + ([part("qualification", {"valueString": detail.qualification})] if detail.qualification else [])


def _contact(contact: Contact) -> Json:
    telecom = [{"system": system, "value": value} for system, value in contact.telecom]
    return {"valueContactDetail": said({"name": contact.name, "telecom": telecom})}
