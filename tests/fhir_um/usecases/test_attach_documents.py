"""Documents that come after the request: to their line, to the policies, to people; never lost, never twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pytest

from fhir_um.cases.asked import DocumentInformation, PriorClaim, SupportingInfo
from fhir_um.cases.attachments import Content, Fate
from fhir_um.cases.clocks import running_decisions
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.history import rebuild
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import CaseId, EventKind, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import SANDBOX_KEY
from fhir_um.store.database import Store
from fhir_um.subscribers.model import DeliveryState
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.read_attachments import attachments_of, held_attachments, open_attachment
from fhir_um.usecases.read_case import read_case, read_events
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.vault import Vault
from fhir_um.words import Code, Identifier, Period
from tests.fhir_um.store.subscribed import add, subscription
from tests.fhir_um.usecases.asking import a_caller, ask, sent
from tests.fhir_um.usecases.attached import (
    COPD,
    NOTE,
    NURSE,
    PHYSICIAN,
    REPORT,
    attach,
    call,
    document,
    form,
    oxygen,
    tracking,
)


@pytest.fixture
def case(deps):
    return submit_claim(deps, a_caller(), oxygen())


def now(deps, case):
    return read_case(deps, a_caller(), case.id)


def asked_by(deps, case, who):
    """The case after a person asked for the report of the measurement."""
    wanted = (DocumentNeeded(REPORT, "Report of the measurement"),)
    text = "Send the report of the measurement."
    ruling = Ruling(1, RulingAction.REQUEST_INFORMATION, Reason.INFORMATION_NEEDED, text, None, wanted)
    return decide_case(deps, a_caller(), case.id, case.version, who, (ruling,))


def announced(sequence, control_number):
    """Information of a request that names a paper by that number."""
    papers = DocumentInformation(Code("https://codesystem.x12.org/005010/755", "OZ"), control_number=control_number)
    category, ref = Code("urn:category", "info"), f"urn:paper:{sequence}"
    return SupportingInfo(sequence, category, ref, "", Period(), "", cancelled=False, document=papers)


# --- what becomes of the line ---------------------------------------------------------------------------------------


@pytest.mark.spec("pas:ainfo-2")
def test_answers_that_meet_the_policy_approve(deps, case, clock) -> None:
    clock.move(days=1)

    received = attach(deps, call(tracking(case), form(86)))

    after = now(deps, case)
    with deps.open_reading() as work:
        running = running_decisions(work.clocks_of(case.payer_id, case.id))[1]
    assert received.fates == (Fate.ATTACHED,)
    assert (after.line(1).state, after.version) == (LineState.APPROVED, 2)
    assert after.line(1).authorization_number
    assert running.stopped_at is None, "it stops when member and provider were told"
    assert rebuild(read_events(deps, a_caller(), case.id)) == after
    assert deps.store.verify().faults == []


def test_answers_that_do_not_meet_it_go_to_a_nurse(deps, case) -> None:
    attach(deps, call(tracking(case), form(93)))

    line = now(deps, case).line(1)
    assert line.state is LineState.PENDED_INFO, "the red cell count may still show the need"
    attach(deps, call(tracking(case, NOTE), document(NOTE)))

    line = now(deps, case).line(1)
    assert (line.state, line.documents) == (LineState.NURSE_REVIEW, ())
    assert {c.id: c.truth for c in line.findings[0].criteria}["spo2"] == "unmet"
    assert line.due_at == case.line(1).due_at


def test_all_that_was_asked_for_came(deps, case) -> None:
    received = attach(deps, call(tracking(case), document(REPORT), document(NOTE)))

    line = now(deps, case).line(1)
    assert received.fates == (Fate.ATTACHED, Fate.ATTACHED)
    assert line.state is LineState.NURSE_REVIEW
    assert line.decision.text.startswith("Information received.")
    kinds = [event.kind for event in read_events(deps, a_caller(), case.id)][2:]
    assert kinds == [EventKind.INFORMATION_RECEIVED, EventKind.LINE_MOVED]


@pytest.mark.parametrize("final", [True, False])
def test_one_of_two_documents_is_waited_for(deps, case, final) -> None:
    received = attach(deps, call(tracking(case), document(REPORT), final=final))

    waiting = [needed.loinc for needed in now(deps, case).line(1).documents]
    assert waiting == ([NOTE] if final else [REPORT, NOTE])
    assert received.note == f"Line 1 still waits for {', '.join(waiting)}."


@pytest.mark.parametrize(("who", "state"), [(NURSE, LineState.NURSE_REVIEW), (PHYSICIAN, LineState.PHYSICIAN_REVIEW)])
def test_what_a_person_asked_for_goes_back_to_them(deps, case, who, state) -> None:
    waiting = asked_by(deps, case, who)

    attach(deps, call(tracking(waiting), form(86)))

    line = now(deps, case).line(1)
    assert (line.state, line.reviewed, line.authorization_number) == (state, True, "")
    assert line.decision.text == "Information received."
    assert line.findings[0].truth == "met"


def test_lines_are_served_one_by_one(deps) -> None:
    first, second = oxygen(1, 2).request.lines
    apart = replace(second, serviced=Period(date(2026, 7, 1), date(2026, 8, 1)))
    case = submit_claim(deps, a_caller(), sent(ask(first, apart, diagnoses=(COPD,))))

    attach(deps, call(case.id, document(REPORT, "2"), document(NOTE, "2")))

    assert [line.state for line in now(deps, case).lines] == [LineState.PENDED_INFO, LineState.NURSE_REVIEW]


def test_a_fault_of_the_request_never_lets_software_decide(deps, case) -> None:
    later = {"prior": PriorClaim(case.request.claim_url), "claim_url": "urn:2", "diagnoses": (COPD,)}
    unknown = ask(*(line.request for line in case.lines), **later, requester_parties=())
    submit_claim(deps, a_caller(), sent(unknown))

    attach(deps, call(case.id, form(86)))

    assert now(deps, case).line(1).state is LineState.NURSE_REVIEW


def test_what_was_attached_counts_in_an_update(deps, case) -> None:
    attach(deps, call(tracking(case), document(REPORT), final=False))
    lines = tuple(line.request for line in case.lines)
    again = ask(*lines, prior=PriorClaim(case.request.claim_url), claim_url="urn:2", diagnoses=(COPD,))

    updated = submit_claim(deps, a_caller(), sent(again))

    assert (updated.version, updated.line(1).state) == (3, LineState.PENDED_INFO)
    assert [needed.loinc for needed in updated.line(1).documents] == [NOTE]


@pytest.mark.parametrize(
    ("sent_loincs", "waiting", "state"),
    [
        ((REPORT,), [NOTE], LineState.PENDED_INFO),
        ((REPORT, NOTE), [], LineState.NURSE_REVIEW),
        ((), [REPORT, NOTE], LineState.PENDED_INFO),
    ],
)
def test_an_update_may_bring_the_documents_under_our_numbers(deps, case, sent_loincs, waiting, state) -> None:
    info = tuple(announced(n, tracking(case, loinc)) for n, loinc in enumerate(sent_loincs, start=1))
    lines = tuple(line.request for line in case.lines)
    named = {"prior": PriorClaim(case.request.claim_url), "claim_url": "urn:2", "diagnoses": (COPD,)}

    updated = submit_claim(deps, a_caller(), sent(ask(*lines, **named, supporting_info=info)))

    line = updated.line(1)
    assert (line.state, [needed.loinc for needed in line.documents]) == (state, waiting)
    assert deps.store.verify().faults == []


def test_those_who_listen_are_told_when_the_case_changed(deps, case) -> None:
    store = Store(
        str(deps.store.engine.url.render_as_string(hide_password=False)), deps.clock, vault=Vault((SANDBOX_KEY,))
    )
    add(store, subscription(payer_id=case.payer_id, sender=case.sender))

    attach(deps, call(tracking(case), document(REPORT)))
    attach(deps, call("nothing", document(REPORT)))
    attach(deps, call(tracking(case, NOTE), document(NOTE)))
    attach(deps, call(tracking(case, NOTE), document(NOTE)))

    with store.open_reading() as work:
        owed = work.subscribers.deliveries(frozenset(DeliveryState), "", 10)
    store.close()
    assert [(d.event_number, d.case_version) for d in owed if d.event_number] == [(1, 2), (2, 3)]


# --- whose, and which -----------------------------------------------------------------------------------------------


def test_another_senders_request_is_not_found(deps, case) -> None:
    received = attach(deps, call(tracking(case), form(86)), client="ehr-2")

    assert received.fates == (Fate.HELD,)
    assert received.case_id is None
    assert now(deps, case) == case
    assert len(held_attachments(deps, a_caller(), 10)) == 1


@pytest.mark.parametrize("field", ["trace", "announced", "reference"])
def test_a_request_is_found_by_the_senders_own_numbers(deps, field) -> None:
    submission = oxygen()
    (line,) = submission.request.lines
    traced = replace(line, trace_numbers=(Identifier("urn:trnorg:1", "TRN-7"),))
    asked = replace(submission.request, lines=(traced,), supporting_info=(announced(1, "ACN-9"),))
    case = submit_claim(deps, a_caller(), replace(submission, request=asked))
    names = {"trace": "TRN-7", "announced": "ACN-9", "reference": case.line(1).administrative_reference}

    received = attach(deps, call(names[field], form(86)))

    assert received.case_id == case.id
    assert now(deps, case).line(1).state is LineState.APPROVED


def test_what_came_before_the_request_is_joined_when_it_comes_again(deps) -> None:
    named = replace(call("", document(REPORT)), tracking=Identifier("urn:test:claim", "C1"))
    early = attach(deps, named)
    case = submit_claim(deps, a_caller(), oxygen())

    late, again = attach(deps, named), attach(deps, named)

    assert (early.fates, late.fates, again.fates) == ((Fate.HELD,), (Fate.ATTACHED,), (Fate.REPEATED,))
    assert len(attachments_of(deps, a_caller(), case.id)) == 1


def test_numbers_that_are_no_lines_are_held(deps, case) -> None:
    odd = [document(REPORT, name) for name in ("0", "-1", "\u0661", "1e0", "9" * 40, "2")]

    received = attach(deps, call(case.id, *odd))

    assert set(received.fates) == {Fate.HELD}
    assert now(deps, case) == case


# --- kept once, kept whole ------------------------------------------------------------------------------------------


def test_the_same_bytes_for_two_requests_are_kept_once_and_listed_twice(deps, case) -> None:
    other = submit_claim(deps, a_caller("ehr-2"), oxygen())
    body = bytes(range(256)) * 3000
    paper = replace(
        document(REPORT), content=Content(len(body), sha256(body).hexdigest(), lambda: (body[:300_000], body[300_000:]))
    )

    attach(deps, call(tracking(case), paper))
    attach(deps, call(tracking(other), paper), "ehr-2")

    (row,) = attachments_of(deps, a_caller(), other.id)
    _, pieces = open_attachment(deps, a_caller(), row.id)
    parts = list(pieces)
    assert b"".join(parts) == body
    assert [len(part) for part in parts] == [262_144, 37_856, 262_144, 205_856]
    assert [row.content_hash] == [a.content_hash for a in attachments_of(deps, a_caller(), case.id)]


def test_two_calls_at_once_keep_the_document_once(deps, case) -> None:
    same = call(tracking(case), document(REPORT))

    with ThreadPoolExecutor(4) as senders:
        received = list(senders.map(lambda _: attach(deps, same), range(4)))

    assert sorted(fate for each in received for fate in each.fates) == [Fate.ATTACHED, *[Fate.REPEATED] * 3]
    assert now(deps, case).version == 2
    assert len(attachments_of(deps, a_caller(), case.id)) == 1


def test_different_documents_at_once_all_count(deps, case) -> None:
    calls = [call(tracking(case, loinc), document(loinc)) for loinc in (REPORT, NOTE)]

    with ThreadPoolExecutor(2) as senders:
        list(senders.map(lambda each: attach(deps, each), calls))

    after = now(deps, case)
    assert (after.version, after.line(1).state) == (3, LineState.NURSE_REVIEW)
    assert deps.store.verify().faults == []


def test_an_unsafe_document_is_refused_and_nothing_is_kept(deps, case) -> None:
    guarded = replace(deps, scan=lambda sent: "It holds a known virus." if sent.lines == ("1",) else "")

    with pytest.raises(Refusal) as refused:
        attach(guarded, call(case.id, document(REPORT), document(NOTE, "1")))

    assert refused.value.kind is Kind.INVALID
    assert [(issue.code, issue.text) for issue in refused.value.issues] == [("security", "It holds a known virus.")]
    assert attachments_of(deps, a_caller(), case.id) == ()


@pytest.mark.parametrize("action", ["approved", "cancelled"])
def test_a_request_that_waits_for_nothing_keeps_what_comes(deps, case, clock, action) -> None:
    if action == "approved":
        attach(deps, call(tracking(case), form(86)))
    else:
        gone = ask(prior=PriorClaim(case.request.claim_url), claim_url="urn:2", cancel_all=True)
        submit_claim(deps, a_caller(), sent(gone))
    before = now(deps, case)
    clock.at += timedelta(days=3)

    received = attach(deps, call(tracking(case), document(REPORT)))

    assert received.fates == (Fate.ATTACHED,)
    assert f"did not wait for documents ({action})" in received.note
    assert now(deps, case) == before
    assert attachments_of(deps, a_caller(), case.id)[-1].case_version == before.version


def test_nothing_of_another_payer_is_shown(deps, case) -> None:
    attach(deps, call(tracking(case), document(REPORT)))
    attach(deps, call("nothing", document(REPORT)))
    (row,) = attachments_of(deps, a_caller(), case.id)
    stranger = a_caller("um-2", "prairie")

    assert held_attachments(deps, stranger, 10) == ()
    for ask_for in (
        lambda: attachments_of(deps, stranger, CaseId(case.id)),
        lambda: open_attachment(deps, stranger, row.id),
    ):
        with pytest.raises(Refusal) as refused:
            ask_for()
        assert refused.value.kind is Kind.NOT_FOUND
