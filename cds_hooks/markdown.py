"""Text that came from somewhere else, made safe to stand in the markdown of a card.

Must not know cards. Clients show `detail` as GitHub-flavoured markdown, and some let raw HTML through.
"""

import re
from unicodedata import category

_MARKS = re.compile(r"([\\`*_\[\]|~!#@])")
_LINE_START = re.compile(r"^([-+=]|\d+(?=[.)]))")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Turn the direction of what follows, so that a text reads otherwise than it is written."""

_LINKS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)


def escaped(text: str) -> str:
    """Plain text on one line that looks the same as markdown: no emphasis, links, images, lists or HTML come of it.

    What cannot be seen but changes what is seen (control characters, turned direction) is left out.

    >>> escaped("<b>Home</b> *oxygen*, see https://example.org")
    '&lt;b&gt;Home&lt;/b&gt; \\\\*oxygen\\\\*, see https:\\\\//example.org'
    """
    seen = "".join(sign for sign in text if sign.isspace() or (category(sign) != "Cc" and sign not in _TURNING))
    line = " ".join(seen.split()).replace("&", "&amp;")
    line = _LINKS.sub(r"\\", _MARKS.sub(r"\\\1", line))
    line = line.replace("<", "&lt;").replace(">", "&gt;")
    return _LINE_START.sub(_not_a_list, line)


def without_html(markdown: str) -> str:
    """Markdown in which no HTML, and no autolink in angle brackets, is left to be read as such."""
    return markdown.replace("<", "&lt;")


def _not_a_list(start: re.Match[str]) -> str:
    found = start.group(1)
    return f"{found}\\" if found.isdigit() else f"\\{found}"
