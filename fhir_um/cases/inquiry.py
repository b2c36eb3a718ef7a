"""What somebody asks about authorizations: query by example over the case store, in house words.

Must not know FHIR or SQL. Source: PAS 2.2.1 inquiry rules spec-42 to spec-53.
"""

from dataclasses import dataclass
from datetime import date

from fhir_um.cases.asked import ClaimedCoverage, ClaimedMember, Party
from fhir_um.cases.model import OVER, Case, Line, LineState
from fhir_um.words import Code, Concept, Period, plain_icd
from profiles.canonicals import CERTIFICATION_CANCEL, ICD10_CM


@dataclass(frozen=True, slots=True)
class LineFilter:
    """One item of an inquiry: every part that is given must match the same line.

    `service` None means any service (also when the sender wrote not-applicable, spec-43); with `service_end` it is
    the first of a range. `states` holds the line states asked for, read from review action codes; `no_such_state` is
    true when only codes were given that no line can have. Empty strings and open periods match everything.
    """

    service: Concept | None = None
    service_end: Concept | None = None
    modifiers: tuple[Concept, ...] = ()
    category: Concept | None = None
    serviced: Period = Period()
    issued: Period = Period()
    effective: Period = Period()
    expires: Period = Period()
    states: tuple[LineState, ...] = ()
    authorization_number: str = ""
    administrative_reference: str = ""
    no_such_state: bool = False


@dataclass(frozen=True, slots=True)
class Inquiry:
    """An inquiry: who asks, about whom, and what must match. No line filter means every line.

    Several diagnoses mean the union (one 278 inquiry each). `certification_type` (X12 1322) is that of the request
    asked about: initial, renewal, cancellation.
    """

    payer: Party
    requester: Party
    requester_parties: tuple[Party, ...]
    care_team_npis: frozenset[str]
    member: ClaimedMember
    coverage: ClaimedCoverage | None
    authorization_number: str = ""
    administrative_reference: str = ""
    period: Period = Period()
    diagnoses: tuple[Code, ...] = ()
    lines: tuple[LineFilter, ...] = ()
    certification_type: Code | None = None

    @property
    def npis(self) -> frozenset[str]:
        """Every NPI the asker names as requesting, ordering or rendering."""
        return self.care_team_npis | {p.npi for p in self.requester_parties if p.npi}

    @property
    def numbers(self) -> frozenset[str]:
        """Every authorization or reference number asked for, written as ours are: in capitals."""
        given = {self.authorization_number, self.administrative_reference}
        for line in self.lines:
            given |= {line.authorization_number, line.administrative_reference}
        return frozenset(number.strip().upper() for number in given - {""})


def matches(case: Case, inquiry: Inquiry, on_numbers: bool) -> bool:
    """True when the case is one the inquiry describes.

    Bundle and Claim identifiers of the inquiry name the inquiry itself and are never compared (PAS 2.2.1). With
    `on_numbers` the case was found by a number it holds or held, so numbers are not compared again (spec-47).
    """
    if not _in_period(case, inquiry.period) or not _has_diagnosis(case, inquiry.diagnoses):
        return False
    if not _is_of_type(case, inquiry.certification_type):
        return False
    if not inquiry.lines:
        return True
    return any(_line_matches(line, wanted, on_numbers) for wanted in inquiry.lines for line in case.lines)


def _in_period(case: Case, period: Period) -> bool:
    if period == Period():
        return True
    return any(_span(line).overlaps(period) for line in case.lines)


def _span(line: Line) -> Period:
    return line.period or line.request.serviced


def _has_diagnosis(case: Case, wanted: tuple[Code, ...]) -> bool:
    if not wanted:
        return True
    plain = set(map(_without_dot, wanted))
    return any(_without_dot(code) in plain for each in case.request.diagnoses for code in each.concept.codes)


def _without_dot(code: Code) -> Code:
    """An ICD-10-CM code as X12 writes it; any other code as it is."""
    return Code(code.system, plain_icd(code.code)) if code.system == ICD10_CM else code


def _is_of_type(case: Case, wanted: Code | None) -> bool:
    """True when a line was asked for in that way, or does not say in which; a cancelled one is a cancellation too."""
    if wanted is None:
        return True
    if wanted.code == CERTIFICATION_CANCEL and any(line.state in OVER for line in case.lines):
        return True
    return any(line.request.certification in ("", wanted.code) for line in case.lines)


def _line_matches(line: Line, wanted: LineFilter, on_numbers: bool) -> bool:
    return (
        _service_matches(line, wanted)
        and _modifiers_match(line, wanted.modifiers)
        and _category_matches(line, wanted.category)
        and _dates_match(line, wanted)
        and not wanted.no_such_state
        and (not wanted.states or line.state in wanted.states)
        and (on_numbers or not (wanted.authorization_number or wanted.administrative_reference))
    )


def _service_matches(line: Line, wanted: LineFilter) -> bool:
    if wanted.service is None:
        return True
    asked = line.request.service.codes
    if wanted.service_end is None:
        return any(code in wanted.service.codes for code in asked)
    last = wanted.service_end
    return any(
        first.system == code.system and first.code <= code.code <= (last.code_in(first.system) or first.code)
        for first in wanted.service.codes
        for code in asked
    )


def _modifiers_match(line: Line, wanted: tuple[Concept, ...]) -> bool:
    """True when the line was asked for with each of the modifiers."""
    asked = {code for modifier in line.request.modifiers for code in modifier.codes}
    return all(not asked.isdisjoint(modifier.codes) for modifier in wanted)


def _category_matches(line: Line, wanted: Concept | None) -> bool:
    if wanted is None or line.request.category is None:
        return True
    return any(code in wanted.codes for code in line.request.category.codes)


def _dates_match(line: Line, wanted: LineFilter) -> bool:
    return (
        _overlaps(wanted.serviced, line.request.serviced)
        and _contains(wanted.issued, line.issued_on)
        and _contains(wanted.effective, line.period.start if line.period else None)
        and _contains(wanted.expires, line.period.end if line.period else None)
    )


def _overlaps(wanted: Period, given: Period) -> bool:
    return wanted == Period() or given == Period() or wanted.overlaps(given)


def _contains(wanted: Period, day: date | None) -> bool:
    return wanted == Period() or (day is not None and wanted.covers(day))
