"""Time zones by their IANA names, and what to do with a name that is none. Must not know whose zone it is.

A zone nobody knows is refused where payers are loaded and where the server starts. Where one is met all the same, a
request is still taken: its deadlines are the strictest of all zones there are, and its days are those of UTC.
"""

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UNKNOWN = "UTC"
"""Whose days are counted while the right zone is not known."""

EVERYWHERE = tuple(f"Etc/GMT{hours:+d}" for hours in range(-14, 13))
"""Every whole hour there is a zone for."""


@cache
def is_zone(name: str) -> bool:
    """True for the name of a zone, such as America/New_York.

    >>> is_zone("America/New_York"), is_zone("Mars/Olympus"), is_zone("")
    (True, False, False)
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def zone_of(name: str) -> ZoneInfo:
    """The zone of that name, UTC for a name that is none.

    >>> zone_of("Mars/Olympus").key
    'UTC'
    """
    return ZoneInfo(name if is_zone(name) else UNKNOWN)
