"""Notifications written from the store: whole, valid, the same again, and translated once for everybody."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import NoReturn

import msgspec
import pytest
from sqlalchemy import text

from fhir_um.cases.auditing import AuditSearch, subject_of
from fhir_um.cases.model import Case
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.notify.building import Builder, Latest
from fhir_um.subscribers.model import Asking, Channel, Content, Given, Lease, Sent, Tried
from fhir_um.usecases.deliver_owed import keep_bytes
from profiles.reading import Limits, read_json
from profiles.validating.validator import Validator
from tests.builders import AT
from tests.fhir_um.notify.delivering import BASES, announce, listening, pended
from tests.fhir_um.store.subscribed import SECOND, open_store
from tests.validators import validator_for

LIMITS = Limits(10_000_000, 100, 1000)


@pytest.fixture
def house(database_url: str) -> Iterator[tuple[Deps, Case]]:
    with pended(database_url) as made:
        yield made


def add(deps: Deps, case: Case, count: int, **changes: object) -> None:
    """Subscribers that have shaken hands."""
    with deps.open_work() as work:
        for n in range(count):
            work.subscribers.add(listening(case, f"sub-{n}", **changes), AT)
    given = [Given(held, tuple(Tried(each, Sent(200), AT) for each in held.deliveries)) for held in take(deps)]
    with deps.open_work() as work:
        work.subscribers.settle(given, AT)


def take(deps: Deps, after: int = 0) -> tuple[Lease, ...]:
    at = AT + after * SECOND
    with deps.open_work(alone=True) as work:
        return work.subscribers.lease(at, Asking("worker", at + 60 * SECOND))


def errors(validator: Validator, body: bytes) -> list[str]:
    found = validator.check(read_json(body, LIMITS))
    return [f"{issue.path}: {issue.text}" for issue in found if issue.severity == "error"]


@pytest.mark.parametrize("guide", ["2.2.1", "2.0.1"])
@pytest.mark.parametrize("content", list(Content))
def test_what_is_sent_is_valid(house: tuple[Deps, Case], guide: str, content: Content) -> None:
    deps, case = house
    channel = Channel("https://ehr.example.test/told", "application/fhir+json", content)
    add(deps, case, 1, guide=guide, channel=channel)
    announce(deps, case)
    builder = Builder(deps, BASES)
    (lease,) = take(deps)

    (built,) = builder.build([lease]).values()

    assert built.body
    assert errors(validator_for(guide), built.body) == []
    assert errors(validator_for(guide), builder.heartbeat(lease.subscription, AT)) == []
    assert (b"ClaimResponse" in built.body) == (content is not Content.EMPTY)


def test_what_is_about_to_be_told_is_noted_before_it_leaves(house: tuple[Deps, Case]) -> None:
    deps, case = house
    add(deps, case, 2)
    announce(deps, case)
    leases = take(deps)
    built = Builder(deps, BASES).build(leases)

    keep_bytes(deps, [(lease.subscription, one) for lease, one in zip(leases, built.values(), strict=True)])

    with deps.open_reading() as work:
        told = work.audit.search((case.payer_id,), AuditSearch(action="notify"))
    assert {row.entry.detail for row in told} == {"subscription sub-0", "subscription sub-1"}
    assert {(row.entry.on_behalf_of, row.entry.subjects) for row in told} == {(case.sender, (subject_of(case),))}
    assert deps.store.verify_audit().fault == ""


def test_built_again_by_another_worker_it_is_the_same_bytes(house: tuple[Deps, Case]) -> None:
    deps, case = house
    add(deps, case, 3)
    announce(deps, case)

    first = Builder(deps, BASES).build(take(deps))
    again = Builder(deps, BASES).build(take(deps, after=60))

    assert {key: one.body for key, one in first.items()} == {key: one.body for key, one in again.items()}
    assert len({one.body_hash for one in first.values()}) == 3


def test_the_case_is_told_as_it_stood_at_its_version(house: tuple[Deps, Case]) -> None:
    deps, case = house
    add(deps, case, 1)
    announce(deps, case)
    with deps.open_work() as work:
        held = work.load_case_for_change(case.payer_id, case.id)
        assert held is not None
        work.save_case(replace(held, version=held.version + 1), held.version, (), (), ())

    (built,) = Builder(deps, BASES).build(take(deps)).values()

    body = msgspec.json.decode(built.body or b"")
    assert body["entry"][1]["resource"]["id"] == f"{case.id}-{case.version}"


def test_what_many_are_told_is_translated_once(house: tuple[Deps, Case], monkeypatch: pytest.MonkeyPatch) -> None:
    deps, case = house
    add(deps, case, 20)
    announce(deps, case)
    builder, times = Builder(deps, BASES), []
    write = builder._respond
    kept: dict[str, bytes] = {}

    def counted(*args: object) -> bytes:
        response = write(*args)  # type: ignore[arg-type]  # handed on as it came
        times.append(kept.setdefault("one", response) is response)
        return response

    monkeypatch.setattr(builder, "_respond", counted)
    built = builder.build(take(deps))

    assert len(built) == 20
    assert times == [True] * 20


def test_frozen_bytes_win(house: tuple[Deps, Case]) -> None:
    deps, case = house
    add(deps, case, 1)
    announce(deps, case)
    (lease,) = take(deps)
    frozen = replace(lease, deliveries=(replace(lease.deliveries[0], body=b"frozen"),))

    (built,) = Builder(deps, BASES).build([frozen]).values()

    assert built.body == b"frozen"


def test_the_latest_are_kept_within_their_weight() -> None:
    kept: Latest[str, bytes] = Latest(10, len)
    kept.keep("a", b"12345")
    kept.keep("b", b"12345")
    assert kept.get("a") == b"12345"
    kept.keep("c", b"1")
    assert (kept.get("a"), kept.get("b"), kept.get("c")) == (b"12345", None, b"1")
    kept.keep("a", b"1234567890123")
    assert (kept.get("a"), kept.get("c")) == (b"1234567890123", None)


def test_a_case_that_cannot_be_read_holds_up_nobody_else(house: tuple[Deps, Case], database_url: str) -> None:
    deps, case = house
    add(deps, case, 2)
    announce(deps, case)
    whole, ids = take(deps)
    less = replace(ids.subscription, channel=replace(ids.subscription.channel, content=Content.ID_ONLY))
    with closing(open_store(database_url)) as store, store.engine.begin() as connection:
        connection.execute(text("UPDATE case_events SET body = '{}'"))

    built = Builder(deps, BASES).build([whole, replace(ids, subscription=less)])

    assert [id for id, _ in built] == [less.id]


def test_a_store_without_time_is_nobodys_fault(house: tuple[Deps, Case]) -> None:
    deps, case = house
    add(deps, case, 1)
    announce(deps, case)

    class Busy:
        def open_reading(self) -> NoReturn:
            raise Refusal.of(Kind.BUSY, "transient", "busy")

    busy = replace(deps, store=Busy())  # type: ignore[arg-type]  # all that is asked of it here
    with pytest.raises(Refusal):
        Builder(busy, BASES).build(take(deps))
