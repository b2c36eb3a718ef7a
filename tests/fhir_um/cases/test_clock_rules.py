"""A rule table that cannot be used is refused as a whole, with the rows at fault."""

from importlib.resources import files
from pathlib import Path

import pytest

from fhir_um.cases.clock_rule_faults import demand_sound
from fhir_um.cases.clock_rules import INSURED, ClockRules, ClockRulesFault, read_clock_rules
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.deps import clock_rules_of
from fhir_um.settings import Settings, SettingsFault

TEXT = files("fhir_um.cases").joinpath("clock_rules.csv").read_text(encoding="utf-8")
HEAD = next(line for line in TEXT.splitlines() if line.startswith("id,"))
GOOD = (
    "Z1,decision,federal,MA,,prospective,standard,,receipt,7,calendar_days,earliest,0,0,,none,member provider,,"
    "a rule,V-H,2026-01-01,,true"
)


def rules_with(*rows: str) -> ClockRules:
    return read_clock_rules("\n".join((HEAD, *rows)))


def shipped_with(change: dict[str, str]) -> ClockRules:
    text = TEXT
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    return read_clock_rules(text)


def test_the_shipped_table_is_sound_and_names_its_sources() -> None:
    rules = clock_rules_of(Settings())

    assert all(rule.source and rule.confidence for rule in rules.rows)
    assert len({rule.id for rule in rules.rows}) == len(rules.rows)
    assert {"D01", "D10", "D19", "N01", "U01", "S-CA1", "S-TX2", "S-NY3", "X01"} <= {rule.id for rule in rules.rows}
    assert not any(rule.enabled for rule in rules.rows if rule.id.startswith(("X", "U")))


def test_rules_of_states_bind_neither_medicare_nor_self_funded() -> None:
    """um-domain 3.1, note (c)."""
    of_states = [rule for rule in clock_rules_of(Settings()).rows if rule.states]

    assert of_states
    assert not any(rule.lines_of_business & {"MA", "ERISA"} for rule in of_states)


def test_every_line_of_business_of_the_house_is_looked_after() -> None:
    assert set(INSURED) == set(LineOfBusiness)


@pytest.mark.parametrize(
    ("part", "wrong", "told"),
    [
        ("calendar_days", "weeks", "weeks"),
        ("earliest", "latest", "latest"),
        ("decision", "guess", "guess"),
        ("federal", "galactic", "galactic"),
        (",MA,", ",MARS,", "unknown line of business MARS"),
        ("prospective,standard,,", "prospective,standard,dragon,", "unknown subject dragon"),
        ("receipt", "whenever", "whenever"),
        (",7,", ",0,", "at least 1"),
        (",7,", ",seven,", "seven"),
        ("calendar_days,earliest", "business_days,earliest", "business_days is counted"),
        ("federal,MA,,", "federal,MA,CA,", "another none"),
        ("federal,MA,,", "state,MA,Cal,", "two capital letters"),
        (",0,0,,none", ",14,0,,none", "an extension has days"),
        (",0,0,,none", ",14,1,because,none", "because"),
        (",none,", ",maybe,", "maybe"),
        (",none,", ",request,", "tolling is none"),
        ("member provider", "everybody", "unknown recipient everybody"),
        ("receipt", "determination", "a decision is counted from"),
        ("2026-01-01,,true", "2026-01-01,2025-01-01,true", "ends before it begins"),
        ("2026-01-01,,true", "2026-13-01,,true", "month"),
        ("true", "perhaps", "enabled is true or false"),
    ],
)
def test_a_row_that_says_something_unknown_is_named(part: str, wrong: str, told: str) -> None:
    with pytest.raises(ClockRulesFault) as caught:
        rules_with(GOOD, GOOD.replace("Z1", "Z2").replace(part, wrong, 1))

    (fault,) = caught.value.faults
    assert fault.startswith("rule Z2 (row 2): ")
    assert told in fault


def test_all_rows_at_fault_are_told_at_once() -> None:
    with pytest.raises(ClockRulesFault) as caught:
        rules_with(GOOD.replace("earliest", "x"), GOOD, GOOD.replace("true", "x"), "Z4,decision")

    assert len(caught.value.faults) == 3


def test_another_head_is_refused() -> None:
    with pytest.raises(ClockRulesFault, match="The columns must be: id,kind,"):
        read_clock_rules("id,limit\nD01,7\n")


@pytest.mark.parametrize(
    ("again", "told"),
    [
        (GOOD, "rule Z1 stands twice for the same time"),
        (GOOD.replace("Z1", "Z2"), "rules Z1 and Z2 are about the same"),
        (GOOD.replace("Z1", "Z2").replace(",MA,", ",MA MCO,"), "rules Z1 and Z2 are about the same"),
        (
            GOOD.replace("Z1", "Z2").replace("2026-01-01,", "2026-06-30,2026-12-31"),
            "rules Z1 and Z2 are about the same",
        ),
    ],
)
def test_overlaps_are_refused(again: str, told: str) -> None:
    with pytest.raises(ClockRulesFault, match=told):
        demand_sound(rules_with(GOOD, again))


@pytest.mark.parametrize(
    "beside",
    [
        GOOD.replace("2026-01-01,", "2020-01-01,2025-12-31"),
        GOOD.replace("true", "false"),
        GOOD.replace("Z1", "Z2").replace("standard,,", "standard,drug,"),
        GOOD.replace("Z1", "Z2").replace("federal,MA,,", "state,COMM,CA,"),
        GOOD.replace("Z1", "Z2").replace("federal", "accreditation"),
    ],
)
def test_what_is_about_something_else_or_another_time_is_no_overlap(beside: str) -> None:
    with pytest.raises(ClockRulesFault) as caught:
        demand_sound(rules_with(GOOD, beside))

    assert not any("same" in fault for fault in caught.value.faults)


def test_gaps_are_told_with_the_days_and_the_rules_that_leave_them() -> None:
    gap = {
        "42 CFR 422.568(c) and 422.520,K-M,2026-01-01,": "x,K-M,2026-01-01,2026-06-30",
        "N04,decision": "N04,notice-oral",
    }

    with pytest.raises(ClockRulesFault) as caught:
        demand_sound(shipped_with(gap))

    assert caught.value.faults == (
        "MA retrospective standard: no decision is due from 2026-07-01 on (D07)",
        "MA retrospective expedited: no decision is due from 2026-07-01 on (D07)",
        "MCO retrospective standard: no decision is due from 2026-01-01 on (no rule)",
        "MCO retrospective expedited: no decision is due from 2026-01-01 on (no rule)",
    )


def test_a_payers_own_table_takes_the_place_of_ours(tmp_path: Path) -> None:
    own = tmp_path / "rules.csv"
    own.write_text(TEXT.replace("D01,", "D01A,"), encoding="utf-8")

    assert "D01A" in {rule.id for rule in clock_rules_of(Settings(clock_rules=own)).rows}


@pytest.mark.parametrize("content", ["", "id,limit\n", f"{HEAD}\n{GOOD}\n"])
def test_a_table_that_is_not_sound_stops_the_start(tmp_path: Path, content: str) -> None:
    own = tmp_path / "rules.csv"
    own.write_text(content, encoding="utf-8")

    with pytest.raises(SettingsFault, match="FHIR_UM_CLOCK_RULES=.*cannot be used"):
        clock_rules_of(Settings(clock_rules=own))


def test_a_table_that_is_not_there_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="FHIR_UM_CLOCK_RULES"):
        clock_rules_of(Settings(clock_rules=tmp_path / "none.csv"))
