"""Why this date: the strictest rule that runs wins, all are kept, and no pended request is without a clock."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.clock_rules import ADVERSE, AUTHORIZED_FIRST, ClockRules, Facts
from fhir_um.cases.clock_telling import why
from fhir_um.cases.clocks import Clock, ClockKind, ClockOutcome, ClockState
from fhir_um.cases.deadlines import (
    clock_of,
    days_to_extend,
    decision_deadline,
    extended,
    grounds_to_extend,
    informed,
    notice_clocks,
    orally_told,
)
from fhir_um.cases.model import CaseId, Priority, ReviewType
from fhir_um.cases.review import ExtensionGround
from fhir_um.deps import clock_rules_of
from fhir_um.settings import Settings

RULES = clock_rules_of(Settings())
MARCH = datetime(2026, 3, 2, 15, tzinfo=UTC)
MONDAY = datetime(2026, 8, 3, 14, tzinfo=UTC)
"""After the NCQA rule of seven days came into force."""
ZONES = {"CA": "America/Los_Angeles", "TX": "America/Chicago", "NY": "America/New_York", "MD": "America/New_York"}
PRO, CON, RETRO = ReviewType.PROSPECTIVE, ReviewType.CONCURRENT, ReviewType.RETROSPECTIVE
STD, EXP = Priority.STANDARD, Priority.EXPEDITED


def facts(
    business: str, state: str = "MD", review: ReviewType = PRO, priority: Priority = STD, *subjects: str
) -> Facts:
    return Facts(business, review, priority, state, frozenset({AUTHORIZED_FIRST, *subjects}))


def clock(about: Facts, at: datetime = MONDAY, waits: bool = False) -> Clock:
    zone = ZONES.get(about.state, "America/New_York")
    return clock_of(CaseId("case-1"), 1, decision_deadline(RULES, about, at, zone, waits), zone)


def dues(of: Clock) -> dict[str, datetime | None]:
    return {rule.rule_id: rule.due_at for rule in of.deadline.considered}


def at(day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, 8, day, hour, minute, second, tzinfo=UTC)


# --- why this date --------------------------------------------------------------------------------------------------

WHY = [
    (facts("MA"), "D01", at(10, 14), {"D01", "N01"}),
    (facts("MA", "CA"), "D01", at(10, 14), {"D01", "N01"}),
    (facts("MA", "MD", PRO, STD, "drug", "part-b-drug"), "D04", at(6, 14), {"D01", "D04", "N01"}),
    (facts("MA", "MD", PRO, EXP, "drug", "part-b-drug"), "D04E", at(4, 14), {"D03", "D04E", "N02"}),
    (facts("MA", "MD", CON, EXP), "D03", at(6, 14), {"D03", "N03"}),
    (facts("MCO"), "D08", at(10, 14), {"D08", "N01"}),
    (facts("MCO", "CA"), "D08", at(10, 14), {"D08", "N01", "S-CA1"}),
    (facts("MCO", "NY", PRO, EXP), "D09", at(6, 14), {"D09", "N02"}),
    (facts("MCO", "MD", PRO, STD, "drug", "part-b-drug"), "D10", at(4, 14), {"D08", "D10", "N01"}),
    (facts("QHP", "TX"), "N01C", at(10, 14), {"N01C", "D19"}),
    (facts("QHP", "NY"), "S-NY1", at(7, 3, 59, 59), {"S-NY1", "N01C", "D19"}),
    (facts("QHP", "CA", PRO, EXP), "D16", at(6, 14), {"D16", "N02C", "S-CA2"}),
    (facts("ERISA", "CA"), "N01C", at(10, 14), {"N01C", "D19"}),
    (facts("ERISA", "NY", RETRO), "D20", MONDAY + timedelta(days=30), {"D20", "N04C"}),
    (facts("COMM", "CA"), "N01C", at(10, 14), {"N01C", "S-CA1", "D19"}),
    (facts("COMM", "TX"), "N01C", at(10, 14), {"N01C", "D19"}),
    (facts("COMM", "NY"), "S-NY1", at(7, 3, 59, 59), {"S-NY1", "N01C", "D19"}),
    (facts("COMM", "NY", CON, EXP), "D17", at(4, 14), {"D17", "N03C", "S-NY3"}),
    (
        facts("COMM", "NY", PRO, STD, "inpatient-rehabilitation"),
        "S-NY2",
        at(5, 3, 59, 59),
        {"S-NY1", "S-NY2", "N01C", "D19"},
    ),
    (facts("COMM", "TX", PRO, STD, "post-stabilization"), "S-TX3", at(3, 15), {"S-TX3", "N01C", "D19"}),
]


@pytest.mark.parametrize(("about", "rule", "due_at", "considered"), WHY)
def test_why_this_date(about: Facts, rule: str, due_at: datetime, considered: set[str]) -> None:
    found = clock(about)

    assert (found.deadline.rule_id, found.deadline.due_at) == (rule, due_at)
    assert set(dues(found)) == considered
    assert found.deadline.rule_id in why(found)
    assert found.deadline.source in why(found)


def test_a_states_business_days_win_over_the_federal_fortnight() -> None:
    """In March, before the NCQA week: five working days from receipt, in a week without a holiday."""
    found = clock(facts("COMM", "CA"), MARCH)

    assert found.deadline.rule_id == "S-CA1"
    assert found.deadline.due_at == datetime(2026, 3, 10, 6, 59, 59, tzinfo=UTC), "daylight saving began on 8 March"
    assert why(found) == (
        "The decision is to be made and told by 9 March 2026, 23:59:59 PDT: 5 working days from the day everything "
        "needed is there (the last working day runs out), by S-CA1 (California Health and Safety Code 1367.01(h)(1); "
        "Medi-Cal APL 21-011); the strictest of 2 rules that run."
    )


def test_a_holiday_is_no_working_day_where_state_and_country_have_it() -> None:
    labor_day_week = datetime(2026, 9, 4, 14, tzinfo=UTC)

    due_at = dues(clock(facts("COMM", "NY"), labor_day_week))["S-NY1"]

    assert due_at == datetime(2026, 9, 11, 3, 59, 59, tzinfo=UTC), "8, 9 and 10 September"


# --- information ----------------------------------------------------------------------------------------------------


def test_a_rule_that_counts_from_information_waits_and_does_not_win() -> None:
    waiting = clock(facts("COMM", "NY"), waits=True)

    assert (waiting.deadline.rule_id, dues(waiting)["S-NY1"]) == ("N01C", None)
    last = waiting.deadline.considered[-1]
    assert (last.rule_id, last.state) == ("S-NY1", ClockState.NOT_STARTED)
    assert "S-NY1 would count once started" in why(waiting)


def test_it_starts_when_the_information_came() -> None:
    came = informed(clock(facts("COMM", "NY"), waits=True), at(3, 20))

    assert (came.deadline.rule_id, came.deadline.due_at) == ("S-NY1", at(7, 3, 59, 59))
    assert came.deadline.start_at == at(3, 20)
    assert informed(came, at(4, 1)) == came, "it starts once"


def test_nothing_started_later_makes_anything_later() -> None:
    waiting = clock(facts("COMM", "NY"), waits=True)

    assert informed(waiting, at(6, 14)).deadline.due_at == waiting.deadline.due_at


def test_an_urgent_request_that_is_incomplete_stops_the_federal_clock_alone() -> None:
    waiting = clock(facts("ERISA", "MD", PRO, EXP), waits=True)

    assert dues(waiting) == {"N02C": at(6, 14), "D16": at(7, 14)}
    assert waiting.deadline.considered[1].state is ClockState.TOLLED
    assert dues(informed(waiting, at(4, 14))) == {"D16": at(6, 14), "N02C": at(6, 14)}, "48 hours after it came"
    assert dues(informed(waiting, at(9, 14)))["D16"] == at(7, 14), "or after the time to bring it"


# --- more time ------------------------------------------------------------------------------------------------------


def test_an_extension_moves_every_rule_that_allows_it() -> None:
    longer = extended(clock(facts("MA")), 14, ExtensionGround.MEMBER_REQUEST, at(8, 14))

    assert dues(longer) == {"D01": at(24, 14), "N01": at(24, 14)}
    assert (longer.deadline.due_at, longer.extension_days) == (at(24, 14), 14)
    assert "with 14 days of extension" in why(longer)
    assert grounds_to_extend(longer) == (), "it is done once"


@pytest.mark.parametrize(
    ("about", "days", "is_allowed"),
    [
        (facts("MA"), 14, True),
        (facts("MA", "MD", PRO, STD, "drug", "part-b-drug"), 0, False),
        (facts("MCO"), 14, True),
        (facts("COMM", "TX"), 15, True),
        (facts("COMM", "NY"), 0, False),
        (facts("ERISA", "MD", PRO, EXP), 0, False),
    ],
)
def test_the_rule_that_sets_the_date_says_whether_it_may_be_later(about: Facts, days: int, is_allowed: bool) -> None:
    assert days_to_extend(clock(about)) == days
    assert bool(grounds_to_extend(clock(about))) is is_allowed


def test_what_allows_no_extension_or_another_ground_stays_due() -> None:
    before = clock(facts("COMM", "NY"))

    assert dues(extended(before, 15, ExtensionGround.EXTRAORDINARY, at(4, 1)))["S-NY1"] == at(7, 3, 59, 59)
    other = extended(clock(facts("MA")), 14, ExtensionGround.MEMBER_INTEREST, at(4, 1))
    assert (other.deadline.due_at, other.extension_days) == (at(10, 14), 0), "NCQA alone takes that ground"


def test_an_extension_for_information_stops_the_federal_clock_for_45_days_at_most() -> None:
    before = clock(facts("ERISA"), MARCH)
    granted = MARCH + timedelta(days=8)

    tolled = extended(before, 15, ExtensionGround.MEMBER_INTEREST, granted, tolls=True)
    came = informed(tolled, MARCH + timedelta(days=18))

    assert tolled.deadline.due_at == MARCH + timedelta(days=30 + 45)
    assert tolled.deadline.considered[0].state is ClockState.TOLLED
    assert came.deadline.due_at == MARCH + timedelta(days=30 + 10), "ten days did not count"
    assert came.tolls[0].until == MARCH + timedelta(days=18)
    assert informed(tolled, MARCH + timedelta(days=90)).deadline.due_at == tolled.deadline.due_at


# --- notices --------------------------------------------------------------------------------------------------------


def test_a_determination_starts_its_notices() -> None:
    decision, decided = clock(facts("COMM", "CA")), at(6, 17)

    oral, written = notice_clocks(RULES, facts("COMM", "CA"), decided, decision)

    assert (oral.kind, oral.deadline.due_at, oral.notice) == (ClockKind.NOTICE_ORAL, at(7, 17), ("provider",))
    assert (written.kind, written.deadline.rule_id) == (ClockKind.NOTICE_WRITTEN, "S-CA1M")
    assert written.deadline.due_at == at(11, 6, 59, 59), "Friday and Monday"


def test_texas_wants_a_denial_told_at_once_to_whoever_treats_somebody_in_hospital() -> None:
    about = facts("QHP", "TX", PRO, STD, ADVERSE, "hospitalized")

    told = notice_clocks(RULES, about, at(6, 17), clock(facts("QHP", "TX")))

    assert [(each.deadline.rule_id, each.deadline.due_at) for each in told] == [
        ("S-TX1", at(8, 4, 59, 59)),
        ("S-TX2", at(12, 4, 59, 59)),
    ]
    assert notice_clocks(RULES, facts("QHP", "TX"), at(6, 17), clock(facts("QHP", "TX"))) == ()


def test_a_written_notice_is_due_three_days_after_the_word_of_mouth() -> None:
    decision = clock(facts("MA", "MD", PRO, EXP))

    (written,) = notice_clocks(RULES, facts("MA", "MD", PRO, EXP, ADVERSE), at(4, 14), decision)

    assert (written.deadline.rule_id, written.deadline.due_at) == ("D03W", at(9, 14)), "from the last moment to tell"
    assert written.deadline.considered[0].state is ClockState.NOT_STARTED
    assert orally_told(written, at(4, 16)).deadline.due_at == at(7, 16)
    assert written.notice == ("member", "provider")


def test_a_decision_clock_stops_when_the_last_one_was_told() -> None:
    running = clock(facts("MA"))

    half = running.told_to("provider", at(5, 14))
    again = half.told_to("provider", at(6, 14))
    done = again.told_to("member", at(10, 14))

    assert half.is_running and again == half
    assert (done.stopped_at, done.outcome) == (at(10, 14), ClockOutcome.MET)
    assert again.told_to("member", at(10, 14, 0, 1)).outcome is ClockOutcome.LATE


# --- the shape of it ------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    business=st.sampled_from(["", "MA", "MCO", "QHP", "COMM", "ERISA"]),
    state=st.sampled_from(["", "CA", "TX", "NY", "MD"]),
    review=st.sampled_from(sorted(ReviewType)),
    priority=st.sampled_from(sorted(Priority)),
    start=st.integers(0, 1400 * 24).map(lambda hours: datetime(2026, 1, 2, tzinfo=UTC) + timedelta(hours=hours)),
    waits=st.booleans(),
    zone=st.sampled_from(["America/New_York", "Pacific/Honolulu", "Mars/Olympus", ""]),
)
def test_every_request_has_a_clock_and_the_strictest_that_runs_sets_it(
    business, state, review, priority, start, waits, zone
) -> None:
    deadline = decision_deadline(RULES, Facts(business, review, priority, state), start, zone, waits)

    running = [rule for rule in deadline.considered if rule.state is not ClockState.NOT_STARTED]
    assert deadline.start_at < deadline.due_at == min(rule.due_at for rule in running)
    assert all(rule.due_at is None for rule in deadline.considered if rule not in running)
    came = informed(clock_of(CaseId("c"), 1, deadline, zone), start + timedelta(hours=5))
    assert came.deadline.due_at <= deadline.due_at or came.deadline.considered != deadline.considered
    assert all(start < rule.due_at for rule in came.deadline.considered)


def test_an_extension_of_a_service_is_due_no_later_than_what_it_extends() -> None:
    for business in ("MA", "MCO", "QHP", "COMM", "ERISA", ""):
        new, more = (clock(facts(business, "MD", review)).deadline.due_at for review in (PRO, CON))
        assert more <= new


def test_no_rule_is_an_error_never_a_request_without_clock() -> None:
    with pytest.raises(ValueError, match="no decision clock"):
        decision_deadline(ClockRules(()), facts("MA"), MARCH, "America/New_York")


def test_proposed_rules_are_not_in_force() -> None:
    later = datetime(2028, 1, 1, tzinfo=UTC)

    assert "X01" not in dues(clock(facts("MA", "MD", PRO, STD, "drug"), later))


def test_a_clock_of_before_knows_only_its_date() -> None:
    old = replace(clock(facts("MA")), deadline=replace(clock(facts("MA")).deadline, considered=()))

    assert informed(old, at(9, 1)) == old
    assert extended(old, 14, ExtensionGround.EXTRAORDINARY, at(9, 1)).deadline == old.deadline
    assert why(old) == "The decision is to be made and told by 10 August 2026, 10:00:00 EDT: 42 CFR 422.568(b)(1)(ii)."
