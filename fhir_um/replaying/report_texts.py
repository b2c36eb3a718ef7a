"""Reads an exchange as a report of the conformance runner keeps it: a text that people read. Must not send anything."""

import re

from fhir_um.replaying.capture import Capture, Unreadable, made

_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+)")
_STATUS_LINE = re.compile(r"(\d{3}|nothing came back)")
_HEADER = re.compile(r"([A-Za-z0-9-]+): ?(.*)")
_CAME_IN = "# the server sent this to us"


def read_report_text(text: str, name: str) -> Capture | None:
    """The exchange; None for one in which the server was the one who asked, or nothing came back.

    Raises: Unreadable.
    """
    lines = text.split("\n")
    if _CAME_IN in lines:
        return None
    start = next((number for number, line in enumerate(lines) if line and not line.startswith("#")), len(lines))
    asked = _REQUEST_LINE.fullmatch(lines[start]) if start < len(lines) else None
    if asked is None:
        raise Unreadable(f"{name} is no exchange of a report: it has no line such as GET http://...")
    turn = _turn(lines, start)
    if turn is None:
        raise Unreadable(f"{name} is no exchange of a report: it has no line with the status of an answer.")
    headers, sent = _parted(lines[start + 1 : turn])
    if not lines[turn].isdigit():
        return None
    answered, body = _parted(lines[turn + 1 :])
    return made(name, asked[1], asked[2], headers, sent, int(lines[turn]), body, answered)


def _turn(lines: list[str], start: int) -> int | None:
    """The line where the answer begins: a status alone, after a blank line."""
    for number in range(start + 2, len(lines)):
        if not lines[number - 1] and _STATUS_LINE.fullmatch(lines[number]):
            return number
    return None


def _parted(lines: list[str]) -> tuple[dict[str, str], bytes]:
    """Headers up to the first blank line, and the body after it."""
    end = next((number for number, line in enumerate(lines) if not line), len(lines))
    found = (_HEADER.fullmatch(line) for line in lines[:end])
    return {each[1]: each[2] for each in found if each}, "\n".join(lines[end:]).strip("\n").encode()
