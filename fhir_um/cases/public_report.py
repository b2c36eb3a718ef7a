"""The public report of a year: figures of each group with both denominators, and the small cells hidden.

Must not know how requests are counted, or how a report looks on a page. Source: um-domain 4.1, 4.4; 42 CFR 422.122(c),
438.210(f); 45 CFR 156.223(c)(3).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from fhir_um.cases.figures import Figure, Told, mean, median, without_numbers
from fhir_um.cases.line_facts import Place
from fhir_um.cases.model import Priority
from fhir_um.cases.public_measures import WHOLE, Basis, Counted, Group, Level, Side, Tally
from fhir_um.cases.small_cells import hidden_cells

APPEALS_NOT_KEPT = "Appeals are not kept by this server yet, so there is nothing to count."
_OF_DECIDED = "of requests decided"
_OF_RECEIVED = "of all requests received"
_DAY_SECONDS, _HOUR_SECONDS = 86_400, 3_600
_ORDINARY, _FAST = Priority.STANDARD, Priority.EXPEDITED

_M1 = Told("M1", "Items and services that need prior authorization", "distinct codes in force", "line")
_SHARES = {
    _ORDINARY: (
        Told("M2", "Standard requests approved", "fully approved standard ÷ standard × 100", "request"),
        Told("M3", "Standard requests denied", "fully or partially denied standard ÷ standard × 100", "request"),
    ),
    _FAST: (
        Told("M6", "Expedited requests approved", "fully approved expedited ÷ expedited × 100", "request"),
        Told("M7", "Expedited requests denied", "fully or partially denied expedited ÷ expedited × 100", "request"),
    ),
}
_M4A = Told(
    "M4a",
    "Standard requests approved after appeal, of all requests",
    "standard requests denied and then approved on appeal ÷ all standard requests × 100",
    "request",
)
_M4B = Told(
    "M4b",
    "Standard requests approved after appeal, of appeals",
    "standard denials overturned ÷ appeals of standard requests decided × 100",
    "request",
)
_M5 = Told(
    "M5",
    "Approved after more time was taken",
    "requests, standard and expedited, extended and fully approved ÷ all requests × 100",
    "request",
)
_M5_DENIED = Told(
    "M5-denied",
    "Denied after more time was taken",
    "requests, standard and expedited, extended and denied in full or part ÷ all requests × 100",
    "request",
)
_TIMES = {
    _ORDINARY: Told("M8", "Time to decide a standard request", "decided − received, in days of 24 hours", "request"),
    _FAST: Told("M9", "Time to decide an expedited request", "decided − received, in hours", "request"),
}
_SCALE = {_ORDINARY: ("days", _DAY_SECONDS), _FAST: ("hours", _HOUR_SECONDS)}


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one group and the counts they rest on; a count is None where it is hidden."""

    level: Level
    id: str
    label: str
    figures: tuple[Figure, ...]
    counts: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class PublicReport:
    """One payer's year. `is_final` is true from the day by which the year is to be published: it changes no more."""

    payer_id: str
    payer_name: str
    year: int
    basis: Basis
    time_zone: str
    since: datetime
    until: datetime
    as_of: datetime
    made_at: datetime
    is_final: bool
    services: Figure
    rows: tuple[Row, ...]
    has_hidden_cells: bool = True


_Cell = tuple[Group, str]


def rows_of(found: Tally, labels: Mapping[Group, str], hiding: bool) -> tuple[Row, ...]:
    """A row for each group, the whole first, then each line of business with its plans; small cells hidden on wish."""
    cells = {(group, name): count for group, counted in found.groups.items() for name, count in _cells(counted)}
    hidden = hidden_cells(cells, _sums(found)) if hiding else frozenset[_Cell]()
    return tuple(_row(group, found.groups[group], labels, hidden) for group in _in_order(found))


def services_figure(codes: int) -> Figure:
    """M1, whose list is published beside the report."""
    return replace(_M1.count(codes, note="The list itself is published at /um/v1/pa-list."), unit="list")


# --- cells: every count of the report, and which is the sum of which ------------------------------------------------


def _cells(counted: Counted) -> Iterator[tuple[str, int]]:
    for priority, side in counted.sides.items():
        yield f"{priority.value}.received", side.received
        yield f"{priority.value}.open", side.received - side.decided
        yield f"{priority.value}.decided", side.decided
        yield f"{priority.value}.approved", side.approved
        yield f"{priority.value}.denied", side.denied
    for name in ("received", "decided", "extended_approved", "extended_denied"):
        yield f"all.{name}", sum(getattr(side, name) for side in counted.sides.values())
    for place in _EXCLUDED:
        yield f"excluded.{place.value}", counted.excluded[place]


_EXCLUDED = (
    Place.REJECTED,
    Place.VOIDED,
    Place.CANCELLED,
    Place.WITHDRAWN,
    Place.DUPLICATE,
    Place.TAKEN_OVER,
    Place.DRUG,
)


def _sums(found: Tally) -> Iterator[tuple[_Cell, ...]]:
    for group in found.groups:
        for side in ("standard", "expedited"):
            yield _of(group, f"{side}.decided", f"{side}.received", f"{side}.open")
            yield _of(group, f"{side}.decided", f"{side}.approved", f"{side}.denied")
        for name in ("received", "decided"):
            yield _of(group, f"all.{name}", f"standard.{name}", f"expedited.{name}")
    names = [name for name, _ in _cells(Counted())]
    for group, parts in found.parts.items():
        yield from (((group, name), *((part, name) for part in parts)) for name in names)


def _of(group: Group, *names: str) -> tuple[_Cell, ...]:
    return tuple((group, name) for name in names)


# --- figures ----------------------------------------------------------------------------------------------------------


def _row(group: Group, counted: Counted, labels: Mapping[Group, str], hidden: frozenset[_Cell]) -> Row:
    figures = tuple(
        without_numbers(figure) if any((group, cell) in hidden for cell in rests_on) else figure
        for figure, *rests_on in _figures(counted)
    )
    counts = tuple((name, None if (group, name) in hidden else count) for name, count in _cells(counted))
    return Row(group[0], group[1], labels.get(group, group[1]), figures, counts)


def _figures(counted: Counted) -> Iterator[tuple[Figure, *tuple[str, ...]]]:
    """Each figure with the cells it rests on."""
    yield from _shares(_ORDINARY, counted.sides[_ORDINARY])
    yield (_M4A.not_kept(APPEALS_NOT_KEPT),)
    yield (_M4B.not_kept(APPEALS_NOT_KEPT),)
    sides = counted.sides.values()
    for told, name in ((_M5, "extended_approved"), (_M5_DENIED, "extended_denied")):
        number = sum(getattr(side, name) for side in sides)
        for basis, of in ((_OF_DECIDED, "decided"), (_OF_RECEIVED, "received")):
            yield told.share(number, sum(getattr(side, of) for side in sides), basis), f"all.{name}", f"all.{of}"
    yield from _shares(_FAST, counted.sides[_FAST])
    for priority in (_ORDINARY, _FAST):
        yield from _times(priority, counted.sides[priority])


def _shares(priority: Priority, side: Side) -> Iterator[tuple[Figure, *tuple[str, ...]]]:
    approved, denied = _SHARES[priority]
    for told, name, number in ((approved, "approved", side.approved), (denied, "denied", side.denied)):
        for basis, of, total in ((_OF_DECIDED, "decided", side.decided), (_OF_RECEIVED, "received", side.received)):
            yield told.share(number, total, basis), f"{priority.value}.{name}", f"{priority.value}.{of}"


def _times(priority: Priority, side: Side) -> Iterator[tuple[Figure, *tuple[str, ...]]]:
    told = _TIMES[priority]
    unit, scale = _SCALE[priority]
    for basis, value in (("mean", mean(side.seconds)), ("median", median(side.seconds))):
        scaled = None if value is None else value / scale
        yield told.amount(scaled, side.decided, unit, basis), f"{priority.value}.decided"


def _in_order(found: Tally) -> Iterator[Group]:
    yield WHOLE
    for business in found.parts[WHOLE]:
        yield business
        yield from found.parts[business]
