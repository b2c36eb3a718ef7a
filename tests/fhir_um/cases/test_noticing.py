"""Which letters follow from which steps, and where lines stand after them."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from fhir_um.cases.asked import Party
from fhir_um.cases.history import Journal
from fhir_um.cases.model import Authorized, Course, EventKind, LineState
from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.cases.noticing import kind_of, lacks_notice, owed_after, why_none
from fhir_um.cases.review import (
    Extension,
    ExtensionGround,
    ExtensionState,
    NoticeStep,
    PriorityRequest,
    Review,
)
from fhir_um.cases.roles import ENGINE
from fhir_um.cases.standing import Standing, is_notified, standing_of
from fhir_um.words import Period, Quantity
from tests.builders import AT, ON, case_of, journal_of

LATER = AT + timedelta(days=2)
EVERYBODY = [Recipient.MEMBER, Recipient.PROVIDER]


def owed(journal):
    return owed_after(journal.events, journal.case)


def moved(case, state, sequence=1, path=("T17",), **changes):
    journal = Journal(case, LATER, ENGINE)
    line = case.line(sequence)
    decision = replace(line.decision, at=LATER)
    journal.line(EventKind.LINE_MOVED, replace(line, state=state, decision=decision, **changes), path)
    return journal


@pytest.mark.parametrize(
    ("course", "kind"),
    [
        (Course.APPROVE, NoticeKind.APPROVAL),
        (Course.PEND_DOCUMENTS, NoticeKind.INFORMATION_REQUEST),
        (Course.DENY_BENEFIT, NoticeKind.ADMINISTRATIVE_DENIAL),
        (Course.CONTACT_PAYER, NoticeKind.DISMISSAL),
    ],
)
def test_what_software_decides_is_told_to_everybody(course, kind) -> None:
    found = owed(journal_of(course))

    assert [(one.kind, one.recipient) for one in found] == [(kind, who) for who in EVERYBODY]


@pytest.mark.parametrize(
    "course", [Course.PEND_REVIEW, Course.PEND_PHYSICIAN, Course.PEND_INTAKE, Course.NO_AUTHORIZATION]
)
def test_what_decides_nothing_owes_no_letter(course) -> None:
    assert owed(journal_of(course)) == ()


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (LineState.MODIFIED, NoticeKind.PARTIAL),
        (LineState.DENIED_CLINICAL, NoticeKind.DENIAL),
        (LineState.WITHDRAWN, NoticeKind.WITHDRAWAL),
        (LineState.VOIDED, NoticeKind.VOID),
    ],
)
def test_what_people_decide_is_told(state, kind) -> None:
    assert {one.kind for one in owed(moved(case_of(Course.PEND_REVIEW), state))} == {kind}


def test_lines_that_share_a_kind_share_a_letter() -> None:
    found = owed(journal_of(Course.APPROVE, Course.DENY_BENEFIT, Course.APPROVE))

    assert {(one.kind, one.sequences) for one in found} == {
        (NoticeKind.APPROVAL, (1, 3)),
        (NoticeKind.ADMINISTRATIVE_DENIAL, (2,)),
    }


def test_unknown_member_gets_no_letter() -> None:
    journal = journal_of(Course.APPROVE)

    found = owed_after(journal.events, replace(journal.case, member_id=""))

    assert [one.recipient for one in found] == [Recipient.PROVIDER]


def test_line_that_only_changed_hands_owes_nothing() -> None:
    case = case_of(Course.APPROVE)
    journal = Journal(case, LATER, ENGINE)
    journal.line(EventKind.LINE_CHANGED, case.line(1), ())

    assert owed(journal) == ()


def test_reopened_line_is_told() -> None:
    journal = moved(case_of(Course.APPROVE), LineState.PHYSICIAN_REVIEW, path=("T29",))

    assert {one.kind for one in owed(journal)} == {NoticeKind.REOPENING}


def test_granted_extension_and_refused_haste_are_told() -> None:
    case = case_of(Course.PEND_REVIEW)
    more = Extension("x", (1,), ExtensionState.GRANTED, ExtensionGround.MEMBER_REQUEST, "t", 14, ENGINE, AT)
    fast = PriorityRequest("p", "member", LATER, False, False, "t", ENGINE)
    journal = Journal(case, LATER, ENGINE)
    journal.review(EventKind.EXTENSION, Review(extensions=(replace(more, state=ExtensionState.PROPOSED),)))
    journal.review(EventKind.EXTENSION, Review(extensions=(more,)))
    journal.review(EventKind.PRIORITY_ASKED, Review(priorities=(fast,)))

    found = owed(journal)

    assert [one.kind for one in found] == [NoticeKind.EXTENSION] * 2 + [NoticeKind.EXPEDITE_REFUSAL] * 2
    assert {one.sequences for one in found} == {(1,)}


def test_named_provider_is_a_limit() -> None:
    line = case_of(Course.APPROVE).line(1)
    limited = replace(line.decision, authorized=Authorized(provider=Party(name="One clinic")))

    assert kind_of(line) is NoticeKind.APPROVAL
    assert kind_of(replace(line, decision=limited)) is NoticeKind.APPROVAL_WITH_LIMITS


# --- standing -------------------------------------------------------------------------------------------------------


def step(recipient="member", status="sent", kind="approval", channel="mail", at=AT):
    return NoticeStep(f"{recipient}-{kind}", (1,), kind, recipient, status, channel, at)


def told(case, *steps):
    return replace(case, review=Review(notices=steps))


def stands(case, on=ON, used=None) -> Standing:
    return standing_of(case, case.line(1), on, used)


def test_approved_line_becomes_active_when_everybody_was_told() -> None:
    case = case_of(Course.APPROVE)

    assert stands(case) is Standing.DECIDED
    assert stands(told(case, step("provider"))) is Standing.NOTIFYING
    assert stands(told(case, step("provider"), step(status="ready"))) is Standing.NOTIFYING
    assert stands(told(case, step("provider"), step())) is Standing.ACTIVE
    assert stands(told(case, step("provider"), step(status="returned"))) is Standing.NOTIFYING


def test_denied_line_ends_notified() -> None:
    case = moved(case_of(Course.PEND_REVIEW), LineState.DENIED_CLINICAL).case
    steps = [step(who, kind="denial", at=LATER) for who in ("member", "provider")]

    assert stands(told(case, *steps)) is Standing.NOTIFIED
    assert is_notified(told(case, *steps), case.line(1))


def test_letters_of_an_earlier_decision_do_not_count() -> None:
    case = moved(case_of(Course.PEND_REVIEW), LineState.APPROVED).case

    assert stands(told(case, step(at=AT), step("provider", at=AT))) is Standing.DECIDED


def test_word_by_phone_is_no_letter() -> None:
    case = case_of(Course.APPROVE)

    assert stands(told(case, step("provider"), step(channel="phone"))) is Standing.NOTIFYING


def test_authorization_runs_out_and_is_used_up() -> None:
    case = case_of(Course.APPROVE)
    line = replace(
        case.line(1), period=Period(ON, ON), request=replace(case.line(1).request, quantity=Quantity(Decimal(3)))
    )
    case = told(replace(case, lines=(line,)), step("provider"), step())

    assert stands(case, date(2026, 3, 3)) is Standing.EXPIRED
    assert stands(case, used=Decimal(3)) is Standing.EXHAUSTED
    assert stands(case, used=Decimal(2)) is Standing.ACTIVE


def test_what_waits_and_what_is_over_stand_so() -> None:
    assert stands(case_of(Course.PEND_REVIEW)) is Standing.PENDED
    assert stands(moved(case_of(Course.PEND_REVIEW), LineState.WITHDRAWN).case) is Standing.OVER


def test_decided_line_lacks_a_letter_until_it_has_one_or_a_reason() -> None:
    case = case_of(Course.APPROVE)
    none = case_of(Course.NO_AUTHORIZATION)

    assert lacks_notice(case, case.line(1))
    assert not lacks_notice(told(case, step("provider"), step(status="held")), case.line(1))
    assert why_none(none.line(1))
    assert not lacks_notice(none, none.line(1))
    assert stands(none) is Standing.NOTIFIED
