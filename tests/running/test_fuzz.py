"""Damaged messages, tokens, forms, queries and words: no fault of ours, no hanging, bounded memory.

A short run that is the same every time; `make fuzz` runs a long one (`docs/fuzzing.md`).
"""

import gzip
import json
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.issues import Refusal
from profiles.reading import FHIR_JSON, Limits, read_json
from tools.fuzz.asking import FIXTURES, Application, Question, application, questions
from tools.fuzz.damaging import ODD, damaged, garbled, written
from tools.fuzz.targets import Target, targets

EXAMPLES = 3
MEGABYTE = 1_000_000
LIMITS = Limits(20 * MEGABYTE, 64, 1000)
GOOD: dict[str, Any] = json.loads((FIXTURES / "broken" / "good.request.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Application]:
    with application(tmp_path_factory.mktemp("fuzzed") / "fhir-um.sqlite") as made:
        yield made


def test_no_target_finds_a_fault(house: Application) -> None:
    for target in targets(house):
        _try(target)


def _try(target: Target) -> None:
    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(st.randoms(use_true_random=False))
    def attempt(chance: Random) -> None:
        assert target.fault(chance) == ""

    attempt()


def test_a_fault_is_found(tmp_path: Path) -> None:
    """Where an exception gets through, and where the store fails under a request."""
    broken = Target("broken", lambda chance: str(1 // chance.choice([0])))
    assert "ZeroDivisionError" in broken.fault(Random(1))

    with application(tmp_path / "fhir-um.sqlite") as house:
        with closing(sqlite3.connect(tmp_path / "fhir-um.sqlite")) as connection:
            connection.execute("ALTER TABLE members RENAME TO gone")
        answer = house.ask(Question("good", "POST", "/fhir/Claim/$submit", FHIR_JSON, GOOD), written(GOOD))
        told = "; ".join(house.faults(answer))

    assert answer.status_code >= 500
    assert f"status {answer.status_code}" in told
    assert "error_type" in told, answer.text


def test_most_stories_come_through_undamaged(house: Application) -> None:
    """Otherwise only refusals would be tried."""
    statuses = [house.ask(each, json.dumps(each.document).encode()).status_code for each in questions(house.case_id)]

    assert len(statuses) > 50
    assert statuses.count(200) > len(statuses) / 3


def test_damage_is_damage_and_comes_again() -> None:
    once, again = ([damaged(Random(seed), GOOD) for seed in range(60)] for _ in range(2))

    assert once == again
    assert len(set(once)) > 50
    assert once.count(written(GOOD)) < 10
    assert len({garbled(Random(seed), written(GOOD)) for seed in range(20)}) > 10
    assert b"1e999999999" in b"".join(written(value) for value in ODD)


HEAVY: dict[str, bytes] = {
    "brackets": b"[" * MEGABYTE,
    "closed brackets": b"[" * 60 + b"[]," * 600_000 + b"[]" + b"]" * 60,
    "spaces": b" " * MEGABYTE,
    "a long text": b'{"resourceType": "' + b"x" * MEGABYTE + b'"}',
    "escapes": b'{"resourceType": "' + b"\\u0041" * 100_000 + b'"}',
    "many names": b"{" + b",".join(b'"%d":1' % n for n in range(30_000)) + b"}",
    "a name many times": b"{" + b'"a":1,' * 10_000 + b'"a":1}',
    "a long number": b'{"a": ' + b"9" * MEGABYTE + b"}",
    "a long fraction": b'{"a": 0.' + b"9" * MEGABYTE + b"}",
    "a huge number": b'{"resourceType": "Bundle", "total": 1e999999999, "entry": [{"resource": {"a": -1e999999999}}]}',
    "many entries": b'{"resourceType": "Bundle", "entry": [' + b"{}," * 100_000 + b"{}]}",
    "entries as many as may be": json.dumps({**GOOD, "entry": GOOD["entry"][:1] + GOOD["entry"][1:2] * 200}).encode(),
}
"""Small to send, large or slow to hold if it were read without care."""


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


def _peak() -> int:
    return tracemalloc.get_traced_memory()[1]


@pytest.mark.parametrize("body", HEAVY.values(), ids=list(HEAVY))
def test_memory_for_reading_is_bounded(traced: None, body: bytes) -> None:
    with suppress(Refusal):
        read_json(body, LIMITS)

    assert _peak() < 50 * MEGABYTE + 30 * len(body)


@pytest.mark.parametrize("path", ["/fhir/Claim/$submit", "/fhir/$validate"])
def test_memory_for_answering_is_bounded(house: Application, traced: None, path: str) -> None:
    for body in HEAVY.values():
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]

        answer = house.ask(Question("heavy", "POST", path, FHIR_JSON, None), body)

        assert list(house.faults(answer)) == []
        assert _peak() - before < 100 * MEGABYTE + 60 * len(body)


def test_memory_for_inflating_is_bounded(house: Application, traced: None) -> None:
    bomb = gzip.compress(b" " * 100 * MEGABYTE)
    tracemalloc.reset_peak()

    answer = house.ask(
        Question("bomb", "POST", "/fhir/Claim/$submit", FHIR_JSON, None), bomb, {"Content-Encoding": "gzip"}
    )

    assert answer.status_code == 413
    assert _peak() < 80 * MEGABYTE
