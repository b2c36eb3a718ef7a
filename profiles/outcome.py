"""What a refusal becomes on the wire: the only table Kind -> HTTP status, the only builder of what is told of it.

Must not know Flask or the store.
"""

from collections.abc import Iterator
from typing import Any

from profiles.issues import UNKNOWN_ELEMENT, Issue, Kind, Refusal
from profiles.primitives import has_control_character

ON_THE_WIRE: dict[Kind, tuple[int, str]] = {
    Kind.UNREADABLE: (400, "The request cannot be read"),
    Kind.UNKNOWN_CALLER: (401, "It is not known who is calling"),
    Kind.NOT_ALLOWED: (403, "This caller may not do that"),
    Kind.NOT_FOUND: (404, "There is no such thing here"),
    Kind.NOT_OFFERED: (405, "This is not offered at this address"),
    Kind.NOT_ACCEPTABLE: (406, "The answer is not offered in that form"),
    Kind.CONFLICT: (409, "Things are not as the request takes them to be"),
    Kind.OUTDATED: (412, "The version that was named is not the current one"),
    Kind.MISSING_PREFETCH: (412, "What was needed beforehand is missing"),
    Kind.TOO_BIG: (413, "The message is too big"),
    Kind.WRONG_TYPE: (415, "The message is of a type that is not read here"),
    Kind.INVALID: (422, "The request can be read and cannot be done"),
    Kind.TOO_MANY: (429, "Too many requests came from this caller"),
    Kind.BUSY: (503, "It cannot be done at the moment"),
    Kind.LATE: (504, "It took too long"),
    Kind.BROKEN: (500, "Something is broken here"),
}
"""One row per kind: its status, and what it is in words. 429 and 5xx: it may work later; other 4xx: the same again
fails again (PAS 2.2.1 spec-39)."""

HTTP_STATUS: dict[Kind, int] = {kind: status for kind, (status, _) in ON_THE_WIRE.items()}

PROBLEM_JSON = "application/problem+json"
PROBLEM_TYPE = "urn:fhir-um:problem:"
"""Before the word of a kind: the type of a problem, told of in docs/um.md."""

_SERVER_FAULT = 500


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return HTTP_STATUS[refusal.kind]


_SD = "http://hl7.org/fhir/StructureDefinition/"
EXT_LINE = _SD + "operationoutcome-issue-line"
EXT_COLUMN = _SD + "operationoutcome-issue-col"
EXT_AUTHORITY = _SD + "operationoutcome-authority"


def operation_outcome(issues: tuple[Issue, ...]) -> dict[str, Any]:
    """One OperationOutcome with every issue in the order found (PAS 2.2.1 spec-35).

    A person finds line, column and rule in `diagnostics`; a program finds them in extensions, the profile that makes
    the rule as its canonical URL. Source: FHIR R4 OperationOutcome and its extension operationoutcome-authority; FHIR
    Extensions Pack 5.2.0, operationoutcome-issue-line and -issue-col (integers).

    >>> operation_outcome((Issue("required", "Claim.patient is missing.", "Bundle.entry[0].resource.patient"),))[
    ...     "issue"][0]["expression"]
    ['Bundle.entry[0].resource.patient']
    """
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def problem_details(refusal: Refusal, instance: str) -> dict[str, Any]:
    """A refusal as problem details, for addresses that do not speak FHIR: every issue with its code, words and place.

    `instance` names this one occurrence. Of a fault that is ours nothing else is told. Source: RFC 9457, 3.1 and 3.2.

    >>> problem_details(Refusal.of(Kind.INVALID, "required", "Say why.", "lines[0].text"), "urn:x:1")["errors"]
    [{'code': 'required', 'detail': 'Say why.', 'path': 'lines[0].text'}]
    """
    status, title = ON_THE_WIRE[refusal.kind]
    told = {"type": PROBLEM_TYPE + refusal.kind.value, "title": title, "status": status, "instance": instance}
    if status >= _SERVER_FAULT:
        return told
    errors = [_problem(issue) for issue in refusal.issues]
    detail = errors[0]["detail"] if len(errors) == 1 else f"There are {len(errors)} faults; errors names each."
    return told | {"detail": detail, "errors": errors}


def rule_of(issue: Issue) -> str:
    """The rule behind an issue in words: its key, and the profile that makes it. Empty when none is known.

    >>> rule_of(Issue("required", "", "", "error", "min", "http://hl7.org/fhir/StructureDefinition/Claim|4.0.1"))
    'rule min of http://hl7.org/fhir/StructureDefinition/Claim|4.0.1'
    """
    rule = f"rule {issue.rule}" if issue.rule else ""
    return f"{rule} of {issue.profile}" if rule and issue.profile else rule or issue.profile


def place_of(issue: Issue) -> str:
    """Where an issue stands, in words of FHIR.

    The name of an element that no definition has is the writer's own word, and may be anybody's name: the place ends
    above it, and line and column lead to it.

    >>> place_of(Issue("structure", "", "Claim.item[0].`Ann Lee, born 1.1.`", rule="unknown-element"))
    'Claim.item[0]'
    """
    place = issue.path.partition(".`")[0]
    return place.rpartition(".")[0] if issue.rule == UNKNOWN_ELEMENT and place == issue.path else place


def _issue(issue: Issue) -> dict[str, Any]:
    extensions = list(_extensions(issue))
    row: dict[str, Any] = {"extension": extensions} if extensions else {}
    row |= {"severity": issue.severity, "code": issue.code, "details": {"text": _as_string(issue.text)}}
    place = f"line {issue.line}, column {issue.column}" if issue.line else ""
    diagnostics = "; ".join(part for part in (place, rule_of(issue)) if part)
    if diagnostics:
        row["diagnostics"] = diagnostics
    if place := place_of(issue):
        row["expression"] = [_as_string(place)]
    return row


def _problem(issue: Issue) -> dict[str, Any]:
    row = {"code": issue.code, "detail": _as_string(issue.text)}
    place = place_of(issue)
    return row | ({"path": _as_string(place)} if place else {})


def _as_string(text: str) -> str:
    """What an issue quotes of a message may hold characters that no FHIR string can; each is shown as `\ufffd`."""
    return "".join("\ufffd" if has_control_character(c) else c for c in text) if has_control_character(text) else text


def _extensions(issue: Issue) -> Iterator[dict[str, Any]]:
    if issue.line:
        yield {"url": EXT_LINE, "valueInteger": issue.line}
        yield {"url": EXT_COLUMN, "valueInteger": issue.column}
    if issue.profile:
        yield {"url": EXT_AUTHORITY, "valueUri": issue.profile}
