from enum import StrEnum

import pytest

from fhir_um.cases.model import AUTHORIZED, DENIED, PENDED, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.translate.codes import CrosswalkFault, decision_reasons, load_crosswalks, read_crosswalk, review_actions
from profiles.canonicals import X12_REVIEW_ACTION
from profiles.terminology import code_tables

LINE_ACTIONS = code_tables()[X12_REVIEW_ACTION]


class Fruit(StrEnum):
    APPLE = "apple"
    PEAR = "pear"


def test_every_state_and_every_reason_has_exactly_one_row():
    load_crosswalks()

    assert set(review_actions()) == set(LineState)
    assert set(decision_reasons()) == set(Reason)


@pytest.mark.spec("pas:spec-36")
def test_a_line_never_says_partially_certified_and_modified_is_a6():
    actions = review_actions()

    assert set(actions.values()) <= LINE_ACTIONS
    assert {actions[s] for s in PENDED} == {"A4"} and {actions[s] for s in DENIED} == {"A3"}
    assert {actions[s] for s in AUTHORIZED} == {"A1", "A6"} and actions[LineState.MODIFIED] == "A6"


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ("apple,A1", "pear is missing"),
        ("apple,A1\npear,A3\nplum,A4", "plum is unknown"),
        ("apple,A1\npear,A3\npear,A4", "pear is repeated"),
        ("apple,A2\npear,A3", "legal code"),
        ("apple\npear,A3", "legal code"),
    ],
)
def test_a_crosswalk_with_a_fault_is_refused_by_name(rows, fault):
    with pytest.raises(CrosswalkFault, match=f"fruit.csv.*{fault}"):
        read_crosswalk("fruit.csv", f"# source: none\nword,code\n{rows}\n", Fruit, LINE_ACTIONS.__contains__)
