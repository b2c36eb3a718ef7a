"""The whole answer: coverage information as system actions, never as a card."""

from datetime import date

import pytest

from cds_hooks.answers import response
from cds_hooks.assertions import Assertion, Covered, PaNeeded
from cds_hooks.desk import Topic
from cds_hooks.dialects import DIALECTS
from cds_hooks.request import Options
from tests.cds_hooks import wire
from tests.cds_hooks.orders import answered, counted, order, question

_TOLD = Assertion("a1", date(2026, 3, 2), Covered.COVERED, PaNeeded.NO_AUTH)
_VERSIONS = pytest.mark.parametrize("version", DIALECTS)


@pytest.mark.spec("crd:resp-12", "crd:resp-48")
@pytest.mark.spec("crd-check:65", "crd-check:91")
@_VERSIONS
@pytest.mark.spec("crd:resp-25")
@pytest.mark.spec("crd:resp-26")
@pytest.mark.parametrize("hook", ["order-sign", "order-dispatch", "appointment-book"])
def test_coverage_information_is_a_system_action_and_no_card(version: str, hook: str) -> None:
    asked = order("Appointment" if hook == "appointment-book" else "ServiceRequest")

    body, rows = response(
        question(asked, hook=hook), answered({asked.ref: (_TOLD,)}), Options(), DIALECTS[version], counted()
    )

    assert wire.faults(body, version) == []
    assert body["cards"] == []
    assert rows == ()
    assert len(body["systemActions"]) == 1


@pytest.mark.spec("crd-check:98")
@_VERSIONS
@pytest.mark.spec("crd:resp-28")
def test_coverage_information_is_absent_when_switched_off(version: str) -> None:
    asked = order()
    options = Options({Topic.COVERAGE_INFO: False})

    body, _ = response(question(asked), answered({asked.ref: (_TOLD,)}), options, DIALECTS[version], counted())

    assert body == {"cards": []}


@_VERSIONS
def test_max_cards_leaves_system_actions_alone(version: str) -> None:
    asked = order()

    body, _ = response(
        question(asked), answered({asked.ref: (_TOLD,)}), Options(max_cards=0), DIALECTS[version], counted()
    )

    assert len(body["systemActions"]) == 1
