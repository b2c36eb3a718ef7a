"""Writes what a pended line waits for as Tasks, for senders who take up work from Tasks (CDex).

One Task per kind of request and line: documents by code, and the payer's questionnaire. They say the same as the
CommunicationRequests beside them. Their identifier leads to the line when it comes back as TrackingId of
`$submit-attachment`. Must not know how the answer is delivered.

Source: PAS 2.0.1 and 2.2.1 profile-task, ainfo-4 to ainfo-7. The guide has the sender make them of the answer; the
public test suites look for them in the answer. CDex 2.1.0: the identifier of a Task is the TrackingId.
"""

from collections.abc import Iterator

from fhir_um.cases.asked import Party
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.model import Case, Line, LineState
from fhir_um.translate.documents_out import content_modifiers, control_number
from fhir_um.translate.elements_out import Json, coded, instant
from fhir_um.translate.line_out import FORM_CONTEXT
from fhir_um.translate.manner import Manner
from fhir_um.translate.naming import member_of, request_reference, requester_of
from profiles.canonicals import LOINC, PAS_TEMP_CODES, PROFILE_TASK

_BY_CODE, _BY_FORM = "attachment-request-code", "attachment-request-questionnaire"


def tasks(case: Case, manner: Manner, base_url: str) -> Iterator[Json]:
    """The Tasks of every line that waits for documents, in order; none when who asks whom has no identifier to show."""
    request = case.request
    asker, asked = _identifier(request.payer), _identifier(requester_of(request))
    if not asker or not asked:
        return
    for line in sorted(case.lines, key=lambda line: line.sequence):
        if line.state is not LineState.PENDED_INFO:
            continue
        forms = [needed for needed in line.documents if needed.is_form]
        documents = [needed for needed in line.documents if not needed.is_form]
        who: Json = {"requester": {"identifier": asker}, "owner": {"identifier": asked}}
        if documents:
            inputs = [_document(line, needed, manner) for needed in documents]
            yield _task(case, line, _BY_CODE, _reference(case, line, base_url), inputs, manner, base_url) | who
        for needed in forms[:1]:
            tracking = control_number(case, line, needed, base_url)
            yield _task(case, line, _BY_FORM, tracking, [_form(line, manner)], manner, base_url) | who


def _identifier(party: Party) -> Json:
    first = next((each for each in party.identifiers if each.system), None)
    return {"system": first.system, "value": first.value} if first else {}


def _reference(case: Case, line: Line, base_url: str) -> Json:
    """The number the line is known by, here and at its sender."""
    value = line.administrative_reference or case.id
    return {"system": f"{base_url}/NamingSystem/attachment-request", "value": value}


def _task(case: Case, line: Line, code: str, tracking: Json, inputs: list[Json], manner: Manner, base_url: str) -> Json:
    until = line.documents_due_at
    due = {"restriction": {"period": {"end": instant(until)}}} if until else {}
    where = {"type": coded(PAS_TEMP_CODES, "payer-url"), "valueUrl": f"{base_url}/$submit-attachment"}
    return {
        "resourceType": "Task",
        "id": f"{case.id}-{line.sequence}-{'form' if code == _BY_FORM else 'documents'}",
        "meta": {"profile": [PROFILE_TASK]},
        "identifier": [tracking],
        "status": "requested",
        **({"statusReason": {"text": line.decision.text}} if line.decision.text else {}),
        "intent": "order",
        "code": coded(PAS_TEMP_CODES, code),
        "for": manner.refs.refer(member_of(case.request)),
        "authoredOn": instant(line.decision.at),
        "reasonCode": coded(PAS_TEMP_CODES, "priorAuthorization"),
        "reasonReference": request_reference(case.request),
        **due,
        "input": [where, *inputs],
    }


def _document(line: Line, needed: DocumentNeeded, manner: Manner) -> Json:
    written = _input(line, manner, "attachments-needed")
    if manner.dialect.task_modifiers:
        written["extension"] += content_modifiers(needed)
    return written | {"valueCodeableConcept": coded(LOINC, needed.loinc)}


def _form(line: Line, manner: Manner) -> Json:
    """The context of the questionnaire: the trace number beside the line, as that version of the guide wants it."""
    kind, value = manner.dialect.form_input
    number = line.administrative_reference
    said = {"system": FORM_CONTEXT, "value": number} if value == "valueIdentifier" else number
    return _input(line, manner, kind) | {value: said}


def _input(line: Line, manner: Manner, kind: str) -> Json:
    url, value = manner.dialect.task_line_number
    return {"extension": [{"url": url, value: line.sequence}], "type": coded(PAS_TEMP_CODES, kind)}
