"""What checks of PAS look at: one decision Bundle, one ClaimResponse or one line at a time. Must not judge itself."""

from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance.model import Each, Exchange, Fault
from fhir_um.conformance.pas.answered import (
    Line,
    Placed,
    claim_responses,
    decision_bundles,
    has_decision,
    has_response,
    lines,
)

OfBundle = Callable[[Placed, Exchange], Iterable[Fault]]
OfLine = Callable[[Line], Iterable[Fault]]
Holds = Callable[[Exchange], bool]


def always(_exchange: Exchange) -> bool:
    """Every exchange."""
    return True


def each_bundle(faults: OfBundle, *marks: str, of: Holds = always) -> Each:
    """Looks at every decision Bundle of an answer or a notification."""

    def all_faults(exchange: Exchange) -> Iterator[Fault]:
        for bundle in decision_bundles(exchange):
            yield from faults(bundle, exchange)

    return Each(marks, all_faults, lambda exchange: has_decision(exchange) and of(exchange))


def each_response(faults: OfBundle, *marks: str, of: Holds = always) -> Each:
    """Looks at every ClaimResponse, wherever it came."""

    def all_faults(exchange: Exchange) -> Iterator[Fault]:
        for response in claim_responses(exchange):
            yield from faults(response, exchange)

    return Each(marks, all_faults, lambda exchange: has_response(exchange) and of(exchange))


def each_line(faults: OfLine, *marks: str, name: str = "item", of: Holds = always) -> Each:
    """Looks at every line of every ClaimResponse."""

    def all_faults(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
        for line in lines(response, name):
            yield from faults(line)

    def has_line(exchange: Exchange) -> bool:
        return of(exchange) and any(lines(response, name) for response in claim_responses(exchange))

    return each_response(all_faults, *marks, of=has_line)


def listed(codes: Iterable[str]) -> str:
    """`A1, A3 or A4`, for a sentence."""
    *but_last, last = sorted(codes)
    return f"{', '.join(but_last)} or {last}" if but_last else last
