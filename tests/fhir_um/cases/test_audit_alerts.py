"""What is unusual in the audit log: each rule just below and just above its threshold."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from fhir_um.cases.audit_alerts import (
    MANY_BY_CLIENT,
    MANY_BY_PERSON,
    NOT_KNOWN,
    OFF_HOURS,
    REFUSED,
    RULES,
    UNREVIEWED,
    Alert,
    alerts_in,
)
from fhir_um.cases.auditing import Act, AuditEntry, AuditRow, Subject
from fhir_um.cases.model import MemberId, PayerId

NOON = datetime(2026, 3, 4, 17, 0, tzinfo=UTC)
"""A Wednesday, noon in New York."""

HOME = PayerId("harbor")


def read(members: Iterable[int], at: datetime = NOON, person: str = "p-1", **changes: object) -> list[AuditEntry]:
    """One look at each of those members, a second apart."""
    basis = {"client_id": person or "ehr-1", "person": person, "payer_id": HOME}
    return [
        AuditEntry(
            at=at + timedelta(seconds=place),
            action="GET /um/v1/cases/<case_id>",
            act=Act.READ,
            subjects=(Subject(HOME, MemberId(f"m-{member}")),),
            **{**basis, **changes},
        )
        for place, member in enumerate(members)
    ]


def refused(often: int, at: datetime = NOON, **changes: object) -> list[AuditEntry]:
    outcome = {"outcome": "not-allowed", "client_id": "ehr-1", **changes}
    return [AuditEntry(at=at + timedelta(seconds=n), action="GET /x", act=Act.READ, **outcome) for n in range(often)]


def found(*parts: list[AuditEntry], reviewed: frozenset[str] = frozenset()) -> list[Alert]:
    places = count(1)
    entries = sorted((entry for part in parts for entry in part), key=lambda entry: entry.at)
    rows = (AuditRow(next(places), entry, "", "") for entry in entries)
    return list(alerts_in(rows, lambda _payer: "America/New_York", reviewed))


@pytest.mark.parametrize(
    ("rule", "person", "most"), [(MANY_BY_PERSON, "p-1", 30), (MANY_BY_CLIENT, "", 500)], ids=["person", "client"]
)
def test_many_members_within_an_hour(rule: object, person: str, most: int) -> None:
    assert found(read(range(most), person=person)) == []

    (alert,) = found(read(range(most + 5), person=person))

    assert (alert.rule, alert.who, alert.count) == (rule, person or "ehr-1", most + 5)
    assert (alert.first_row, alert.last_row) == (1, most + 5)
    assert alert.ended_at == NOON + timedelta(seconds=most + 4)


def test_the_same_member_often_and_many_over_a_day_are_usual() -> None:
    assert found(read([1] * 100)) == []
    assert found(*(read(range(hour, hour + 1), NOON + timedelta(minutes=hour * 3)) for hour in range(40))) == []


def test_what_goes_on_is_one_alert_and_what_comes_again_another() -> None:
    again = NOON + timedelta(hours=3)

    alerts = found(read(range(200)), read(range(40), again))

    assert [(alert.began_at, alert.count) for alert in alerts] == [(NOON, 200), (again, 40)]


def test_each_caller_counts_alone() -> None:
    assert found(read(range(20), person="p-1"), read(range(20, 40), person="p-2")) == []


def test_ten_refusals_within_ten_minutes() -> None:
    assert found(refused(9)) == []
    assert found(refused(9), refused(9, NOON + timedelta(minutes=11))) == []

    (alert,) = found(refused(10))
    assert (alert.rule, alert.who, alert.count) == (REFUSED, "ehr-1", 10)


def test_somebody_unknown_is_told_by_address_and_a_faulty_message_is_no_refusal_of_access() -> None:
    (alert,) = found(refused(10, client_id="", remote="203.0.113.9", outcome="unknown-caller"))

    assert alert.who == "203.0.113.9"
    assert found(refused(20, outcome="invalid")) == []


@pytest.mark.parametrize(
    ("at", "told"),
    [
        (datetime(2026, 3, 4, 10, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 4, 11, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 5, 0, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 5, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 7, 17, 0, tzinfo=UTC), True),
    ],
    ids=["05:59", "06:00", "19:59", "20:00", "Saturday noon"],
)
def test_people_at_night_and_at_weekends_by_the_payers_clock(at: datetime, told: bool) -> None:
    assert [alert.rule for alert in found(read([1], at))] == [OFF_HOURS] * told
    assert found(read([1], at, person="")) == []


def test_emergency_access_until_it_is_reviewed() -> None:
    (alert,) = found(read([1, 2], emergency="grant-1"))

    assert (alert.rule, alert.who, alert.last_row) == (UNREVIEWED, "p-1", 2)
    assert found(read([1], emergency="grant-1"), reviewed=frozenset({"grant-1"})) == []


def test_what_was_refused_was_not_seen() -> None:
    assert found(read(range(100), outcome="not-found")[:9]) == []


def test_rules_are_named_once_and_what_is_not_known_is_said() -> None:
    names = [rule.name for rule in RULES]

    assert len({*names, *NOT_KNOWN}) == len(names) + len(NOT_KNOWN)
    assert set(NOT_KNOWN) == {"own-record", "same-surname"}


def test_letters_that_software_writes_at_night_are_nobodys_look() -> None:
    at = datetime(2026, 3, 7, 17, 0, tzinfo=UTC)

    assert found(read(range(600), at, person="engine", role="engine", client_id="")) == []
    assert found(read(range(600), at, person="", client_id="")) == []
    assert found(read(range(600), at, person="", client_id="engine")) == []
