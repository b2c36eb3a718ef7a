"""Whose events a subscription is about. Must not know how a filter was spelled.

Source: PAS 2.2.1 spec-58 (the sending system, X12 ISA06); PAS 2.0.1 and 2.1.0 (the requesting organization). Both
readings are in use, so an organization counts when it is either.
"""

from collections.abc import Iterable

from fhir_um.cases.asked import ClaimRequest


def organizations_of(request: ClaimRequest) -> frozenset[str]:
    """Every identifier by which a request's sender or requesting organization may be meant, with and without system."""
    parties = (request.requester, *request.requester_parties)
    identifiers = [identifier for party in parties for identifier in party.identifiers]
    values = {identifier.value for identifier in identifiers}
    values |= {f"{identifier.system}|{identifier.value}" for identifier in identifiers if identifier.system}
    if request.transmission:
        values.add(request.transmission.interchange_sender)
    return frozenset(values - {""})


def is_about(wanted: Iterable[str], organizations: frozenset[str]) -> bool:
    """True when any of the wanted organizations is among them, or all are wanted.

    >>> is_about((), frozenset({"1"})), is_about(("2", "1"), frozenset({"1"})), is_about(("2",), frozenset({"1"}))
    (True, True, False)
    """
    sought = frozenset(wanted)
    return not sought or not sought.isdisjoint(organizations)
