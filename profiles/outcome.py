"""What a refusal becomes on the wire: the only table Kind -> HTTP status, the only OperationOutcome builder.

Must not know Flask or the store.
"""

from typing import Any

from profiles.issues import Issue, Kind, Refusal

HTTP_STATUS: dict[Kind, int] = {
    Kind.UNREADABLE: 400,
    Kind.UNKNOWN_CALLER: 401,
    Kind.NOT_ALLOWED: 403,
    Kind.NOT_FOUND: 404,
    Kind.NOT_OFFERED: 405,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.CONFLICT: 409,
    Kind.MISSING_PREFETCH: 412,
    Kind.TOO_BIG: 413,
    Kind.WRONG_TYPE: 415,
    Kind.INVALID: 422,
    Kind.BUSY: 503,
    Kind.LATE: 504,
    Kind.BROKEN: 500,
}
"""One row per kind. 4xx: sending the same again fails again; 5xx: it may work later (PAS 2.2.1 spec-39)."""


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return HTTP_STATUS[refusal.kind]


def operation_outcome(issues: tuple[Issue, ...]) -> dict[str, Any]:
    """One OperationOutcome with every issue in the order found (PAS 2.2.1 spec-35).

    >>> operation_outcome((Issue("required", "Claim.patient is missing.", "Bundle.entry[0].resource.patient"),))[
    ...     "issue"][0]["expression"]
    ['Bundle.entry[0].resource.patient']
    """
    return {"resourceType": "OperationOutcome", "issue": [_issue(issue) for issue in issues]}


def _issue(issue: Issue) -> dict[str, Any]:
    row: dict[str, Any] = {"severity": issue.severity, "code": issue.code, "details": {"text": issue.text}}
    if issue.path:
        row["expression"] = [issue.path]
    return row
