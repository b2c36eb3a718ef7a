"""`fhir-um hooks`: what the hook calls that are kept amount to. Changes nothing.

Must not know how a record is made. Source: CRD 2.2.1, CRDMetricData, metric-1.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, time

import msgspec

from fhir_um.api.hook_measures import by_hook, by_payer, crd_view, target_seconds
from fhir_um.api.metric_views import NOT_MEASURED, measures_view
from fhir_um.cases.hook_metrics import HookRecord, Measured, measured
from fhir_um.commands.opening import open_house
from fhir_um.commands.telling import wrapped_under
from fhir_um.commands.typed import day
from fhir_um.settings import Settings
from fhir_um.usecases.hook_metrics import hook_metrics
from fhir_um.usecases.note_look import note_look

_EPILOG = """examples:
  fhir-um hooks metrics
  fhir-um hooks metrics --since 2026-11-01 --json > metrics.json"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `hooks` and its verb to the command line."""
    parser = subparsers.add_parser(
        "hooks",
        help="measure the hook calls that are kept",
        description="Tells what the hook calls that are kept amount to.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    metrics = verbs.add_parser(
        "metrics",
        help="the measures of CRD, and its record of each call",
        description="Computes the measures that CRD suggests over the calls that are kept. With --json also the "
        "record of each call, as CRDMetricData. Neither has a name, a member number or anything of a chart.",
    )
    metrics.add_argument("--since", metavar="DATE", type=day, help="only calls from that day on, UTC (default: all)")
    metrics.add_argument("--json", action="store_true", help="records and measures as JSON")
    metrics.set_defaults(func=run_metrics)


def run_metrics(args: argparse.Namespace, settings: Settings) -> int:
    """Always 0: no calls are no fault."""
    since = datetime.combine(args.since, time(tzinfo=UTC)) if args.since else None
    deps = open_house(settings, noted="command hooks metrics")
    records = hook_metrics(deps, since)
    note_look(deps)
    if args.json:
        print(msgspec.json.format(msgspec.json.encode(crd_view(records)), indent=2).decode())
    else:
        print(*_told(records), sep="\n")
    return 0


# --- for people -----------------------------------------------------------------------------------------------------


def _told(records: tuple[HookRecord, ...]) -> Iterator[str]:
    whole = measured(records, target_seconds)
    yield f"{whole.calls} calls, {whole.answers} of them answered with 200, about {whole.orders} orders."
    yield from _rows(whole)
    for measure, splits in ((8, by_payer(records)), (9, by_hook(records))):
        for name, found in splits.items():
            yield f"{measure}  {name}: {found.calls} calls, {found.orders} orders"
            yield from _rows(found)
    for number, why in NOT_MEASURED.items():
        yield from wrapped_under(f"{number}  {why}", 0, 3)


def _rows(found: Measured) -> Iterator[str]:
    for row in measures_view(found):
        count, of = row["count"], row["of"]
        share = f"{100 * count / of:.0f} %" if of else ""
        yield f"  {row['measure']}  {row['name']:36} {f'{count} of {of}':>14} {share:>6}"
