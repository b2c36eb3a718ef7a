"""Which authorization a claim may be paid under, and what is in the way where there is none. Pure.

Source: um-domain 1.4 (21).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from fhir_um.cases.ledger import Authorization, overlapping
from fhir_um.cases.model import DENIED, PENDED, LineState
from fhir_um.words import Code, Period


class Hindrance(StrEnum):
    """Why an authorization does not fit a claim, or why no single one does; the gravest first."""

    NONE_FOUND = "none-found"
    OTHER_CODE = "other-code"
    VOIDED = "voided"
    CANCELLED = "cancelled"
    DENIED = "denied"
    NOT_NEEDED = "not-needed"
    PENDING = "pending"
    EXPIRED = "expired"
    NOT_YET = "not-yet"
    EXHAUSTED = "exhausted"
    NOT_ENOUGH_UNITS = "not-enough-units"
    OTHER_PROVIDER = "other-provider"
    OTHER_MODIFIER = "other-modifier"
    OTHER_SETTING = "other-setting"
    OVERLAPPING = "overlapping"


SENTENCES: dict[Hindrance, str] = {
    Hindrance.NONE_FOUND: "The member has no authorization for this service.",
    Hindrance.OTHER_CODE: "The authorization is for another service.",
    Hindrance.VOIDED: "The authorization was made in error and does not count.",
    Hindrance.CANCELLED: "The request was cancelled or withdrawn.",
    Hindrance.DENIED: "The request was denied or dismissed.",
    Hindrance.NOT_NEEDED: "The service needed no authorization.",
    Hindrance.PENDING: "The request is not decided yet.",
    Hindrance.EXPIRED: "The service ends after the authorization does.",
    Hindrance.NOT_YET: "The service begins before the authorization does.",
    Hindrance.EXHAUSTED: "All units of the authorization are used.",
    Hindrance.NOT_ENOUGH_UNITS: "Fewer units remain than the claim has.",
    Hindrance.OTHER_PROVIDER: "The authorization is for another provider.",
    Hindrance.OTHER_MODIFIER: "The authorization is for the service with other modifiers.",
    Hindrance.OTHER_SETTING: "The authorization is for another place of service.",
    Hindrance.OVERLAPPING: "More than one authorization fits; use the first unless the claim names another.",
}


@dataclass(frozen=True, slots=True)
class Billed:
    """One line of a claim: what was done, when, by whom, where, how often. What is empty was not said."""

    code: Code
    period: Period
    units: Decimal
    npi: str = ""
    modifiers: tuple[str, ...] = ()
    setting: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """One authorization held against a claim line; it fits when nothing is in the way."""

    authorization: Authorization
    hindrances: tuple[Hindrance, ...] = ()

    @property
    def fits(self) -> bool:
        """True when the claim may be paid under it."""
        return not self.hindrances


@dataclass(frozen=True, slots=True)
class Matched:
    """What fits, best first, and what comes near, nearest first; `hindrances` say why not exactly one fits."""

    fitting: tuple[Match, ...] = ()
    near: tuple[Match, ...] = ()
    hindrances: tuple[Hindrance, ...] = ()


def match(billed: Billed, authorizations: Iterable[Authorization]) -> Matched:
    """Hold one line of a claim against everything its member has.

    Best is what was made for the provider who bills, then what ends first, then what has least left: so the others stay
    usable for longest.
    """
    found = [Match(one, tuple(_hindrances(billed, one))) for one in authorizations]
    fitting = sorted((one for one in found if one.fits), key=lambda one: _use_first(billed, one.authorization))
    if fitting:
        several = overlapping(one.authorization for one in fitting)
        return Matched(tuple(fitting), hindrances=(Hindrance.OVERLAPPING,) if several else ())
    near = sorted((one for one in found if Hindrance.OTHER_CODE not in one.hindrances), key=_nearness)
    if near:
        return Matched(near=tuple(near), hindrances=near[0].hindrances)
    other = [one for one in found if one.hindrances == (Hindrance.OTHER_CODE,)]
    told = (Hindrance.NONE_FOUND, Hindrance.OTHER_CODE) if other else (Hindrance.NONE_FOUND,)
    return Matched(near=tuple(other), hindrances=told)


def _hindrances(billed: Billed, found: Authorization) -> Iterator[Hindrance]:
    if not found.allows(billed.code):
        yield Hindrance.OTHER_CODE
    standing = _standing(found)
    if standing is not None:
        yield standing
    yield from _days(billed.period, found.period)
    if found.is_exhausted:
        yield Hindrance.EXHAUSTED
    elif standing is None and found.remaining < billed.units:
        yield Hindrance.NOT_ENOUGH_UNITS
    if billed.npi and found.npis and billed.npi not in found.npis:
        yield Hindrance.OTHER_PROVIDER
    wanted = {code.code for modifier in found.modifiers for code in modifier.codes}
    if billed.modifiers and wanted and not wanted.issubset(billed.modifiers):
        yield Hindrance.OTHER_MODIFIER
    if billed.setting and found.settings and billed.setting not in {code.code for code in found.settings}:
        yield Hindrance.OTHER_SETTING


def _standing(found: Authorization) -> Hindrance | None:
    if found.is_authorized:
        return None
    if found.state in PENDED:
        return Hindrance.PENDING
    if found.state in DENIED or found.state is LineState.DISMISSED:
        return Hindrance.DENIED
    if found.state is LineState.VOIDED:
        return Hindrance.VOIDED
    return Hindrance.NOT_NEEDED if found.state is LineState.NO_ACTION else Hindrance.CANCELLED


def _days(billed: Period, allowed: Period) -> Iterator[Hindrance]:
    first, last = billed.start or billed.end, billed.end or billed.start
    if allowed.end is not None and last is not None and last > allowed.end:
        yield Hindrance.EXPIRED
    if allowed.start is not None and first is not None and first < allowed.start:
        yield Hindrance.NOT_YET


def _use_first(billed: Billed, one: Authorization) -> tuple[object, ...]:
    is_theirs = billed.npi in one.npis
    has_end = one.period.end is not None
    return not is_theirs, not has_end, one.period.end or one.period.start or one.number, one.remaining, one.number


def _nearness(one: Match) -> tuple[object, ...]:
    places = [list(Hindrance).index(each) for each in one.hindrances]
    return len(places), places, one.authorization.case_id, one.authorization.sequence
