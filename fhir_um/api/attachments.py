"""Documents after the request: `$submit-attachment` for senders, lists, bytes and matching for reviewers.

Must not know what becomes of a line. Source: Da Vinci CDex 2.1.0, OperationDefinition submit-attachment.
"""

from collections.abc import Iterable, Iterator

from fhir_um.api.attachment_views import attachment_view, read_matching
from fhir_um.api.content import read_body, read_message
from fhir_um.api.exchange import Answer, Asked, fhir, plain, version_headers
from fhir_um.api.query import demand_known, is_whole
from fhir_um.api.trail import current_trail
from fhir_um.api.views import case_view
from fhir_um.api.worksheet_view import worksheet_view
from fhir_um.cases.attachments import Attachment, AttachmentsSent, Chart, Fate, Received
from fhir_um.cases.auditing import Subject
from fhir_um.cases.deciding import signed_in
from fhir_um.cases.model import CaseId, MemberId
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.translate.attached_evidence import SubmittedChart
from fhir_um.translate.attachment_in import read_attachments
from fhir_um.usecases.attach_documents import attach_documents
from fhir_um.usecases.match_attachment import match_attachment
from fhir_um.usecases.read_attachments import attachments_of, held_attachments, open_attachment
from fhir_um.usecases.read_case import clocks_of
from fhir_um.usecases.read_worksheet import read_worksheet
from profiles.locating import with_places
from profiles.outcome import operation_outcome
from profiles.reading import Limits, read_json, write_json

_AS_KEPT = Limits(max_bytes=2**31, max_depth=190, max_entries=1_000_000)
"""What was taken once is read again, whatever the limits are now."""

_MOST_SHOWN = 200
_TOLD = {
    Fate.ATTACHED: ("informational", "The document was added to the request."),
    Fate.REPEATED: ("duplicate", "The document was received before."),
    Fate.HELD: ("informational", ""),
}


def submit(asked: Asked) -> Answer:
    """`POST [base]/$submit-attachment`: 200 with an OperationOutcome that says what became of each document."""
    body = read_message(asked.http, asked.house.settings)
    sent = _sent(asked, body)
    received = attach_documents(asked.deps, asked.caller, sent, asked.guide, _chart)
    current_trail().case_id = received.case_id or ""
    return fhir(write_json(operation_outcome(tuple(_told(sent, received)))))


def list_of_case(asked: Asked, case_id: str) -> Answer:
    """The documents of a case, in the order they came."""
    found = attachments_of(asked.deps, asked.caller, CaseId(case_id))
    return plain({"attachments": [attachment_view(row) for row in found]}, about=_about(found))


def worksheet(asked: Asked, case_id: str) -> Answer:
    """What a reviewer needs to decide: the criteria with what was found for each, the answers and the documents."""
    sheet = read_worksheet(asked.deps, asked.caller, CaseId(case_id), _chart)
    return plain(worksheet_view(sheet), headers=version_headers(sheet.case), case=sheet.case)


def list_held(asked: Asked) -> Answer:
    """Documents a person has to match: `unmatched=true` says so, and there is no other list."""
    demand_known(asked.http.args, ("unmatched", "limit"))
    query = asked.http.args
    if query.get("unmatched") != "true":
        raise Refusal.of(Kind.INVALID, "value", "Say unmatched=true; others are listed by case.", "unmatched")
    limit = query.get("limit", "50")
    if not is_whole(limit) or not 1 <= int(limit) <= _MOST_SHOWN:
        raise Refusal.of(Kind.INVALID, "value", f"limit must be a whole number from 1 to {_MOST_SHOWN}.", "limit")
    found = held_attachments(asked.deps, asked.caller, int(limit))
    return plain({"attachments": [attachment_view(row) for row in found]}, about=_about(found))


def show(asked: Asked, attachment_id: str) -> Answer:
    """The bytes of one document, streamed; to be saved, never to be shown as a page."""
    row, pieces = open_attachment(asked.deps, asked.caller, attachment_id)
    headers = {
        "Content-Length": str(row.size),
        "Content-Disposition": f'attachment; filename="{row.id}"',
        "ETag": f'"{row.content_hash}"',
    }
    current_trail().detail = row.address
    return Answer(b"", row.media, headers=headers, stream=pieces, about=tuple(_about((row,))))


def match(asked: Asked, attachment_id: str) -> Answer:
    """A person says which request a document belongs to; answers with that case."""
    body = read_body(asked.http, asked.house.settings)
    current_trail().bytes_in = len(body)
    matching = read_matching(body, signed_in(asked.caller))
    current_trail().role = matching.decider.role
    case = match_attachment(asked.deps, asked.caller, attachment_id, matching, _chart)
    return plain(
        case_view(case, clocks_of(asked.deps, case), asked.deps.clock().date()),
        headers=version_headers(case),
        case=case,
    )


def _about(rows: Iterable[Attachment]) -> Iterator[Subject]:
    """The cases of documents; of one that nobody has matched it is not known whom it is about."""
    return (Subject(row.payer_id, MemberId(""), row.case_id) for row in rows if row.case_id)


def _chart(body: bytes) -> Chart:
    return SubmittedChart(body, _AS_KEPT)


def _sent(asked: Asked, body: bytes) -> AttachmentsSent:
    limits = asked.house.limits
    read = read_json(body, limits)
    try:
        return read_attachments(read, limits.max_entries)
    except Refusal as refusal:
        raise Refusal(refusal.kind, with_places(refusal.issues, body)) from refusal


def _told(sent: AttachmentsSent, received: Received) -> Iterator[Issue]:
    for document, fate in zip(sent.documents, received.fates, strict=True):
        code, text = _TOLD[fate]
        yield Issue(code, text or received.why_held, document.path, severity="information")
    if received.note:
        yield Issue("informational", received.note, severity="information")
