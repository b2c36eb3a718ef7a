"""What PAS says in words only, told as warnings that are marked as ours."""

from typing import Any

import pytest

from profiles.issues import Issue
from profiles.stated import STATED
from profiles.validating.validator import shipped_library
from tests.profiles.good_request import CLAIM, PAS, Raw, claim_of
from tests.validators import validator_for

X12_UNITS = "https://codesystem.x12.org/005010/673"
UCUM = "http://unitsofmeasure.org"


def told(resource: Raw, profile: str, version: str = "2.2.1") -> list[tuple[str, str, str]]:
    issues = validator_for(version).check(resource, (f"{PAS}{profile}",))
    return [(issue.severity, issue.path, issue.rule) for issue in issues if "(ours)" in issue.rule]


@pytest.mark.spec("pas:prof-2")
@pytest.mark.parametrize("quantity", [{"value": 1}, {"value": 1, "system": X12_UNITS}])
def test_a_quantity_without_unit_and_code_is_warned_of(quantity: Raw, good: Raw) -> None:
    claim_of(good)["item"][0]["quantity"] = quantity
    place = f"{CLAIM}.item[0].quantity"

    assert told(good, "profile-pas-request-bundle") == [("warning", place, "prof-2 (ours)")]
    assert told(good, "profile-pas-request-bundle", "2.0.1") == []


@pytest.mark.spec("pas:prof-3")
def test_a_unit_that_is_not_x12s_is_warned_of(good: Raw) -> None:
    claim_of(good)["item"][0]["quantity"] = {"value": 1, "system": UCUM, "code": "d"}
    place = f"{CLAIM}.item[0].quantity"

    assert told(good, "profile-pas-request-bundle") == [("warning", place, "prof-3 (ours)")]


@pytest.mark.parametrize(
    "quantity", [{"value": 1, "unit": "days"}, {"value": 1, "system": X12_UNITS, "code": "DA", "unit": "days"}]
)
def test_a_quantity_as_pas_wants_it_is_let_pass(quantity: Raw, good: Raw) -> None:
    claim_of(good)["item"][0]["quantity"] = quantity

    assert told(good, "profile-pas-request-bundle") == []


REPEATED = {"frequency": 1, "period": 1, "periodUnit": "d"}


@pytest.mark.parametrize(
    ("timing", "is_told"),
    [
        ({"repeat": {"count": 3}}, False),
        ({"repeat": REPEATED}, False),
        ({"repeat": {"frequency": 1}}, True),
        ({"event": ["2026-11-02"]}, True),
        (
            {
                "extension": [
                    {
                        "url": f"{PAS}extension-timingcalendarpattern",
                        "valueCodeableConcept": {"coding": [{"system": "urn:x", "code": "1"}]},
                    }
                ],
                "event": ["2026-11-02"],
            },
            False,
        ),
    ],
)
def test_a_timing_needs_one_of_its_forms(timing: dict[str, Any], is_told: bool) -> None:
    order = {"resourceType": "ServiceRequest", "occurrenceTiming": timing}

    found = told(order, "profile-servicerequest")

    assert found == ([("warning", "ServiceRequest.occurrenceTiming", "prof-1 (ours)")] if is_told else [])


def test_each_rule_stands_on_a_profile_at_hand_and_is_told_in_words(good: Raw) -> None:
    for row in STATED:
        definition = shipped_library().structure(row.on)
        assert definition is not None and definition.canonical == row.on
        assert row.key.endswith("(ours)")

    claim_of(good)["item"][0]["quantity"] = {"value": 1}
    issues: list[Issue] = validator_for("2.2.1").check(good, (f"{PAS}profile-pas-request-bundle",))
    text = next(issue.text for issue in issues if issue.rule == "prof-2 (ours)")
    assert text == "A quantity has a unit or a code besides its value (prof-2 (ours) of profile-quantity 2.2.1)."
