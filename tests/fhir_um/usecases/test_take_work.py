"""Who does what waits: pulled, given, locked, sent to supervisors; always by whoever may."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.asked import ClaimRequest
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Case, CaseId, Priority
from fhir_um.cases.roles import Role
from fhir_um.cases.routing import Flag
from fhir_um.cases.work_items import LOCK_TIME, Waiting, Wanted
from fhir_um.errors import IllegalMove, Kind, Refusal, RoleNotAllowed
from fhir_um.usecases.end_waits import end_waits
from fhir_um.usecases.locks import demand_unlocked, lock, unlock
from fhir_um.usecases.see_worklist import demand_queue, see_queues, see_worklist
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.usecases.take_work import Reassigning, assign, escalate, reassign, take_next
from tests.builders import line_request
from tests.fhir_um.deciding import approval, decided
from tests.fhir_um.usecases.asking import a_caller, ask, sent
from tests.fhir_um.usecases.attached import NOTE, REPORT, attach, call, document, oxygen, tracking

DME = "nurse-dme"
CALLER = a_caller()
NURSE = Decider("rn-1", Role.NURSE, human=True)
OTHER = Decider("rn-2", Role.NURSE, human=True)
MANAGER = Decider("m-1", Role.OPERATIONS_MANAGER, human=True)
INTAKE = Decider("i-1", Role.INTAKE, human=True)
WHY = "She went home with a fever."


@pytest.fixture
def case(deps) -> Case:
    """A pressure mattress, which waits for a nurse."""
    made = submit_claim(deps, CALLER, sent(ask(line_request(1, "E0181"))))
    assert [each.item.queue for each in waiting(deps, made)] == [DME]
    return made


def another() -> ClaimRequest:
    """A request for something else that waits for the same nurses."""
    return ask(line_request(1, "E0182"), claim_url="urn:other", claim_identifiers=())


def waiting(deps, case: Case) -> tuple[Waiting, ...]:
    with deps.open_reading() as work:
        return work.waiting.items((case.payer_id,), case.id)


def refused(kind: Kind):
    return pytest.raises(Refusal, check=lambda refusal: refusal.kind is kind)


# --- looking ----------------------------------------------------------------------------------------------------------


def test_every_queue_is_listed_with_what_waits(deps, case) -> None:
    counts = {count.queue: count for count in see_queues(deps, CALLER)}

    assert list(counts) == list(deps.queues.by_name)
    assert (counts[DME].waiting, counts[DME].unassigned, counts[DME].due_at) == (1, 1, case.due_at)
    assert counts["physician"].waiting == 0
    assert sum(count.waiting for count in see_queues(deps, a_caller("x", "prairie"))) == 0


def test_a_page_says_where_the_next_one_begins(deps, case, clock) -> None:
    clock.move(hours=1)
    later = submit_claim(deps, CALLER, sent(another(), clock.at))
    wanted = Wanted(CALLER.payer_ids, DME)

    (first,), following = see_worklist(deps, wanted, None, 1)
    (second,), end = see_worklist(deps, wanted, following, 1)

    assert [first.item.case_id, second.item.case_id] == [case.id, later.id]
    assert end is None


def test_a_queue_that_is_none_is_not_there(deps) -> None:
    assert demand_queue(deps, "mine") == ""
    with refused(Kind.NOT_FOUND):
        demand_queue(deps, "nurse-astrology")


# --- where information leads ------------------------------------------------------------------------------------------


@pytest.fixture
def asked(deps) -> Case:
    """Home oxygen without its test, which waits for papers."""
    made = submit_claim(deps, CALLER, oxygen())
    assert [each.item.queue for each in waiting(deps, made)] == ["information-out"]
    return made


def test_what_came_is_marked(deps, asked) -> None:
    """Software says in the first words of its decision what became of the papers: flags and queues go by them."""
    attach(deps, call(tracking(asked), document(REPORT), document(NOTE)))

    (found,) = waiting(deps, asked)
    assert (found.item.queue, found.item.flags) == (DME, (Flag.INFORMATION_BACK,))


def test_what_did_not_come_in_time_waits_apart(deps, asked, clock) -> None:
    clock.at = asked.lines[0].documents_due_at
    assert end_waits(deps) == 1

    (found,) = waiting(deps, asked)
    assert (found.item.queue, found.item.flags) == ("information-overdue", (Flag.INFORMATION_OVERDUE,))


# --- pulling and giving -----------------------------------------------------------------------------------------------


def test_a_nurse_pulls_what_is_due_first(deps, case, clock) -> None:
    taken = take_next(deps, CALLER, DME, NURSE)

    assert taken is not None
    assert (taken.item.case_id, taken.held.assignee, taken.held.assigned_at) == (case.id, "rn-1", clock.at)
    assert take_next(deps, CALLER, DME, OTHER) is None
    assert take_next(deps, a_caller("x", "prairie"), DME, OTHER) is None


def test_who_does_not_work_in_a_queue_pulls_nothing_from_it(deps, case) -> None:
    with pytest.raises(RoleNotAllowed) as told:
        take_next(deps, CALLER, DME, INTAKE)
    assert "the queues it works in: intake, information-out." in told.value.issues[0].text
    with pytest.raises(RoleNotAllowed):
        take_next(deps, replace(CALLER, roles=frozenset()), DME, NURSE)


def test_people_take_what_is_nobodys_and_give_back_what_is_theirs(deps, case) -> None:
    assert assign(deps, CALLER, case.id, DME, "rn-1", NURSE).held.assignee == "rn-1"
    with refused(Kind.CONFLICT):
        assign(deps, CALLER, case.id, DME, "rn-2", OTHER)
    with refused(Kind.CONFLICT):
        assign(deps, CALLER, case.id, DME, "", OTHER)
    with pytest.raises(RoleNotAllowed):
        assign(deps, CALLER, case.id, DME, "rn-2", NURSE)
    assert assign(deps, CALLER, case.id, DME, "rn-2", MANAGER).held.assignee == "rn-2"
    given_back = assign(deps, CALLER, case.id, DME, "", OTHER)
    assert (given_back.held.assignee, given_back.held.assigned_at) == ("", None)


def test_what_does_not_wait_there_cannot_be_taken(deps, case) -> None:
    with refused(Kind.NOT_FOUND):
        assign(deps, CALLER, case.id, "nurse-drug", "rn-1", NURSE)
    with refused(Kind.NOT_FOUND):
        assign(deps, CALLER, CaseId("none"), DME, "rn-1", NURSE)
    with refused(Kind.NOT_FOUND):
        assign(deps, a_caller("x", "prairie"), case.id, DME, "rn-1", NURSE)


def test_a_manager_gives_all_of_somebodys_work_to_somebody_else(deps, case, clock) -> None:
    second = submit_claim(deps, CALLER, sent(another()))
    for each in (case, second):
        assign(deps, CALLER, each.id, DME, "rn-1", NURSE)
    lock(deps, CALLER, second.id, DME, NURSE)

    done = reassign(deps, CALLER, Reassigning("rn-1", "", "rn-2"), MANAGER)

    assert ([each.item.case_id for each in done.moved], done.locked, done.more) == ([case.id], 1, False)
    clock.at += LOCK_TIME
    assert len(reassign(deps, CALLER, Reassigning("rn-1", DME, ""), MANAGER).moved) == 1
    assert len(reassign(deps, CALLER, Reassigning("", DME, "rn-3"), MANAGER).moved) == 1
    assert {each.held.assignee for each in (*waiting(deps, case), *waiting(deps, second))} == {"rn-2", "rn-3"}


@pytest.mark.parametrize("wanted", [Reassigning("", "", "rn-2"), Reassigning("", DME, ""), Reassigning("a", "", "a")])
def test_it_must_be_said_whose_work_goes_to_whom(lite, wanted) -> None:
    with pytest.raises(IllegalMove):
        reassign(lite, CALLER, wanted, MANAGER)


def test_a_nurse_gives_nobodys_work_to_others(lite) -> None:
    with pytest.raises(RoleNotAllowed):
        reassign(lite, CALLER, Reassigning("rn-2", "", "rn-1"), NURSE)


# --- locks ------------------------------------------------------------------------------------------------------------


def test_a_lock_ends_by_itself(deps, case, clock) -> None:
    locked = lock(deps, CALLER, case.id, DME, NURSE)
    assert (locked.held.lock_owner, locked.held.lock_until) == ("rn-1", clock.at + timedelta(minutes=15))

    clock.move(minutes=14, seconds=59)
    with refused(Kind.CONFLICT):
        lock(deps, CALLER, case.id, DME, OTHER)
    clock.move(seconds=1)

    assert lock(deps, CALLER, case.id, DME, OTHER).held.lock_owner == "rn-2"


def test_its_owner_renews_and_lifts_it(deps, case, clock) -> None:
    lock(deps, CALLER, case.id, DME, NURSE)
    clock.move(minutes=10)

    assert lock(deps, CALLER, case.id, DME, NURSE).held.lock_until == clock.at + LOCK_TIME
    with refused(Kind.CONFLICT):
        unlock(deps, CALLER, case.id, DME, "rn-2")
    assert unlock(deps, CALLER, case.id, DME, "rn-1").held.lock_owner == ""
    assert unlock(deps, CALLER, case.id, DME, "rn-2").held.lock_until is None


def test_a_person_lifts_nobody_elses_lock(deps, case) -> None:
    lock(deps, CALLER, case.id, DME, NURSE)
    person = replace(CALLER, is_person=True, client_id="rn-2")

    with pytest.raises(IllegalMove):
        unlock(deps, person, case.id, DME, "rn-1")


def test_a_supervisor_takes_a_lock_over_and_says_why(deps, case) -> None:
    lock(deps, CALLER, case.id, DME, NURSE)

    with refused(Kind.INVALID):
        lock(deps, CALLER, case.id, DME, MANAGER)
    taken = lock(deps, CALLER, case.id, DME, MANAGER, WHY)

    assert (taken.held.lock_owner, taken.held.lock_note) == ("m-1", WHY)
    assert lock(deps, CALLER, case.id, DME, MANAGER).held.lock_note == ""


def test_nobody_decides_what_somebody_else_works_on(deps, case, clock) -> None:
    lock(deps, CALLER, case.id, DME, NURSE)

    with deps.open_work(alone=True) as work:
        demand_unlocked(work, case, NURSE, clock.at)
        demand_unlocked(work, case, OTHER, clock.at, frozenset({2}))
        with refused(Kind.CONFLICT) as told:
            demand_unlocked(work, case, OTHER, clock.at, frozenset({1}))
        demand_unlocked(work, case, OTHER, clock.at + LOCK_TIME)
    assert "until 2026-03-02 15:15:00Z" in told.value.issues[0].text
    assert "rn-1" not in told.value.issues[0].text


def test_a_decision_is_refused_while_somebody_else_works_on_it(deps, case, clock) -> None:
    lock(deps, CALLER, case.id, DME, NURSE)

    with refused(Kind.CONFLICT):
        decided(deps, CALLER, case.id, approval())
    clock.at += LOCK_TIME

    assert decided(deps, CALLER, case.id, approval()).status == "decided"
    assert waiting(deps, case) == ()


# --- supervisors ------------------------------------------------------------------------------------------------------


def test_a_case_sent_to_supervisors_waits_there_too(deps, case, clock) -> None:
    sent_on = escalate(deps, CALLER, case.id, WHY, NURSE)

    assert (sent_on.item.queue, sent_on.item.priority, sent_on.held.escalation) == ("late", Priority.EXPEDITED, WHY)
    assert [each.item.queue for each in waiting(deps, case)] == ["late", DME]
    taken = take_next(deps, CALLER, "late", MANAGER)
    assert taken is not None
    again = escalate(deps, CALLER, case.id, "It is worse than that.", MANAGER)
    assert (again.held.escalated_by, again.held.assignee) == ("m-1", "m-1")
    assert deps.store.verify().faults == []


def test_who_does_not_work_on_a_case_sends_it_nowhere(deps, case) -> None:
    with pytest.raises(RoleNotAllowed):
        escalate(deps, CALLER, case.id, WHY, INTAKE)
    with refused(Kind.INVALID):
        escalate(deps, CALLER, case.id, "  late  ", NURSE)
    with refused(Kind.NOT_FOUND):
        escalate(deps, CALLER, CaseId("none"), WHY, NURSE)


def test_what_was_decided_is_sent_nowhere(deps) -> None:
    done = submit_claim(deps, CALLER, sent(ask(line_request(1, "A9300"))))
    assert done.status == "decided"

    with pytest.raises(IllegalMove):
        escalate(deps, CALLER, done.id, WHY, MANAGER)
