"""The benchmark still runs: every kind of measurement once, as small as it gets. Looks at no time."""

from dataclasses import replace

import pytest

from bench import hooks, run
from bench.load import BadAnswer, measure
from bench.servers import floor_server


@pytest.fixture
def plan(database_url) -> run.Plan:
    return run.Plan(rounds=1, seconds=0.1, workers=1, stored=(0, 20), database_url=database_url)


def test_benchmark_measures_everything_once_and_refuses_a_used_database(plan, tmp_path, capsys) -> None:
    run.run(plan, tmp_path)

    printed = capsys.readouterr().out
    for row in (
        "$submit approvable",
        "$submit pending",
        "$inquire, 0 cases",
        "$inquire, 20 cases",
        "Memory per process",
    ):
        assert row in printed
    with pytest.raises(SystemExit, match="empty one"):
        run.run(replace(plan, stored=(0,)), tmp_path)


def test_answer_that_is_not_the_expected_one_fails_the_measurement(tmp_path) -> None:
    with floor_server(tmp_path, 1, 100) as floor, pytest.raises(BadAnswer, match="no b'A1' in"):
        measure(floor.port, "/submit", [b"{}"] * 4, 1, 5, mark=b"A1")


def test_benchmark_of_hooks_measures_everything_once(tmp_path, capsys) -> None:
    hooks.run(hooks.Plan(rounds=1, seconds=0.6, workers=1), tmp_path)

    printed = capsys.readouterr().out
    for kind in hooks.KINDS:
        assert f"order-sign, {kind}, in process" in printed
        assert f"order-sign, {kind} |" in printed
    assert "at half of that" in printed
    assert "5 resources fetched" in printed
