"""Facts follow what really happens to cases: each line's fact in force says where the line stands."""

from typing import Any

import pytest

from fhir_um.cases.model import CaseId, PayerId
from fhir_um.deps import Deps
from fhir_um.usecases.keep_facts import begin_again, keep_facts
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import line_request
from tests.fhir_um.deciding import approval, decided, denial, reopening
from tests.fhir_um.usecases.asking import a_caller, ask, sent

HARBOR = PayerId("harbor")


@pytest.fixture
def pended(deps: Deps) -> CaseId:
    """A power wheelchair, which waits for a nurse, and one too many, which waits at the intake."""
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), line_request(2, "K0823")))).id


def facts(deps: Deps, case_id: CaseId) -> list[tuple[Any, ...]]:
    with deps.open_reading() as work:
        return [
            (fact.sequence, fact.number, fact.action, fact.decider, fact.superseded_at is None)
            for fact in work.facts.of_case(HARBOR, case_id)
        ]


def test_a_case_from_receipt_to_a_reopened_determination(deps: Deps, clock: Any, pended: CaseId) -> None:
    assert keep_facts(deps) == 1
    assert facts(deps, pended) == [(1, 1, "A4", "", True), (2, 1, "A4", "", True)]

    clock.move(hours=5)
    decided(deps, a_caller(), pended, denial(1))
    keep_facts(deps)
    assert facts(deps, pended) == [(1, 1, "A3", "physician", True), (2, 1, "A4", "", True)]

    clock.move(days=2)
    decided(deps, a_caller(), pended, reopening(1))
    keep_facts(deps)
    assert facts(deps, pended)[:2] == [(1, 1, "A3", "physician", False), (1, 2, "A4", "", True)]


def test_nothing_new_is_nothing_to_do_and_every_case_is_followed_once(deps: Deps, pended: CaseId) -> None:
    submit_claim(deps, a_caller(), sent(ask(line_request(1, "E1390"))))

    assert keep_facts(deps) == 2
    assert keep_facts(deps) == 0


def test_a_batch_that_breaks_off_is_done_again_whole(
    deps: Deps, pended: CaseId, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("lights out")

    with monkeypatch.context() as patch:
        patch.setattr("fhir_um.store.feed.Feed.keep_place", broken)
        with pytest.raises(RuntimeError):
            keep_facts(deps)
    assert facts(deps, pended) == []

    assert keep_facts(deps) == 1
    assert len(facts(deps, pended)) == 2


def test_made_again_they_are_the_same(deps: Deps, pended: CaseId) -> None:
    decided(deps, a_caller(), pended, approval(1))
    keep_facts(deps)
    first = facts(deps, pended)

    begin_again(deps)

    assert keep_facts(deps) == 1
    assert facts(deps, pended) == first
