"""Documents as rows, their bytes apart: kept once, read in pieces, matched once."""

from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256

import pytest

from fhir_um.cases.attachments import Attachment, AttachmentId, Content
from fhir_um.cases.evidence import Answer, Document, Evidence
from fhir_um.cases.model import CaseId, PayerId
from fhir_um.store.attachments import PIECE_BYTES
from fhir_um.store.database import Store
from fhir_um.words import Code, Concept, Identifier
from tests.builders import AT
from tests.fhir_um.store.stored import EHR, PAYER, opened, put_whole
from tests.fhir_um.store.subscribed import open_store

FORM = Evidence(answers=(Answer("attachment:a#spo2", "urn:form", "spo2", Decimal("86.0"), date(2026, 3, 1)),))
PAPER = Evidence(documents=(Document("attachment:b", Concept((Code("http://loinc.org", "11502-2"),)), "", None),))


def content(body: bytes) -> Content:
    return Content(len(body), sha256(body).hexdigest(), lambda: iter((body,)))


def attachment(id: str = "a", body: bytes = b"x", **changes) -> Attachment:
    made = Attachment(
        id=AttachmentId(id),
        payer_id=PAYER,
        sender=EHR,
        guide="2.2.1",
        received_at=AT,
        tracking=Identifier("", "T"),
        admin_reference=None,
        organization=None,
        provider=None,
        member=Identifier("", "M"),
        service_date="",
        final=True,
        said_lines=(),
        code=Concept(),
        type=Concept(),
        kind="DocumentReference",
        title="",
        media="application/pdf",
        size=len(body),
        content_hash=sha256(body).hexdigest(),
        about="{}",
    )
    return replace(made, **changes)


@pytest.fixture
def case(store):
    return put_whole(store, opened())


def test_a_document_comes_back_as_it_was_kept(store, case) -> None:
    body = b"0123456789" * 60_000
    row = attachment(body=body, case_id=case.id, case_version=1, lines=(1,), matched_at=AT)

    with store.open_work() as work:
        assert work.attachments.add(row, FORM, content(body))
    with store.open_reading() as work:
        found = work.attachments.find((PAYER,), "a")
        pieces = [work.attachments.piece(row, place) for place in range(4)]

    assert found == row
    assert [len(piece) if piece else None for piece in pieces] == [PIECE_BYTES, PIECE_BYTES, 75_712, None]
    assert b"".join(piece for piece in pieces if piece) == body


def test_the_same_under_the_same_name_is_kept_once(store) -> None:
    with store.open_work() as work:
        first = work.attachments.add(attachment(), FORM, content(b"x"))
        again = work.attachments.add(attachment("b"), FORM, content(b"x"))
        elsewhere = work.attachments.add(attachment("c", said_lines=("2",)), FORM, content(b"x"))
        same = work.attachments.same_as(attachment("b"))

    assert (first, again, elsewhere) == (True, False, True)
    assert same == attachment()


def test_evidence_of_a_case_in_the_order_it_came(store, case) -> None:
    later = attachment("0", b"y", case_id=case.id, received_at=AT + timedelta(days=1))
    second = attachment("1", b"w", case_id=case.id, place=1)
    with store.open_work() as work:
        work.attachments.add(later, PAPER, content(b"y"))
        work.attachments.add(second, Evidence(), content(b"w"))
        work.attachments.add(attachment(case_id=case.id), FORM, content(b"x"))
        work.attachments.add(attachment("c", b"z"), FORM, content(b"z"))
        evidence = work.attachments.evidence(PAYER, case.id)
        rows = work.attachments.of_case(PAYER, case.id)

    assert evidence == FORM.beside(PAPER)
    assert [row.id for row in rows] == ["a", "1", "0"]


def test_a_held_one_is_matched_once(store, case) -> None:
    with store.open_work() as work:
        work.attachments.add(attachment(), Evidence(), content(b"x"))
    joined = attachment(case_id=case.id, case_version=2, lines=(1,), matched_by="rn-1", matched_at=AT)

    with store.open_work() as work:
        held = work.attachments.held(PAYER, 10)
        locked = work.attachments.find_for_change(PAYER, "a")
        matched = [work.attachments.match(joined, FORM), work.attachments.match(joined, FORM)]

    with store.open_reading() as work:
        assert (held, locked) == ((attachment(),), attachment())
        assert matched == [True, False]
        assert work.attachments.held(PAYER, 10) == ()
        assert work.attachments.of_case(PAYER, case.id) == (joined,)
        assert work.attachments.evidence(PAYER, case.id) == FORM


def test_every_payer_has_its_own(store, case) -> None:
    other = PayerId("payer-2")
    with store.open_work() as work:
        work.attachments.add(attachment(case_id=case.id), FORM, content(b"x"))

    with store.open_reading() as work:
        assert work.attachments.find((other,), "a") is None
        assert work.attachments.of_case(other, case.id) == ()
        assert work.attachments.evidence(other, case.id) == Evidence()
        assert work.attachments.piece(attachment(payer_id=other), 0) is None


def test_a_name_no_index_holds_finds_nothing(store) -> None:
    with store.open_reading() as work:
        assert work.attachments.find((PAYER,), "a\0b" * 2000) is None
        assert work.attachments.of_case(PAYER, CaseId("\0")) == ()


def test_two_who_keep_the_same_content_at_once(postgresql_url: str) -> None:
    """For two requests; the second comes while the first has not committed."""
    body = b"a scan" * 100_000
    store = open_store(postgresql_url)
    with closing(store), ThreadPoolExecutor(1) as another:
        with store.open_work() as work:
            assert work.attachments.add(attachment("a", body), PAPER, content(body))
            other = attachment("b", body, tracking=Identifier("", "U"))
            waits = another.submit(_added, store, other, body)
            wait([waits], 0.5)
        assert waits.result(10)

    with closing(open_store(postgresql_url)) as store, store.open_reading() as reading:
        pieces = [reading.attachments.piece(attachment("b", body), place) for place in range(4)]
        assert b"".join(piece or b"" for piece in pieces) == body


def _added(store: Store, row: Attachment, body: bytes) -> bool:
    with store.open_work() as work:
        return work.attachments.add(row, PAPER, content(body))
