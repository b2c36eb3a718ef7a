"""Every chore has its turn, whatever became of the others, and none of it is done twice."""

import pytest

from fhir_um.usecases.housekeeping import CHORES, tend
from fhir_um.usecases.one_by_one import run_each
from fhir_um.usecases.submit_claim import submit_claim
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.attached import oxygen


def test_what_is_due_is_done_once(lite, clock) -> None:
    case = submit_claim(lite, a_caller(), oxygen())
    clock.at = case.line(1).due_at

    done = tend(lite)

    assert done > 0
    assert tend(lite) == 0
    assert lite.store.verify().faults == []


def test_a_chore_that_fails_holds_up_no_other() -> None:
    done: list[str] = []

    def fails(what: str) -> int:
        raise ValueError(what)

    with pytest.raises(ValueError, match="second"):
        run_each(
            [
                lambda: fails("first"),
                lambda: done.append("a") or 1,
                lambda: fails("second"),
                lambda: done.append("b") or 1,
            ]
        )

    assert done == ["a", "b"]


def test_each_chore_is_a_verb_of_its_own() -> None:
    assert len({chore.__name__ for chore in CHORES}) == len(CHORES)
