"""What clinicians made of cards is read with everything that senders leave out."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.desk import Coding, Feedback
from cds_hooks.feedback import read_feedback
from profiles.issues import Kind, Refusal
from profiles.reading import Limits

LIMITS = Limits(100_000, 64, 3)
ACCEPTED = {"card": "c1", "outcome": "accepted", "acceptedSuggestions": [{"id": "s1"}, {"id": "s2"}]}
OVERRIDDEN = {
    "card": "c2",
    "outcome": "overridden",
    "overrideReason": {"reason": {"code": "r", "system": "s", "display": "d"}, "userComment": "no"},
    "outcomeTimestamp": "2026-03-02T15:00:00Z",
}


def read(*rows: Any) -> tuple[Feedback, ...]:
    return read_feedback(json.dumps({"feedback": list(rows)}).encode(), LIMITS)


def refused(body: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_feedback(json.dumps(body).encode(), LIMITS)
    return caught.value


@pytest.mark.spec("hooks:feedback", "crd-check:114")
def test_accepted_and_overridden_are_read() -> None:
    at = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)

    assert read(ACCEPTED, OVERRIDDEN) == (
        Feedback("c1", "accepted", ("s1", "s2"), None, "", None),
        Feedback("c2", "overridden", (), Coding("s", "r", "d"), "no", at),
    )


@pytest.mark.spec("hooks:feedback", "crd-check:114")
def test_object_where_a_list_belongs_is_read() -> None:
    row = ACCEPTED | {"acceptedSuggestions": {"id": "s1"}}

    assert read_feedback(json.dumps({"feedback": row}).encode(), LIMITS)[0].suggestions == ("s1",)


@pytest.mark.parametrize(
    "left_out",
    [
        {"overrideReason": None},
        {"overrideReason": {}},
        {"overrideReason": {"reason": {"display": "without a code"}}},
        {"overrideReason": {"reason": {"code": "r"}}},
        {"outcomeTimestamp": "yesterday"},
        {"outcomeTimestamp": 7},
    ],
)
def test_what_senders_leave_out_is_no_fault(left_out: dict[str, Any]) -> None:
    assert read(OVERRIDDEN | left_out)[0].outcome == "overridden"


def test_time_without_a_zone_is_taken_for_utc() -> None:
    assert read(OVERRIDDEN | {"outcomeTimestamp": "2026-03-02T15:00:00"})[0].at == datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.mark.spec("hooks:feedback", "crd-check:115")
@pytest.mark.parametrize(
    ("row", "path"),
    [
        (ACCEPTED | {"acceptedSuggestions": []}, "feedback[1].acceptedSuggestions"),
        ({"card": "c", "outcome": "accepted"}, "feedback[1].acceptedSuggestions"),
        (OVERRIDDEN | {"outcome": "ignored"}, "feedback[1].outcome"),
        (OVERRIDDEN | {"outcome": None}, "feedback[1].outcome"),
        (OVERRIDDEN | {"card": ""}, "feedback[1].card"),
        (OVERRIDDEN | {"card": "x" * 200}, "feedback[1].card"),
    ],
)
def test_row_without_its_substance_is_refused_with_its_place(row: dict[str, Any], path: str) -> None:
    refusal = refused({"feedback": [ACCEPTED, row]})

    assert refusal.kind is Kind.UNREADABLE
    assert [issue.path for issue in refusal.issues] == [path]


@pytest.mark.parametrize("body", [None, [], {}, {"feedback": []}, {"feedback": "x"}, "x", 7])
def test_report_without_rows_is_refused(body: Any) -> None:
    assert refused(body).kind is Kind.UNREADABLE


def test_too_many_rows_are_refused() -> None:
    assert refused({"feedback": [ACCEPTED] * 4}).kind is Kind.TOO_BIG


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "reason", "code"]), inner),
)


@given(
    st.dictionaries(
        st.sampled_from(
            ["card", "outcome", "acceptedSuggestions", "overrideReason", "outcomeTimestamp", "userComment"]
        ),
        _VALUES | st.sampled_from(["accepted", "overridden"]),
    )
)
def test_any_row_is_read_or_refused(row: dict[str, Any]) -> None:
    try:
        assert read(row)[0].outcome in {"accepted", "overridden"}
    except Refusal as refusal:
        assert refusal.issues


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
@pytest.mark.spec("hooks:feedback")
def test_a_moment_beyond_the_calendar_is_none(at: str) -> None:
    (row,) = read(ACCEPTED | {"outcomeTimestamp": at})

    assert row.at is None
