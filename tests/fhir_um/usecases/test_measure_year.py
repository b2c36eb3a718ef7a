"""A generated year: every figure worked out again from a plain ledger of what happened, without the code under test."""

import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from fhir_um.cases.model import CaseId, LineState, PayerId
from fhir_um.cases.public_measures import Basis, Level
from fhir_um.cases.public_report import PublicReport, Row
from fhir_um.commands.seed import seed
from fhir_um.deps import Deps, make_deps
from fhir_um.errors import Refusal
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.keep_facts import begin_again, keep_facts
from fhir_um.usecases.measure_year import measure_year, publish_year, published_year
from tests.fhir_um.invented_year import PAYER, Entry, go_on, invented, write
from tests.people import people

YEAR = 2025
NEW_YORK = ZoneInfo("America/New_York")
LEFT_OUT = {
    "cancelled first": "cancelled before a decision",
    "voided": "voided",
    "duplicate": "duplicate",
    "dismissed": "rejected",
    "drug": "drug",
}
GRANTED = {"at once", "by nurse", "by physician", "none needed", "cancelled after"}


class Recount:
    """The same figures by another way: sets of requests, no running counts."""

    def __init__(self, entries: list[Entry], basis: str = "receipt") -> None:
        self.groups: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for entry in entries:
            counting = [line for line in entry.lines if line.fate not in LEFT_OUT]
            is_decided = bool(counting) and all(line.decided_at for line in counting)
            moment = entry.received_at
            if basis == "decided":
                if not is_decided:
                    continue
                moment = max(line.decided_at for line in counting if line.decided_at)
            if moment.astimezone(NEW_YORK).year == YEAR:
                for key in (("payer", ""), ("line-of-business", entry.business), ("plan", entry.plan)):
                    self.groups[key].append(entry)

    def sided(self, key: tuple[str, str], expedited: bool) -> list[list[Any]]:
        lines = [
            (entry, [line for line in entry.lines if line.fate not in LEFT_OUT])
            for entry in self.groups[key]
            if entry.expedited is expedited
        ]
        return [[entry, counting] for entry, counting in lines if counting]

    def decided(self, key: tuple[str, str], expedited: bool) -> list[list[Any]]:
        return [pair for pair in self.sided(key, expedited) if all(line.decided_at for line in pair[1])]

    def approved(self, key: tuple[str, str], expedited: bool) -> list[list[Any]]:
        return [pair for pair in self.decided(key, expedited) if all(line.fate in GRANTED for line in pair[1])]

    def times(self, key: tuple[str, str], expedited: bool) -> list[float]:
        return sorted(
            (max(line.decided_at for line in lines) - entry.received_at).total_seconds()
            for entry, lines in self.decided(key, expedited)
        )

    def left_out(self, key: tuple[str, str], why: str) -> int:
        return sum(LEFT_OUT.get(line.fate) == why for entry in self.groups[key] for line in entry.lines)


def middle(values: list[float]) -> float:
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


ENTRIES = list(invented(seed=8, count=300, year=YEAR))


@pytest.fixture(scope="module")
def year_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the whole year and its facts, to copy."""
    file = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("year") / "year.db"))
    made = make_deps(
        Settings(database_url=f"sqlite:///{file}", mode=Mode.SANDBOX), lambda: datetime(2026, 5, 1, tzinfo=UTC)
    )
    seed(people(), made)
    write(made, ENTRIES)
    keep_facts(made)
    made.store.close()
    return file


@pytest.fixture
def entries() -> list[Entry]:
    return ENTRIES


@pytest.fixture
def kept(year_file: Path, tmp_path: Path, clock: Any) -> Iterator[Deps]:
    clock.at = datetime(2026, 5, 1, tzinfo=UTC)
    url = f"sqlite:///{shutil.copy(year_file, tmp_path / 'year.db')}"
    made = make_deps(Settings(database_url=url, mode=Mode.SANDBOX), clock, clock.new_id, clock.new_number)
    yield made
    made.store.close()


def test_every_figure_is_the_one_recounted_from_the_ledger(kept: Deps, entries: list[Entry]) -> None:
    report = measure_year(kept, PAYER, YEAR, hiding=False)

    recount = Recount(entries)
    assert {(row.level.value, row.id) for row in report.rows} == set(recount.groups)
    for row in report.rows:
        _hold(row, recount, (row.level.value, row.id))


def test_by_decision_the_year_has_what_was_decided_in_it(kept: Deps, entries: list[Entry]) -> None:
    report = measure_year(kept, PAYER, YEAR, Basis.DECIDED, hiding=False)

    recount = Recount(entries, "decided")
    for row in report.rows:
        assert figures(row)["M2", "of requests decided"] == figures(row)["M2", "of all requests received"]
        _hold(row, recount, (row.level.value, row.id))


def _hold(row: Row, recount: Recount, key: tuple[str, str]) -> None:
    found, counts = figures(row), dict(row.counts)
    extended = everybody = received = 0
    for expedited, yes, no, time, scale in ((False, "M2", "M3", "M8", 86400), (True, "M6", "M7", "M9", 3600)):
        decided, approved = recount.decided(key, expedited), recount.approved(key, expedited)
        asked = recount.sided(key, expedited)
        for basis, total in (("of requests decided", len(decided)), ("of all requests received", len(asked))):
            assert found[yes, basis] == share(len(approved), total)
            assert found[no, basis] == share(len(decided) - len(approved), total)
        times = recount.times(key, expedited)
        mean = round(sum(times) / len(times) / scale, 2) if times else None
        assert found[time, "mean"] == (None, len(times), mean)
        assert found[time, "median"] == (None, len(times), round(middle(times) / scale, 2) if times else None)
        assert counts["expedited.open" if expedited else "standard.open"] == len(asked) - len(decided)
        extended += sum(entry.extended for entry, _ in approved)
        everybody += len(decided)
        received += len(asked)
    assert found["M5", "of requests decided"] == share(extended, everybody)
    assert found["M5", "of all requests received"] == share(extended, received)
    for why in LEFT_OUT.values():
        assert counts[f"excluded.{why}"] == recount.left_out(key, why)


def figures(row: Row) -> dict[tuple[str, str], tuple[int | None, int | None, float | None]]:
    return {(each.id, each.basis): (each.numerator, each.denominator, each.value) for each in row.figures}


def share(part: int, whole: int) -> tuple[int, int, float | None]:
    return part, whole, round(100 * part / whole, 2) if whole else None


def test_shares_of_decided_requests_add_up_and_appeals_say_that_they_are_not_kept(kept: Deps) -> None:
    report = measure_year(kept, PAYER, YEAR, hiding=False)

    whole = report.rows[0]
    found = figures(whole)
    assert sum(found[id, "of requests decided"][2] or 0 for id in ("M2", "M3")) == pytest.approx(100, abs=0.01)
    assert sum(found[id, "of requests decided"][2] or 0 for id in ("M6", "M7")) == pytest.approx(100, abs=0.01)
    appeals = [figure for figure in whole.figures if figure.id in ("M4a", "M4b")]
    assert [(figure.value, figure.numerator) for figure in appeals] == [(None, None)] * 2
    assert all("not kept" in figure.note for figure in appeals)


def test_small_cells_are_hidden_and_cannot_be_worked_out(kept: Deps) -> None:
    shown = {row.id: row for row in measure_year(kept, PAYER, YEAR).rows}
    real = {row.id: row for row in measure_year(kept, PAYER, YEAR, hiding=False).rows}

    for id, row in shown.items():
        for name, count in row.counts:
            assert count is None or not 0 < count < 11
            assert count is None or count == dict(real[id].counts)[name]
    businesses = [row for row in shown.values() if row.level is Level.LINE_OF_BUSINESS]
    for name, total in shown[""].counts:
        parts = [dict(row.counts)[name] for row in businesses]
        assert total is None or parts.count(None) != 1, f"{name} can be worked out"
    for row in shown.values():
        counts = dict(row.counts)
        for total, *parts in (("standard.decided", "standard.approved", "standard.denied"),):
            assert [counts[total], *(counts[part] for part in parts)].count(None) != 1


def test_a_closed_year_stays_as_it_was_whatever_is_decided_later(kept: Deps, clock: Any, entries: list[Entry]) -> None:
    before = measure_year(kept, PAYER, YEAR)
    denied = [entry for entry in entries if entry.lines[0].fate in ("denied", "open")][:20]
    for entry in denied:
        go_on(kept, entry.case_id, clock.at, LineState.PHYSICIAN_REVIEW)
        clock.move(hours=1)
        go_on(kept, entry.case_id, clock.at, LineState.APPROVED)
    keep_facts(kept)
    clock.move(days=30)

    after = measure_year(kept, PAYER, YEAR)
    today = measure_year(kept, PAYER, YEAR, as_of=clock.at)

    assert before.is_final
    assert after.rows == before.rows
    assert after.as_of == before.as_of == datetime(2026, 3, 31, tzinfo=NEW_YORK)
    assert today.rows != before.rows


def test_facts_made_again_from_events_are_the_same(deps: Deps, clock: Any) -> None:
    write(deps, list(invented(seed=3, count=30, year=YEAR)))
    clock.at = datetime(2026, 5, 1, tzinfo=UTC)
    keep_facts(deps)
    go_on(deps, "case-00001", clock.at, LineState.APPROVED)
    keep_facts(deps)
    first = measure_year(deps, PAYER, YEAR, hiding=False)

    with deps.open_work(alone=True) as work:
        for n in range(30):
            work.facts.replace(PAYER, CaseId(f"case-{n:05d}"), ())
    assert not measure_year(deps, PAYER, YEAR, hiding=False).rows[1:]
    begin_again(deps)
    keep_facts(deps)

    assert measure_year(deps, PAYER, YEAR, hiding=False) == first
    assert keep_facts(deps) == 0


def test_what_is_published_is_made_once_a_day_and_once_for_all_when_final(kept: Deps, clock: Any) -> None:
    clock.at = datetime(2026, 3, 1, tzinfo=UTC)
    first = published_year(kept, PAYER, YEAR)
    clock.move(hours=23)
    same = published_year(kept, PAYER, YEAR)
    clock.move(hours=2)
    next_day = published_year(kept, PAYER, YEAR)
    clock.at = datetime(2026, 4, 1, tzinfo=UTC)
    final = published_year(kept, PAYER, YEAR)
    clock.at = datetime(2031, 4, 1, tzinfo=UTC)

    assert (first.is_final, same) == (False, first)
    assert next_day.made_at > first.made_at
    assert final.is_final
    assert published_year(kept, PAYER, YEAR) == final
    assert publish_year(kept, PAYER, YEAR).rows == final.rows


def test_unknown_payer_is_refused(kept: Deps) -> None:
    with pytest.raises(Refusal) as refused:
        measure_year(kept, PayerId("nobody"), YEAR)

    assert [issue.text for issue in refused.value.issues] == ["No such payer."]


def test_empty_year_has_no_shares(lite: Deps) -> None:
    report: PublicReport = measure_year(lite, PAYER, 2020)

    assert [row.id for row in report.rows] == [""]
    assert {figure.value for figure in report.rows[0].figures} == {None}
