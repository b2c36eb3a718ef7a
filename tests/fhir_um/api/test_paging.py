"""A cursor comes back as it was given, or is refused by name."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from fhir_um.api.paging import cursor_of, paged, read_limit, read_page
from fhir_um.errors import Kind, Refusal

_KEY = tuple[datetime, str, int]
_instants = st.datetimes(timezones=st.just(UTC))
_keys = st.tuples(_instants, st.text(max_size=30).filter(lambda text: text.isprintable()), st.integers(0, 2**53))
_GOOD = cursor_of("work", (datetime(2026, 3, 2, tzinfo=UTC), "case-1", 7))


def _after(written: str, of: str = "work"):
    return read_page(MultiDict({"after": written}), of, _KEY).after


@given(_keys)
@settings(max_examples=60)
def test_a_cursor_comes_back(key: tuple[datetime, str, int]) -> None:
    assert _after(cursor_of("work", key)) == key


@given(st.integers(0, len(_GOOD) - 1), st.sampled_from("ABCxyz019-_"))
@settings(max_examples=60)
def test_a_cursor_that_was_altered_is_refused(place: int, letter: str) -> None:
    written = _GOOD[:place] + letter + _GOOD[place + 1 :]

    if written == _GOOD:
        assert _after(written)
    else:
        _demand_refused(written)


@pytest.mark.parametrize(
    "written",
    [
        "x",
        _GOOD[:-1],
        _GOOD + "A",
        _GOOD + "=",
        _GOOD + "\n",
        "\u0661",
        "A" * 700,
        cursor_of("work", ("case-1",)),
        cursor_of("cases", (datetime(2026, 3, 2, tzinfo=UTC), "case-1", 7)),
    ],
)
def test_what_is_no_cursor_of_the_list_is_refused(written: str) -> None:
    _demand_refused(written)


def _demand_refused(written: str) -> None:
    with pytest.raises(Refusal) as told:
        _after(written)
    assert (told.value.kind, told.value.issues[0].path) == (Kind.INVALID, "after")


def test_without_a_cursor_a_list_begins_at_its_first_row() -> None:
    page = read_page(MultiDict(), "work", _KEY)

    assert (page.after, page.limit) == (None, 50)


@pytest.mark.parametrize("written", ["0", "201", "-1", "1.5", "", "\u0665", "1e2"])
def test_a_limit_out_of_range_is_refused(written: str) -> None:
    with pytest.raises(Refusal) as told:
        read_limit(MultiDict({"limit": written}))

    assert "from 1 to 200" in told.value.issues[0].text


def test_a_page_says_where_the_next_begins() -> None:
    assert paged("cases", iter("ab"), None) == {"cases": ["a", "b"], "next": None}
