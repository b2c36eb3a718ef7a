"""Dates, dateTimes and times with the precision they were written in. Knows no resource and no clock.

Source: FHIRPath N1 (2.0.0), Date/Time types, equality, comparison and arithmetic.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

_MOMENT = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d))?)?"
    r"(?P<clock>T(?:(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d+)?))?)?)?)?"
    r"(?P<zone>Z|[+-]\d\d:\d\d)?",
    re.ASCII,
)
_CLOCK = re.compile(r"T?(?P<hour>\d\d)(?::(?P<minute>\d\d)(?::(?P<second>\d\d(?:\.\d+)?))?)?", re.ASCII)
_FULL_DATE, _TO_SECONDS = len("2026-03-01"), len("2026-03-01T10:00:00")
_SURE_FRACTION = len("2026-03-01T10:00:00+00:00")
"""Longer moments may have more digits of a second than Python keeps."""
_LONGEST = 64
"""Characters of a moment; one with more digits of a second is a text."""
_HOURS, _MINUTES, _LAST_SECOND = 24, 60, 61
_MINUTES_OF_DAY = _HOURS * _MINUTES
_TO_MINUTES = 5
"""Fields a dateTime must have before its zone can move it."""

Field = int | Decimal


@dataclass(frozen=True, slots=True)
class Temporal:
    """A date, dateTime or time: as many fields as were written, largest first; `zone` is minutes east of UTC."""

    type: str
    fields: tuple[Field, ...]
    zone: int | None
    text: str

    @property
    def is_time(self) -> bool:
        return self.type == "System.Time"


def parse_temporal(text: str, *, literal: bool = False) -> Temporal | None:
    """The date, dateTime or time a text says, or None when it is none; a literal's time begins with `T`."""
    if len(text) > _LONGEST:
        return None
    moment = _MOMENT.fullmatch(text)
    if moment is None:
        return None if literal and not text.startswith("T") else _clock(text)
    fields = _fields(moment, "year", "month", "day", "hour", "minute", "second")
    if not _on_the_calendar(fields) or not _on_the_clock(fields[3:]):
        return None
    return Temporal("System.DateTime" if moment["clock"] else "System.Date", fields, _zone(moment["zone"]), text)


def _clock(text: str) -> Temporal | None:
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    fields = _fields(found, "hour", "minute", "second")
    return Temporal("System.Time", fields, None, text.removeprefix("T")) if _on_the_clock(fields) else None


def _fields(found: re.Match[str], *names: str) -> tuple[Field, ...]:
    return tuple(
        Decimal(found[name]) if name == "second" else int(found[name]) for name in names if found[name] is not None
    )


def _on_the_calendar(fields: tuple[Field, ...]) -> bool:
    year, month, day = (*map(int, fields[:3]), 1, 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _on_the_clock(fields: tuple[Field, ...]) -> bool:
    return all(field < most for field, most in zip(fields, (_HOURS, _MINUTES, _LAST_SECOND), strict=False))


def _zone(text: str | None) -> int | None:
    if text is None or text == "Z":
        return None if text is None else 0
    minutes = int(text[1:3]) * _MINUTES + int(text[4:6])
    return -minutes if text[0] == "-" else minutes


def compare(left: Temporal, right: Temporal) -> int | None:
    """Negative, 0 or positive as left is before, at or after right; None when their precisions leave it open.

    Two zoned moments are compared in UTC; with a zone on one side only both are read on the wall.

    >>> day, month = parse_temporal("2026-03-01"), parse_temporal("2026-02")
    >>> compare(day, month), compare(day, parse_temporal("2026-03"))
    (1, None)
    """
    if left.is_time != right.is_time:
        return None
    one, other = _comparable(left, right)
    for mine, yours in zip(one, other, strict=False):
        if mine != yours:
            return -1 if mine < yours else 1
    return 0 if len(one) == len(other) else None


def quick_order(left: str, right: str) -> int | None:
    """`compare` for two full dates, or two moments to the second with a zone; None for what needs a closer look.

    >>> quick_order("2026-03-01", "2026-02-28"), quick_order("2026-03-01", "2026-02")
    (1, None)
    """
    try:
        if len(left) == len(right) == _FULL_DATE:
            day, other_day = date.fromisoformat(left), date.fromisoformat(right)
            return (day > other_day) - (day < other_day)
        if _TO_SECONDS < len(left) <= _SURE_FRACTION and _TO_SECONDS < len(right) <= _SURE_FRACTION:
            moment, other = datetime.fromisoformat(left), datetime.fromisoformat(right)
            return (moment > other) - (moment < other)
    except (ValueError, TypeError):
        pass
    return None


def equal(left: Temporal, right: Temporal) -> bool | None:
    """None when the shorter one is only the beginning of the longer."""
    if left.is_time != right.is_time:
        return False
    order = compare(left, right)
    return None if order is None else order == 0


def _comparable(left: Temporal, right: Temporal) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
    zoned = left.zone is not None and right.zone is not None
    if zoned and len(left.fields) >= _TO_MINUTES and len(right.fields) >= _TO_MINUTES:
        return _in_utc(left), _in_utc(right)
    return left.fields, right.fields


def _in_utc(moment: Temporal) -> tuple[Field, ...]:
    year, month, day, hour, minute = map(int, moment.fields[:_TO_MINUTES])
    minutes = date(year, month, day).toordinal() * _MINUTES_OF_DAY + hour * _MINUTES + minute - (moment.zone or 0)
    return (minutes, *moment.fields[_TO_MINUTES:])


def sortable(moment: Temporal) -> tuple[object, ...]:
    """A key that is the same for equal moments."""
    if moment.zone is not None and len(moment.fields) >= _TO_MINUTES:
        return ("zoned", *_in_utc(moment))
    return (moment.is_time, *moment.fields)


_IN_SECONDS = {"hour": 3600, "minute": 60, "second": 1, "s": 1, "h": 3600, "min": 60}
_IN_DAYS = {"week": 7, "day": 1, "wk": 7, "d": 1}
_IN_MONTHS = {"year": 12, "month": 1}
_MONTHS, _DAYS_OF_MONTH, _DAYS_OF_YEAR = 12, 30, 365
_CLOCK_FIELDS = 3


def shifted(moment: Temporal, amount: Decimal | int, unit: str) -> Temporal | None:
    """A moment later (or earlier) by an amount of a calendar unit, in its own precision; None when it cannot be.

    Source: FHIRPath N1 (2.0.0), date/time arithmetic.
    """
    whole = int(amount)
    try:
        if unit in _IN_MONTHS and not moment.is_time:
            fields = _later_by_months(moment.fields, whole * _IN_MONTHS[unit])
        elif unit in _IN_DAYS and not moment.is_time:
            fields = _later_by_days(moment.fields, whole * _IN_DAYS[unit])
        elif unit in _IN_SECONDS or unit in ("millisecond", "ms"):
            seconds = Decimal(amount) / 1000 if unit in ("millisecond", "ms") else Decimal(amount) * _IN_SECONDS[unit]
            fields = _later_by_seconds(moment, seconds)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return Temporal(moment.type, fields, moment.zone, _written(fields, moment))


def _later_by_months(fields: tuple[Field, ...], months: int) -> tuple[Field, ...]:
    if len(fields) == 1:
        return (date(int(fields[0]) + int(months / _MONTHS), 1, 1).year,)
    count = int(fields[0]) * _MONTHS + int(fields[1]) - 1 + months
    year, month = count // _MONTHS, count % _MONTHS + 1
    first = date(year, month, 1)
    if len(fields) == 2:
        return first.year, first.month
    last = (date(year + month // _MONTHS, month % _MONTHS + 1, 1) - first).days if year < date.max.year else 31
    return (year, month, min(int(fields[2]), last), *fields[3:])


def _later_by_days(fields: tuple[Field, ...], days: int) -> tuple[Field, ...]:
    if len(fields) < _CLOCK_FIELDS:
        by_months = len(fields) > 1
        months = int(days / _DAYS_OF_MONTH) if by_months else int(days / _DAYS_OF_YEAR) * _MONTHS
        return _later_by_months(fields, months)
    year, month, day = map(int, fields[:_CLOCK_FIELDS])
    later = date.fromordinal(date(year, month, day).toordinal() + days)
    return (later.year, later.month, later.day, *fields[_CLOCK_FIELDS:])


def _later_by_seconds(moment: Temporal, seconds: Decimal) -> tuple[Field, ...]:
    day = () if moment.is_time else moment.fields[:_CLOCK_FIELDS]
    clock = moment.fields if moment.is_time else moment.fields[_CLOCK_FIELDS:]
    if not clock:
        return _later_by_days(moment.fields, int(seconds / (_MINUTES_OF_DAY * _MINUTES)))
    hour, minute, second = (*clock, 0, 0)[:_CLOCK_FIELDS]
    total = (Decimal(hour) * _MINUTES + minute) * _MINUTES + second + seconds
    days, rest = divmod(total, _MINUTES_OF_DAY * _MINUTES)
    if rest < 0:
        days, rest = days - 1, rest + _MINUTES_OF_DAY * _MINUTES
    minutes, second = divmod(rest, _MINUTES)
    later = (int(minutes) // _MINUTES, int(minutes) % _MINUTES, second)[: len(clock)]
    return (*_later_by_days(day, int(days)), *later) if day else later


def _written(fields: tuple[Field, ...], moment: Temporal) -> str:
    if moment.is_time:
        return _clock_text(fields)
    year, *rest = fields[:_CLOCK_FIELDS]
    day = "-".join([f"{year:04d}", *(f"{field:02d}" for field in rest)])
    zone = moment.text[-6:] if moment.zone else "Z" if moment.zone == 0 else ""
    clock = _clock_text(fields[_CLOCK_FIELDS:])
    return f"{day}T{clock}{zone}" if moment.type == "System.DateTime" else day


def _clock_text(fields: tuple[Field, ...]) -> str:
    return ":".join(f"{field:02d}" if isinstance(field, int) else _two_digits(f"{field:f}") for field in fields)


def _two_digits(seconds: str) -> str:
    whole, point, fraction = seconds.partition(".")
    return whole.zfill(2) + point + fraction
