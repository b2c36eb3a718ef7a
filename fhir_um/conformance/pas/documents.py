"""Documents asked for in an answer: CommunicationRequests and the lines they belong to."""

import re
from collections.abc import Iterable, Iterator

from fhir_um.conformance.marks import INQUIRE, SUBMIT
from fhir_um.conformance.model import Check, Exchange, Fault, Session, Strength, Whole
from fhir_um.conformance.pas.answered import (
    PENDED,
    Placed,
    decision_bundles,
    extensions,
    lines,
    part,
    parts,
    resolved,
    resources,
    text,
)
from fhir_um.conformance.pas.looking import each_bundle, each_response
from fhir_um.conformance.pas.tests_of_suites import SUBMIT_VALID

FORM = "102089-0"
"""The LOINC code that stands for the payer's own form."""
_LOINC = re.compile(r"\d{1,7}-\d")
_NEWER = tuple(number for number in SUBMIT_VALID if number.startswith("pas-v221"))


def requests_for_documents(bundle: Placed) -> list[Placed]:
    """The CommunicationRequests of a Bundle."""
    return resources(bundle, "CommunicationRequest")


def _has_requests(exchange: Exchange) -> bool:
    return any(requests_for_documents(bundle) for bundle in decision_bundles(exchange))


def _is_newer(exchange: Exchange) -> bool:
    return exchange.version != "2.0.1" and _has_requests(exchange)


def _line_numbers(asked: Placed) -> list[int]:
    """In 2.2.1 the line stands at the root, in 2.0.1 in the payload."""
    places = [asked.content, *parts(asked.content, "payload")]
    told = [one.get("valuePositiveInt") for place in places for one in extensions(place, "serviceLineNumber")]
    return [number for number in told if isinstance(number, int)]


def _status(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for asked in requests_for_documents(bundle):
        if asked.content.get("status") != "active":
            yield asked.fault(f"status is {asked.content.get('status')!r}; PAS wants active.", ".status")


def _identifier(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    """By voice (VO) nothing is sent that would need a control number."""
    for asked in requests_for_documents(bundle):
        codings = [coding for medium in parts(asked.content, "medium") for coding in parts(medium, "coding")]
        is_by_voice = any(text(coding, "code") == "VO" for coding in codings)
        if not is_by_voice and not text(part(asked.content, "identifier"), "value"):
            yield asked.fault("There is no identifier, so nothing can be sent that refers to it.", ".identifier")


def _code(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for asked in requests_for_documents(bundle):
        for payload in parts(asked.content, "payload"):
            code = payload.get("contentString")
            if code is not None and not _LOINC.fullmatch(str(code)):
                yield asked.fault(f"The payload is {code!r}; PAS wants nothing but the LOINC code.", ".payload")


def _line(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    told = {line.sequence for response in resources(bundle, "ClaimResponse") for line in lines(response)}
    for asked in requests_for_documents(bundle):
        for number in _line_numbers(asked):
            if number not in told:
                yield asked.fault(f"It belongs to line {number}, of which the answer does not tell.")


def _trace_number(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    """The number by which the payer's form is fetched (DTR context)."""
    of_lines = {line.sequence: line for one in resources(bundle, "ClaimResponse") for line in lines(one)}
    for asked in requests_for_documents(bundle):
        if not any(text(one, "contentString") == FORM for one in parts(asked.content, "payload")):
            continue
        for line in (of_lines[number] for number in _line_numbers(asked) if number in of_lines):
            if not extensions(line.at.content, "itemTraceNumber"):
                yield line.at.fault("The payer's form is asked for, and no itemTraceNumber leads to it.", ".extension")


def _asks_for_form(exchange: Exchange) -> bool:
    asked = [one for bundle in decision_bundles(exchange) for one in requests_for_documents(bundle)]
    return any(text(one, "contentString") == FORM for each in asked for one in parts(each.content, "payload"))


def _listed(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    entries = {text(entry, "fullUrl"): part(entry, "resource") for entry in parts(bundle.content, "entry")}
    named = {
        resolved(text(one, "reference"), url)
        for url, resource in entries.items()
        for one in parts(resource, "communicationRequest")
    }
    for url, resource in entries.items():
        if resource.get("resourceType") == "CommunicationRequest" and url not in named:
            yield bundle.fault(f"{url} asks for a document, and the ClaimResponse does not name it.", ".entry")


def _waits(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    said = {line.sequence: line.action for one in resources(bundle, "ClaimResponse") for line in lines(one)}
    for asked in requests_for_documents(bundle):
        for number in _line_numbers(asked):
            if said.get(number, PENDED) != PENDED:
                text_ = f"A document is asked for line {number}, which is {said[number]} and does not wait."
                yield asked.fault(text_)


def _waiting(session: Session) -> Iterable[Fault] | None:
    concerned = [one for one in session.marked(SUBMIT) if _has_requests(one)]
    faults = [fault for one in concerned for bundle in decision_bundles(one) for fault in _waits(bundle, one)]
    return faults if concerned else None


def _none_in_inquiry(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    if parts(response.content, "communicationRequest"):
        text_ = "The answer to an inquiry asks for documents; its profile has no place for that."
        yield response.fault(text_, ".communicationRequest")


_THERE = ("pas.bundle.entries",)

CHECKS = (
    Check(
        "pas.documents.status",
        "A request for a document is active",
        Strength.SHALL,
        each_bundle(_status, of=_has_requests),
        public=SUBMIT_VALID,
    ),
    Check(
        "pas.documents.identifier",
        "A request for a document has a control number (PAS 2.2.1)",
        Strength.SHALL,
        each_bundle(_identifier, of=_is_newer),
        public=_NEWER,
    ),
    Check(
        "pas.documents.code",
        "A request for a document names it by its LOINC code alone (PAS 2.2.1)",
        Strength.SHALL,
        each_bundle(_code, of=_is_newer),
        public=_NEWER,
    ),
    Check(
        "pas.documents.line",
        "A request for a document names a line of the answer",
        Strength.EXPECTED,
        each_bundle(_line, of=_has_requests),
        rests_on=(*_THERE, "pas.lines.numbered", "pas.lines.none-lost"),
    ),
    Check(
        "pas.documents.named",
        "The ClaimResponse names every request for a document",
        Strength.EXPECTED,
        each_bundle(_listed, of=_has_requests),
        rests_on=(*_THERE, "pas.bundle.references"),
    ),
    Check(
        "pas.documents.waits",
        "Documents are asked for lines that wait",
        Strength.EXPECTED,
        Whole((SUBMIT,), _waiting),
        rests_on=(
            *_THERE,
            "pas.review-action.there",
            "pas.review-action.known",
            "pas.pended.decision",
            "pas.documents.line",
        ),
    ),
    Check(
        "pas.documents.trace-number",
        "Where the payer's form is asked for, the line has the trace number that leads to it",
        Strength.SHALL,
        each_bundle(_trace_number, of=_asks_for_form),
        ("pas:ainfo-3",),
        rests_on=(*_THERE, "pas.documents.line"),
    ),
    Check(
        "pas.documents.none-in-inquiry",
        "The answer to an inquiry asks for no documents",
        Strength.SHOULD_NOT,
        each_response(_none_in_inquiry, INQUIRE),
    ),
)
