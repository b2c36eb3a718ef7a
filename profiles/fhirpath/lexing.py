"""Text of an expression -> tokens, each with its position. Knows no grammar.

Source: FHIRPath N1 (2.0.0), lexical elements.
"""

import re
from dataclasses import dataclass

from profiles.fhirpath.syntax import FhirPathFault

LONGEST_EXPRESSION = 20_000
"""Characters; the longest of any guide known here has about two thousand."""

_TOKENS = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*|/\*.*?\*/)
  | (?P<datetime>@\d{4}(?:-\d\d(?:-\d\d)?)?T(?:\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)?(?:Z|[+-]\d\d:\d\d)?)
  | (?P<date>@\d{4}(?:-\d\d(?:-\d\d)?)?)
  | (?P<time>@T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?)
  | (?P<number>\d+(?:\.\d+)?)
  | (?P<string>'(?:[^'\\]|\\.)*')
  | (?P<quoted>`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*")
  | (?P<variable>\$(?:this|index|total)\b)
  | (?P<external>%(?:[A-Za-z_][A-Za-z0-9_-]*|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|"(?:[^"\\]|\\.)*"))
  | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<symbol><=|>=|!=|!~|[.,()\[\]{}|+\-*/&<>=~])
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f"}
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|(.))", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """One word of an expression; `kind` is the name of its pattern."""

    kind: str
    text: str
    position: int


def tokens(text: str) -> list[Token]:
    """All tokens, then one of kind `end`; texts in quotes come without them and with their escapes undone.

    Raises: FhirPathFault at the first character that begins no token.
    """
    if len(text) > LONGEST_EXPRESSION:
        raise FhirPathFault(f"An expression has at most {LONGEST_EXPRESSION} characters", LONGEST_EXPRESSION)
    found = []
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            raise FhirPathFault(f"Nothing can begin with {text[position]!r}", position)
        kind = str(match.lastgroup)
        if kind != "space":
            found.append(Token(kind, _content(kind, match[0]), position))
        position = match.end()
    found.append(Token("end", "", len(text)))
    return found


def _content(kind: str, text: str) -> str:
    if kind in ("string", "quoted"):
        return _unescaped(text[1:-1])
    if kind == "external" and text[1] in "'`\"":
        return "%" + _unescaped(text[2:-1])
    return text


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _ESCAPES.get(m[2], m[2]), text)
