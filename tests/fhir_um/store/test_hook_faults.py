"""What EHRs were told is checked too: what is altered by hand in the records of hooks is told, and stops nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from cds_hooks.desk import Assertion, Covered, PaNeeded
from fhir_um.cases.guidance import CardFeedback, CardTold, Guidance, Invocation
from fhir_um.cases.model import CaseId
from fhir_um.store.database import Store
from fhir_um.usecases.guiding import content_hash, told_document
from tests.builders import AT, ON
from tests.fhir_um.store.stored import PAYER, opened, put_whole

KEEP_UNTIL = AT + timedelta(days=365)
CALL = Invocation(
    id="call-1",
    payer_id=PAYER,
    instance="instance-1",
    hook="order-sign",
    client="ehr-1",
    received_at=AT,
    answered_at=AT + timedelta(milliseconds=8),
    status=200,
    document='{"told": {"DeviceRequest/1": ["answer-1"]}}',
    keep_until=KEEP_UNTIL,
)
CARD = CardTold("card-1", PAYER, CALL.id, "guideline", "home-oxygen", KEEP_UNTIL)
SAID = CardFeedback("said-1", PAYER, CARD.id, "accepted", AT + timedelta(hours=1), "{}", KEEP_UNTIL)


def answer(number: str, **changes: object) -> Guidance:
    told = Assertion("answer-1", ON, Covered.COVERED, PaNeeded.SATISFIED, satisfied_pa_id=number, expires=ON)
    made = Guidance(
        id=told.id,
        payer_id=PAYER,
        instance=CALL.instance,
        hook=CALL.hook,
        order_ref="DeviceRequest/1",
        codes=(),
        member_id="member-1",
        coverage_ref="Coverage/1",
        policy_id="home-oxygen",
        policy_version="1.0.0",
        policy_hash="",
        told_at=AT,
        on=ON,
        expires=ON,
        content_hash=content_hash(told),
        number=number,
        document=told_document(told, None),
        keep_until=KEEP_UNTIL,
        used_by=CaseId("case-1"),
    )
    return replace(made, **changes)  # type: ignore[arg-type]  # test data by field name


def _whole(store: Store) -> None:
    case = put_whole(store, opened())
    with store.open_work() as work:
        work.add_guidance((answer(case.lines[0].authorization_number),))
        work.add_invocation(CALL, (CARD,))
        work.add_feedback((SAID,))


def _alter(store: Store, change: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text(change))


_EARLY = "'2020-01-01T00:00:00.000000+00:00'"
_ALTERED = {
    "document": ("UPDATE coverage_assertions SET document = 'lost'", "answer-1: the document cannot be read"),
    "document of another": (
        "UPDATE coverage_assertions SET document = replace(document, 'answer-1', 'answer-2')",
        "id is not what the document says",
    ),
    "number": ("UPDATE coverage_assertions SET number = 'A0'", "number is not what the document says"),
    "number of nothing": ("UPDATE coverage_assertions SET number = 'A0'", "tells A0, which authorizes nothing"),
    "number taken back": ("DELETE FROM issued_numbers", "which authorizes nothing"),
    "number a reference": ("UPDATE issued_numbers SET kind = 'reference'", "which authorizes nothing"),
    "member": ("UPDATE coverage_assertions SET member_id = 'another'", "which is of another member"),
    "use": ("UPDATE coverage_assertions SET used_by = 'nowhere'", "as case nowhere, which is not there"),
    "use of another": (
        "UPDATE coverage_assertions SET number = '', member_id = 'another'",
        "submitted as case case-1, which is of another member",
    ),
    "codes": ("UPDATE coverage_assertions SET codes = '{}'", "its codes cannot be read"),
    "day": ("UPDATE coverage_assertions SET on_day = 'soon'", "its days are none"),
    "last day": ("UPDATE coverage_assertions SET expires = '2020-01-01'", "its last day is before its first"),
    "kept": (f"UPDATE coverage_assertions SET keep_until = {_EARLY}", "do not follow one another"),
    "kept too long": (f"UPDATE hook_cards SET keep_until = {_EARLY}", "cards: 1 kept beyond their time"),
    "call": ("UPDATE hook_invocations SET document = '[]'", "hook call call-1: the document cannot be read"),
    "call answered": (f"UPDATE hook_invocations SET answered_at = {_EARLY}", "hook call call-1: its times"),
    "call lost": ("DELETE FROM hook_invocations", "card card-1: the call call-1 that showed it is not there"),
    "feedback": ("UPDATE hook_feedback SET document = 'lost'", "feedback said-1: the document cannot be read"),
    "outcome": ("UPDATE hook_feedback SET outcome = 'liked'", "liked is no outcome of a card"),
}
_UNREADABLE = {
    "document bytes": ("UPDATE coverage_assertions SET document = x'ff'", "the document cannot be read"),
    "document no UTF-8": ("UPDATE hook_feedback SET document = CAST(x'ff' AS TEXT)", "the document cannot be read"),
    "no instant": ("UPDATE coverage_assertions SET told_at = 'soon'", "its times are none"),
    "instant a number": ("UPDATE hook_invocations SET answered_at = 7", "its times are none"),
    "day a number": ("UPDATE coverage_assertions SET on_day = 7", "its days are none"),
}


@pytest.mark.spec("crd:found-37")
@pytest.mark.parametrize(("change", "fault"), _ALTERED.values(), ids=_ALTERED)
def test_what_was_altered_is_found(store: Store, change: str, fault: str) -> None:
    _whole(store)
    assert (store.verify().faults, store.verify().hook_records) == ([], 4)

    _alter(store, change)

    assert any(fault in found for found in store.verify().faults), store.verify().faults


@pytest.mark.parametrize(("change", "fault"), _UNREADABLE.values(), ids=_UNREADABLE)
def test_what_cannot_be_read_is_told_and_stops_nothing(sqlite_url: str, change: str, fault: str) -> None:
    store = Store(sqlite_url, lambda: AT)
    _whole(store)

    _alter(store, change)

    checked = store.verify()
    store.close()
    assert any(fault in found for found in checked.faults), checked.faults
    assert checked.hook_records == 4
