"""A question to a specialist about one line: its steps, and where the line waits meanwhile. Must not know SQL or HTTP.

Whoever answers is of the specialty, is not the one who asked, and attests that nothing ties them to the case. A
specialist who cannot say so stands back, and the question goes to another.

Source: um-domain 2.3 T13; 42 CFR 422.566(d).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from fhir_um.cases.deciders import Decider, is_same_person
from fhir_um.cases.model import Case, Decision, Line, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import OpinionState, SpecialistOpinion
from fhir_um.cases.roles import PHYSICIANS
from fhir_um.cases.steps import SHORTEST_REASON_CHARACTERS, Step, demand, is_reason, legal_step

THING = "a question to a specialist"
SPECIALIST_PATH = ("T13",)
"""Between physician and specialist, there and back."""


class Recommendation(StrEnum):
    """What a specialist would rule. They advise: a physician rules."""

    APPROVE = "approve"
    MODIFY = "modify"
    DENY = "deny"
    MORE_INFORMATION = "more-information"


_ASKED = frozenset({OpinionState.ASKED})
OPEN = _ASKED | {OpinionState.ACCEPTED}
_ANOTHER = frozenset({"another"})
_WITH_PHYSICIANS = frozenset({LineState.PHYSICIAN_REVIEW, LineState.SPECIALIST_REVIEW})

STEPS: tuple[Step[OpinionState], ...] = (
    Step("ask", frozenset(), OpinionState.ASKED, PHYSICIANS, frozenset({"line", "free", "specialty", "question"})),
    Step("accept", _ASKED, OpinionState.ACCEPTED, PHYSICIANS, _ANOTHER | {"of specialty", "fresh", "no conflict"}),
    Step("recuse", OPEN, OpinionState.RECUSED, PHYSICIANS, _ANOTHER | {"theirs"}),
    Step(
        "give",
        frozenset({OpinionState.ACCEPTED}),
        OpinionState.GIVEN,
        PHYSICIANS,
        frozenset({"theirs", "opinion", "recommends"}),
    ),
    Step("withdraw", OPEN, OpinionState.WITHDRAWN, PHYSICIANS),
)

_TOLD = {
    "line": ("line", f"A specialist is asked about a line of this case in {', '.join(sorted(_WITH_PHYSICIANS))}."),
    "free": ("line", "A specialist is asked about this line already."),
    "specialty": ("specialty", "Say which specialty."),
    "question": ("question", f"Ask in at least {SHORTEST_REASON_CHARACTERS} characters of plain words."),
    "another": ("reviewer", "Somebody other than the one who asked answers."),
    "of specialty": (
        "reviewer.specialty",
        "The question takes the specialty it names: that of the credential on file, or of reviewer.specialty.",
    ),
    "fresh": ("reviewer", "Who stood back from this line does not answer about it."),
    "no conflict": (
        "noConflict",
        "Attest that nothing ties you to the member, the provider or the service (true), or stand back (recuse).",
    ),
    "theirs": ("reviewer", "It is with somebody else, who accepted it."),
    "opinion": ("opinion", f"Give the opinion in at least {SHORTEST_REASON_CHARACTERS} characters of plain words."),
    "recommends": ("recommends", f"Say what you recommend: {', '.join(Recommendation)}."),
}


@dataclass(frozen=True, slots=True)
class OpinionSaid:
    """What somebody said with a step. `specialties` are those on file for them; None when nothing is on file."""

    line: int = 0
    specialty: str = ""
    question: str = ""
    no_conflict: bool = False
    opinion: str = ""
    recommends: Recommendation | None = None
    specialties: tuple[str, ...] | None = None


def next_opinion(
    case: Case, opinion: SpecialistOpinion | None, name: str, said: OpinionSaid, by: Decider, at: datetime, new_id: str
) -> tuple[SpecialistOpinion, ...]:
    """The question after a step, and the one that takes its place where a specialist stood back.

    `new_id` is the name of whichever the step begins. Raises: IllegalMove, RoleNotAllowed.
    """
    step = legal_step(STEPS, name, opinion.state if opinion else None, by.role, THING)
    demand(step, _given(case, opinion, said, by), _TOLD)
    if opinion is None:
        return (SpecialistOpinion(new_id, said.line, step.to, said.specialty.strip(), said.question.strip(), by, at),)
    changed = replace(opinion, state=step.to)
    if step.to is OpinionState.ACCEPTED:
        return (replace(changed, specialist=by, no_conflict=True),)
    if step.to is OpinionState.GIVEN:
        given = replace(changed, specialist=by, opinion=said.opinion.strip(), recommends=said.recommends or "")
        return (replace(given, ended_at=at),)
    if step.to is OpinionState.RECUSED:
        again = replace(opinion, id=new_id, state=OpinionState.ASKED, specialist=None, no_conflict=False)
        return (replace(changed, specialist=by, no_conflict=False, ended_at=at), again)
    return (replace(changed, ended_at=at),)


def _given(case: Case, opinion: SpecialistOpinion | None, said: OpinionSaid, by: Decider) -> dict[str, bool]:
    line = case.line(opinion.sequence if opinion else said.line)
    others = [one for one in case.review.opinions if line and one.sequence == line.sequence]
    stood_back = [one.specialist for one in others if one.state is OpinionState.RECUSED and one.specialist]
    held = said.specialties if said.specialties is not None else ((by.specialty.code,) if by.specialty else ())
    specialist = opinion.specialist if opinion else None
    return {
        "line": line is not None and line.state in _WITH_PHYSICIANS,
        "free": all(one.state not in OPEN for one in others),
        "specialty": bool(said.specialty.strip()),
        "question": is_reason(said.question),
        "another": opinion is not None and not is_same_person(opinion.asked_by, by),
        "of specialty": opinion is not None and _fold(opinion.specialty) in map(_fold, held),
        "fresh": not any(is_same_person(one, by) for one in stood_back),
        "no conflict": said.no_conflict,
        "theirs": specialist is None or is_same_person(specialist, by),
        "opinion": is_reason(said.opinion),
        "recommends": said.recommends is not None,
    }


def _fold(specialty: str) -> str:
    return " ".join(specialty.casefold().split())


def moved_by(line: Line, opinion: SpecialistOpinion, at: datetime, by: Decider) -> Line | None:
    """The line where the question puts it: with the specialist while it is open, then back; None when it stays.

    A line that left the specialist otherwise meanwhile, by an update of its sender, stays where that put it.
    """
    is_open = opinion.state in OPEN
    source, to = (
        (LineState.PHYSICIAN_REVIEW, LineState.SPECIALIST_REVIEW)
        if is_open
        else (LineState.SPECIALIST_REVIEW, LineState.PHYSICIAN_REVIEW)
    )
    if line.state is not source:
        return None
    text = "A specialist was asked for an opinion." if is_open else "A specialist was asked; a physician decides."
    decision = Decision(at, by, Reason.EXTERNAL_REVIEWER if is_open else Reason.MEDICAL_REVIEW, text)
    return replace(line, state=to, decision=decision, reviewed=True)
