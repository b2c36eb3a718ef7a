"""Operations over a time: rates, clocks, backlog, and that a past time stays as it was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fhir_um.cases.clocks import Clock, Deadline
from fhir_um.cases.figures import Figure
from fhir_um.cases.model import CaseId, LineState
from fhir_um.deps import Deps
from fhir_um.usecases.keep_facts import keep_facts
from fhir_um.usecases.measure_operations import Stretch, measure_operations
from tests.fhir_um.invented_year import NURSE, PAYER, Entry, LineEntry, go_on, journal_of

FIRST = datetime(2025, 3, 1, tzinfo=UTC)
LAST = datetime(2025, 4, 1, tzinfo=UTC)
MARCH = Stretch(FIRST, LAST, LAST)


def entry(n: int, *fates: str, at: datetime | None = None, hours: float = 10, business: str = "MA") -> Entry:
    received = at or FIRST + timedelta(days=n)
    later = {"open": None, "cancelled first": None, "at once": received, "none needed": received}
    lines = [LineEntry(fate, later.get(fate, received + timedelta(hours=hours))) for fate in fates]
    return Entry(f"case-{n}", "harbor-ma", business, False, received, False, lines)


@pytest.fixture
def kept(deps: Deps, clock: Any) -> Deps:
    clock.at = datetime(2025, 6, 1, tzinfo=UTC)
    entries = (
        entry(1, "at once", "denied", hours=100),
        entry(2, "by nurse", hours=10),
        entry(3, "less", "not covered", hours=20),
        entry(4, "open"),
        entry(5, "cancelled first", "voided"),
        entry(6, "at once", business="MCO"),
        entry(7, "open", at=FIRST - timedelta(days=40)),
    )
    with deps.open_work(alone=True) as work:
        for each in entries:
            journal = journal_of(each)
            work.new_case(journal.case, tuple(journal.events), (), _clocks(each))
    keep_facts(deps)
    return deps


def _clocks(each: Entry) -> tuple[Clock, ...]:
    """Due after 50 hours; the request of 100 is late by two days and more, the open ones run on."""
    due = Deadline("D01", "a rule", each.received_at, each.received_at + timedelta(hours=50))
    return tuple(
        replace(Clock(CaseId(each.case_id), n, due), stopped_at=line.decided_at)
        for n, line in enumerate(each.lines, start=1)
        if line.fate in ("denied", "by nurse", "open")
    )


def found(figures: tuple[Figure, ...]) -> dict[tuple[str, str], tuple[int | None, int | None, float | None]]:
    return {(each.id, each.basis): (each.numerator, each.denominator, each.value) for each in figures}


def test_rates_of_march(kept: Deps) -> None:
    told = found(measure_operations(kept, PAYER, MARCH).figures)

    assert told["K01", ""] == (3, 6, 50.0)
    assert told["K02", ""] == (2, 6, 33.33)
    assert told["K03", ""] == (1, 6, 16.67)
    assert told["K04", ""] == (1, 2, 50.0)
    assert told["K05", ""] == (5, 7, 71.43)
    assert told["K07", ""] == (2, 7, 28.57)
    assert told["K08", ""] == (2, 7, 28.57)
    assert told["K13", ""] == (0, 4, 0.0)
    assert told["K11", "standard median"] == (None, 6, 15.0)
    assert told["K11", "standard max"] == (None, 6, 100.0)
    assert told["K17", "rate"] == (0, 2, 0.0)
    assert told["K23", ""] == (5, 5, 100.0)


def test_clocks_and_backlog_of_march(kept: Deps) -> None:
    told = found(measure_operations(kept, PAYER, MARCH).figures)

    assert told["K10", "D01 decision MA"] == (1, 3, 33.33)
    assert told["K12", ""][0] == 2
    assert told["K14", "14 to 29 days"][0] == 1
    assert told["K14", "30 days and more"][0] == 1
    assert told["K25", "9"][0] == 2


def test_one_line_of_business(kept: Deps) -> None:
    told = found(measure_operations(kept, PAYER, replace(MARCH, line_of_business="MCO")).figures)

    assert told["K01", ""] == (1, 1, 100.0)
    assert [key for key in told if key[0] == "K10"] == []


def test_what_is_not_kept_says_so(kept: Deps) -> None:
    figures = measure_operations(kept, PAYER, MARCH).figures

    silent = {each.id for each in figures if each.value is None and each.note}
    assert {"K15", "K18", "K19", "K20"} <= silent
    assert {each.id for each in figures} >= {f"K{n:02d}" for n in range(1, 26)}


def test_a_past_time_stays_as_it_was(kept: Deps, clock: Any) -> None:
    before = measure_operations(kept, PAYER, MARCH)
    go_on(kept, "case-4", clock.at, LineState.APPROVED, NURSE)
    go_on(kept, "case-2", clock.at, LineState.NURSE_REVIEW, NURSE)
    keep_facts(kept)

    assert measure_operations(kept, PAYER, MARCH) == before
    assert measure_operations(kept, PAYER, replace(MARCH, as_of=clock.at)) != before
