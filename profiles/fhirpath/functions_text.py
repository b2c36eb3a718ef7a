"""Functions on texts. Source: FHIRPath N1 (2.0.0), string manipulation."""

import re
from collections.abc import Callable
from typing import Any

from profiles.fhirpath.code import BOOLEAN, INTEGER, STRING, Code, several, single, system_many, system_one
from profiles.fhirpath.environment import Environment, EvaluationFault
from profiles.fhirpath.invocation import Function, Invocation, Table, text_of, whole_of
from profiles.fhirpath.patterns import LONGEST_MATCHED, compiled
from profiles.fhirpath.syntax import FhirPathFault


def _of_text(calculate: Callable[[str], Any], result: str) -> Function:
    def build(invocation: Invocation) -> Code:
        one = system_one(invocation.source, invocation.types)

        def calculated(this: Any, env: Environment) -> Any:
            text = one(this, env)
            return None if text is None else calculate(text_of(text))

        return single(calculated, result)

    return build


def _with_text(calculate: Callable[[str, str], Any], result: str) -> Function:
    def build(invocation: Invocation) -> Code:
        one, argument = system_one(invocation.source, invocation.types), invocation.value(0)

        def calculated(this: Any, env: Environment) -> Any:
            text = one(this, env)
            if text is None:
                return None
            other = argument(this, env)
            return None if other is None else calculate(text_of(text), text_of(other))

        return single(calculated, result)

    return build


def _substring(invocation: Invocation) -> Code:
    one, start = system_one(invocation.source, invocation.types), invocation.value(0)
    length = invocation.value(1) if len(invocation.call.arguments) > 1 else None

    def cut(this: Any, env: Environment) -> str | None:
        text, first = one(this, env), start(this, env)
        if text is None or first is None or not 0 <= whole_of(first) < len(text_of(text)):
            return None
        count = length(this, env) if length is not None else None
        return str(text[first:] if count is None else text[first : first + max(whole_of(count), 0)])

    return single(cut, STRING)


def _replace(invocation: Invocation) -> Code:
    one = system_one(invocation.source, invocation.types)
    pattern, substitution = invocation.value(0), invocation.value(1)

    def replaced(this: Any, env: Environment) -> str | None:
        text, wanted, instead = one(this, env), pattern(this, env), substitution(this, env)
        if text is None or wanted is None or instead is None:
            return None
        return text_of(text).replace(text_of(wanted), text_of(instead))

    return single(replaced, STRING)


def _pattern(invocation: Invocation) -> re.Pattern[str]:
    """Only a pattern that stands in the expression is run: never one that came with the data."""
    text = invocation.text(0)
    position = invocation.call.arguments[0].position
    if text is None:
        raise FhirPathFault(f"{invocation.call.name}() needs its pattern written out", position)
    try:
        return compiled(text)
    except (re.error, OverflowError, RecursionError) as fault:
        raise FhirPathFault(f"No regular expression: {fault}", position) from fault


def _short(text: Any) -> str:
    if len(text_of(text)) > LONGEST_MATCHED:
        raise EvaluationFault("The text is too long to be held against a regular expression")
    return str(text)


def _matches(invocation: Invocation) -> Code:
    one, search = system_one(invocation.source, invocation.types), _pattern(invocation).search

    def matched(this: Any, env: Environment) -> bool | None:
        text = one(this, env)
        return None if text is None else search(_short(text)) is not None

    return single(matched, BOOLEAN)


_GROUP = re.compile(r"\$(?:(\d)|\{(\w+)\})")


def _replace_matches(invocation: Invocation) -> Code:
    one, pattern = system_one(invocation.source, invocation.types), _pattern(invocation)
    substitution = invocation.value(1)

    def replaced(this: Any, env: Environment) -> str | None:
        text, instead = one(this, env), substitution(this, env)
        if text is None or instead is None:
            return None
        template = _GROUP.sub(r"\\g<\1\2>", text_of(instead).replace("\\", r"\\"))
        try:
            return pattern.sub(template, _short(text))
        except (re.error, IndexError) as fault:
            raise EvaluationFault("The substitution names a group that is not there") from fault

    return single(replaced, STRING)


def _to_chars(invocation: Invocation) -> Code:
    one = system_one(invocation.source, invocation.types)

    def letters(this: Any, env: Environment) -> list[str]:
        text = one(this, env)
        return [] if text is None else list(text_of(text))

    return several(letters, STRING)


def _joined(invocation: Invocation) -> Code:
    many = system_many(invocation.source, invocation.types)
    separator = invocation.text(0) if invocation.call.arguments else ""

    def joined(this: Any, env: Environment) -> str | None:
        texts = many(this, env)
        return (separator or "").join(map(text_of, texts)) if texts else None

    return single(joined, STRING)


FUNCTIONS: Table = {
    "length": (0, 0, _of_text(len, INTEGER)),
    "upper": (0, 0, _of_text(str.upper, STRING)),
    "lower": (0, 0, _of_text(str.lower, STRING)),
    "trim": (0, 0, _of_text(str.strip, STRING)),
    "startsWith": (1, 1, _with_text(str.startswith, BOOLEAN)),
    "endsWith": (1, 1, _with_text(str.endswith, BOOLEAN)),
    "contains": (1, 1, _with_text(lambda text, part: part in text, BOOLEAN)),
    "indexOf": (1, 1, _with_text(str.find, INTEGER)),
    "substring": (1, 2, _substring),
    "replace": (2, 2, _replace),
    "matches": (1, 1, _matches),
    "replaceMatches": (2, 2, _replace_matches),
    "toChars": (0, 0, _to_chars),
    "join": (0, 1, _joined),
}
