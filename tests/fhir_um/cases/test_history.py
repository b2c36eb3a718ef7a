"""A case is the fold of its events, at every moment of its life."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.deciders import Decider
from fhir_um.cases.history import Journal, as_answered, rebuild
from fhir_um.cases.model import DO_NOT_RESUBMIT, BusinessError, Course, EventKind, LineState, SubmissionId
from fhir_um.cases.openings import has_opened, new_opening
from fhir_um.cases.placing import cancel
from fhir_um.cases.review import Review
from fhir_um.cases.roles import Role, requester
from tests.builders import AT, journal_of

FAULT = BusinessError("33", DO_NOT_RESUBMIT, "Bundle.entry[0].resource.related", "It is denied.")


def test_rebuild_gives_the_same_case() -> None:
    journal = journal_of(Course.APPROVE, Course.PEND_REVIEW)

    assert rebuild(journal.events) == journal.case


def test_rebuild_of_the_first_transaction_ignores_what_came_later() -> None:
    opened = journal_of(Course.APPROVE)
    later = Journal(opened.case, AT + timedelta(days=1), requester("ehr-1"))
    later.line(EventKind.LINE_CANCELLED, cancel(opened.case.lines[0], requester("ehr-1"), AT), ("T23",))

    assert rebuild(opened.events).lines[0].state is LineState.APPROVED
    assert rebuild([*opened.events, *later.events]) == later.case
    assert later.case.version == 2
    assert later.case.lines[0].state is LineState.CANCELLED


def test_amended_header_keeps_the_lines() -> None:
    opened = journal_of(Course.APPROVE)
    later = Journal(opened.case, AT, requester("ehr-1"))
    later.header(EventKind.AMENDED, replace(opened.case, plan_id="plan-2"))

    assert later.case.lines == opened.case.lines
    assert later.case.plan_id == "plan-2"


def test_a_refused_update_is_a_step_and_changes_nothing_else() -> None:
    opened = journal_of(Course.APPROVE)
    refused = replace(opened.case, plan_id="plan-2", submission_id=SubmissionId("refused"), errors=(FAULT,))
    later = Journal(opened.case, AT + timedelta(days=1), requester("ehr-1"))
    later.header(EventKind.UPDATE_REFUSED, refused)

    told = as_answered(later.case, SubmissionId("refused"), later.events)

    assert later.case == replace(opened.case, version=2, event_count=opened.case.event_count + 1)
    assert rebuild([*opened.events, *later.events]) == later.case
    assert (told.plan_id, told.errors, told.version) == ("plan-2", (FAULT,), 2)
    assert (told.lines, told.changed_at) == (opened.case.lines, AT + timedelta(days=1))
    assert as_answered(later.case, opened.case.submission_id, later.events) == later.case


@pytest.mark.parametrize("broken", [lambda e: [], lambda e: e[1:], lambda e: [e[0], e[0]]])
def test_rebuild_refuses_a_broken_history(broken) -> None:
    with pytest.raises(ValueError):
        rebuild(broken(journal_of(Course.APPROVE).events))


def test_a_line_opened_again_is_looked_at_anew_whatever_moves_follow() -> None:
    opened = journal_of(Course.APPROVE)
    doctor = Decider("dr-1", Role.PHYSICIAN, human=True)
    seen = Journal(opened.case, AT, doctor)
    seen.review(EventKind.EVIDENCE_OPENED, Review(openings=(new_opening(doctor, AT),)))
    again = Journal(seen.case, AT, doctor)
    again.line(EventKind.LINE_MOVED, replace(seen.case.lines[0], state=LineState.PHYSICIAN_REVIEW), ("T29",))

    assert has_opened(seen.case.review, doctor.id, None)
    assert not has_opened(again.case.review, doctor.id, None)
