"""The measures over hook calls, one order at a time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.hook_metrics import CoverageTold, HookRecord, Measured, OrderAnswered, measured
from tests.builders import AT

_FORM = ("https://payer.example/Questionnaire/mri|2",)
_FREE = CoverageTold("covered", "no-auth", (), (), (), "a1", "")
_CALL = HookRecord("i", "order-sign", "harbor", None, AT, AT, 200, (), "not-used", (), ())


def told(*coverage: CoverageTold) -> Measured:
    """The measures over one order that was told this."""
    order = OrderAnswered("ServiceRequest", (), coverage, ())
    return measured([replace(_CALL, orders=(order,))], lambda hook: 5.0)


@pytest.mark.spec("crd:metric-1", "crd-check:121")
@pytest.mark.parametrize(
    ("coverage", "informed", "pa_with_form", "documents_with_form", "satisfied"),
    [
        ((), 0, 0, 0, 0),
        ((_FREE,), 1, 0, 0, 0),
        ((replace(_FREE, pa_needed="auth-needed"),), 1, 0, 0, 0),
        ((replace(_FREE, pa_needed="auth-needed", doc_needed=("clinical",)),), 1, 0, 0, 0),
        ((replace(_FREE, pa_needed="auth-needed", doc_needed=("clinical",), questionnaires=_FORM),), 1, 1, 1, 0),
        ((replace(_FREE, pa_needed="performpa", doc_needed=("admin",), questionnaires=_FORM),), 1, 1, 1, 0),
        ((replace(_FREE, doc_needed=("admin",), questionnaires=_FORM),), 1, 0, 1, 0),
        ((replace(_FREE, pa_needed="satisfied", number="P1"),), 1, 0, 0, 1),
        ((_FREE, replace(_FREE, pa_needed="satisfied", number="P1")), 1, 0, 0, 1),
    ],
)
def test_order_is_counted_once_by_what_it_was_told(
    coverage: tuple[CoverageTold, ...], informed: int, pa_with_form: int, documents_with_form: int, satisfied: int
) -> None:
    found = told(*coverage)

    assert (found.informed, found.pa_with_form, found.documents_with_form, found.satisfied) == (
        informed,
        pa_with_form,
        documents_with_form,
        satisfied,
    )
    assert found.by_covered == ({"covered": 1} if coverage else {})


@pytest.mark.parametrize(("seconds", "in_time"), [(4.999, 1), (5.0, 0)])
def test_call_is_in_time_below_what_the_guide_gives(seconds: float, in_time: int) -> None:
    call = replace(_CALL, answered_at=AT + timedelta(seconds=seconds))

    assert measured([call], lambda hook: 5.0).in_time == in_time


def test_no_calls_measure_nothing() -> None:
    assert measured([], lambda hook: 5.0) == Measured(0, 0, 0, 0, {}, 0, 0, 0, 0)
