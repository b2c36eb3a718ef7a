"""Which versions of a case decided something, and what."""

from dataclasses import replace
from datetime import timedelta

from fhir_um.cases.deciders import Decider
from fhir_um.cases.history import Journal
from fhir_um.cases.model import Course, EventKind, LineState
from fhir_um.cases.provenance import determined
from fhir_um.cases.roles import Role
from tests.builders import AT, journal_of

NURSE = Decider("n-1", Role.NURSE, human=True)


def test_each_version_that_decides_is_told_once_with_its_lines() -> None:
    opened = journal_of(Course.APPROVE, Course.PEND_REVIEW, Course.APPROVE)
    later = Journal(opened.case, AT + timedelta(hours=1), NURSE)
    later.line(EventKind.LINE_MOVED, replace(opened.case.lines[1], state=LineState.APPROVED), ("T11",))

    first, second = determined((*opened.events, *later.events))

    assert ([line.sequence for line in first.lines], first.at) == ([1, 3], AT)
    assert ([line.sequence for line in second.lines], second.version) == ([2], opened.case.version + 1)


def test_what_waits_or_is_cancelled_decides_nothing() -> None:
    opened = journal_of(Course.PEND_REVIEW)
    later = Journal(opened.case, AT, NURSE)
    later.line(EventKind.LINE_CANCELLED, replace(opened.case.lines[0], state=LineState.CANCELLED), ())

    assert determined((*opened.events, *later.events)) == ()
