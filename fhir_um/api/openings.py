"""Somebody opens the evidence of a case: noted, and answered with the worksheet. Must not know what that allows."""

import msgspec

from fhir_um.api.bodies import read_shape
from fhir_um.api.decision_in import ReviewerIn, senseless_reviewer
from fhir_um.api.exchange import Answer, Asked, plain, version_headers
from fhir_um.api.rulings import decider_of
from fhir_um.api.trail import current_trail
from fhir_um.api.worksheet_view import worksheet_view
from fhir_um.cases.attachments import Chart
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.model import CaseId
from fhir_um.cases.roles import Role
from fhir_um.errors import Kind, Refusal
from fhir_um.translate.attached_evidence import SubmittedChart
from fhir_um.usecases.open_evidence import open_evidence
from fhir_um.usecases.read_worksheet import read_worksheet
from profiles.reading import Limits

_AS_KEPT = Limits(max_bytes=2**31, max_depth=190, max_entries=1_000_000)
"""What was taken once is read again, whatever the limits are now."""


class OpeningIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who opens the evidence, in which role; without an id it is whoever signed in."""

    role: Role
    reviewer: ReviewerIn = ReviewerIn()


def open_case(asked: Asked, case_id: str) -> Answer:
    """The worksheet, and the note that this reviewer has seen it: before that they decide nothing."""
    decider = _decider(asked)
    current_trail().role = decider.role
    open_evidence(asked.deps, asked.caller, CaseId(case_id), decider)
    sheet = read_worksheet(asked.deps, asked.caller, CaseId(case_id), chart)
    return plain(worksheet_view(sheet), headers=version_headers(sheet.case), case=sheet.case)


def _decider(asked: Asked) -> Decider:
    given = read_shape(asked, OpeningIn)
    who = given.reviewer
    if not who.id:
        who = msgspec.structs.replace(who, id=signed_in(asked.caller))
    faults = tuple(senseless_reviewer(who))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    return decider_of(given.role, who)


def chart(body: bytes) -> Chart:
    """What a submission that was taken once says."""
    return SubmittedChart(body, _AS_KEPT)
