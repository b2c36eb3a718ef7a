"""Regular expressions of FHIRPath in Python's dialect, and how long a text may be that is held against one.

Patterns come from installed guides, texts from senders: a long text is refused because a careless pattern takes a time
that grows with its square or worse. Source: FHIRPath N1 (2.0.0), matches, replaceMatches (single line, case sensitive).
"""

import re

LONGEST_MATCHED = 4096
"""Characters of a text; beyond, there is no answer."""

_PARTS = re.compile(r"\\.|\[\^?\]?|\]|\$|\(\?<(?=[A-Za-z])|&&|\|\||~~|--|-|.", re.DOTALL)
_CLASS_ESCAPES = tuple("dDwWsS")


def compiled(pattern: str) -> re.Pattern[str]:
    """The pattern, to be searched for anywhere in a text.

    Raises: re.error when it is none.
    """
    return re.compile(_translated(pattern), re.DOTALL | re.ASCII)


def _translated(pattern: str) -> str:
    """`$` is the very end, groups are named Python's way, and what is a mere letter inside `[ ]` is escaped."""
    parts = _PARTS.findall(pattern)
    written, inside = [], False
    for index, part in enumerate(parts):
        if inside:
            around = (parts[index - 1], parts[index + 1] if index + 1 < len(parts) else "")
            written.append(_in_class(part, around))
            inside = part != "]"
        else:
            written.append({"$": r"\Z", "(?<": "(?P<"}.get(part, part))
            inside = part.startswith("[")
    return "".join(written)


def _in_class(part: str, around: tuple[str, str]) -> str:
    beside_class = any(text[:1] == "\\" and text[1:] in _CLASS_ESCAPES for text in around)
    if part == "-":
        return r"\-" if beside_class else part
    if part[0] in "[&|~" or part == "--":
        return "".join("\\" + letter for letter in part)
    return {"(?<": r"(?<"}.get(part, part)
