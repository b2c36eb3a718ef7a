"""Measures as pages that people read and print. Plain HTML, no script. Must not know how anything is counted."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from fhir_um.api.exchange import Answer, Asked
from fhir_um.api.measure_views import DECISION_TIME, SMALL_CELLS
from fhir_um.api.pages import BUSINESSES, page
from fhir_um.cases.figures import Figure
from fhir_um.cases.operations_report import OperationsReport
from fhir_um.cases.public_measures import Basis, Level
from fhir_um.cases.public_report import PublicReport, Row

_BASIS_WORDS = {Basis.RECEIPT: "requests received in the year", Basis.DECIDED: "requests decided in the year"}
_HIDDEN = "hidden"
_NOTHING = "–"
_COUNTS = {
    "standard.received": "Standard requests received",
    "standard.open": "of these, not decided",
    "expedited.received": "Expedited requests received",
    "expedited.open": "of these, not decided",
}
_EXCLUDED = "excluded."


@dataclass(frozen=True, slots=True)
class Line:
    """One figure as a person reads it."""

    id: str
    name: str
    basis: str
    value: str
    counts: str
    note: str


@dataclass(frozen=True, slots=True)
class Section:
    """One group of figures; `depth` is 0 for the payer, 1 for a line of business, 2 for a plan."""

    anchor: str
    title: str
    depth: int
    lines: tuple[Line, ...]
    counts: tuple[tuple[str, str], ...]
    excluded: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Told:
    """One payer's year as a page tells it."""

    payer: str
    zone: str
    as_of: str
    is_final: bool
    services: int
    sections: tuple[Section, ...]


def public_page(asked: Asked, reports: tuple[PublicReport, ...]) -> Answer:
    """The public report of a year."""
    year = asked.http.view_args["year"] if asked.http.view_args else ""
    told = tuple(_told(report) for report in reports)
    basis = next((report.basis for report in reports), Basis.RECEIPT)
    query = asked.http.args
    values = {"payer": query.get("payer", ""), "basis": basis.value, "basis_words": _BASIS_WORDS[basis]}
    notes = (DECISION_TIME, SMALL_CELLS)
    return page("measures.html", asked, year=year, reports=told, notes=notes, **values)


def operations_page(asked: Asked, report: OperationsReport) -> Answer:
    """The operations of one payer."""
    lines = tuple(_line(figure) for figure in report.figures)
    business = BUSINESSES.get(report.line_of_business, "") if report.line_of_business else ""
    last = report.until - timedelta(microseconds=1)
    days = f"{report.since:%-d %B %Y} to {last:%-d %B %Y}"
    return page("operations.html", asked, lines=lines, payer=report.payer_id, business=business, days=days)


def _told(report: PublicReport) -> Told:
    as_of = report.as_of.astimezone(ZoneInfo(report.time_zone))
    return Told(
        payer=report.payer_name,
        zone=report.time_zone,
        as_of=f"{as_of:%-d %B %Y, %H:%M}",
        is_final=report.is_final,
        services=report.services.numerator or 0,
        sections=tuple(_section(report.payer_id, row) for row in report.rows),
    )


def _section(payer_id: str, row: Row) -> Section:
    counts = dict(row.counts)
    return Section(
        anchor="-".join(filter(None, ("of", payer_id, row.level.value, row.id))),
        title=_title(row),
        depth=list(Level).index(row.level),
        lines=tuple(_merged(row.figures)),
        counts=tuple((words, _number(counts[name])) for name, words in _COUNTS.items()),
        excluded=tuple(
            (name.removeprefix(_EXCLUDED), _number(count)) for name, count in row.counts if name.startswith(_EXCLUDED)
        ),
    )


def _title(row: Row) -> str:
    if row.level is Level.LINE_OF_BUSINESS:
        words = BUSINESSES.get(row.id, "Coverage not established")
        return words[0].upper() + words[1:]
    return f"Plan {row.label}" if row.level is Level.PLAN else f"{row.label}, all plans"


def _merged(figures: Iterable[Figure]) -> Iterable[Line]:
    """Figures of one id stand together; only the first of them says its name."""
    for _, group in groupby(figures, key=lambda figure: figure.id):
        yield from (_line(figure) for figure in group)


def _line(figure: Figure) -> Line:
    return Line(figure.id, figure.name, figure.basis, _value(figure), _of(figure), figure.note)


def _value(figure: Figure) -> str:
    if figure.hidden:
        return _HIDDEN
    if figure.value is None:
        return "not kept" if figure.note and figure.denominator is None else _NOTHING
    if figure.unit == "count":
        return f"{figure.value:,.0f}"
    return f"{figure.value:,.2f} {figure.unit}"


def _of(figure: Figure) -> str:
    if figure.hidden or figure.unit == "count":
        return ""
    if figure.numerator is not None and figure.denominator is not None:
        return f"{figure.numerator:,} of {figure.denominator:,}"
    return f"n = {figure.denominator:,}" if figure.denominator is not None else ""


def _number(count: int | None) -> str:
    return _HIDDEN if count is None else f"{count:,}"
