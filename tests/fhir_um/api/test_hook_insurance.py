"""The insurance on an EHR's record held against the payer's own: what is corrected, and what is left alone."""

import copy
from datetime import date
from typing import Any

import pytest

from cds_hooks.desk import Advice, AdviceKind, Topic
from fhir_um.api.hook_insurance import corrections
from fhir_um.cases.ordered import Insured
from tests.fhir_um.asking_hooks import COVERAGE, question

INSURED = Insured("harbor-comm", "Harbor Employer Choice", None)
ENDING = Insured("harbor-comm", "Harbor Employer Choice", date(2026, 12, 31))


def plan(**parts: Any) -> dict[str, Any]:
    return {"type": {"coding": [{"code": "plan"}]}, **parts}


def cards(insured: Insured | None = INSURED, **changes: Any) -> list[Advice]:
    return list(corrections(question(coverage=COVERAGE | changes), insured))


def corrected(insured: Insured = INSURED, **changes: Any) -> dict[str, Any]:
    """The Coverage as the card wants it."""
    (card,) = cards(insured, **changes)
    (action,) = card.suggestions[0].actions
    assert action.type == "update"
    return action.resource or {}


@pytest.mark.spec("crd:resp-70", "crd:resp-71")
def test_another_plan_gives_way_to_the_one_in_force_and_all_else_stays() -> None:
    group = {"type": {"coding": [{"code": "group"}]}, "value": "G-7"}
    bronze = plan(value="harbor-bronze", name="Bronze", extension=[{"url": "urn:own"}])
    written: dict[str, Any] = {"class": [group, bronze]}

    got = corrected(**written)

    right = {"value": "harbor-comm", "name": "Harbor Employer Choice"}
    assert got["class"] == [group, plan(extension=[{"url": "urn:own"}]) | right]
    assert {name: value for name, value in got.items() if name != "class"} == COVERAGE


def test_card_says_what_differs_and_of_which_record() -> None:
    (card,) = cards(ENDING, **{"class": [plan(value="harbor_bronze")], "period": {"end": "2027-06-30"}})

    assert (card.kind, card.topic, card.about) == (AdviceKind.COVERAGE_UPDATE, Topic.INSURANCE, ("Coverage/cov",))
    assert card.summary == "Correct the insurance on record: the plan is Harbor Employer Choice"
    assert card.detail == (
        "- Plan: Harbor Employer Choice (harbor-comm), not harbor\\_bronze.\n- Last day: 2026-12-31."
    )


@pytest.mark.parametrize(
    ("insured", "period", "right"),
    [
        (ENDING, {"start": "2026-01-01"}, {"start": "2026-01-01", "end": "2026-12-31"}),
        (ENDING, {"end": "2027-06-30T00:00:00Z"}, {"end": "2026-12-31"}),
        (INSURED, {"start": "2026-01-01", "end": "2026-06-30"}, {"start": "2026-01-01"}),
    ],
)
def test_the_last_day_known_here_takes_the_place_of_another(insured: Insured, period: Any, right: Any) -> None:
    assert corrected(insured, period=period)["period"] == right


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"class": [plan(value="harbor-comm")]},
        {"class": [plan(value="Harbor Employer Choice")]},
        {"class": [plan(value="77", name="Harbor Employer Choice")]},
        {"class": [plan(name="Bronze")]},
        {"class": [plan(value={"odd": True})]},
        {"class": "odd"},
        {"class": [{"type": "odd", "value": "harbor-bronze"}]},
        {"period": "odd"},
        {"period": {"end": "2027"}},
        {"period": {"end": "31.12.2027"}},
    ],
)
def test_what_does_not_differ_or_cannot_be_told_is_left_alone(written: dict[str, Any]) -> None:
    assert cards(**written) == []


def test_of_nobody_insured_nothing_is_corrected() -> None:
    assert cards(None, **{"class": [plan(value="harbor-bronze")]}) == []
    assert list(corrections(question(coverage=None), INSURED)) == []


def test_the_coverage_that_came_is_not_changed() -> None:
    coverage = COVERAGE | {"class": [plan(value="harbor-bronze")], "period": {"end": "2026-06-30"}}
    before = copy.deepcopy(coverage)

    list(corrections(question(coverage=coverage), INSURED))

    assert coverage == before
