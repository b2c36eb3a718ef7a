"""When a peer-to-peer conversation may be asked for, by the table."""

from datetime import UTC, date, datetime

import pytest

from fhir_um.cases.peer_to_peer_rules import (
    is_held_before,
    read_peer_to_peer_rules,
    shipped_peer_to_peer_rules,
    window_end,
)

HEAD = "id,lines_of_business,states,held,window_business_days,source,effective_from,effective_to,enabled\n"
FRIDAY = datetime(2026, 3, 6, 15, 0, tzinfo=UTC)


def test_the_shipped_rules_hold_for_every_line_of_business() -> None:
    rules = shipped_peer_to_peer_rules()

    for line_of_business in ("MA", "MCO", "QHP", "COMM", "ERISA", ""):
        assert is_held_before(rules, line_of_business, "", date(2026, 3, 2))
        assert window_end(rules, line_of_business, "TX", FRIDAY, "America/Chicago")


def test_the_longest_window_counts_in_working_days() -> None:
    rules = read_peer_to_peer_rules(
        f"# head\n{HEAD}A,MA COMM,,after,1,s,2026-01-01,,true\nB,COMM,TX,both,2,s,2026-01-01,,true\n"
    )

    assert window_end(rules, "COMM", "", FRIDAY, "UTC") == datetime(2026, 3, 9, 23, 59, 59, tzinfo=UTC)
    assert window_end(rules, "COMM", "TX", FRIDAY, "UTC") == datetime(2026, 3, 10, 23, 59, 59, tzinfo=UTC)
    assert window_end(rules, "MCO", "", FRIDAY, "UTC") is None
    assert not is_held_before(rules, "COMM", "NY", FRIDAY.date())
    assert is_held_before(rules, "COMM", "TX", FRIDAY.date())


def test_a_rule_that_is_off_or_over_counts_for_nothing() -> None:
    over = "B,MA,,both,5,s,2020-01-01,2020-12-31,true"
    rules = read_peer_to_peer_rules(f"{HEAD}A,MA,,both,5,s,2026-01-01,,false\n{over}\n")

    assert window_end(rules, "MA", "", FRIDAY, "UTC") is None


@pytest.mark.parametrize("row", ["A,MA,,later,5,s,,,true", "A,MA,,both,5,s,,,yes", "A,MA,,before,5,s,,,true"])
def test_a_table_with_an_unknown_word_is_refused(row: str) -> None:
    with pytest.raises(ValueError, match="peer-to-peer rule A"):
        read_peer_to_peer_rules(f"{HEAD}{row}\n")
