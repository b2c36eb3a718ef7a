"""Documents after the request: `$submit-attachment` of CDex, as PAS uses it."""

from collections.abc import Iterator

from fhir_um.conformance.marks import ATTACHMENT, REFUSED
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Strength
from fhir_um.conformance.pas.answered import is_good, kind_of, parts, text
from fhir_um.conformance.pas.submissions import said_why


def _is_plain(exchange: Exchange) -> bool:
    return REFUSED not in exchange.marks


def _taken(exchange: Exchange) -> Iterator[Fault]:
    if not is_good(exchange):
        yield Fault(f"The attachment was answered with {exchange.status}; it should be 200.{said_why(exchange)}")


def _no_error_inside(exchange: Exchange) -> Iterator[Fault]:
    for number, issue in enumerate(parts(exchange.answer, "issue")):
        if text(issue, "severity") in ("fatal", "error"):
            yield Fault("It was answered with 200, and with an error inside.", f"OperationOutcome.issue[{number}]")


def _is_outcome(exchange: Exchange) -> bool:
    return _is_plain(exchange) and is_good(exchange) and kind_of(exchange.answer) == "OperationOutcome"


CHECKS = (
    Check(
        "pas.attachment.taken",
        "A document that was asked for is taken",
        Strength.SHALL,
        Each((ATTACHMENT,), _taken, _is_plain),
        rests_on=("pas.http.no-server-fault", "pas.http.no-redirects"),
    ),
    Check(
        "pas.attachment.no-error",
        "What was taken is not told as an error",
        Strength.EXPECTED,
        Each((ATTACHMENT,), _no_error_inside, _is_outcome),
        rests_on=("pas.attachment.taken",),
    ),
)
