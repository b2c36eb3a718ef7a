"""Keeps a run going when an answer has a form that nobody thought of. Must not judge.

A check that cannot read an answer fails with that; a scene that cannot go on with one breaks off.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fhir_um.conformance.model import Check, Each, Exchange, Fault, Session, Whole

UNREADABLE = (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)
"""What reading JSON of an unexpected form raises, or of JSON nested without end."""

_MOST_CHARACTERS = 200
"""Of what was met instead, which may be the answer itself."""


def guarded(check: Check) -> Check:
    """The same check, for which an answer it cannot read is a fault."""
    return replace(check, judge=_each(check.judge) if isinstance(check.judge, Each) else _whole(check.judge))


def told(fault: BaseException) -> str:
    """What could not be read, in a few words."""
    return f"the answer has a form that cannot be read here ({type(fault).__name__}: {str(fault)[:_MOST_CHARACTERS]})"


def _each(each: Each) -> Each:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        try:
            each.of(exchange)
            yield from each.faults(exchange)
        except UNREADABLE as fault:
            yield Fault(told(fault))

    def of(exchange: Exchange) -> bool:
        """One that cannot be read concerns the check: it is told then what cannot be read."""
        try:
            return each.of(exchange)
        except UNREADABLE:
            return True

    return replace(each, faults=faults, of=of)


def _whole(whole: Whole) -> Whole:
    def faults(session: Session) -> Iterable[Fault] | None:
        try:
            found = whole.faults(session)
            return None if found is None else tuple(found)
        except UNREADABLE as fault:
            return (Fault(told(fault)),)

    return replace(whole, faults=faults)
