"""What a person types at the command line, read or refused with an example. Must not know any command."""

from argparse import ArgumentTypeError
from datetime import date, datetime
from decimal import Decimal, InvalidOperation


def day(text: str) -> date:
    """A day.

    >>> day("2026-03-01")
    datetime.date(2026, 3, 1)

    Raises: ArgumentTypeError, which the command line tells with the option's name.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise ArgumentTypeError(f"{text!r} is not a day such as 2026-03-01") from fault


def moment(text: str) -> datetime:
    """An instant; without a time zone nobody knows which. Raises: ArgumentTypeError."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ArgumentTypeError(f"{text!r} is not an instant with a time zone, such as 2026-03-01T16:00:00Z")
    return at


def whole_number(text: str) -> int:
    """A whole number from 1. Raises: ArgumentTypeError."""
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def amount(text: str) -> Decimal:
    """A number above 0, with decimals as written. Raises: ArgumentTypeError."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal(0)
    if not (number.is_finite() and number > 0):
        raise ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def port_number(text: str) -> int:
    """A TCP port. Raises: ArgumentTypeError."""
    if not text.isdecimal() or int(text) > 65535:
        raise ArgumentTypeError(f"{text!r} is not a TCP port (1 to 65535)")
    return int(text)


def seconds(text: str) -> float:
    """A length of time in seconds, from 0. Raises: ArgumentTypeError."""
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number < float("inf"):
        raise ArgumentTypeError(f"{text!r} is not a number of seconds")
    return number
