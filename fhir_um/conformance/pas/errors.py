"""What goes wrong: requests that must be refused with an OperationOutcome, and errors of content inside a 200."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fhir_um.conformance.marks import BUSINESS_ERROR, PARTIAL, REFUSED, SUBMIT, SUBSCRIPTION
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Strength
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.answered import (
    Placed,
    claim_responses,
    extensions,
    kind_of,
    part,
    parts,
    placed,
    text,
)
from fhir_um.conformance.pas.looking import each_response
from fhir_um.conformance.pas.tests_of_suites import both
from profiles.canonicals import X12_FOLLOWUP_ACTION, X12_REJECT_REASON

_PATH = re.compile(r"Bundle\.entry\[(\d+)\]\.resource((?:\.[A-Za-z]+(?:\[\d+\])?)*)")
_STEP = re.compile(r"([A-Za-z]+)(?:\[(\d+)\])?")
_NOT_THERE = 404
_SEVERE = frozenset({"fatal", "error"})


# --- refused ----------------------------------------------------------------------------------------------------------


def _is_refused_by_others(exchange: Exchange) -> bool:
    """Whether a Subscription or a token is refused is asked by checks of their own."""
    return SUBSCRIPTION not in exchange.marks and _is_about_content(exchange)


def _is_about_content(exchange: Exchange) -> bool:
    """Who reads what was deleted is a matter of Subscriptions too."""
    is_look = SUBSCRIPTION in exchange.marks and exchange.method == "GET"
    return not is_look and not exchange.marks & situations.ACCESS


def _refused(exchange: Exchange) -> Iterator[Fault]:
    if not 400 <= exchange.status < 500:
        yield Fault(f"The status is {exchange.status}; a request that cannot be processed is answered with 4xx.")


def _one_outcome(exchange: Exchange) -> Iterator[Fault]:
    if kind_of(exchange.answer) != "OperationOutcome":
        said = kind_of(exchange.answer) or "no FHIR resource"
        yield Fault(f"The body is {said}; PAS wants one OperationOutcome.")


def _issues(exchange: Exchange) -> Iterator[Fault]:
    issues = parts(exchange.answer, "issue")
    if not any(text(one, "severity") in _SEVERE for one in issues):
        yield Fault("No issue is an error, so nothing tells why it was refused.", "OperationOutcome.issue")
    for number, issue in enumerate(issues):
        for name in ("severity", "code"):
            if not text(issue, name):
                yield Fault(f"The issue has no {name}.", f"OperationOutcome.issue[{number}].{name}")


def _words(exchange: Exchange) -> Iterator[Fault]:
    for number, issue in enumerate(parts(exchange.answer, "issue")):
        if not (text(part(issue, "details"), "text") or part(issue, "details") or text(issue, "diagnostics")):
            yield Fault("The issue says nothing in words.", f"OperationOutcome.issue[{number}].details")


def _status_is(*wanted: int) -> Callable[[Exchange], Iterable[Fault]]:
    told = " or ".join(map(str, wanted))

    def faults(exchange: Exchange) -> Iterator[Fault]:
        if exchange.status not in wanted:
            yield Fault(f"The status is {exchange.status}; {told} tells this fault from others.")

    return faults


# --- errors of content ------------------------------------------------------------------------------------------------


def _is_answered(exchange: Exchange) -> bool:
    return SUBMIT in exchange.marks and bool(claim_responses(exchange))


def _told(exchange: Exchange) -> Iterator[Fault]:
    if not any(parts(one.content, "error") for one in claim_responses(exchange)):
        yield Fault("The ClaimResponse tells no error, though the request has one.", "ClaimResponse.error")


def _in_part(exchange: Exchange) -> Iterator[Fault]:
    for one in claim_responses(exchange):
        if text(one.content, "outcome") != "partial":
            yield one.fault("Some lines are in order and some are not: the outcome is partial.", ".outcome")


def _error_codes(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for error in placed(response, "error"):
        codings = parts(part(error.content, "code"), "coding")
        if not any(text(one, "system") == X12_REJECT_REASON and text(one, "code") for one in codings):
            yield error.fault(f"The error has no code of {X12_REJECT_REASON}.", ".code")


def _followups(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for error in placed(response, "error"):
        for followup in extensions(error.content, "errorFollowupAction"):
            codings = parts(part(followup, "valueCodeableConcept"), "coding")
            if not any(text(one, "system") == X12_FOLLOWUP_ACTION and text(one, "code") for one in codings):
                yield error.fault(f"What to do about it has no code of {X12_FOLLOWUP_ACTION}.", ".extension")


def _elements(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    """2.0.1 has a string, 2.2.1 parts."""
    for error in placed(response, "error"):
        for element in extensions(error.content, "errorElement"):
            has_parts = bool(parts(element, "extension"))
            if has_parts == (exchange.version == "2.0.1"):
                form = "a string" if exchange.version == "2.0.1" else "parts (error, processNote)"
                yield error.fault(f"errorElement has {form} in PAS {exchange.version}.", ".extension")


def _paths(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    request = [part(entry, "resource") for entry in parts(exchange.asked, "entry")]
    if not request:
        return  # It was sent in a form that is not read here, such as compressed.
    for error in placed(response, "error"):
        for one in extensions(error.content, "errorPath"):
            path = text(one, "valueString")
            if not leads(path, request):
                yield error.fault(f"errorPath {path!r} leads to nothing in the request.", ".extension")


def leads(path: str, request: list[Json]) -> bool:
    """True when every element of the path but the last is in the request: the fault may be that the last is missing."""
    found = _PATH.fullmatch(path)
    if found is None:
        return False
    nodes: list[Any] = request[int(found[1]) : int(found[1]) + 1]
    for step in filter(None, found[2].split(".")):
        if not nodes:
            return False
        nodes = _below(nodes, step)
    return bool(found[2]) or bool(nodes)


def _below(nodes: list[Any], step: str) -> list[Any]:
    form = _STEP.fullmatch(step)
    name, index = (form[1], form[2]) if form else (step, None)
    choice = re.compile(f"{name}([A-Z][A-Za-z0-9]*)?")
    found: list[Any] = []
    for node in nodes:
        for key, value in node.items() if isinstance(node, dict) else ():
            if choice.fullmatch(key):
                found += value if isinstance(value, list) else [value]
    return found if index is None else found[int(index) : int(index) + 1]


def _has_errors(exchange: Exchange) -> bool:
    return any(parts(one.content, "error") for one in claim_responses(exchange))


def _was_submitted(exchange: Exchange) -> bool:
    return SUBMIT in exchange.marks and _has_errors(exchange)


def _is_4xx(exchange: Exchange) -> bool:
    is_there = exchange.status != _NOT_THERE or situations.UNKNOWN_PATH in exchange.marks
    return 400 <= exchange.status < 500 and is_there


def _told_apart(mark: str, name: str, title: str, *wanted: int) -> Check:
    """Looks at what was refused; that it must be is asked by `pas.refused.status`, where it must."""
    judged = Each((mark,), _status_is(*wanted), _is_4xx)
    return Check(f"pas.refused.{name}", title, Strength.SHOULD, judged, rests_on=("pas.refused.status",))


_SENT = both("4.01", "4.02")

CHECKS = (
    Check(
        "pas.refused.status",
        "What cannot be processed is answered with 4xx",
        Strength.SHALL,
        Each((REFUSED,), _refused, _is_refused_by_others),
        ("pas:spec-35", "pas:spec-38", "pas:spec-39", "pas:spec-12"),
        _SENT,
        ("pas.http.no-server-fault", "pas.http.no-redirects"),
    ),
    Check(
        "pas.refused.outcome",
        "What is refused is told by one OperationOutcome",
        Strength.SHALL,
        Each((REFUSED,), _one_outcome, _is_about_content),
        ("pas:spec-35",),
        _SENT,
        (
            "pas.http.no-server-fault",
            "pas.refused.status",
            *(f"pas.subscription.refuses-{what}" for what in ("topic", "channel", "content", "filter")),
        ),
    ),
    Check(
        "pas.refused.issues",
        "The OperationOutcome tells at least one error, with severity and code",
        Strength.SHALL,
        Each((REFUSED,), _issues, _is_about_content),
        rests_on=("pas.refused.outcome",),
    ),
    Check(
        "pas.refused.words",
        "Each issue says in words what is wrong",
        Strength.SHOULD,
        Each((REFUSED,), _words, _is_about_content),
        rests_on=("pas.refused.outcome",),
    ),
    _told_apart(situations.WRONG_MEDIA, "media-type", "A body of another media type is answered with 415", 415),
    _told_apart(situations.WRONG_ACCEPT, "accept", "Who takes nothing that is offered is told so with 406", 406),
    _told_apart(
        situations.UNKNOWN_FHIR_VERSION,
        "fhir-version",
        "Who refuses a FHIR version says so with 406 or 415",
        406,
        415,
    ),
    _told_apart(situations.UNKNOWN_PATH, "unknown-path", "An address that is not there is answered with 404", 404),
    _told_apart(situations.WRONG_METHOD, "method", "An operation is not done by GET: 405, 404 or 400", 400, 404, 405),
    Check(
        "pas.business-error.told",
        "A fault of content is told in the ClaimResponse",
        Strength.EXPECTED,
        Each((BUSINESS_ERROR,), _told, _is_answered),
        ("pas:spec-39",),
        rests_on=("pas.bundle.entries", "pas.response.outcome", "pas.response.outcome-and-errors"),
    ),
    Check(
        "pas.business-error.in-part",
        "A fault of one line leaves the others to be decided",
        Strength.EXPECTED,
        Each((BUSINESS_ERROR, PARTIAL), _in_part, _is_answered),
        rests_on=("pas.response.outcome-and-errors", "pas.business-error.told"),
    ),
    Check(
        "pas.error.code",
        "An error has a reject reason of X12",
        Strength.SHALL,
        each_response(_error_codes, of=_has_errors),
        public=both("2.1.1.03"),
    ),
    Check(
        "pas.error.followup",
        "What to do about an error is a follow-up action of X12",
        Strength.SHALL,
        each_response(_followups, of=_has_errors),
    ),
    Check(
        "pas.error.element",
        "The element of an error is named as the version wants it",
        Strength.SHALL,
        each_response(_elements, of=_has_errors),
    ),
    Check(
        "pas.error.path",
        "The path of an error leads into the request",
        Strength.EXPECTED,
        each_response(_paths, of=_was_submitted),
    ),
)
