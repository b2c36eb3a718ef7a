"""Updates of any depth, decided from the stored version."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from fhir_um.cases.asked import PriorClaim
from fhir_um.cases.history import rebuild
from fhir_um.cases.inquiry import Inquiry
from fhir_um.cases.model import Authorized, EventKind, LineState
from fhir_um.usecases.read_case import body_behind, read_case, read_events, read_own
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code, Quantity
from tests.builders import AT, line_request
from tests.fhir_um.deciding import approval, decided, denial
from tests.fhir_um.usecases.asking import CLINIC, a_caller, ask, found_by, sent

CERTIFICATION = "https://codesystem.x12.org/005010/1322"


def _update(case, *lines, url="https://ehr.example.test/fhir/Claim/2", **changes):
    return ask(*lines, prior=PriorClaim(case.request.claim_url), claim_url=url, **changes)


def _wheelchair(sequence: int = 1, **changes):
    return line_request(sequence, code="K0823", **changes)


@pytest.mark.spec("pas:spec-46")
@pytest.mark.spec("pas:spec-34")
@pytest.mark.parametrize("differential", [False, True])
def test_add_change_cancel_and_cancel_all(deps, differential) -> None:
    kind = {"differential_updates": differential}
    caller = a_caller()
    opened = submit_claim(deps, caller, sent(ask(_wheelchair()), **kind))
    added = submit_claim(deps, caller, sent(_update(opened, _wheelchair(), _wheelchair(2)), **kind))
    two = Quantity(Decimal("2"), "units")
    changed = submit_claim(
        deps, caller, sent(_update(added, _wheelchair(quantity=two), _wheelchair(2), url="urn:3"), **kind)
    )
    cancelled = submit_claim(
        deps,
        caller,
        sent(_update(changed, _wheelchair(quantity=two), _wheelchair(2, cancelled=True), url="urn:4"), **kind),
    )
    gone = submit_claim(deps, caller, sent(_update(cancelled, _wheelchair(), cancel_all=True, url="urn:5"), **kind))

    assert {case.id for case in (opened, added, changed, cancelled, gone)} == {opened.id}
    assert [case.version for case in (opened, added, changed, cancelled, gone)] == [1, 2, 3, 4, 5]
    assert [[line.sequence for line in case.lines] for case in (opened, added, changed, cancelled, gone)] == [
        [1],
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
    ]
    assert changed.line(1).request.quantity == two
    assert cancelled.line(2).state is LineState.CANCELLED
    assert {line.state for line in gone.lines} == {LineState.CANCELLED}


def test_pended_lines_keep_their_due_time_through_updates(deps, clock) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))

    later = AT + timedelta(days=2)
    changed = _wheelchair(quantity=Quantity(Decimal("2"), "units"))
    updated = submit_claim(deps, a_caller(), sent(_update(opened, changed, _wheelchair(2)), at=later))

    assert updated.line(1).due_at == opened.line(1).due_at
    assert updated.line(2).due_at == opened.line(1).due_at + timedelta(days=2)


def test_cancelling_stops_the_clock(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))

    submit_claim(deps, a_caller(), sent(_update(opened, _wheelchair(cancelled=True))))

    with deps.open_reading() as work:
        stopped = work.clocks_of(opened.payer_id, opened.id)
    assert {clock.stopped_at for clock in stopped} == {AT}


def test_a_denied_request_cannot_be_updated(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))
    denied = decided(deps, a_caller(), opened.id, denial())

    updated = submit_claim(deps, a_caller(), sent(_update(denied, _wheelchair(), _wheelchair(2))))

    assert updated.lines == denied.lines
    assert [(e.code, e.followup) for e in updated.errors] == [("33", "N")]


def test_an_update_refused_as_a_whole_leaves_the_case_as_it_was(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))
    denied = decided(deps, a_caller(), opened.id, denial())
    other = replace(ask().member, full_url="https://ehr.example.test/fhir/Patient/moved", given="Norah")
    refused = sent(_update(denied, _wheelchair(), _wheelchair(2), expedited=True, member=other), at=AT + timedelta(1))

    told = submit_claim(deps, a_caller(), refused)
    inquiry = Inquiry(denied.request.payer, CLINIC, (CLINIC,), frozenset(), ask().member, None)
    kept, body = read_own(deps, a_caller(), denied.id)
    with deps.open_reading() as work:
        arrived = work.find_submission(denied.payer_id, denied.sender, refused.content_hash)
    *before, event = read_events(deps, a_caller(), denied.id)

    assert told.request.claim_url == refused.request.claim_url
    assert body_behind(deps, told, refused) == refused.body
    assert kept == replace(denied, version=3, event_count=denied.event_count + 1)
    assert body != refused.body
    assert found_by(deps, a_caller(), inquiry) == ((kept, body),)
    assert (arrived.case_id, arrived.case_version, arrived.body) == (denied.id, 3, refused.body)
    assert (event.kind, event.case.submission_id, event.case.errors) == (
        EventKind.UPDATE_REFUSED,
        arrived.id,
        told.errors,
    )
    assert rebuild((*before, event)) == kept
    assert rebuild(before) == denied
    assert list(deps.store.verify().faults) == []


def test_a_refused_update_sent_again_is_refused_again_with_the_same_answer(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))
    denied = decided(deps, a_caller(), opened.id, denial())
    first, second = (sent(_update(denied, _wheelchair(), _wheelchair(n), url=f"urn:{n}")) for n in (2, 3))

    told = submit_claim(deps, a_caller(), first)
    later = submit_claim(deps, a_caller(), second)
    again = submit_claim(deps, a_caller(), first)

    assert again == told
    assert (told.version, later.version) == (3, 4)
    assert read_case(deps, a_caller(), opened.id).version == 4


def test_errors_of_the_last_accepted_update_outlive_a_refused_one(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair(), line_request(2, "E1390"))))
    partly = submit_claim(deps, a_caller(), sent(_update(opened, _wheelchair())))
    denied = decided(deps, a_caller(), opened.id, denial(1), denial(2))

    submit_claim(deps, a_caller(), sent(_update(denied, _wheelchair(), url="urn:refused")))

    assert [e.code for e in partly.errors] == ["15"]
    assert read_case(deps, a_caller(), opened.id).errors == partly.errors


def test_one_denied_line_refuses_only_its_own_change(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair(), _wheelchair(2))))
    denied = decided(deps, a_caller(), opened.id, denial())

    changed = _wheelchair(quantity=Quantity(Decimal("2"), "units"))
    updated = submit_claim(deps, a_caller(), sent(_update(denied, changed, _wheelchair(2), _wheelchair(3))))

    assert [(e.code, e.sequence) for e in updated.errors] == [("33", 1)]
    assert updated.line(1).state is LineState.DENIED_CLINICAL
    assert updated.line(3) is not None


def test_a_renewal_of_an_approved_line_gets_a_new_number_and_names_the_old(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))
    approved = decided(deps, a_caller(), opened.id, approval(authorized=Authorized()))
    old = approved.line(1).authorization_number

    renewal = _wheelchair(certification_type=Code(CERTIFICATION, "R"))
    renewed = submit_claim(deps, a_caller(), sent(_update(approved, renewal)))

    assert renewed.line(1).previous_authorization_number == old
    assert renewed.line(1).authorization_number != old


def test_an_unchanged_approved_line_stays_as_it_was(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))
    approved = decided(deps, a_caller(), opened.id, approval())

    updated = submit_claim(deps, a_caller(), sent(_update(approved, _wheelchair(), _wheelchair(2))))

    assert updated.line(1) == approved.line(1)


def test_flags_alone_mark_an_update_only_where_the_guide_allows_it(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))
    flagged = ask(_wheelchair(), _wheelchair(2, changed="added"))

    strict = submit_claim(deps, a_caller(), sent(flagged))
    lenient = submit_claim(deps, a_caller("ehr-1"), sent(flagged, differential_updates=True))

    assert strict.id != opened.id
    assert lenient.id in {opened.id, strict.id}
    assert lenient.version == 2


def test_a_line_left_out_stays_and_the_sender_is_told(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair(), _wheelchair(2))))

    updated = submit_claim(deps, a_caller(), sent(_update(opened, _wheelchair())))

    assert updated.line(2) == opened.line(2)
    assert [(e.code, e.sequence) for e in updated.errors] == [("15", 2)]


def test_updates_that_race_all_hold(deps) -> None:
    opened = submit_claim(deps, a_caller(), sent(ask(_wheelchair())))
    updates = [sent(_update(opened, _wheelchair(), _wheelchair(n), url=f"urn:{n}")) for n in (2, 3, 4)]

    with ThreadPoolExecutor(3) as senders:
        answers = list(senders.map(lambda update: submit_claim(deps, a_caller(), update), updates))

    last = max(answers, key=lambda case: case.version)
    assert sorted(case.version for case in answers) == [2, 3, 4]
    assert [line.sequence for line in last.lines] == [1, 2, 3, 4]
