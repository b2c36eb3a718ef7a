"""`/um/v1/measures`: the public report of a year for everybody, operations and records for those who may see them.

Must not know how anything is counted. None of it names a member.
"""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from fhir_um.api.exchange import CSV, HTML, Answer, Asked, plain
from fhir_um.api.hook_measures import crd_view
from fhir_um.api.measure_pages import operations_page, public_page
from fhir_um.api.measure_views import (
    NOT_TOLD,
    operations_csv,
    operations_view,
    pas_record_view,
    public_csv,
    public_view,
)
from fhir_um.api.negotiation import choose_page
from fhir_um.api.paging import PAGE, cursor_of, paged, read_page
from fhir_um.api.query import demand_known, is_whole
from fhir_um.cases.model import PayerId
from fhir_um.cases.operations_report import OperationsReport
from fhir_um.cases.public_measures import Basis
from fhir_um.cases.public_report import PublicReport
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.hook_metrics import hook_metrics
from fhir_um.usecases.measure_operations import Stretch, measure_operations
from fhir_um.usecases.measure_year import published_year
from fhir_um.usecases.pas_records import pas_records
from fhir_um.usecases.see_directory import payers_on_file, zone_of

_PUBLIC = {"Cache-Control": "public, max-age=300"}
_FIRST_YEAR, _LAST_YEAR = 2000, 2199
_USUAL_DAYS = 30
_MOST_DAYS = 1_100
_RECORDS = "pas-metrics"


def prior_authorization(asked: Asked, year: str) -> Answer:
    """What CMS asks to be published of a year (M1 to M9), small cells hidden, as JSON, CSV or a page."""
    demand_known(asked.http.args, ("payer", "basis", "format"))
    media = choose_page(asked.http)
    reports = _reports(asked, _year(year))
    if media == HTML:
        return public_page(asked, reports)
    if media == CSV:
        return Answer(public_csv(reports), CSV, headers=_PUBLIC)
    return plain({"reports": [public_view(report) for report in reports]}, headers=_PUBLIC)


def operations(asked: Asked) -> Answer:
    """How the house works (K01 to K25) over some days, by default the last 30, as JSON, CSV or a page."""
    demand_known(asked.http.args, ("from", "to", "lineOfBusiness", "payer", "asOf", "format"))
    media = choose_page(asked.http)
    report = _operations(asked)
    if media == HTML:
        return operations_page(asked, report)
    return Answer(operations_csv(report), CSV) if media == CSV else plain(operations_view(report))


def pas(asked: Asked) -> Answer:
    """Requests received in some days, each as PASMetricData, in pages."""
    demand_known(asked.http.args, ("from", "to", *PAGE))
    page = read_page(asked.http.args, _RECORDS, tuple[int, str])
    since, until = _days(asked, asked.caller.home_payer)
    found = pas_records(asked.deps, asked.caller, since, until, page.after, page.limit)
    following = cursor_of(_RECORDS, found.following) if found.following else None
    return plain(paged("records", map(pas_record_view, found.records), following) | {"notTold": NOT_TOLD})


def crd(asked: Asked) -> Answer:
    """What the hook calls of some days amount to: the measures of CRD, for the payers and hooks of the caller."""
    demand_known(asked.http.args, ("from", "to"))
    since, until = _days(asked, asked.caller.home_payer)
    records = hook_metrics(asked.deps, since)
    own = (record for record in records if record.payer_id in asked.caller.payer_ids and record.received_at < until)
    return plain(crd_view(tuple(own)))


def _reports(asked: Asked, year: int) -> tuple[PublicReport, ...]:
    basis, payer = _basis(asked), asked.http.args.get("payer")
    payers = (PayerId(payer),) if payer else payers_on_file(asked.deps)
    return tuple(published_year(asked.deps, each, year, basis) for each in payers)


def _operations(asked: Asked) -> OperationsReport:
    payer = _own_payer(asked)
    since, until = _days(asked, payer)
    as_of = _instant(asked) or min(until, asked.deps.clock())
    return measure_operations(asked.deps, payer, Stretch(since, until, as_of, _line_of_business(asked)))


def _year(text: str) -> int:
    if not is_whole(text) or not _FIRST_YEAR <= int(text) <= _LAST_YEAR:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", f"A year is one from {_FIRST_YEAR} to {_LAST_YEAR}.", "year")
    return int(text)


def _basis(asked: Asked) -> Basis:
    text = asked.http.args.get("basis", Basis.RECEIPT.value)
    if text not in set(Basis):
        raise _unusable("basis", f"must be one of {', '.join(sorted(Basis))}")
    return Basis(text)


def _own_payer(asked: Asked) -> PayerId:
    payer = PayerId(asked.http.args.get("payer") or asked.caller.home_payer)
    if payer not in asked.caller.payer_ids:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "No such payer.", "payer")
    return payer


def _line_of_business(asked: Asked) -> str:
    text = asked.http.args.get("lineOfBusiness", "")
    if text and text not in set(LineOfBusiness):
        raise _unusable("lineOfBusiness", f"must be one of {', '.join(sorted(LineOfBusiness))}")
    return text


def _days(asked: Asked, payer: PayerId) -> tuple[datetime, datetime]:
    """From the first moment of `from` to the last of `to`, in the payer's time zone."""
    zone = ZoneInfo(zone_of(asked.deps, payer))
    today = asked.deps.clock().astimezone(zone).date()
    last = _day(asked, "to") or today
    first = _day(asked, "from") or last - timedelta(days=_USUAL_DAYS - 1)
    if not timedelta(0) <= last - first < timedelta(days=_MOST_DAYS):
        raise _unusable("to", f"must not be before from, nor {_MOST_DAYS} days after it")
    return datetime.combine(first, time(), zone), datetime.combine(last + timedelta(days=1), time(), zone)


def _day(asked: Asked, name: str) -> date | None:
    text = asked.http.args.get(name)
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as fault:
        raise _unusable(name, "must be a day such as 2026-03-01") from fault
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise _unusable(name, f"must be a day from {_FIRST_YEAR} to {_LAST_YEAR}")
    return found


def _instant(asked: Asked) -> datetime | None:
    text = asked.http.args.get("asOf")
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as fault:
        raise _unusable("asOf", "must be an instant such as 2026-03-01T12:00:00Z") from fault
    if at.tzinfo is None or not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise _unusable("asOf", "needs a time zone, for example Z, and a year from 2000 on")
    return at


def _unusable(name: str, why: str) -> Refusal:
    return Refusal.of(Kind.INVALID, "value", f"{name} {why}.", name)
