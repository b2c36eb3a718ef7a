from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects.sqlite import dialect

from fhir_um.store.columns import Instant, as_key

_SQLITE = dialect()
_instants = st.datetimes(min_value=datetime(1900, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # a zone is added


def _kept(at: datetime) -> str:
    kept = Instant().process_bind_param(at, _SQLITE)
    assert isinstance(kept, str)
    return kept


@given(_instants, _instants)
def test_instant_sorts_as_text_and_comes_back(one: datetime, other: datetime) -> None:
    assert Instant().process_result_value(_kept(one), _SQLITE) == one
    assert (_kept(one) < _kept(other)) == (one < other)


def test_instant_of_another_zone_is_kept_in_utc() -> None:
    assert _kept(datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5)))) == "2026-01-01T05:00:00.000000+00:00"


def test_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        Instant().process_bind_param(datetime(2026, 1, 1), _SQLITE)  # noqa: DTZ001  # the fault under test


@given(st.text(), st.text())
def test_keys_are_short_and_differ_when_the_texts_do(one: str, other: str) -> None:
    long_one, long_other = one + "x" * 300, other + "x" * 300

    assert len(as_key(long_one)) <= 200
    assert (as_key(long_one) == as_key(long_other)) == (one == other)
    assert "\0" not in as_key(one)
