"""How authorizations and what was used of them look in our own API, and how claims are asked about. Plain JSON.

Must not know what fits what. Nothing of what was sent is repeated in a fault.
"""

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from fhir_um.api.decision_in import CodeIn, PeriodIn
from fhir_um.api.exchange import ID
from fhir_um.cases.auditing import Subject
from fhir_um.cases.auth_matching import SENTENCES, Billed, Hindrance, Match, Matched
from fhir_um.cases.ledger import Authorization, Use
from fhir_um.cases.model import MemberId, PayerId
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.usecases.match_authorization import Insured
from fhir_um.usecases.use_authorization import Claimed
from fhir_um.words import Code, Concept, Identifier, Period

_NPI = re.compile(r"[0-9]{10}", re.ASCII)
_USE_ID = re.compile(ID)
_LONGEST_WORD = 200
_MOST_WORDS = 20
_MOST_UNITS = Decimal(1_000_000)
_MOST_PLACES = 4


class IdentifierIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A number of the member; without a system it is sought in all of them."""

    value: str
    system: str = ""


class MatchIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """One line of a claim: the member by our id or by numbers of theirs, and what was done, when, by whom, how often.

    `modifiers` and `placeOfService` are bare codes.
    """

    code: CodeIn
    units: Decimal
    member_id: str = ""
    identifiers: list[IdentifierIn] = []
    payer: str = ""
    modifiers: list[str] = []
    date_of_service: date | None = None
    period: PeriodIn | None = None
    provider_npi: str = ""
    place_of_service: str = ""


class UseIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """Units used on one day; `useId` is the claims system's own, such as claim number and line."""

    use_id: str
    date_of_service: date
    units: Decimal
    provider_npi: str


def insured_and_billed(given: MatchIn) -> tuple[Insured, Billed]:
    """Whose claim line it is, and what it says. Raises: Refusal INVALID with every fault."""
    faults = tuple(_faults_of_match(given))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    identifiers = tuple(Identifier(one.system, one.value) for one in given.identifiers)
    insured = Insured(given.member_id, identifiers, PayerId(given.payer) if given.payer else None)
    day, days = given.date_of_service, given.period
    period = Period(day, day) if day else Period(days.start, days.end) if days else Period()
    code = Code(given.code.system, given.code.code)
    modifiers = tuple(given.modifiers)
    return insured, Billed(code, period, given.units, given.provider_npi, modifiers, given.place_of_service)


def claimed(given: UseIn) -> Claimed:
    """The use that was told. Raises: Refusal INVALID with every fault."""
    faults = tuple(_faults_of_use(given))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    return Claimed(given.use_id, given.date_of_service, given.units, given.provider_npi)


def matched_view(matched: Matched) -> dict[str, Any]:
    """What fits and what comes near, and why there is not exactly one that fits."""
    return {
        "matched": [_match(one) for one in matched.fitting],
        "near": [_match(one) for one in matched.near],
        "exceptions": _told(matched.hindrances),
    }


def authorization_view(found: Authorization) -> dict[str, Any]:
    """What is authorized, and how much of it remains."""
    unit = found.opening.unit or found.opening.code
    return {
        "number": found.number or None,
        "payerId": found.payer_id,
        "caseId": found.case_id,
        "line": found.sequence,
        "memberId": found.member_id,
        "state": found.state,
        "service": _concept(found.service),
        "modifiers": [_concept(modifier) for modifier in found.modifiers],
        "period": {"start": _day(found.period.start), "end": _day(found.period.end)},
        "providers": sorted(found.npis),
        "placesOfService": [code.code for code in found.settings],
        "units": {
            "unit": unit,
            "opening": f"{found.opening.value:f}",
            "used": f"{found.used:f}",
            "remaining": f"{found.remaining:f}",
        },
    }


def use_view(use: Use) -> dict[str, Any]:
    """One use, also when it was taken back."""
    return {
        "useId": use.use_id,
        "number": use.number,
        "dateOfService": use.served_on.isoformat(),
        "units": f"{use.units:f}",
        "providerNpi": use.npi,
        "recordedAt": use.recorded_at.isoformat(),
        "recordedBy": use.recorded_by,
        "reversedAt": use.reversed_at.isoformat() if use.reversed_at else None,
        "reversedBy": use.reversed_by or None,
    }


def subject_of(found: Authorization) -> Subject:
    """Whom an authorization is about."""
    return Subject(found.payer_id, MemberId(found.member_id), found.case_id, found.version)


def _match(one: Match) -> dict[str, Any]:
    return authorization_view(one.authorization) | {"exceptions": _told(one.hindrances)}


def _told(hindrances: tuple[Hindrance, ...]) -> list[dict[str, str]]:
    return [{"code": each.value, "text": SENTENCES[each]} for each in hindrances]


def _concept(concept: Concept) -> dict[str, Any]:
    return {"codes": [{"system": c.system, "code": c.code} for c in concept.codes], "text": concept.text}


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


# --- what cannot be used ----------------------------------------------------------------------------------------------


def _faults_of_match(given: MatchIn) -> Iterator[Issue]:
    if bool(given.member_id) == bool(given.identifiers):
        yield Issue("required", "Name the member by memberId or by identifiers, one of the two.", "memberId")
    if not given.code.code:
        yield Issue("required", "Say which code.", "code.code")
    if (given.date_of_service is None) == (given.period is None):
        yield Issue("required", "Give dateOfService or period, one of the two.", "dateOfService")
    days = given.period
    if days is not None and (days.start is None or days.end is None or days.end < days.start):
        yield Issue("value", "A period has a first and a last day, in that order.", "period")
    words = [*given.modifiers, given.place_of_service, given.member_id, given.payer, given.code.code, given.code.system]
    words += [word for one in given.identifiers for word in (one.system, one.value)]
    if len(given.modifiers) > _MOST_WORDS or len(given.identifiers) > _MOST_WORDS:
        yield Issue("too-long", f"At most {_MOST_WORDS} modifiers, and as many identifiers.", "modifiers")
    if any(len(word) > _LONGEST_WORD for word in words):
        yield Issue("too-long", f"Codes and numbers have at most {_LONGEST_WORD} characters.", "")
    if given.provider_npi:
        yield from _npi(given.provider_npi)
    yield from _units(given.units)


def _faults_of_use(given: UseIn) -> Iterator[Issue]:
    if not _USE_ID.fullmatch(given.use_id):
        yield Issue("value", "An id has 1 to 64 letters, digits, hyphens and dots.", "useId")
    yield from _npi(given.provider_npi)
    yield from _units(given.units)


def _npi(text: str) -> Iterator[Issue]:
    if not _NPI.fullmatch(text):
        yield Issue("value", "An NPI has ten digits.", "providerNpi")


def _units(units: Decimal) -> Iterator[Issue]:
    exponent = units.as_tuple().exponent
    is_plain = isinstance(exponent, int) and exponent >= -_MOST_PLACES
    if not is_plain or not 0 < units <= _MOST_UNITS:
        text = f"Units are a number above 0, of at most {_MOST_UNITS} and {_MOST_PLACES} decimal places."
        yield Issue("value", text, "units")
