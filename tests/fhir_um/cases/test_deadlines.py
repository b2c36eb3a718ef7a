"""Decision clocks: the strictest rule wins, all rules are shown, and no pended request is without one."""

from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.cases.deadlines import decision_deadline, read_clock_rules
from fhir_um.cases.model import Priority, ReviewType

RULES = read_clock_rules(files("fhir_um.cases").joinpath("clock_rules.csv").read_text(encoding="utf-8"))
HEAD = (
    "id,lines_of_business,review_types,priority,limit_value,limit_unit,day_method,extension_days,"
    "source,effective_from,effective_to,enabled"
)
AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
ZONE = "America/New_York"
LINES_OF_BUSINESS = ["", "MA", "MCO", "QHP", "COMM", "ERISA"]


@pytest.mark.parametrize(
    ("line_of_business", "review", "priority", "rule", "limit"),
    [
        ("MA", ReviewType.PROSPECTIVE, Priority.STANDARD, "D01", timedelta(days=7)),
        ("MA", ReviewType.PROSPECTIVE, Priority.EXPEDITED, "D03", timedelta(hours=72)),
        ("MCO", ReviewType.PROSPECTIVE, Priority.STANDARD, "D08", timedelta(days=7)),
        ("ERISA", ReviewType.PROSPECTIVE, Priority.STANDARD, "D19", timedelta(days=15)),
        ("QHP", ReviewType.CONCURRENT, Priority.EXPEDITED, "D17", timedelta(hours=24)),
        ("COMM", ReviewType.RETROSPECTIVE, Priority.STANDARD, "D20", timedelta(days=30)),
    ],
)
def test_the_rule_of_the_coverage_applies(line_of_business, review, priority, rule, limit) -> None:
    deadline = decision_deadline(RULES, line_of_business, review, priority, AT, ZONE)

    assert deadline.rule_id == rule
    assert deadline.due_at == AT + limit
    assert deadline.start_at == AT


def test_the_stricter_accreditation_rule_wins_once_in_force() -> None:
    after = datetime(2026, 8, 3, 9, 0, tzinfo=UTC)

    deadline = decision_deadline(RULES, "ERISA", ReviewType.PROSPECTIVE, Priority.STANDARD, after, ZONE)

    assert deadline.rule_id == "N01"
    assert dict(deadline.considered) == {"N01": after + timedelta(days=7), "D19": after + timedelta(days=15)}


@given(
    line_of_business=st.sampled_from(LINES_OF_BUSINESS),
    review=st.sampled_from(sorted(ReviewType)),
    priority=st.sampled_from(sorted(Priority)),
    at=st.integers(1, 1400).map(lambda days: AT + timedelta(days=days - 60)),
)
def test_every_request_has_a_clock_and_none_is_later_than_those_considered(
    line_of_business, review, priority, at
) -> None:
    deadline = decision_deadline(RULES, line_of_business, review, priority, at, ZONE)

    assert deadline.start_at < deadline.due_at == min(due for _, due in deadline.considered)


def test_proposed_rules_are_not_in_force() -> None:
    at = datetime(2028, 1, 1, tzinfo=UTC)

    deadline = decision_deadline(RULES, "MA", ReviewType.PROSPECTIVE, Priority.STANDARD, at, ZONE)

    assert "X01" not in dict(deadline.considered)


def test_every_rule_names_its_source() -> None:
    assert all(rule.source for rule in RULES)
    assert len({rule.id for rule in RULES}) == len(RULES)


def test_end_of_day_runs_to_the_last_second_in_the_payers_zone() -> None:
    rules = read_clock_rules(
        f"{HEAD}\nZ1,MA,prospective,standard,7,calendar_days,end_of_day,0,a rule,2026-01-01,,true\n"
    )

    deadline = decision_deadline(rules, "MA", ReviewType.PROSPECTIVE, Priority.STANDARD, AT, ZONE)

    # Daylight saving begins on 8 March 2026, so the ninth ends at 03:59:59 UTC of the tenth.
    assert deadline.due_at == datetime(2026, 3, 10, 3, 59, 59, tzinfo=UTC)


def test_a_bad_row_is_named() -> None:
    with pytest.raises(ValueError, match="Z9"):
        read_clock_rules(f"{HEAD}\nZ9,MA,prospective,standard,7,weeks,earliest,0,a rule,,,true\n")


def test_no_rule_is_an_error_never_a_request_without_clock() -> None:
    with pytest.raises(ValueError, match="no decision clock"):
        decision_deadline((), "MA", ReviewType.PROSPECTIVE, Priority.STANDARD, AT, ZONE)


def test_hours_are_elapsed_hours_when_the_clocks_are_changed() -> None:
    start = datetime(2026, 3, 7, 12, 0, tzinfo=ZoneInfo("America/New_York"))

    due = decision_deadline(RULES, "MA", ReviewType.PROSPECTIVE, Priority.EXPEDITED, start, "America/New_York").due_at

    assert due - start.astimezone(UTC) == timedelta(hours=72)


def test_an_extension_is_due_no_later_than_what_it_extends() -> None:
    start = datetime(2026, 8, 3, 12, 0, tzinfo=UTC)
    plans = ("MA", "MCO", "QHP", "COMM", "ERISA", "")

    for business in plans:
        new, more = (
            decision_deadline(RULES, business, review, Priority.STANDARD, start, "America/New_York").due_at
            for review in (ReviewType.PROSPECTIVE, ReviewType.CONCURRENT)
        )
        assert more <= new
