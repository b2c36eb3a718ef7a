"""A line waits with a specialist while they are asked, and comes back with what they said."""

from dataclasses import replace

import pytest

from fhir_um.cases.model import EventKind, LineState
from fhir_um.cases.opinions import OpinionSaid, Recommendation
from fhir_um.cases.review import OpinionState
from fhir_um.errors import IllegalMove, Kind, Refusal
from fhir_um.usecases.ask_specialist import ask_specialist
from fhir_um.usecases.locks import lock
from fhir_um.usecases.read_case import read_events
from tests.fhir_um.usecases.reviewing import DESK, DOCTOR, SPECIALIST, assert_rebuilds, referred_case

ASK = OpinionSaid(1, "rehabilitation", "Would a trial with a mask at night do?")
ACCEPT = OpinionSaid(no_conflict=True)
GIVE = OpinionSaid(opinion="It was tried, the log shows it.", recommends=Recommendation.APPROVE)


def asked(deps):
    case = referred_case(deps)
    return ask_specialist(deps, DESK, case.id, case.version, DOCTOR, "ask", ASK)


def step(deps, case, name, by, said=ACCEPT):
    id = case.review.opinions[-1].id
    return ask_specialist(deps, DESK, case.id, case.version, by, name, said, id)


def test_there_and_back(deps) -> None:
    case = asked(deps)
    assert case.line(1).state is LineState.SPECIALIST_REVIEW
    due_at = case.line(1).due_at

    case = step(deps, case, "accept", SPECIALIST)
    case = step(deps, case, "give", SPECIALIST, GIVE)

    (opinion,) = case.review.opinions
    assert (opinion.state, opinion.recommends) == (OpinionState.GIVEN, "approve")
    assert (case.line(1).state, case.line(1).due_at) == (LineState.PHYSICIAN_REVIEW, due_at)
    moves = [event.path for event in read_events(deps, DESK, case.id) if event.kind is EventKind.LINE_MOVED]
    assert moves[-2:] == [("T13",), ("T13",)]
    assert_rebuilds(deps, case)


def test_who_stands_back_leaves_the_line_where_it_is(lite) -> None:
    case = step(lite, asked(lite), "recuse", SPECIALIST)

    assert [opinion.state for opinion in case.review.opinions] == [OpinionState.RECUSED, OpinionState.ASKED]
    assert case.line(1).state is LineState.SPECIALIST_REVIEW
    assert_rebuilds(lite, case)


def test_what_is_on_file_counts(lite) -> None:
    case = asked(lite)
    other = replace(SPECIALIST, npi="1910200082")

    with pytest.raises(IllegalMove) as refused:
        step(lite, case, "accept", other)

    assert [issue.path for issue in refused.value.issues] == ["reviewer.specialty"]


def test_nobody_sends_on_what_somebody_else_works_on(lite) -> None:
    case = referred_case(lite)
    lock(lite, DESK, case.id, "physician", replace(DOCTOR, id="dr-9"))

    with pytest.raises(Refusal) as refused:
        ask_specialist(lite, DESK, case.id, case.version, DOCTOR, "ask", ASK)

    assert refused.value.kind is Kind.CONFLICT
