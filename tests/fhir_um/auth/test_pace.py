"""How often something may happen: never more, and never less, than the pace says."""

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.auth.pace import Pace, per_minute, whole_seconds

PACES = st.builds(Pace, st.integers(1, 1_000), st.integers(1, 20))
GAPS = st.lists(st.integers(0, 3_000), min_size=1, max_size=200)
SECOND_NS = 1_000_000_000


def admitted(pace: Pace, moments: list[int]) -> list[int]:
    """Those moments at which it may happen, when each is tried once."""
    due, found = 0, []
    for now in moments:
        following, wait = pace.step(due, now)
        if not wait:
            due = following
            found.append(now)
    return found


@given(PACES, GAPS)
def test_in_no_stretch_of_time_is_more_admitted_than_a_burst_and_the_pace(pace: Pace, gaps: list[int]) -> None:
    found = admitted(pace, list(accumulate(gaps)))

    for first, start in enumerate(found):
        for last, end in enumerate(found[first:], first):
            assert last - first + 1 <= pace.burst + (end - start) // pace.every_ns


@given(PACES, GAPS)
def test_whoever_keeps_the_pace_is_never_refused(pace: Pace, gaps: list[int]) -> None:
    moments = list(accumulate(pace.every_ns + gap for gap in gaps))

    assert admitted(pace, moments) == moments


@given(PACES, st.integers(0, 10**15))
def test_after_a_rest_a_whole_burst_may_come_at_once(pace: Pace, now: int) -> None:
    assert len(admitted(pace, [now] * (pace.burst + 5))) == pace.burst


@given(PACES, GAPS)
def test_whoever_waits_as_told_is_admitted_and_nobody_earlier(pace: Pace, gaps: list[int]) -> None:
    due = 0
    for now in accumulate(gaps):
        following, wait = pace.step(due, now)
        if wait:
            assert pace.step(due, now + wait)[1] == 0
            assert pace.step(due, now + wait - 1)[1] == 1
        else:
            due = following


@given(PACES, st.integers(0, 2**64 - 1), st.integers(0, 10**15))
def test_nothing_that_may_be_kept_makes_anybody_wait_longer_than_for_one(pace: Pace, due: int, now: int) -> None:
    """Neither a clock that went back nor bytes that a crash left half written."""
    assert pace.step(due, now)[1] <= pace.every_ns


@pytest.mark.parametrize(
    ("most", "every_ns", "burst"), [(1, 60 * SECOND_NS, 1), (60, SECOND_NS, 5), (10**12, 1, 10**12 // 12)]
)
def test_pace_of_a_minute(most: int, every_ns: int, burst: int) -> None:
    assert per_minute(most) == Pace(every_ns, burst)


def test_seconds_told_are_never_too_few() -> None:
    assert [whole_seconds(wait) for wait in (1, SECOND_NS, SECOND_NS + 1)] == [1, 1, 2]
