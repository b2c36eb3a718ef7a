"""Query parameters: known, given once, and numbers that are numbers. Must not know what they mean."""

import re
from collections.abc import Collection

from flask import Request

from fhir_um.errors import Issue, Kind, Refusal

_LONGEST_NAME = 40
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


def faults_of(request: Request, known: Collection[str], often: Collection[str] = ()) -> tuple[Issue, ...]:
    """A fault for each parameter that is not known, or given more than once unless it may be (`often`)."""
    rows = tuple(request.args.lists())
    unknown = [_fault(name, "is not supported") for name, _ in rows if name not in known]
    repeated = [_fault(name, "may be given once") for name, values in rows if len(values) > 1 and name not in often]
    return (*unknown, *repeated)


def demand_known(request: Request, known: Collection[str], often: Collection[str] = ()) -> None:
    """Passes when `faults_of` finds nothing. Raises: Refusal INVALID."""
    faults = faults_of(request, known, often)
    if faults:
        raise Refusal(Kind.INVALID, faults)


def is_whole(text: str) -> bool:
    """True for 1 to 9 digits of ASCII and nothing else.

    >>> is_whole("50"), is_whole("\\u0663"), is_whole("1e3")
    (True, False, False)
    """
    return _WHOLE.fullmatch(text) is not None


def _fault(name: str, why: str) -> Issue:
    return Issue("not-supported", f"The parameter {name[:_LONGEST_NAME]!r} {why}.", name[:_LONGEST_NAME])
