"""The public report of a year: made of facts, published with its small cells hidden, and read again by anybody.

From the day by which a year is to be published (31 March of the next) its report tells what was known that morning,
whatever is decided later. Source: 42 CFR 422.122(c), 438.210(f); 45 CFR 156.223(c)(3).
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from fhir_um.cases.line_facts import micros
from fhir_um.cases.model import PayerId
from fhir_um.cases.public_measures import WHOLE, Basis, Group, Level, PublicFact, Window, tally
from fhir_um.cases.public_report import PublicReport, rows_of, services_figure
from fhir_um.coverage.model import Directory, Payer
from fhir_um.deps import Deps, Span
from fhir_um.errors import Kind, Refusal

_FRESH_FOR = timedelta(days=1)
_PUBLISHED_MONTH, _PUBLISHED_DAY = 3, 31
_report_of = msgspec.json.Decoder(PublicReport).decode


def measure_year(
    deps: Deps,
    payer_id: PayerId,
    year: int,
    basis: Basis = Basis.RECEIPT,
    as_of: datetime | None = None,
    hiding: bool = True,
) -> PublicReport:
    """The report of that year as it stood at `as_of`, by default when the year was to be published, or now.

    Raises: Refusal NOT_FOUND for a payer that is not on file.
    """
    at = deps.clock()
    with deps.open_reading() as work:
        directory = work.directory()
        payer = _payer(directory, payer_id)
        since, until, due = (_midnight(payer, *day) for day in _days_of(year))
        seen = min(at, as_of or due)
        window = Window(micros(since), micros(until), micros(seen), basis)
        begin = window.since if basis is Basis.RECEIPT else None
        found = tally(work.facts.visible(Span(payer_id, begin, window.until, window.as_of), PublicFact), window)
    codes = len({(row.system, row.code) for row in deps.policies.pa_list(None)})
    return PublicReport(
        payer_id=payer.id,
        payer_name=payer.name,
        year=year,
        basis=basis,
        time_zone=payer.time_zone,
        since=since,
        until=until,
        as_of=seen,
        made_at=at,
        is_final=seen >= due,
        services=services_figure(codes),
        rows=rows_of(found, _labels(directory, payer), hiding),
        has_hidden_cells=hiding,
    )


def publish_year(deps: Deps, payer_id: PayerId, year: int, basis: Basis = Basis.RECEIPT) -> PublicReport:
    """Make the report anew and publish it in the place of the one before. Raises: as `measure_year`."""
    report = measure_year(deps, payer_id, year, basis)
    document = msgspec.json.encode(report).decode()
    with deps.open_work(alone=True) as work:
        work.facts.put_report(payer_id, year, basis.value, report.made_at, document)
    return report


def published_year(deps: Deps, payer_id: PayerId, year: int, basis: Basis = Basis.RECEIPT) -> PublicReport:
    """The report as it was published, made now when there is none, or it is a day old and not final.

    So it costs the counting of a year once a day at most, whoever asks. Raises: as `measure_year`.
    """
    with deps.open_reading() as work:
        _payer(work.directory(), payer_id)
        kept = work.facts.report(payer_id, year, basis.value)
    if kept is not None:
        report = _report_of(kept[1])
        if report.is_final or deps.clock() - report.made_at < _FRESH_FOR:
            return report
    return publish_year(deps, payer_id, year, basis)


def _payer(directory: Directory, payer_id: PayerId) -> Payer:
    payer = directory.payer(payer_id)
    if payer is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "No such payer.", "payer")
    return payer


def _days_of(year: int) -> tuple[tuple[int, int, int], ...]:
    """First day, first day after, and the day of publication."""
    return (year, 1, 1), (year + 1, 1, 1), (year + 1, _PUBLISHED_MONTH, _PUBLISHED_DAY)


def _midnight(payer: Payer, year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, tzinfo=ZoneInfo(payer.time_zone))


def _labels(directory: Directory, payer: Payer) -> dict[Group, str]:
    plans = {(Level.PLAN, plan.id): plan.name for plan in directory.plans if plan.payer_id == payer.id}
    return {WHOLE: payer.name, (Level.PLAN, ""): "no plan established", **plans}
