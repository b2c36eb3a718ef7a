"""Who may ask: tokens that are good for nothing, and what belongs to somebody else."""

from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance.marks import INQUIRE
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Strength
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.answered import claim_responses, is_good
from fhir_um.conformance.tester import REVIEWER, FhirAuth, Tester

_FIRST = ("pas.http.no-server-fault", "pas.http.no-redirects")
_NOT_ANSWERED = frozenset({401, 403, 404, 410})


def is_protected(tester: Tester) -> bool:
    """True when the profile says that credentials are asked for."""
    return tester.authentication.fhir.kind is not FhirAuth.NONE


def second_client(tester: Tester) -> str:
    """The name of another sender's system in the profile, or nothing."""
    return next((name for name in tester.clients if name != REVIEWER), "")


def _unprotected(tester: Tester) -> str:
    return "" if is_protected(tester) else "the profile says that no credentials are asked for"


def _alone(tester: Tester) -> str:
    return "" if second_client(tester) else "the profile names no second client under `clients`"


def _status_is(*wanted: int) -> Callable[[Exchange], Iterable[Fault]]:
    told = " or ".join(map(str, wanted))

    def faults(exchange: Exchange) -> Iterator[Fault]:
        if exchange.status not in wanted:
            yield Fault(f"The status is {exchange.status}; such a request is answered with {told}.")

    return faults


def _challenge(exchange: Exchange) -> Iterator[Fault]:
    if "www-authenticate" not in exchange.headers:
        yield Fault("401 comes without WWW-Authenticate, which says how to ask.")


def _not_shown(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status not in _NOT_ANSWERED:
        yield Fault(f"Another client reads what is not its own: {exchange.status}.")


def _found(exchange: Exchange) -> Iterator[Fault]:
    if not claim_responses(exchange):
        yield Fault("Somebody else who knows the member and the provider finds nothing.")


CHECKS = (
    Check(
        "pas.access.unknown-token",
        "A token nobody issued is refused",
        Strength.SHALL,
        Each((situations.UNKNOWN_BEARER,), _status_is(401, 403)),
        ("pas:spec-4",),
        rests_on=_FIRST,
    ),
    Check(
        "pas.access.malformed-token",
        "An Authorization header that is none is refused",
        Strength.EXPECTED,
        Each((situations.MALFORMED_BEARER,), _status_is(400, 401, 403)),
        ("pas:spec-4",),
        rests_on=_FIRST,
    ),
    Check(
        "pas.access.no-token",
        "Without credentials nothing is answered",
        Strength.SHALL,
        Each((situations.NO_BEARER,), _status_is(401, 403)),
        ("pas:spec-4",),
        rests_on=_FIRST,
        omitted=_unprotected,
    ),
    Check(
        "pas.access.challenge",
        "A refusal with 401 says how to ask",
        Strength.SHALL,
        Each((), _challenge, lambda exchange: exchange.status == 401 and not exchange.came_in),
    ),
    Check(
        "pas.access.other-client",
        "What one client sent, another does not read",
        Strength.SHALL,
        Each((situations.OTHER_CLIENT,), _not_shown),
        ("pas:spec-59", "pas:spec-4"),
        rests_on=_FIRST,
        omitted=_alone,
    ),
    Check(
        "pas.access.other-asks",
        "Who did not send a request finds it by member and provider",
        Strength.SHALL,
        Each((INQUIRE, situations.OTHER_ASKS), _found, is_good),
        ("pas:spec-52", "pas:spec-53"),
        rests_on=(*_FIRST, "pas.inquiry.taken", "pas.inquiry.shape", "pas.bundle.entries"),
        omitted=_alone,
    ),
)
