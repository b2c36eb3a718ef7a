"""Sealing again: everything opens with the new key afterwards, in as many runs as it takes, and nothing is lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.people import Person, Standing
from fhir_um.cases.roles import Role
from fhir_um.deps import Deps, Sealed
from fhir_um.store.database import Store
from fhir_um.usecases.emergency_access import Plea, ask_emergency, review_emergency, see_emergencies
from fhir_um.usecases.keep_session import open_session
from fhir_um.usecases.rotate_keys import rotate_keys, see_sealed
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.vault import CannotOpen, Vault, new_key
from tests.fhir_um.store.subscribed import SECRET, subscription
from tests.fhir_um.usecases.asking import a_caller
from tests.fhir_um.usecases.attached import REPORT, attach, call, document, oxygen, tracking

OLD, NEW = new_key(), new_key()
BODY = b"0123456789" * 100_000


def opened_with(deps: Deps, *keys: str) -> Deps:
    url = deps.store.engine.url.render_as_string(hide_password=False)
    return replace(deps, store=Store(url, deps.clock, vault=Vault(keys) if keys else None))


def rotated(deps: Deps, tell=lambda what, count: None):
    return rotate_keys(deps, "somebody", tell)


@pytest.fixture
def old(deps) -> Iterator[Deps]:
    """A document in five pieces, what was read out of it, and a subscriber's headers, sealed with the old key."""
    made = opened_with(deps, OLD)
    case = submit_claim(made, a_caller(), oxygen(1))
    attach(made, call(tracking(case), document(REPORT, content=BODY)))
    with made.open_work() as work:
        work.subscribers.add(subscription(payer_id="harbor", sender="ehr-1"), made.clock())
    yield made
    made.store.close()


def read(deps: Deps) -> tuple[bytes, bool, tuple[str, ...]]:
    """The document's bytes, whether what was read out of it can be read, and the headers."""
    with deps.open_reading() as work:
        with deps.store.engine.connect() as connection:
            (case_id, id) = connection.execute(text("SELECT case_id, id FROM attachments")).one()
        row = work.attachments.find(("harbor",), id)
        pieces = [work.attachments.piece(row, place) for place in range(6)]
        found = work.attachments.evidence("harbor", case_id)
        listener = work.subscribers.find("ehr-1", ("harbor",), "2.2.1", "sub-1")
        return b"".join(piece or b"" for piece in pieces), bool(found.documents), listener.channel.headers


def test_everything_opens_with_the_new_key_alone(deps, old) -> None:
    both = opened_with(deps, NEW, OLD)
    seen = []

    done = rotated(both, lambda what, count: seen.append((what, count)))

    assert (done.count, done.unopened, done.after.left) == (7, (), 0)
    assert dict(seen) == {Sealed.PIECES: 5, Sealed.EVIDENCE: 1, Sealed.HEADERS: 1}
    alone = opened_with(deps, NEW)
    assert read(alone) == (BODY, True, (SECRET,))
    assert alone.store.verify().faults == []
    assert see_sealed(alone).missing == {}
    assert rotated(alone).count == 0
    for made in (both, alone):
        made.store.close()


def test_how_many_rows_each_key_seals(deps, old) -> None:
    first, second = Vault((OLD,)).key_ids[0], Vault((NEW,)).key_ids[0]
    both = opened_with(deps, NEW, OLD)

    rows = see_sealed(both)

    assert rows.keys == (second, first)
    assert rows.counts == {(Sealed.PIECES, first): 5, (Sealed.EVIDENCE, first): 1, (Sealed.HEADERS, first): 1}
    assert (rows.left, rows.missing) == (7, {})
    both.store.close()


def test_a_key_that_is_not_there_is_told_and_its_rows_are_left_alone(deps, old) -> None:
    other = opened_with(deps, NEW)

    done = rotated(other)

    first = Vault((OLD,)).key_ids[0]
    assert (done.count, done.after.left) == (0, 7)
    assert done.after.missing == {first: 6, "unknown": 1}
    with pytest.raises(CannotOpen):
        read(other)
    assert read(old) == (BODY, True, (SECRET,))
    other.store.close()


def test_what_was_kept_in_the_clear_stays_readable_and_is_sealed(deps, old) -> None:
    with deps.store.engine.begin() as connection:
        connection.execute(text("DELETE FROM attachment_pieces WHERE place > 0"))
        connection.execute(text("UPDATE attachment_pieces SET piece = :b, sealed_by = ''"), {"b": BODY})
        connection.execute(text("""UPDATE attachments SET evidence = '{}', sealed_by = ''"""))
    assert read(old) == (BODY, False, (SECRET,))
    assert old.store.verify().faults == []

    assert rotated(old).count == 2

    assert read(old) == (BODY, False, (SECRET,))
    with deps.store.engine.connect() as connection:
        (kept,) = connection.scalars(text("SELECT piece FROM attachment_pieces"))
    assert b"0123456789" not in bytes(kept)


def test_a_run_that_was_broken_off_is_begun_again(deps, old) -> None:
    class Interrupted(Exception):
        pass

    def stop(what: Sealed, count: int) -> None:
        raise Interrupted

    both = opened_with(deps, NEW, OLD)
    with pytest.raises(Interrupted):
        rotated(both, stop)
    assert 0 < see_sealed(both).left < 7
    assert read(both) == (BODY, True, (SECRET,))

    assert rotated(both).after.left == 0
    both.store.close()


def test_what_was_altered_is_told_and_holds_up_nothing_else(deps, old) -> None:
    with deps.store.engine.begin() as connection:
        connection.execute(text("UPDATE attachment_pieces SET piece = :b WHERE place = 0"), {"b": b"\x01" + bytes(60)})
    both = opened_with(deps, NEW, OLD)

    done = rotated(both)

    assert (done.count, done.after.left, len(done.unopened)) == (6, 1, 1)
    both.store.close()


def test_pieces_that_changed_places_do_not_open(deps, old) -> None:
    with deps.store.engine.begin() as connection:
        connection.execute(text("UPDATE attachment_pieces SET place = 10 - place"))

    assert any("cannot be opened" in fault for fault in old.store.verify().faults)


def test_without_a_key_documents_are_counted_and_not_opened(deps, old) -> None:
    none = opened_with(deps)

    checked = none.store.verify()

    assert (checked.faults, checked.unopened) == ([], 1)
    with pytest.raises(LookupError):
        see_sealed(none)
    none.store.close()


def test_nothing_of_a_document_is_to_be_read_on_disk(deps, old) -> None:
    with deps.store.engine.connect() as connection:
        pieces = connection.scalars(text("SELECT piece FROM attachment_pieces")).all()
        texts = connection.scalars(text("SELECT evidence FROM attachments")).all()

    assert not any(b"0123456789" in bytes(piece) for piece in pieces)
    assert not any(REPORT in kept for kept in texts)


def test_what_people_wrote_and_who_they_are_opens_with_the_new_key(deps, clock) -> None:
    nora = Person("https://id.example", "u-1", "Nora Admin")
    made = opened_with(deps, OLD)
    token = open_session(made, Standing(nora, frozenset({Role.IT_ADMIN}), (PayerId("harbor"),), True), 43_200)
    caller = Caller(nora.id, "", (PayerId("harbor"),), frozenset(), is_person=True)
    ask_emergency(made, caller, token, Plea("e-1", "The queue is stuck", "INC-7"))
    clock.move(hours=1)
    review_emergency(made, replace(caller, client_id=ClientId("officer")), "e-1", "It was needed")
    both, alone = opened_with(deps, NEW, OLD), opened_with(deps, NEW)

    assert rotated(both).count == 3

    (access,) = see_emergencies(alone, caller)
    assert (access.name, access.reason, access.ticket, access.finding) == (
        "Nora Admin",
        "The queue is stuck",
        "INC-7",
        "It was needed",
    )
    assert see_sealed(alone).left == 0
    for each in (made, both, alone):
        each.store.close()
