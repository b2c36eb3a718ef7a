"""What hook calls amount to, in our own JSON: the measures as a whole, by payer and by hook, and each call's record.

Must not know how a record is made. Source: CRD 2.2.1, CRDMetricData, metric-1.
"""

from collections.abc import Callable
from typing import Any

from cds_hooks.budget import MARGIN_SECONDS, for_call
from fhir_um.api.metric_views import NOT_MEASURED, NOT_TOLD, measures_view, record_view, split_view
from fhir_um.cases.hook_metrics import HookRecord, Measured, measured


def target_seconds(hook: str) -> float:
    """How long the guide gives an answer, on its way included."""
    return for_call(hook) + MARGIN_SECONDS


def crd_view(records: tuple[HookRecord, ...]) -> dict[str, Any]:
    """The measures over those calls, and their records."""
    return {
        "records": [record_view(record) for record in records],
        "measures": measures_view(measured(records, target_seconds)),
        "byPayer": split_view(by_payer(records)),
        "byHook": split_view(by_hook(records)),
        "notTold": NOT_TOLD,
        "notMeasured": {str(number): why for number, why in NOT_MEASURED.items()},
    }


def by_payer(records: tuple[HookRecord, ...]) -> dict[str, Measured]:
    """The measures for each payer."""
    return _split(records, lambda record: record.payer_id)


def by_hook(records: tuple[HookRecord, ...]) -> dict[str, Measured]:
    """The measures for each hook."""
    return _split(records, lambda record: record.hook)


def _split(records: tuple[HookRecord, ...], by: Callable[[HookRecord], str]) -> dict[str, Measured]:
    names = sorted({by(record) for record in records})
    return {name: measured((r for r in records if by(r) == name), target_seconds) for name in names}
