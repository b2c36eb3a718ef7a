"""Which suggestions a kind of card may make."""

from datetime import date
from typing import Any

import pytest

from cds_hooks.assertions import Assertion, Covered, DocNeeded, PaNeeded
from cds_hooks.desk import Action, Advice, AdviceKind, Indicator, Json, Suggestion, Topic
from cds_hooks.dialects import CRD_2_0, CRD_2_2, Dialect
from cds_hooks.forms import form_task
from cds_hooks.suggesting import Occasion, fitting
from tests.cds_hooks.orders import RECEIVED, RESOURCES, answered, order, question

_MRI = RESOURCES["ServiceRequest"]
_TASK = form_task("https://payer.example/Questionnaire/mri|2", "Patient/marisol", "Organization/payer", RECEIVED)
_COVERAGE: Json = {"resourceType": "Coverage", "id": "plan-7"}
_BARE_TASK: Json = {"resourceType": "Task"}
_LOCAL_TASK = form_task("Questionnaire/mri", "Patient/marisol", "Organization/payer", RECEIVED)


def _create(resource: Json, condition: str = "") -> Action:
    return Action("create", "Creates it", resource, if_none_exist=condition)


def _update(resource: Json) -> Action:
    return Action("update", "Changes it", resource)


def _delete(reference: str) -> Action:
    return Action("delete", "Removes it", resource_id=reference)


def _fits(kind: AdviceKind, *actions: Action, dialect: Dialect = CRD_2_2, **asked: Any) -> bool:
    advice = Advice(kind, Topic.CLAIM, Indicator.INFO, "Do it", suggestions=(Suggestion("Do it", actions),))
    return bool(fitting(advice, Occasion(question(order(), **asked), answered(), dialect)))


@pytest.mark.spec("crd-check:101", "crd-check:105")
@pytest.mark.spec("crd:resp-53")
@pytest.mark.spec("crd:resp-56")
@pytest.mark.parametrize(
    ("actions", "fits"),
    [
        ([_update(_MRI)], True),
        ([_delete("ServiceRequest/s-1"), _create(_MRI)], True),
        ([_create(_MRI), _delete("ServiceRequest/s-1")], True),
        ([], False),
        ([_create(_MRI)], False),
        ([_delete("ServiceRequest/s-1")], False),
        ([_update(_MRI), _update(_MRI)], False),
        ([_update(_MRI | {"id": "other"})], False),
        ([_delete("ServiceRequest/other"), _create(_MRI)], False),
        ([_delete("ServiceRequest/s-1"), _create(RESOURCES["DeviceRequest"])], False),
        ([_delete("ServiceRequest/s-1"), _create(_MRI), _create(_MRI)], False),
        ([_delete("https://ehr.example/ServiceRequest/s-1"), _create(_MRI)], False),
        ([Action("delete", "x", _MRI, "ServiceRequest/s-1"), _create(_MRI)], False),
        ([Action("update", "x", _MRI, "ServiceRequest/s-1")], False),
        ([Action("replace", "x", _MRI)], False),
        ([_update({"id": "s-1"})], False),
    ],
)
def test_alternate_request_is_an_update_or_a_swap(actions: list[Action], fits: bool) -> None:
    assert _fits(AdviceKind.ALTERNATE_REQUEST, *actions) is fits


@pytest.mark.spec("crd-check:106")
@pytest.mark.spec("crd:resp-58")
@pytest.mark.parametrize(
    ("actions", "fits"),
    [
        ([_create(_MRI)], True),
        ([_create(RESOURCES["DeviceRequest"]), _create(RESOURCES["CommunicationRequest"])], True),
        ([], False),
        ([_create(_MRI), _update(_MRI)], False),
        ([_create(RESOURCES["Appointment"])], False),
    ],
)
def test_additional_orders_are_creations(actions: list[Action], fits: bool) -> None:
    assert _fits(AdviceKind.ADDITIONAL_ORDERS, *actions) is fits


@pytest.mark.spec("crd-check:107", "crd-check:108")
@pytest.mark.spec("crd:resp-65")
@pytest.mark.parametrize(
    ("actions", "fits"),
    [
        ([_create(_TASK)], True),
        ([_create({"resourceType": "Questionnaire"}, "url=https://payer.example/q&version=2"), _create(_TASK)], True),
        ([_create({"resourceType": "Questionnaire"}), _create(_TASK)], False),
        ([_create(_TASK), _create(_TASK)], False),
        ([_update(_TASK)], False),
        ([_create(_MRI)], False),
        ([_create(_BARE_TASK)], False),
        ([_create(_LOCAL_TASK)], False),
    ],
)
def test_form_is_one_task_with_a_questionnaire_on_the_web(actions: list[Action], fits: bool) -> None:
    assert _fits(AdviceKind.FORM_COMPLETION, *actions) is fits


@pytest.mark.spec("crd-check:109")
@pytest.mark.spec("crd:resp-70")
@pytest.mark.spec("crd:resp-71")
@pytest.mark.parametrize(
    ("action", "hook", "dialect", "fits"),
    [
        (_update(_COVERAGE), "encounter-start", CRD_2_2, True),
        (_update(_COVERAGE), "appointment-book", CRD_2_0, True),
        (_update(_COVERAGE), "order-sign", CRD_2_2, False),
        (_create(_COVERAGE), "appointment-book", CRD_2_2, False),
        (_create(_COVERAGE), "appointment-book", CRD_2_0, True),
        (_update(_MRI), "appointment-book", CRD_2_2, False),
    ],
)
def test_coverage_is_changed_only_before_clerks(action: Action, hook: str, dialect: Dialect, fits: bool) -> None:
    assert _fits(AdviceKind.COVERAGE_UPDATE, action, hook=hook, dialect=dialect) is fits


@pytest.mark.spec("crd:resp-71", "crd-check:109")
def test_one_change_of_the_coverage_is_suggested() -> None:
    change = Suggestion("Change it", (_update(_COVERAGE),))
    advice = Advice(AdviceKind.COVERAGE_UPDATE, Topic.INSURANCE, Indicator.INFO, "New id", suggestions=(change, change))

    assert len(fitting(advice, Occasion(question(hook="encounter-start"), answered(), CRD_2_2))) == 1


def test_kinds_without_suggestions_make_none() -> None:
    assert not _fits(AdviceKind.INSTRUCTIONS, _create(_MRI))


@pytest.mark.spec("crd-check:107")
@pytest.mark.spec("crd:resp-59")
@pytest.mark.parametrize(
    ("dialect", "about", "sent"),
    [(CRD_2_2, (), False), (CRD_2_2, ("ServiceRequest/s-1",), False), (CRD_2_2, ("X/2",), True), (CRD_2_0, (), True)],
)
def test_form_is_not_asked_for_beside_dtr(dialect: Dialect, about: tuple[str, ...], sent: bool) -> None:
    told = Assertion("a1", date(2026, 3, 2), Covered.COVERED, PaNeeded.AUTH_NEEDED, (DocNeeded.CLINICAL,))
    form = Suggestion("Fill it in", (_create(_TASK),))
    advice = Advice(AdviceKind.FORM_COMPLETION, Topic.CLAIM, Indicator.INFO, "Form", about=about, suggestions=(form,))

    found = fitting(advice, Occasion(question(order()), answered({"ServiceRequest/s-1": (told,)}), dialect))

    assert bool(found) is sent
