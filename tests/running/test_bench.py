"""The benchmark still runs: every kind of measurement once, as small as it gets. Looks at no time."""

import os
from dataclasses import replace

import pytest

from bench import authentication, hooks, notifications, overload, run
from bench.draining import check
from bench.load import BadAnswer, measure
from bench.open_loop import Gun, evenly
from bench.receiver import Arrival
from bench.servers import floor_server


@pytest.fixture
def plan(sqlite_url) -> run.Plan:
    return run.Plan(rounds=1, seconds=0.1, workers=1, stored=(0, 20), database_url=sqlite_url)


LONG = pytest.mark.skipif("BENCH_TESTS" not in os.environ, reason="takes long; set BENCH_TESTS to run it")


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


@LONG
def test_benchmark_of_hooks_measures_everything_once(tmp_path, capsys) -> None:
    hooks.run(hooks.Plan(rounds=1, seconds=0.2, workers=1), tmp_path)

    printed = capsys.readouterr().out
    for kind in hooks.KINDS:
        assert f"order-sign, {kind}, in process" in printed
        assert f"order-sign, {kind} |" in printed
    assert "at half of that" in printed
    assert "5 resources fetched" in printed


@LONG
def test_benchmark_of_notifications_measures_everything_once(tmp_path, capsys) -> None:
    small = notifications.Plan(rounds=1, deliveries=100, decisions=2, backlog=200, workers=(1,))
    notifications.run(small, tmp_path)

    printed = capsys.readouterr().out
    assert "notification after its decision was answered" in printed
    for listeners in ("1", "100", "1,000", "100, each of its own sender"):
        assert f"| {listeners} | 1 |" in printed


def test_benchmark_of_access_tokens_measures_everything_once(tmp_path, capsys) -> None:
    authentication.run(authentication.Plan(rounds=1, seconds=0.1, workers=1), tmp_path)

    printed = capsys.readouterr().out
    for kind in authentication.KINDS:
        assert f"$submit {kind}, no token |" in printed
        assert f"$submit {kind}, access token |" in printed
        assert f"processor time per $submit {kind}" in printed


def test_benchmark_of_overload_measures_everything_once(tmp_path, capsys) -> None:
    overload.run(overload.Plan(seconds=0.3, times=(2.0,), workers=1), tmp_path)

    printed = capsys.readouterr().out
    for kind in overload.DEADLINE_SECONDS:
        assert f"2 times, {kind} |" in printed
    for name in ("quiet", "greedy"):
        assert f"the {name} one of two |" in printed


def test_a_request_that_gets_no_answer_is_counted_as_one() -> None:
    shots = evenly([("a", b"x"), ("b", b"x")], per_second=1_000)

    hits = Gun(1, patience_seconds=5).fire(shots)

    assert sorted((hit.kind, hit.status) for hit in hits) == [("a", 0), ("b", 0)]


@pytest.mark.parametrize("numbers", [(1, 3), (2, 1), (1, 2, 2), (1,)], ids=["gap", "order", "twice", "missing"])
def test_notifications_that_are_not_the_expected_ones_fail_the_measurement(numbers) -> None:
    arrived = [Arrival("/a", number, 0.0, 1) for number in numbers]

    check([Arrival("/a", 1, 0.0, 1), Arrival("/a", 2, 0.0, 1)], {"/a": range(1, 3)})
    with pytest.raises(BadAnswer, match="/a was not told events 1 to 2"):
        check(arrived, {"/a": range(1, 3)})
    with pytest.raises(BadAnswer, match="1 were told"):
        check(arrived, {})
