"""Parameters of a query or a form: known, given once, and numbers that are numbers. Must not know what they mean."""

import re
from collections.abc import Collection

from werkzeug.datastructures import MultiDict

from fhir_um.errors import Issue, Kind, Refusal

_ESCAPED = re.compile(r"\\[,|$\\]")
_TOKEN_PART = re.compile(r"\\[,|$\\]|.", re.DOTALL)
_WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


def faults_of(given: MultiDict[str, str], known: Collection[str], often: Collection[str] = ()) -> tuple[Issue, ...]:
    """A fault for each parameter that is not known, or given more than once unless it may be (`often`)."""
    rows = tuple(given.lists())
    unknown = [Issue("not-supported", _offered(known)) for name, _ in rows if name not in known]
    repeated = [
        _fault(name, "may be given once")
        for name, values in rows
        if len(values) > 1 and name in known and name not in often
    ]
    return (*unknown[:1], *repeated)


def demand_known(given: MultiDict[str, str], known: Collection[str], often: Collection[str] = ()) -> None:
    """Passes when `faults_of` finds nothing. Raises: Refusal INVALID."""
    faults = faults_of(given, known, often)
    if faults:
        raise Refusal(Kind.INVALID, faults)


def is_whole(text: str) -> bool:
    """True for 1 to 9 digits of ASCII and nothing else.

    >>> is_whole("50"), is_whole("\\u0663"), is_whole("1e3")
    (True, False, False)
    """
    return _WHOLE.fullmatch(text) is not None


def has_alternatives(text: str) -> bool:
    """True for several values in one, which FHIR separates by commas; a comma of a value is written `\\,`.

    >>> has_alternatives("a,b"), has_alternatives("a\\\\,b")
    (True, False)
    """
    return "," in _ESCAPED.sub("", text)


def split_token(text: str) -> tuple[str | None, str]:
    """System (None when none is given) and value of a FHIR token, unescaped. Source: FHIR R4 3.1.1.4.0.1.

    >>> split_token("urn:x|a\\\\|b"), split_token("a"), split_token("|a")
    (('urn:x', 'a|b'), (None, 'a'), ('', 'a'))
    """
    bars = [found.start() for found in _TOKEN_PART.finditer(text) if found[0] == "|"]
    if not bars:
        return None, unescaped(text)
    return unescaped(text[: bars[-1]]), unescaped(text[bars[-1] + 1 :])


def unescaped(text: str) -> str:
    """The text without the backslashes that FHIR puts before a comma, bar, dollar or backslash of a value."""
    return _ESCAPED.sub(lambda found: found[0][1], text)


def _offered(known: Collection[str]) -> str:
    """Not which one was sent: people have been looked for by name in the wrong parameter."""
    names = ", ".join(name for name in known if name)
    return f"A parameter is not supported here; these are: {names}." if names else "No parameters are supported here."


def _fault(name: str, why: str) -> Issue:
    return Issue("not-supported", f"The parameter {name} {why}.", name)
