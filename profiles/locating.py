"""Where an element stands in the JSON text it was read from: FHIRPath -> line and column. Knows no rule.

Lines and columns count from 1, columns in characters (Unicode code points) of the line; a byte order mark is none of
them. The place of a property is where its name begins, of a list's item where the item begins.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from profiles.issues import Issue

Position = tuple[int, int]
"""Line and column."""

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_STEP = re.compile(r"`([^`]*)`|\[([0-9]{1,9})\]|([^.\[\]`]+)")
_SPACE = re.compile(r"[ \t\r\n]*")
_VALUES = json.JSONDecoder(parse_int=str, parse_float=str)

_Step = str | int


@dataclass(slots=True)
class _Wanted:
    """One step of the paths asked for: where it was found (-1: not yet), and the steps below it."""

    at: int = -1
    below: dict[_Step, "_Wanted"] = field(default_factory=dict)


def locate(body: bytes, paths: Iterable[str], within: str = "") -> dict[str, Position]:
    """Line and column of each path, which begins with the name of the resource's type.

    What is not there has the place of the nearest thing around it that is. `within` is the path of the resource in the
    text, when that holds more than the resource. The text must have been read before: depth and syntax are not looked
    at again. One pass, whatever the number of paths.

    >>> locate(b'{"resourceType": "Claim",\\n "item": [{}]}', ["Claim.item[0].sequence"])
    {'Claim.item[0].sequence': (2, 11)}
    """
    text = body.removeprefix(_BYTE_ORDER_MARK).decode()
    root = _Wanted()
    outside = _steps(within)
    chains = {path: _put(root, (*outside, *_steps(path))) for path in paths}
    root.at = _after_space(text, 0)
    _walk(text, root.at, root)
    found = {path: max(step.at for step in chain) for path, chain in chains.items()}
    positions = _positions(text, found.values())
    return {path: positions[at] for path, at in found.items()}


def with_places(issues: Iterable[Issue], body: bytes, within: str = "") -> tuple[Issue, ...]:
    """The issues with line and column in the text they were found in; those without a path as they are."""
    told = tuple(issues)
    positions = locate(body, {issue.path for issue in told if issue.path}, within) if told else {}
    return tuple(_placed(issue, positions[issue.path]) if issue.path else issue for issue in told)


def _placed(issue: Issue, position: Position) -> Issue:
    line, column = position
    return replace(issue, line=line, column=column)


def _steps(path: str) -> tuple[_Step, ...]:
    """The steps below the name of the resource's type."""
    steps = (found.groups() for found in _STEP.finditer(path))
    return tuple(int(index) if index else quoted or name for quoted, index, name in steps)[1:]


def _put(root: _Wanted, steps: tuple[_Step, ...]) -> list[_Wanted]:
    chain = [root]
    for step in steps:
        chain.append(chain[-1].below.setdefault(step, _Wanted()))
    return chain


def _walk(text: str, at: int, wanted: _Wanted) -> int:
    """Notes what is wanted of the value at that place; where it ends."""
    if wanted.below and text[at] == "{":
        return _walk_object(text, at, wanted)
    if wanted.below and text[at] == "[":
        return _walk_list(text, at, wanted)
    return _VALUES.raw_decode(text, at)[1]


def _walk_object(text: str, at: int, wanted: _Wanted) -> int:
    at = _after_space(text, at + 1)
    while text[at] != "}":
        name, end = _VALUES.raw_decode(text, at)
        value = _after_space(text, _after_space(text, end) + 1)
        below = wanted.below.get(name) or wanted.below.get(name.removeprefix("_"))
        at = _next(text, _member(text, at, value, below))
    return at + 1


def _walk_list(text: str, at: int, wanted: _Wanted) -> int:
    at = _after_space(text, at + 1)
    index = 0
    while text[at] != "]":
        at = _next(text, _member(text, at, at, wanted.below.get(index)))
        index += 1
    return at + 1


def _member(text: str, at: int, value: int, wanted: _Wanted | None) -> int:
    if wanted is None:
        return _VALUES.raw_decode(text, value)[1]
    if wanted.at < 0:
        wanted.at = at  # the first of a primitive and what stands beside it (`_name`), whose path is the same
    return _walk(text, value, wanted)


def _next(text: str, end: int) -> int:
    """The next member, or the bracket that closes."""
    at = _after_space(text, end)
    return _after_space(text, at + 1) if text[at] == "," else at


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _positions(text: str, offsets: Iterable[int]) -> dict[int, Position]:
    return dict(_counted(text, sorted(set(offsets))))


def _counted(text: str, offsets: list[int]) -> Iterator[tuple[int, Position]]:
    line, begin, before = 1, 0, 0
    for offset in offsets:
        passed = text.count("\n", before, offset)
        if passed:
            line += passed
            begin = text.rfind("\n", before, offset) + 1
        before = offset
        yield offset, (line, offset - begin + 1)
