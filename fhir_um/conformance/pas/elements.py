"""Must support: over all answers together, every element the profiles mark is said at least once.

Where a scene was broken off and something is missing nothing is judged: that scene might have said it.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache

import msgspec

from fhir_um.conformance.marks import INQUIRE, REFUSED, SUBMIT
from fhir_um.conformance.model import Check, Exchange, Fault, Session, Strength, Whole
from fhir_um.conformance.must_support import (
    INQUIRY_ANSWERS,
    ORDERS,
    SUBMIT_ANSWERS,
    Resource,
    missing,
    pas_profile,
    pool,
)
from fhir_um.conformance.pas.tests_of_suites import both

_PROFILES = 128
"""Pools are remembered by what they hold, as several runs may look at the same."""
_MANY = 12
"""So many elements are named one by one."""


Body = Callable[[Exchange], bytes]


def _answers(exchange: Exchange) -> bytes:
    return exchange.body


def _requests(exchange: Exchange) -> bytes:
    return exchange.sent


@lru_cache(_PROFILES)
def _missing(name: str, version: str, bodies: tuple[bytes, ...]) -> tuple[str, ...]:
    return missing(pas_profile(name, version), _pool(bodies))


@lru_cache(2)
def _pool(bodies: tuple[bytes, ...]) -> list[Resource]:
    return pool(_read(body) for body in bodies)


def _read(body: bytes) -> object:
    """What is no JSON says nothing; that it is none is told by other checks."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _said(name: str, mark: str, of: Body) -> Whole:
    def faults(session: Session) -> Iterable[Fault] | None:
        bodies = tuple(of(one) for one in session.marked(mark) if REFUSED not in one.marks)
        if not bodies:
            return None
        gone = _missing(name, session.version, bodies)
        if gone and session.broken_off:
            return None
        return [Fault(_told(gone, len(bodies)), name)] if gone else []

    return Whole(() if of is _answers else (mark,), faults)


def _told(gone: tuple[str, ...], count: int) -> str:
    more = f" and {len(gone) - _MANY} more" if len(gone) > _MANY else ""
    return f"In {count} messages nobody ever said {', '.join(gone[:_MANY])}{more}."


def _some_order(mark: str) -> Whole:
    def faults(session: Session) -> Iterable[Fault] | None:
        bodies = tuple(one.sent for one in session.marked(mark) if REFUSED not in one.marks)
        sent = _pool(bodies)
        kinds = {str(one.get("resourceType")).lower() for one in sent} & set(ORDERS)
        gone = {kind: _missing(kind, session.version, bodies) for kind in sorted(kinds)}
        if not sent or (session.broken_off and (not kinds or any(gone.values()))):
            return None
        if not kinds:
            return [Fault("No request carries an order: a ServiceRequest, DeviceRequest or the like.")]
        return [Fault(_told(what, len(bodies)), kind) for kind, what in gone.items() if what]

    return Whole((mark,), faults)


def _check(where: str, name: str, judged: Whole, number: str, strength: Strength, *requirements: str) -> Check:
    title = f"Must support, {where}: {name}"
    return Check(f"pas.must-support.{where}.{name}", title, strength, judged, requirements, both(number))


def _table(
    where: str, names: tuple[str, ...], mark: str, of: Body, first: str, strength: Strength
) -> tuple[Check, ...]:
    """Numbered as the public suites number them, from `first` on."""
    group, _, start = first.rpartition(".")
    requirement = "pas:conf-6" if of is _answers else "pas:conf-4"
    return tuple(
        _check(where, name, _said(name, mark, of), f"{group}.{int(start) + number:02d}", strength, requirement)
        for number, name in enumerate(names)
    )


_WHO = ("insurer", "requestor", "beneficiary")
_STAFF = ("practitioner", "practitionerrole")
_SUBMITTED = ("pas-request-bundle", "claim-update", "coverage", "encounter", *_WHO, "subscriber", *_STAFF)
_INQUIRED = ("pas-inquiry-request-bundle", "claim-inquiry", "coverage", *_WHO, "subscriber", *_STAFF)
"""In the order of the public suites, which hold submitted Claims against the profile of updates alone."""

ASKED = (
    _check("requests", "orders", _some_order(SUBMIT), "3.1.2.01", Strength.SHOULD),
    *_table("requests", _SUBMITTED, SUBMIT, _requests, "3.1.2.02", Strength.SHOULD),
    *_table("inquiry-requests", _INQUIRED, INQUIRE, _requests, "3.2.2.01", Strength.SHOULD),
)
"""What the tester sends; a gap there is no fault of the server."""

ANSWERED = (
    *_table("answers", SUBMIT_ANSWERS, SUBMIT, _answers, "3.1.3.01", Strength.SHALL),
    *_table("inquiry-answers", INQUIRY_ANSWERS, INQUIRE, _answers, "3.2.3.01", Strength.SHALL),
)
