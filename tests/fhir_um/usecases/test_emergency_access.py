"""The glass is broken for an hour, by a person with a reason, and somebody else looks at it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.cases.people import Person, Standing
from fhir_um.cases.roles import Role
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.emergency_access import Plea, ask_emergency, review_emergency, see_emergencies
from fhir_um.usecases.keep_session import find_session, open_session

HARBOR, PRAIRIE = PayerId("harbor"), PayerId("prairie")
PLEA = Plea("e-1", "Queue stuck on Nora Whitfield", "INC-7", CaseId("c-1"))
NORA = Person("https://id.example", "u-1", "Nora Admin")
OLIVIA = Person("https://id.example", "u-2", "Olivia Officer")


def signed_in(bare: Deps, person: Person, *payers: PayerId, second: bool = True) -> tuple[Caller, str]:
    ids = payers or (HARBOR,)
    token = open_session(bare, Standing(person, frozenset({Role.IT_ADMIN}), ids, second), 43_200)
    return Caller(person.id, "", ids, frozenset(), is_person=True), token


@pytest.fixture
def nora(bare: Deps) -> tuple[Caller, str]:
    return signed_in(bare, NORA)


@pytest.fixture
def olivia(bare: Deps) -> Caller:
    return signed_in(bare, OLIVIA)[0]


def refused(run: object, *given: object) -> Kind:
    with pytest.raises(Refusal) as refusal:
        run(*given)  # type: ignore[operator]
    return refusal.value.kind


def test_access_lasts_an_hour(bare, nora, clock) -> None:
    granted = ask_emergency(bare, *nora, PLEA)

    assert (granted.reason, granted.ticket, granted.case_id, granted.name) == (
        PLEA.reason,
        "INC-7",
        "c-1",
        "Nora Admin",
    )
    assert find_session(bare, nora[1], 900).emergency == "e-1"
    clock.move(minutes=14)
    find_session(bare, nora[1], 3600)
    clock.move(minutes=45, seconds=59)
    assert find_session(bare, nora[1], 3600).emergency == "e-1"
    clock.move(seconds=1)
    assert find_session(bare, nora[1], 3600).emergency == ""


def test_access_is_the_persons_and_nobody_elses(bare, nora) -> None:
    _, other = signed_in(bare, OLIVIA)
    ask_emergency(bare, *nora, PLEA)

    assert find_session(bare, other, 900).emergency == ""


def test_access_opens_no_session_that_could_not_have_asked_for_it(bare, nora) -> None:
    """The same person again, within the hour: by password alone, or for another payer too."""
    ask_emergency(bare, *nora, PLEA)

    def opened(**how: object) -> str:
        return find_session(bare, signed_in(bare, NORA, **how)[1], 900).emergency

    assert opened() == "e-1"
    assert opened(second=False) == ""
    _, wider = signed_in(bare, NORA, HARBOR, PRAIRIE)
    assert find_session(bare, wider, 900).emergency == ""


def test_systems_and_people_without_a_second_factor_get_none(bare, nora) -> None:
    caller, token = nora

    assert refused(ask_emergency, bare, replace(caller, is_person=False), token, PLEA) is Kind.NOT_ALLOWED
    assert refused(ask_emergency, bare, caller, "another", PLEA) is Kind.NOT_ALLOWED
    assert refused(ask_emergency, bare, *signed_in(bare, OLIVIA, second=False), PLEA) is Kind.NOT_ALLOWED
    assert refused(ask_emergency, bare, signed_in(bare, OLIVIA)[0], token, PLEA) is Kind.NOT_ALLOWED
    assert see_emergencies(bare, caller) == ()


def test_what_people_wrote_is_sealed(bare, nora, olivia, clock) -> None:
    ask_emergency(bare, *nora, PLEA)
    clock.move(hours=2)
    review_emergency(bare, olivia, "e-1", "Nora Whitfield was looked up for cause")

    with bare.store.engine.connect() as connection:
        kept = str(connection.execute(text("SELECT * FROM emergency_access")).all())
    for written in ("Whitfield", "INC-7", "cause"):
        assert written not in kept


def test_a_review_closes_it_once(bare, nora, olivia, clock) -> None:
    ask_emergency(bare, *nora, PLEA)
    clock.move(minutes=60)

    reviewed = review_emergency(bare, olivia, "e-1", "It was needed")

    assert (reviewed.reviewed_by, reviewed.reviewed_at, reviewed.finding) == (OLIVIA.id, clock.at, "It was needed")
    assert see_emergencies(bare, olivia) == (reviewed,)
    assert refused(review_emergency, bare, olivia, "e-1", "Again and again") is Kind.CONFLICT


def test_who_had_it_does_not_review_it(bare, nora, clock) -> None:
    ask_emergency(bare, *nora, PLEA)
    clock.move(hours=2)

    assert refused(review_emergency, bare, nora[0], "e-1", "All is well") is Kind.NOT_ALLOWED


def test_systems_do_not_review(bare, nora, olivia, clock) -> None:
    ask_emergency(bare, *nora, PLEA)
    clock.move(hours=2)

    assert refused(review_emergency, bare, replace(olivia, is_person=False), "e-1", "So it is") is Kind.NOT_ALLOWED


def test_what_still_lasts_is_not_reviewed(bare, nora, olivia, clock) -> None:
    """What is read after the review would be seen by nobody."""
    ask_emergency(bare, *nora, PLEA)
    clock.move(minutes=59)

    assert refused(review_emergency, bare, olivia, "e-1", "Too early by far") is Kind.CONFLICT


def test_another_payers_officer_sees_nothing_of_it(bare, nora, clock) -> None:
    ask_emergency(bare, *nora, PLEA)
    clock.move(hours=2)
    stranger, _ = signed_in(bare, OLIVIA, PRAIRIE)

    assert see_emergencies(bare, stranger) == ()
    assert refused(review_emergency, bare, stranger, "e-1", "Not mine to see") is Kind.NOT_FOUND
    assert refused(review_emergency, bare, stranger, "e-9", "Not there at all") is Kind.NOT_FOUND


def test_what_waits_for_a_review_comes_first(bare, nora, olivia, clock) -> None:
    for number in range(3):
        ask_emergency(bare, *nora, replace(PLEA, id=f"e-{number}"))
        clock.move(minutes=61)
        nora = signed_in(bare, NORA)
    review_emergency(bare, olivia, "e-2", "It was needed")

    assert [each.id for each in see_emergencies(bare, olivia)] == ["e-1", "e-0", "e-2"]


def test_a_review_is_due_on_the_second_business_day_of_the_payer(lite, clock) -> None:
    nora = signed_in(lite, NORA)
    granted = ask_emergency(lite, *nora, PLEA)
    with lite.open_reading() as work:
        zone = work.directory().payer(HARBOR).time_zone

    due = granted.review_due_at
    assert datetime.fromisoformat(f"{due:%Y-%m-%dT%H:%M:%S}+00:00") == due
    assert zone != "UTC"
    assert timedelta(days=1) < due - clock.at <= timedelta(days=5)
    clock.at = due + timedelta(seconds=1)
    assert [each.is_overdue(clock.at) for each in see_emergencies(lite, nora[0])] == [True]
