"""A member of the community becomes a client: one name, one client, and never somebody else's."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from fhir_um.cases.client import ClientStanding
from fhir_um.cases.enrolment import Enrolled, Enrolment
from fhir_um.usecases.change_client import change_client
from fhir_um.usecases.enrol_client import enrol_client
from fhir_um.usecases.see_clients import see_clients
from tests.fhir_um.trusting import Trust, trusting

URI = "https://ehr.clinic.example"
WISH = Enrolment(URI, "Clinic", ("mailto:a@clinic.example",), ("system/Claim.crs",))


@pytest.fixture
def trust(database_url: str) -> Iterator[Trust]:
    with trusting(database_url) as opened:
        yield opened


def test_a_change_is_a_new_version_at_its_time(trust: Trust) -> None:
    first = enrol_client(trust.deps, WISH)
    trust.at += timedelta(hours=1)
    same = enrol_client(trust.deps, WISH)
    changed = enrol_client(trust.deps, replace(WISH, name="New Name"))

    assert first and same and changed
    assert (first.is_new, same.is_new, changed.is_new) == (True, False, False)
    assert same.client == first.client
    assert (changed.client.version, changed.client.changed_at) == (2, trust.at)
    assert changed.client.created_at == first.client.created_at
    assert see_clients(trust.deps) == (changed.client,)


def test_who_leaves_keeps_its_place(trust: Trust) -> None:
    first = enrol_client(trust.deps, WISH)
    left = enrol_client(trust.deps, Enrolment(URI, is_leaving=True))
    again = enrol_client(trust.deps, Enrolment(URI, is_leaving=True))
    back = enrol_client(trust.deps, WISH)

    assert first and left and again and back
    assert (left.client.standing, left.is_new) == (ClientStanding.CANCELLED, False)
    assert again.client == left.client
    assert (back.client.standing, back.is_new, back.client.id) == (ClientStanding.ACTIVE, True, first.client.id)


@pytest.mark.parametrize("taken", [{"id": "urn:x"}, {"organisation": "urn:x"}])
def test_nobody_joins_an_organisation_of_the_operator_unasked(trust: Trust, taken: dict[str, str]) -> None:
    trust.register(**taken)

    assert enrol_client(trust.deps, replace(WISH, uri="urn:x")) is None
    assert enrol_client(trust.deps, WISH) is not None


def test_who_was_here_first_stays_when_an_operator_adds_a_client_to_its_organisation(trust: Trust) -> None:
    enrol_client(trust.deps, WISH)
    trust.register(organisation=URI)

    assert enrol_client(trust.deps, WISH) is not None


def test_many_at_once_are_one_client(trust: Trust) -> None:
    wishes = [replace(WISH, name=f"Name {number}") for number in range(4)]
    start, done = Barrier(len(wishes)), list[Enrolled | None]()

    def enrol(wish: Enrolment) -> None:
        start.wait()
        done.append(enrol_client(trust.deps, wish))

    threads = [Thread(target=enrol, args=(wish,)) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (kept,) = see_clients(trust.deps)
    assert kept.version == len(done) == len(wishes)
    assert [each.is_new for each in done if each].count(True) == 1


def test_an_operator_has_the_last_word(trust: Trust) -> None:
    first = enrol_client(trust.deps, WISH)
    assert first
    change_client(trust.deps, first.client.id, lambda client: replace(client, standing=ClientStanding.DISABLED))

    assert enrol_client(trust.deps, WISH) is None
    assert enrol_client(trust.deps, Enrolment(URI, is_leaving=True)) is None
    assert see_clients(trust.deps)[0].standing is ClientStanding.DISABLED
