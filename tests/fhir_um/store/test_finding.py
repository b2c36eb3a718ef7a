from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.model import PENDED, Case, ClientId, Course, LineState, PayerId
from fhir_um.cases.submission import CaseSearch
from fhir_um.store.database import Store
from fhir_um.words import Identifier
from tests.builders import AT, DEADLINE
from tests.fhir_um.store.stored import EHR, MEMBER_SYSTEM, PAYER, arrived, member, moved, numbers_of, opened, put

URL = "https://ehr.example.test/fhir/Claim/1"
CLAIM = Identifier("urn:test:claim", "C1")


def _received(store: Store, case_id: str, hours: int, *identifiers: Identifier, url: str = URL) -> Case:
    at = AT + timedelta(hours=hours)
    case = put(store, opened(case_id, received_at=at))
    with store.open_work() as work:
        work.add_submission(arrived(case, case_id.encode(), claim_url=url, received_at=at), identifiers)
    return case


def test_cases_are_found_by_claim_address_latest_first(store: Store) -> None:
    first, second = _received(store, "case-1", 0), _received(store, "case-2", 1)
    _received(store, "case-3", 2, url="https://ehr.example.test/fhir/Claim/3")

    with store.open_reading() as work:
        assert work.find_by_claim(PAYER, EHR, URL, ()) == (second, first)
        assert work.find_by_claim(PAYER, ClientId("ehr-2"), URL, ()) == ()
        assert work.find_by_claim(PayerId("payer-2"), EHR, URL, ()) == ()


def test_cases_are_found_by_any_claim_identifier_when_the_address_finds_none(store: Store) -> None:
    other = Identifier("", "C2")
    first = _received(store, "case-1", 0, CLAIM, other, url="")
    second = _received(store, "case-2", 1, other)

    with store.open_reading() as work:
        assert work.find_by_claim(PAYER, EHR, "https://unknown.test/Claim/9", (CLAIM, other)) == (second, first)
        assert work.find_by_claim(PAYER, EHR, "", (CLAIM,)) == (first,)
        assert work.find_by_claim(PAYER, EHR, URL, (CLAIM,)) == (second,)
        assert work.find_by_claim(PAYER, EHR, "", (Identifier("urn:another", "C1"),)) == ()
        assert work.find_by_claim(PAYER, EHR, "", ()) == ()


def test_at_most_twenty_cases_are_found_by_claim(store: Store) -> None:
    for number in range(22):
        _received(store, f"case-{number:02}", number)

    with store.open_reading() as work:
        found = work.find_by_claim(PAYER, EHR, URL, ())

    assert [case.id for case in found] == [f"case-{number:02}" for number in range(21, 1, -1)]


def test_claim_address_longer_than_an_index_can_hold_is_found(store: Store) -> None:
    url = "https://ehr.example.test/fhir/Claim/" + "x" * 9000
    case = _received(store, "case-1", 0, url=url)

    with store.open_reading() as work:
        assert work.find_by_claim(PAYER, EHR, url, ()) == (case,)


def test_inquiry_finds_all_cases_of_the_member_latest_first(store: Store) -> None:
    first, second = _received(store, "case-1", 0), _received(store, "case-2", 1)
    put(store, opened("case-3", member_id="member-2"))
    put(store, opened("case-4", payer_id=PayerId("payer-2")))

    with store.open_reading() as work:
        assert work.find_for_inquiry(PAYER, "member-1", frozenset(), 50) == (second, first)
        assert work.find_for_inquiry(PAYER, "member-1", frozenset(), 1) == (second,)


def test_inquiry_by_number_finds_the_members_case_also_by_a_replaced_number(store: Store) -> None:
    case = put(store, opened("case-1", Course.APPROVE))
    put(store, opened("case-2", Course.APPROVE, member_id="member-2"))
    old = case.lines[0].authorization_number
    later = moved(case, LineState.APPROVED)
    renumbered = replace(later.case.lines[0], authorization_number="NEW", previous_authorization_number=old)
    later.line(later.events[0].kind, renumbered, ("T6",))
    with store.open_work() as work:
        numbers = tuple(n for n in numbers_of(later.case) if n.number == "NEW")
        work.save_case(later.case, 1, tuple(later.events), numbers, ())

        assert work.find_for_inquiry(PAYER, "member-1", frozenset({old}), 50) == (later.case,)
        assert work.find_for_inquiry(PAYER, "member-1", frozenset({"NEW", old, "?"}), 50) == (later.case,)
        assert work.find_for_inquiry(PAYER, "member-2", frozenset({"NEW"}), 50) == ()
        assert work.find_for_inquiry(PAYER, "member-1", frozenset({"\0"}), 50) == ()


def test_a_sender_finds_its_case_by_number_whoever_the_member(store: Store) -> None:
    case = put(store, opened("case-1", Course.PEND_REVIEW, member_id=""))
    number = case.lines[0].administrative_reference

    with store.open_reading() as work:
        assert work.find_sent(PAYER, EHR, frozenset({number, "?"}), 50) == (case,)
        assert work.find_sent(PAYER, EHR, frozenset({"?"}), 50) == ()
        assert work.find_sent(PAYER, ClientId("ehr-2"), frozenset({number}), 50) == ()
        assert work.find_sent(PayerId("payer-2"), EHR, frozenset({number}), 50) == ()


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (CaseSearch(identifier_value="C1"), True),
        (CaseSearch(identifier_value="C1", identifier_system="urn:test:claim"), True),
        (CaseSearch(identifier_value="C1", identifier_system=""), False),
        (CaseSearch(identifier_value="C2"), False),
        (CaseSearch(identifier_value=URL), False),
        (CaseSearch(patient="https://ehr.example.test/fhir/Patient/1"), True),
        (CaseSearch(patient="Patient/1"), True),
        (CaseSearch(patient="Patient/2"), False),
        (CaseSearch(patient="1"), False),
        (CaseSearch(patient="https://other.example.test/fhir/Patient/1"), False),
        (CaseSearch(identifier_value="C1", patient="Patient/1"), True),
        (CaseSearch(patient="MEMBER-1"), True),
        (CaseSearch(patient="MEMBER-2"), False),
        (CaseSearch(identifier_value="C1", patient="MEMBER-1"), True),
        (CaseSearch(identifier_value="C1", identifier_system="urn:test:claim", patient="MEMBER-2"), False),
        (CaseSearch(identifier_value="C1", patient="MEMBER-1", limit=0), False),
        (CaseSearch(), False),
    ],
)
def test_search_finds_the_senders_cases(store: Store, wanted: CaseSearch, found: bool) -> None:
    with store.open_work() as work:
        work.save_members((member(), member("member-2", Identifier(MEMBER_SYSTEM, "MEMBER-2"))))
    case = _received(store, "case-1", 0, CLAIM)

    with store.open_reading() as work:
        assert work.search(PAYER, EHR, wanted) == ((case,) if found else ())
        assert work.search(PAYER, ClientId("ehr-2"), wanted) == ()


def test_worklist_shows_what_is_due_first_and_leaves_out_what_is_decided(store: Store) -> None:
    def due(case_id: str, hours: int | None, *courses: Course) -> Case:
        journal = opened(case_id, *(courses or (Course.PEND_REVIEW,)))
        due_at = None if hours is None else DEADLINE.due_at + timedelta(hours=hours)
        line = replace(journal.case.lines[0], due_at=due_at)
        journal.line(journal.events[-1].kind, line, ())
        return put(store, journal)

    endless, late, soon = due("case-1", None), due("case-2", 5), due("case-3", 1)
    due("case-4", 0, Course.APPROVE)
    physician = due("case-5", 9, Course.PEND_PHYSICIAN)

    with store.open_reading() as work:
        nurse = frozenset({LineState.NURSE_REVIEW})
        assert work.worklist(PAYER, nurse, 50) == (soon, late, endless)
        assert work.worklist(PAYER, nurse, 2) == (soon, late)
        assert work.worklist(PAYER, PENDED, 50) == (soon, late, physician, endless)
        assert [case.id for case in work.worklist(PAYER, frozenset({LineState.APPROVED}), 50)] == ["case-4"]
        assert work.worklist(PayerId("payer-2"), PENDED, 50) == ()
        assert work.worklist(PAYER, frozenset(), 50) == ()
