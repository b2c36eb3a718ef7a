"""What may go: the strictest rule wins, days are those of the calendar, a legal hold beats everything."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.model import Course, LineState, PayerId
from fhir_um.cases.retention import (
    Candidate,
    Kept,
    LegalHold,
    RecordKind,
    RetentionRule,
    Since,
    Unit,
    changed_until,
    due_to_go,
    kept_case,
    moved,
    read_retention_rules,
)
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.deps import shipped_retention_rules
from fhir_um.words import Period
from tests.builders import AT, case_of

RULES = shipped_retention_rules()
PAYER, OTHER = PayerId("payer-1"), PayerId("payer-2")
CHANGED = date(2026, 3, 2)


def case_record(**changes: object) -> Candidate:
    record = Kept(RecordKind.CASE, PAYER, CHANGED, "COMM", None, frozenset({"member-1"}), "case-1")
    return Candidate(("case-1", PAYER), replace(record, **changes))  # type: ignore[arg-type]  # by field name


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def hold(**changes: object) -> LegalHold:
    return replace(LegalHold("h", PAYER, "", "", "a matter", "counsel", AT), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("line", "years"), [("MA", 10), ("MCO", 10), ("QHP", 6), ("COMM", 6), ("ERISA", 6), ("", 10)])
def test_a_case_goes_the_day_after_its_years(line: str, years: int) -> None:
    record = case_record(line_of_business=line)
    last = date(CHANGED.year + years, 3, 2)

    assert due_to_go(record, RULES, (), noon(last)) is None
    assert due_to_go(record, RULES, (), noon(last + timedelta(days=1))) is not None


def test_every_line_of_business_has_a_rule_of_years() -> None:
    for line in LineOfBusiness:
        assert any(rule.binds(RecordKind.CASE, line) and rule.value >= 6 for rule in RULES)


@pytest.mark.spec("pas:spec-73")
def test_six_months_after_the_last_day_of_service_also_when_that_is_long_after() -> None:
    record = case_record(end_of_service=date(2040, 8, 31))

    assert due_to_go(record, RULES, (), noon(date(2041, 3, 1))) is None
    going = due_to_go(record, RULES, (), noon(date(2041, 3, 2)))
    assert going is not None
    assert (going.rule_id, going.last_day) == ("R05", date(2041, 3, 1))


def test_a_day_ends_where_the_payer_is() -> None:
    record = case_record()
    late = replace(record, zone="America/Los_Angeles")
    at = datetime(2032, 3, 3, 5, tzinfo=UTC)

    assert due_to_go(record, RULES, (), at) is not None
    assert due_to_go(late, RULES, (), at) is None


def test_what_waits_for_somebody_never_goes() -> None:
    assert due_to_go(case_record(is_open=True), RULES, (), noon(date(2999, 1, 1))) is None
    assert kept_case(case_of(Course.PEND_REVIEW), "UTC", is_owed=False).is_open
    assert kept_case(case_of(Course.APPROVE), "UTC", is_owed=True).is_open
    assert not kept_case(case_of(Course.APPROVE), "UTC", is_owed=False).is_open


def test_the_services_end_with_the_last_day_that_anything_says() -> None:
    case = case_of(Course.APPROVE, Course.APPROVE)
    longer = replace(case.lines[1], state=LineState.CANCELLED, period=Period(date(2027, 1, 1)))

    assert kept_case(case, "UTC", False).end_of_service == date(2026, 6, 10)
    assert kept_case(replace(case, lines=(case.lines[0], longer)), "UTC", False).end_of_service == date(2027, 1, 1)


def test_a_row_switched_on_makes_it_stricter() -> None:
    stricter = tuple(replace(rule, enabled=True) for rule in RULES)
    record, at = case_record(line_of_business="QHP"), noon(date(2033, 1, 1))

    assert due_to_go(record, RULES, (), at) is not None
    assert due_to_go(record, stricter, (), at) is None


@pytest.mark.parametrize(
    ("wanted", "is_held"),
    [
        (hold(), True),
        (hold(payer_id=OTHER), False),
        (hold(released_at=AT), False),
        (hold(member_id="member-1"), True),
        (hold(member_id="member-2"), False),
        (hold(case_id="case-1", member_id="member-1"), True),
        (hold(case_id="case-2", member_id="member-1"), False),
    ],
)
def test_who_is_held(wanted: LegalHold, is_held: bool) -> None:
    assert wanted.covers(case_record().record) is is_held


def test_what_cannot_be_told_apart_from_what_is_held_stays() -> None:
    nobodys = case_record(members=frozenset(), case_id="").record
    of_one = replace(nobodys, members=frozenset({"member-1"}))

    assert hold(member_id="member-2").covers(nobodys)
    assert hold(case_id="case-1", member_id="member-1").covers(of_one)
    assert not hold(case_id="case-1", member_id="member-2").covers(of_one)


@pytest.mark.parametrize(
    ("day", "value", "unit", "there"),
    [
        (date(2024, 2, 29), 1, Unit.YEARS, date(2025, 3, 1)),
        (date(2024, 2, 29), 4, Unit.YEARS, date(2028, 2, 29)),
        (date(2025, 8, 31), 6, Unit.MONTHS, date(2026, 3, 1)),
        (date(2026, 1, 31), -2, Unit.MONTHS, date(2025, 12, 1)),
        (date(2026, 3, 2), -10, Unit.YEARS, date(2016, 3, 2)),
        (date(2026, 3, 2), 30, Unit.DAYS, date(2026, 4, 1)),
        (date(9999, 3, 2), 10, Unit.YEARS, date.max),
        (date(1, 3, 2), -10, Unit.YEARS, date.min),
    ],
)
def test_the_calendar(day: date, value: int, unit: Unit, there: date) -> None:
    assert moved(day, value, unit) == there


@pytest.mark.parametrize("wrong", ["R,case,MA,-1,years,last-change,x,true", "R,case,MA,1,years,last-change,x,perhaps"])
def test_a_wrong_row_is_refused(wrong: str) -> None:
    head = "id,kinds,lines_of_business,keep_value,keep_unit,counted_from,source,enabled"

    with pytest.raises(ValueError, match="retention rule R"):
        read_retention_rules(f"{head}\n{wrong}\n")


# --- whatever the rules -------------------------------------------------------------------------------------------

_lines = st.sampled_from([*map(str, LineOfBusiness), ""])
_days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
_records = st.builds(
    Kept,
    kind=st.sampled_from(RecordKind),
    payer_id=st.sampled_from([PAYER, OTHER]),
    last_change=_days,
    line_of_business=_lines,
    end_of_service=st.none() | _days,
    members=st.frozensets(st.sampled_from(["member-1", "member-2"]), max_size=2),
    case_id=st.sampled_from(["", "case-1", "case-2"]),
    is_open=st.booleans(),
)
_rules = st.builds(
    RetentionRule,
    id=st.sampled_from(["R1", "R2", "R3"]),
    kinds=st.frozensets(st.sampled_from(RecordKind), min_size=1),
    lines_of_business=st.frozensets(st.sampled_from(["MA", "MCO", "QHP", "any"]), min_size=1),
    value=st.integers(0, 20),
    unit=st.sampled_from(Unit),
    since=st.sampled_from(Since),
    source=st.just(""),
    enabled=st.booleans(),
)
_holds = st.builds(
    LegalHold,
    id=st.just("h"),
    payer_id=st.sampled_from([PAYER, OTHER]),
    member_id=st.sampled_from(["", "member-1", "member-2"]),
    case_id=st.sampled_from(["", "case-1", "case-2"]),
    reason=st.just(""),
    placed_by=st.just(""),
    placed_at=st.just(AT),
    released_at=st.none() | st.just(AT),
)


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(_records, st.lists(_rules | st.sampled_from(RULES), max_size=6), st.lists(_holds, max_size=3), _days)
def test_nothing_held_or_too_young_ever_goes(
    record: Kept, rules: list[RetentionRule], holds: list[LegalHold], on: date
) -> None:
    going = due_to_go(Candidate(("x",), record), rules, holds, noon(on))

    if going is None:
        return
    assert not record.is_open
    for one in holds:
        names_it = one.case_id == record.case_id if one.case_id else one.member_id in ("", *record.members)
        assert one.released_at or one.payer_id != record.payer_id or not names_it
    for rule in rules:
        if rule.enabled and record.kind in rule.kinds and _of(record, rule):
            ended = record.end_of_service if rule.since is Since.END_OF_SERVICE else None
            assert _at_least(ended or record.last_change, rule) < on
            assert _at_least(record.last_change, rule) < on


@settings(max_examples=300, deadline=None, database=None, derandomize=True)
@given(_records, st.lists(_rules | st.sampled_from(RULES), max_size=6), _days)
def test_whatever_may_go_is_looked_at(record: Kept, rules: list[RetentionRule], on: date) -> None:
    going = due_to_go(Candidate(("x",), record), rules, (), noon(on))

    if going:
        bound = changed_until(rules, record.kind, on)
        assert bound is not None
        assert record.last_change <= bound


def _of(record: Kept, rule: RetentionRule) -> bool:
    line = record.line_of_business
    return not line or bool({line, "any"} & rule.lines_of_business)


def _at_least(day: date, rule: RetentionRule) -> date:
    """By another way than the code's: no more than the days that the shortest months and years have."""
    shortest = {Unit.DAYS: 1, Unit.MONTHS: 28, Unit.YEARS: 365}
    return day + timedelta(days=rule.value * shortest[rule.unit])
