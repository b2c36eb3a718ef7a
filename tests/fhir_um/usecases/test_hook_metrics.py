"""What kept hook calls amount to: a record of each as the guide's model has it, and the measures over them."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from cds_hooks.desk import Feedback
from fhir_um.api.hook_desk import HookDesk
from fhir_um.api.hook_measures import target_seconds
from fhir_um.api.metric_views import NOT_TOLD, measures_view, record_view
from fhir_um.cases.hook_metrics import measured
from fhir_um.settings import Settings
from fhir_um.usecases.hook_metrics import hook_metrics
from tests.builders import AT
from tests.fhir_um.asking_hooks import COPD, CPT, HCPCS, NPI, order, question, saturation
from tests.fhir_um.usecases.test_keep_hook import CARD, kept, told_of
from tests.packages import member

GUIDE = "davinci_crd_2.2.0-build-20260304"
OTHER_CARD = "22222222-2222-4222-8222-222222222222"


@pytest.fixture
def desk(deps):
    return HookDesk(deps, Settings(hook_retention_days=30))


@pytest.fixture
def quick(lite):
    """On SQLite alone."""
    return HookDesk(lite, Settings(hook_retention_days=30))


def measures(desk, since=None):
    rows = measures_view(measured(hook_metrics(desk.deps, since), target_seconds))
    return {row["name"]: (row["measure"], row["count"], row["of"]) for row in rows}


def views(desk, since=None):
    return [record_view(record) for record in hook_metrics(desk.deps, since)]


@pytest.mark.spec("crd:metric-1", "crd-check:121")
def test_each_order_of_a_call_has_its_own_answers(desk):
    _, answered = kept(desk, order("72148", CPT), order("G0399", id="o2"), order("72148", CPT, id="o3"))
    ids = {ref: told[0].id for ref, told in answered.assertions.items()}

    (view,) = views(desk)

    assert (view["source"], view["hookType"], view["httpResponse"]) == ("payer-src", "order-sign", 200)
    assert view["payerId"] == {"system": NPI, "value": "1234567893"}
    assert (view["requestTime"], view["tokenUse"]) == (AT.isoformat().replace("+00:00", "Z"), "not-used")
    assert {"type": "Observation", "count": 2, "prefetch": False} in view["resources"]
    assert [each["orderDetail"]["coding"] for each in view["request"]] == [
        [{"system": CPT, "code": "72148"}],
        [{"system": HCPCS, "code": "G0399"}],
        [{"system": CPT, "code": "72148"}],
    ]
    rows = [each["response"][0]["coverageInfo"] for each in view["request"]]
    assert [[row["assertionId"] for row in told] for told in rows] == [
        [ids["ServiceRequest/o1"]],
        [ids["ServiceRequest/o2"]],
        [ids["ServiceRequest/o3"]],
    ]
    assert [(row["paNeeded"], row.get("docNeeded")) for (row,) in rows] == [
        ("auth-needed", "clinical"),
        ("no-auth", None),
        ("auth-needed", None),
    ]
    assert rows[0][0]["questionnaire"][0]["adaptive"] is False


@pytest.mark.spec("crd:metric-1", "crd-check:121")
def test_number_of_a_satisfied_order_is_in_its_record(quick):
    _, answered = kept(quick, order(), chart=(COPD, saturation()))
    ((told,),) = answered.assertions.values()

    (view,) = views(quick)

    (row,) = view["request"][0]["response"][0]["coverageInfo"]
    assert (row["paNeeded"], row["satisfiedId"]) == ("satisfied", told.satisfied_pa_id)


@pytest.mark.spec("crd:metric-1", "crd-check:116")
def test_card_is_told_with_its_engagement_at_the_orders_of_its_policy(desk):
    shown = ((CARD, "guideline", "lumbar-spine-mri"), (OTHER_CARD, "insurance", ""))
    kept(desk, order("72148", CPT), order("G0399", id="o2"), cards=shown)
    desk.feedback("ehr-1", "order-sign", (Feedback(CARD, "accepted", ("s1",), None, "", None),), AT)

    (view,) = views(desk)

    cards = [[row for row in each["response"] if "coverageInfo" not in row] for each in view["request"]]
    insurance = {"type": "insurance", "focus": ["ServiceRequest"]}
    assert cards == [
        [{"type": "guideline", "focus": ["ServiceRequest"], "engagement": "accept"}, insurance],
        [insurance],
    ]


@pytest.mark.spec("crd:metric-1", "crd-check:121")
def test_measures_count_orders_of_answered_calls(desk):
    kept(desk, order("72148", CPT), order("G0399", id="o2"))
    kept(desk, order(), chart=(COPD, saturation()), cards=())
    asked = question()
    refused = replace(desk.answer(asked), assertions={})
    desk.keep(told_of(asked, refused, http_status=422, issues=("required",), cards=()))
    desk.keep(told_of(question(), refused, answered_at=AT + timedelta(seconds=5), cards=()))

    assert measures(desk) == {
        "orders with coverage information": (1, 3, 4),
        "orders told covered": (2, 3, 4),
        "authorization needed, with a form": (3, 1, 4),
        "documentation needed, with a form": (4, 1, 4),
        "authorization satisfied": (5, 1, 4),
        "calls answered in time": (6, 2, 3),
    }


@pytest.mark.spec("crd:found-2", "crd-check:121")
def test_appointments_have_twice_the_time(quick):
    asked = question(hook="appointment-book")
    quick.keep(told_of(asked, quick.answer(asked), answered_at=AT + timedelta(seconds=9), cards=()))

    assert measures(quick)["calls answered in time"] == (6, 1, 1)


@pytest.mark.spec("crd-check:121")
def test_only_calls_of_the_time_asked_for_are_counted_the_oldest_first(desk):
    first, _ = kept(desk, order("G0399"), at=AT - timedelta(days=2), cards=())
    second, _ = kept(desk, order("G0399"), at=AT, cards=())

    assert [view["hookInstance"] for view in views(desk)] == [first.instance, second.instance]
    assert [view["hookInstance"] for view in views(desk, AT)] == [second.instance]


def test_more_calls_than_one_query_names_are_all_told(quick):
    for _ in range(501):
        asked = question(order("G0399"))
        quick.keep(told_of(asked, replace(quick.answer(asked), assertions={}), cards=()))

    assert len(views(quick)) == 501


@pytest.mark.spec("crd:sec-6", "crd-check:120")
def test_record_has_nothing_of_the_patient(desk):
    kept(desk, order(), chart=(COPD, saturation("86.25")))

    text = json.dumps(views(desk))

    assert not any(word in text for word in ("86.25", "Whitfield", "H1001-6103", "1961", "nora", "harbor-1001", "J44"))


@pytest.mark.spec("crd:metric-1", "crd-check:121")
def test_record_is_as_the_guides_model_has_it_but_for_what_is_said_to_be_missing(quick):
    packed = member(GUIDE, "package/StructureDefinition-CRDMetricData.json")
    assert packed is not None
    elements = json.loads(packed)["snapshot"]["element"]
    kept(quick, order("72148", CPT), order("G0399", id="o2"))
    quick.feedback("ehr-1", "order-sign", (Feedback(CARD, "accepted", ("s1",), None, "", None),), AT)

    (view,) = views(quick)

    assert set(_misfits(view, "CRDMetricData", elements)) == {f"CRDMetricData.{name} is missing" for name in NOT_TOLD}


def _misfits(value: dict[str, Any], path: str, elements: list[dict[str, Any]]) -> Iterator[str]:
    """What a model has no place for, or has one for that is empty."""
    known = {e["path"].removeprefix(f"{path}."): e for e in elements if e["path"].rpartition(".")[0] == path}
    yield from (f"{path}.{name} is unknown" for name in value if known and name not in known)
    for name, element in known.items():
        held = value.get(name, [])
        rows = held if isinstance(held, list) else [held]
        if len(rows) < element["min"]:
            yield f"{path}.{name} is missing"
        if element["max"] == "1" and isinstance(held, list) and held:
            yield f"{path}.{name} is a list"
        yield from (
            misfit for row in rows if isinstance(row, dict) for misfit in _misfits(row, f"{path}.{name}", elements)
        )
