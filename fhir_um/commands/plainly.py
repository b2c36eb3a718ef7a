"""What others said, safe to print: nothing in it steers a terminal or looks like a line of ours. Must not shorten."""

import re

_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but tab and new line, and those that turn the direction of what follows."""
_IN_ITS_PLACE = "\ufffd"


def plainly(text: str) -> str:
    """The text without characters that steer a terminal; lines stay lines.

    >>> plainly("red: \\x1b[31m")
    'red: \ufffd[31m'
    """
    return _STEERING.sub(_IN_ITS_PLACE, text)


def on_one_line(text: str) -> str:
    """The same on one line."""
    return plainly(" ".join(text.splitlines()))
