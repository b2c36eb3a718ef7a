"""People and time: an id that tells no name, sessions that end, business days where the payer is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.people import EmergencyAccess, Person, Session, end_of_business_day

AT = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
moments = st.integers(0, 4_000_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


def test_one_subject_of_two_issuers_is_two_people() -> None:
    assert Person("https://a.example", "1", "").id != Person("https://b.example", "1", "").id
    assert Person("https://a.example", "1", "Nora").id == Person("https://a.example", "1", "N.").id


def test_a_session_ends_by_idling_or_in_any_case() -> None:
    session = Session(ClientId("p"), frozenset(), (PayerId("h"),), True, AT, AT, AT + timedelta(hours=12))

    assert session.ends(900) == AT + timedelta(minutes=15)
    assert replace(session, used_at=AT + timedelta(hours=11, minutes=59)).ends(900) == AT + timedelta(hours=12)


@pytest.mark.parametrize(
    ("start", "days", "zone", "end"),
    [
        ("2026-03-02T15:00+00:00", 2, "America/Chicago", "2026-03-05T05:59:59+00:00"),  # Monday -> Wednesday
        ("2026-03-05T15:00+00:00", 2, "America/Chicago", "2026-03-10T04:59:59+00:00"),  # over a week-end, and to DST
        ("2026-03-07T15:00+00:00", 2, "UTC", "2026-03-10T23:59:59+00:00"),  # from a Saturday
        ("2026-03-03T03:00+00:00", 1, "America/Chicago", "2026-03-04T05:59:59+00:00"),  # still Monday there
    ],
)
def test_business_days_are_those_of_the_payer(start: str, days: int, zone: str, end: str) -> None:
    assert end_of_business_day(datetime.fromisoformat(start), days, zone) == datetime.fromisoformat(end)


@given(moments, st.integers(1, 10))
def test_a_business_day_never_ends_on_a_week_end(start: datetime, days: int) -> None:
    end = end_of_business_day(start, days, "UTC")

    assert end.weekday() < 5
    assert timedelta(0) < end - start
    assert end_of_business_day(start, days + 1, "UTC") - end in {timedelta(days=1), timedelta(days=3)}


def test_access_without_a_review_is_overdue_at_some_time() -> None:
    access = EmergencyAccess("e", ClientId("p"), "", (PayerId("h"),), "r", "t", None, AT, AT, AT + timedelta(days=2))

    assert not access.is_overdue(access.review_due_at)
    assert access.is_overdue(access.review_due_at + timedelta(seconds=1))
    assert not replace(access, reviewed_at=AT).is_overdue(access.review_due_at + timedelta(days=9))
