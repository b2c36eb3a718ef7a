"""Who must not rule on a line although their role may: whoever ordered it, and whoever asked the specialist.

Must not know what is ruled. Source: um-domain 2.2 (conflict of interest), 2.3 T13, T16, T17.
"""

from collections.abc import Iterator

from fhir_um.cases.deciders import Decider, is_same_person
from fhir_um.cases.model import Case, Line
from fhir_um.cases.opinions import OPEN
from fhir_um.errors import Issue


def conflicts(case: Case, line: Line, by: Decider, is_specialist: bool, path: str) -> Iterator[Issue]:
    """Every fault in that person's deciding on the line; `is_specialist`: as the one who was asked about it."""
    if by.npi and by.npi in case.request.provider_npis:
        text = "Nobody decides on what they order, request or render themselves: this NPI is in the request."
        yield Issue("business-rule", text, "reviewer.npi")
    if not is_specialist:
        return
    question = next((one for one in case.review.opinions if one.sequence == line.sequence and one.state in OPEN), None)
    asked_by = question.asked_by if question else line.decision.decider
    if is_same_person(asked_by, by):
        text = "Who asked the specialist does not decide as the specialist; hand the line back first (refer-physician)."
        yield Issue("business-rule", text, path)
    elif question and question.specialist and not is_same_person(question.specialist, by):
        yield Issue("business-rule", "The question is with another specialist, who accepted it.", path)
