"""What is to be said of one message: clean, with faults, or not readable at all. Knows no output."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from profiles.checking import check_request
from profiles.commands.messages import Message
from profiles.issues import Issue, Kind, Refusal
from profiles.locating import with_places
from profiles.reading import Limits, read_bundle, read_json
from profiles.strictness import Strictness
from profiles.validating.validator import Validator

LIMITS = Limits(max_bytes=200_000_000, max_depth=64, max_entries=100_000)
"""Wide enough for anything a person checks by hand; a server has its own, which are settings."""


class State(StrEnum):
    """What became of a message."""

    CLEAN = "clean"
    FAULTY = "faulty"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Judged:
    """One message and everything found in it, in the order of the text."""

    name: str
    state: State
    issues: tuple[Issue, ...]
    milliseconds: float

    def count(self, severity: str) -> int:
        """How many issues are that severe."""
        return sum(issue.severity == severity for issue in self.issues)


Check = Callable[[bytes], tuple[Issue, ...]]
"""All issues of the message in these bytes. Raises: Refusal when it cannot be read."""


def judge(message: Message, check: Check) -> Judged:
    """Reads and checks one message. Never raises for what is wrong with it."""
    try:
        body = message.read()
    except OSError as fault:
        return Judged(message.name, State.UNREADABLE, (_not_opened(fault),), 0.0)
    begun = time.perf_counter()
    try:
        issues = tuple(sorted(with_places(check(body), body), key=_place))
    except Refusal as refusal:
        issues = tuple(_where_it_ends(issue, body) for issue in refusal.issues)
        return Judged(message.name, State.UNREADABLE, issues, _milliseconds(begun))
    is_faulty = any(issue.severity == "error" for issue in issues)
    return Judged(message.name, State.FAULTY if is_faulty else State.CLEAN, issues, _milliseconds(begun))


def by_profiles(validator: Validator, profiles: tuple[str, ...], now: datetime) -> Check:
    """Holds a message against FHIR, the profiles it claims and those given."""

    def check(body: bytes) -> tuple[Issue, ...]:
        return tuple(validator.check(_resource(body), profiles, now))

    return check


def as_request(validator: Validator, version: str, inquiry: bool, strictness: Strictness) -> Check:
    """Tells what the server would say of a request (or inquiry) of that PAS version."""

    def check(body: bytes) -> tuple[Issue, ...]:
        bundle = read_bundle(body, LIMITS)
        try:
            return check_request(bundle, version, inquiry, validator=validator, strictness=strictness)
        except Refusal as refusal:
            return refusal.issues

    return check


def _resource(body: bytes) -> dict[str, Any]:
    value = read_json(body, LIMITS)
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        raise Refusal.of(Kind.UNREADABLE, "structure", "This is JSON but no FHIR resource: it has no resourceType.")
    return value


def _place(issue: Issue) -> tuple[int, int]:
    return issue.line, issue.column


def _where_it_ends(issue: Issue, body: bytes) -> Issue:
    """An issue about a text that is no JSON, with the place where it stops to be."""
    try:
        json.loads(body.decode("utf-8-sig"), parse_int=str)
    except json.JSONDecodeError as fault:
        return replace(issue, line=fault.lineno, column=fault.colno)
    except (UnicodeDecodeError, RecursionError):
        pass
    return issue


def _not_opened(fault: OSError) -> Issue:
    return Issue("not-found", f"It cannot be opened: {fault.strerror or fault}.")


def _milliseconds(begun: float) -> float:
    return (time.perf_counter() - begun) * 1000
