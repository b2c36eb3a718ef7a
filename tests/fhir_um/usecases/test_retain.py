"""What was kept long enough is told and goes, with all that hangs on it; what is held, or too young, stays."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from fhir_um.api.hook_desk import HookDesk
from fhir_um.cases.inquiry import Inquiry
from fhir_um.cases.model import PayerId
from fhir_um.cases.retention import RecordKind
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Settings
from fhir_um.subscribers.model import Content
from fhir_um.usecases.legal_holds import place_hold, release_hold, see_holds
from fhir_um.usecases.read_case import read_case
from fhir_um.usecases.retain import purge, see_due, see_reports
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.usecases.subscription_events import event_told
from tests.builders import line_request
from tests.fhir_um.asking_hooks import order
from tests.fhir_um.usecases.asking import CLINIC, NORA, a_caller, ask, found_by, sent
from tests.fhir_um.usecases.attached import attach, call, document, oxygen, tracking
from tests.fhir_um.usecases.retained import EVERYTHING, a_year_later, done, listened, on_file, whole_case
from tests.fhir_um.usecases.test_keep_hook import kept

OF_CASES = (
    "cases",
    "case_lines",
    "case_events",
    "clocks",
    "issued_numbers",
    "submissions",
    "claim_identifiers",
    "attachments",
    "attachment_pieces",
    "case_providers",
)


def gone(deps, most=EVERYTHING):
    rows = purge(deps, "somebody", most, lambda kind, count: None)
    return {row.kind: row.count for row in rows}


def due(deps):
    return {(one.kind, one.is_held): count for one, count in see_due(deps, lambda kind, count: None).items()}


@pytest.fixture
def case(deps):
    listened(deps)
    return whole_case(deps)


@pytest.fixture
def lite_case(lite):
    """On SQLite alone, for rules in which the store has no part."""
    listened(lite)
    return whole_case(lite)


def test_a_case_goes_whole_and_leaves_its_mark(deps, case) -> None:
    a_year_later(deps, 6)
    assert gone(deps) == {}
    a_year_later(deps, 0, days=1)
    before = on_file(deps)

    assert due(deps) == {(RecordKind.CASE, False): 1, (RecordKind.DELIVERY, False): before["deliveries"] - 1}
    assert on_file(deps) == before
    assert gone(deps) == {RecordKind.CASE: 1, RecordKind.DELIVERY: before["deliveries"] - 1}

    after = on_file(deps)
    assert [name for name in OF_CASES if after[name]] == []
    assert (after["purged_cases"], after["purged_numbers"]) == (1, before["issued_numbers"])
    assert after["audit_log"] == before["audit_log"] + 2
    checked = deps.store.verify()
    assert (checked.faults, checked.purged_cases) == ([], 1)
    with pytest.raises(Refusal) as refused:
        read_case(deps, a_caller(), case.id)
    assert refused.value.kind is Kind.NOT_FOUND
    asked = ask()
    inquiry = Inquiry(asked.payer, CLINIC, (CLINIC,), frozenset(), asked.member, asked.coverage)
    assert found_by(deps, a_caller(), inquiry) == ()


def test_the_report_says_who_what_and_when(lite, lite_case) -> None:
    a_year_later(lite, 7)

    gone(lite)

    row = next(row for row in see_reports(lite) if row.kind is RecordKind.CASE)
    assert (row.kind, row.payer_id, row.rule_id, row.count) == (RecordKind.CASE, "harbor", "R02", 1)
    assert (row.purged_by, row.began_at) == ("somebody", lite.clock())


@pytest.mark.parametrize("line", ["MA", "MCO"])
def test_ten_years_where_the_line_of_business_asks_for_them(lite, lite_case, line) -> None:
    with lite.store.engine.begin() as connection:
        connection.execute(
            text(f"""UPDATE cases SET document = replace(document, '"COMM"', '"{line}"')""")  # the case's own plan
        )
    a_year_later(lite, 10)
    assert gone(lite) == {}

    a_year_later(lite, 0, days=1)
    assert gone(lite)[RecordKind.CASE] == 1


def test_what_waits_for_a_person_stays(lite) -> None:
    submit_claim(lite, a_caller(), sent(ask()))
    a_year_later(lite, 50)

    assert gone(lite) == {}


def test_what_a_subscriber_still_waits_for_stays(lite) -> None:
    listened(lite)
    case = whole_case(lite)
    with lite.open_work() as work:
        work.subscribers.announce(case, lite.clock())
    a_year_later(lite, 40)

    assert RecordKind.CASE not in gone(lite)
    assert (on_file(lite)["cases"], on_file(lite)["deliveries"]) == (1, 1)
    assert lite.store.verify().faults == []


@pytest.mark.parametrize("which", ["payer", "member", "case"])
def test_a_hold_keeps_it_until_it_is_released(lite, lite_case, which) -> None:
    named = {"member": (lite_case.member_id, ""), "case": ("", lite_case.id)}.get(which, ("", ""))
    hold = place_hold(lite, "harbor", *named, "matter 1", "counsel")
    a_year_later(lite, 40)

    assert due(lite)[RecordKind.CASE, True] == 1
    assert RecordKind.CASE not in gone(lite)
    release_hold(lite, hold.id, "closed", "counsel")
    assert gone(lite)[RecordKind.CASE] == 1
    (kept_hold,) = see_holds(lite, active=False)
    assert (kept_hold.release_reason, kept_hold.released_at) == ("closed", lite.clock())


def test_a_hold_of_somebody_else_keeps_nothing(lite, lite_case) -> None:
    place_hold(lite, "harbor", "harbor-1002", "", "matter 1", "counsel")
    a_year_later(lite, 7)

    assert gone(lite)[RecordKind.CASE] == 1


def test_a_limit_is_kept_and_the_rest_goes_the_next_time(deps) -> None:
    for _ in range(3):
        case = submit_claim(deps, a_caller(), sent(ask(line_request(1, "99213"))))
        assert case.status == "decided"
        attach(deps, call(tracking(case), document(content=b"a shared report")))
    a_year_later(deps, 7)

    assert gone(deps, 2) == {RecordKind.CASE: 2}
    assert on_file(deps)["attachment_pieces"] == 2
    assert deps.store.verify().faults == []
    assert gone(deps) == {RecordKind.CASE: 1}
    assert on_file(deps)["attachment_pieces"] == 0
    assert len(see_reports(deps)) == 2


def test_the_same_content_sent_again_opens_a_new_case(deps) -> None:
    request = oxygen(1)
    first = done(deps, submit_claim(deps, a_caller(), request))
    a_year_later(deps, 7)
    gone(deps)

    again = submit_claim(deps, a_caller(), replace(request, received_at=deps.clock()))

    assert again.id != first.id
    assert deps.store.verify().faults == []


def test_a_number_never_comes_twice(deps, case) -> None:
    a_year_later(deps, 7)
    gone(deps)
    number = case.lines[0].authorization_number
    again = replace(deps, new_number=lambda: number[1:])

    with pytest.raises(ValueError, match="handed out before"):
        whole_case(again)


def test_documents_that_nobody_matched_are_kept_as_the_strictest_case(deps) -> None:
    attach(deps, call("nothing", document()))
    a_year_later(deps, 10)
    assert gone(deps) == {}

    a_year_later(deps, 0, days=1)
    hold = place_hold(deps, "harbor", "harbor-1002", "", "matter 1", "counsel")
    assert due(deps) == {(RecordKind.DOCUMENT, hold.member_id in _member_of_nora(deps)): 1}
    assert gone(deps) == {RecordKind.DOCUMENT: 1}
    assert (on_file(deps)["attachments"], on_file(deps)["attachment_pieces"]) == (0, 0)


def _member_of_nora(deps) -> set[str]:
    with deps.open_reading() as work:
        return {member.id for member in work.find_members(PayerId("harbor"), (NORA,))}


def test_an_event_stays_while_one_before_it_does_and_can_be_asked_for(deps, case) -> None:
    with deps.store.engine.begin() as connection:
        late = {"late": "2027-01-01T00:00:00.000000+00:00"}
        connection.execute(text("UPDATE deliveries SET delivered_at = :late WHERE event_number = 1"), late)
    a_year_later(deps, 6, days=1)

    assert gone(deps)[RecordKind.CASE] == 1
    with deps.open_reading() as work:
        (listener,) = work.subscribers.all()
        events = work.subscribers.events(listener, 1, 9, 9)
        assert [one.event_number for one in events][:2] == [1, 2]
        assert event_told(work, events[0], Content.FULL_RESOURCE).case is None
    assert deps.store.verify().faults == []
    a_year_later(deps, 1)
    assert gone(deps)[RecordKind.DELIVERY] == len(events)
    a_year_later(deps, 4)
    assert gone(deps) == {RecordKind.DELIVERY: 1}
    assert on_file(deps)["deliveries"] == 0
    assert deps.store.verify().faults == []


def test_events_of_a_case_that_is_not_there_and_was_not_purged_are_a_fault(lite, lite_case) -> None:
    with lite.open_reading() as work:
        (listener,) = work.subscribers.all()
        (told, *_) = work.subscribers.events(listener, 1, 9, 9)
        with pytest.raises(LookupError):
            event_told(work, replace(told, case_id="none"), Content.FULL_RESOURCE)


def test_records_of_hooks_go_with_the_next_call_unless_something_is_held(deps, clock) -> None:
    desk = HookDesk(deps, Settings(hook_retention_days=30))
    kept(desk, order())
    hold = place_hold(deps, "harbor", "harbor-1002", "", "matter 1", "counsel")
    clock.move(days=40)
    kept(desk, order(), instance="later", at=clock(), cards=())

    assert deps.store.verify().faults == []
    assert on_file(deps)["hook_invocations"] == 2
    assert gone(deps)[RecordKind.HOOK] >= 2
    assert on_file(deps)["hook_invocations"] == 1
    release_hold(deps, hold.id, "closed", "counsel")
    assert gone(deps) == {}


def test_records_of_hooks_that_are_held_stay(lite, clock) -> None:
    desk = HookDesk(lite, Settings(hook_retention_days=30))
    kept(desk, order())
    before = on_file(lite)
    with lite.store.engine.connect() as connection:
        (member,) = connection.scalars(text("SELECT DISTINCT member_id FROM coverage_assertions"))
    place_hold(lite, "harbor", member, "", "matter 1", "counsel")
    clock.move(days=4000)

    assert gone(lite) == {}
    assert {k: v for k, v in on_file(lite).items() if "hook" in k} == {k: v for k, v in before.items() if "hook" in k}


@pytest.mark.parametrize(
    ("payer", "member", "case_id"),
    [("nobody", "", ""), ("harbor", "nobody", ""), ("harbor", "", "nothing"), ("tidewater", "harbor-1001", "")],
)
def test_a_hold_on_what_is_not_there_is_refused(lite, payer, member, case_id) -> None:
    with pytest.raises(Refusal) as refused:
        place_hold(lite, payer, member, case_id, "matter 1", "counsel")

    assert refused.value.kind is Kind.NOT_FOUND
    assert see_holds(lite, active=False) == ()


def test_a_hold_says_why_and_is_released_once(lite) -> None:
    hold = place_hold(lite, "harbor", "", "", " matter 1 ", "counsel")
    assert hold.reason == "matter 1"
    release_hold(lite, hold.id, "closed", "counsel")

    with pytest.raises(Refusal, match="not-found"):
        release_hold(lite, hold.id, "closed", "counsel")
    for wrong in ((("harbor", "", "", " ", "counsel")), ("harbor", "m", "c", "why", "counsel")):
        with pytest.raises(Refusal):
            place_hold(lite, *wrong)
    with pytest.raises(Refusal):
        release_hold(lite, hold.id, "", "counsel")


def test_what_a_purge_left_is_checked(lite, lite_case) -> None:
    a_year_later(lite, 7)
    gone(lite)
    with lite.store.engine.begin() as connection:
        connection.execute(text("UPDATE purge_reports SET count = 2"))

    (fault,) = lite.store.verify().faults
    assert "2 cases are reported, 1 have left their mark" in fault


def test_a_day_too_early_in_the_payers_own_zone(lite, clock) -> None:
    done(lite, submit_claim(lite, a_caller(), oxygen(1)))
    a_year_later(lite, 6)
    clock.at = clock.at.replace(hour=4) + timedelta(days=1)

    assert gone(lite) == {}
