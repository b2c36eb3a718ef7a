"""`fhir-um measures`: the public report of a year, operations over some days, and the facts both are made of.

Must not know how anything is counted.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from fhir_um.api.measure_views import operations_csv, operations_view, public_csv, public_view
from fhir_um.cases.figures import Figure
from fhir_um.cases.model import PayerId
from fhir_um.cases.operations_report import OperationsReport
from fhir_um.cases.public_measures import Basis
from fhir_um.cases.public_report import PublicReport
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import day
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.deps import Deps
from fhir_um.settings import Settings
from fhir_um.usecases.keep_facts import begin_again, keep_next
from fhir_um.usecases.measure_operations import Stretch, measure_operations
from fhir_um.usecases.measure_year import measure_year, publish_year
from fhir_um.usecases.see_directory import payers_on_file, zone_of

_TOLD_EVERY = 10_000
_USUAL_DAYS = 30
_EPILOG = """examples:
  fhir-um measures cms 2026
  fhir-um measures cms 2026 --publish
  fhir-um measures cms 2026 --payer harbor --whole --format csv --out measures-2026.csv
  fhir-um measures operations --from 2026-10-01 --to 2026-10-31 --line-of-business MA
  fhir-um measures rebuild

docs/measures.md tells what each figure says, and what it leaves out."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `measures` and its verbs to the command line."""
    parser = subparsers.add_parser(
        "measures",
        help="figures of prior authorization, to publish and to work by",
        description="The public report of a year, the operations measures, and the facts they are made of.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add_cms(verbs)
    _add_operations(verbs)
    rebuild = verbs.add_parser(
        "rebuild",
        help="make all facts anew from the histories of cases",
        description="Makes the facts of every case anew, in batches; broken off, it goes on where it was.",
    )
    rebuild.set_defaults(func=run_rebuild)


def _add_cms(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    cms = verbs.add_parser(
        "cms",
        help="the public report of a year (M1 to M9)",
        description="The report of a year as it is published, small cells hidden. Once the year is to be published, on "
        "31 March of the next, it tells what was known that morning and changes no more.",
    )
    cms.add_argument("year", metavar="YEAR", type=year, help="for example 2026")
    cms.add_argument("--payer", metavar="ID", default="", help="of that payer alone (default: all)")
    cms.add_argument("--basis", choices=sorted(Basis), default=Basis.RECEIPT.value, help="what puts a request into it")
    how = cms.add_mutually_exclusive_group()
    how.add_argument("--whole", action="store_true", help="small cells too: not for publication")
    how.add_argument("--publish", action="store_true", help="put it in the place of what is published")
    _add_shape(cms)
    cms.set_defaults(func=run_cms)


def _add_operations(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    operations = verbs.add_parser(
        "operations",
        help="how the house works (K01 to K25)",
        description="The operations measures of requests received in some days, by default the last 30.",
    )
    operations.add_argument("--from", dest="first", metavar="DATE", type=day, help="the first day")
    operations.add_argument("--to", dest="last", metavar="DATE", type=day, help="the last day (default: today)")
    operations.add_argument("--payer", metavar="ID", default="", help="of that payer alone (default: all)")
    operations.add_argument("--line-of-business", choices=sorted(LineOfBusiness), default="", help="of that one alone")
    _add_shape(operations)
    operations.set_defaults(func=run_operations)


def _add_shape(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--format", choices=("text", "json", "csv"), default="text", help="text unless said otherwise")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write it there and not to the screen")


def year(text: str) -> int:
    """Four digits. Raises: ArgumentTypeError, which the command line tells with the option's name."""
    if len(text) != 4 or not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("not a year; give one such as 2026")
    return int(text)


def run_cms(args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: a year without requests is no fault."""
    deps = open_house(settings, noted="command measures cms")
    basis = Basis(args.basis)
    with closing(deps.store):
        payers = _payers(deps, args.payer)
        if args.publish:
            reports = [publish_year(deps, payer, args.year, basis) for payer in payers]
        else:
            reports = [measure_year(deps, payer, args.year, basis, hiding=not args.whole) for payer in payers]
    if args.format == "csv":
        _write(args.out, public_csv(reports))
    elif args.format == "json":
        _write(args.out, _json({"reports": [public_view(report) for report in reports]}))
    else:
        _write(args.out, _lines(line for report in reports for line in _told(report)))
    return 0


def run_operations(args: argparse.Namespace, settings: Settings) -> int:
    """0 when done, 2 when the days make no sense or a table for more than one payer is wanted as CSV."""
    deps = open_house(settings, noted="command measures operations")
    with closing(deps.store):
        payers = _payers(deps, args.payer)
        if args.format == "csv" and len(payers) > 1:
            print("Say whose with --payer: a table is of one payer.", file=sys.stderr)
            return 2
        stretches = [_stretch(deps, payer, args.first, args.last, args.line_of_business) for payer in payers]
        if any(each.since >= each.until for each in stretches):
            print("--to is before --from.", file=sys.stderr)
            return 2
        reports = [measure_operations(deps, payer, each) for payer, each in zip(payers, stretches, strict=True)]
    if args.format == "csv":
        _write(args.out, b"".join(map(operations_csv, reports)))
    elif args.format == "json":
        _write(args.out, _json({"reports": [operations_view(report) for report in reports]}))
    else:
        _write(args.out, _lines(line for report in reports for line in _told_operations(report)))
    return 0


def run_rebuild(_args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: it ends when every case was looked at."""
    deps = open_house(settings)
    done, told = 0, 0
    with closing(deps.store):
        begin_again(deps)
        while (kept := keep_next(deps)) is not None:
            done += kept
            if done - told >= _TOLD_EVERY:
                told = done
                print(f"{done} histories read", file=sys.stderr)
    print(f"The facts are made anew: {done} histories read.")
    return 0


def _payers(deps: Deps, wanted: str) -> tuple[PayerId, ...]:
    return (PayerId(wanted),) if wanted else payers_on_file(deps)


def _stretch(deps: Deps, payer: PayerId, first: date | None, last: date | None, business: str) -> Stretch:
    zone = ZoneInfo(zone_of(deps, payer))
    now = deps.clock()
    end = last or now.astimezone(zone).date()
    begin = first or end - timedelta(days=_USUAL_DAYS - 1)
    since, until = (datetime.combine(each, time(), zone) for each in (begin, end + timedelta(days=1)))
    return Stretch(since, until, min(until, now), business)


# --- for people -------------------------------------------------------------------------------------------------------


def _told(report: PublicReport) -> Iterator[str]:
    standing = "final" if report.is_final else "not final"
    yield f"{report.payer_name} {report.year}, by {report.basis}, as of {report.as_of:%Y-%m-%d %H:%M %Z}, {standing}"
    yield _line(report.services)
    for row in report.rows:
        yield ""
        yield f"{row.level}: {row.label or row.id or 'not established'}"
        yield from map(_line, row.figures)
        yield "; ".join(f"{name} {'hidden' if count is None else count}" for name, count in row.counts)


def _told_operations(report: OperationsReport) -> Iterator[str]:
    business = f", {report.line_of_business}" if report.line_of_business else ""
    yield f"{report.payer_id}{business}, {report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M %Z}"
    yield from map(_line, report.figures)


def _line(figure: Figure) -> str:
    value = "hidden" if figure.hidden else "-" if figure.value is None else f"{figure.value:g} {figure.unit}"
    counts = " of ".join(str(n) for n in (figure.numerator, figure.denominator) if n is not None)
    said = " ".join(filter(None, (figure.name, f"({figure.basis})" if figure.basis else "")))
    return f"  {figure.id:10} {said:64} {value:>16}  {counts}  {figure.note}".rstrip()


def _lines(rows: Iterator[str]) -> bytes:
    return ("\n".join(rows) + "\n").encode()


def _json(value: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n"


def _write(out: Path | None, content: bytes) -> None:
    if out is None:
        sys.stdout.write(content.decode())
    else:
        out.write_bytes(content)
        print(f"Written: {out}")
