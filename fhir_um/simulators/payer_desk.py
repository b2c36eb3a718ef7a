"""The fake payer's desk: takes requests, decides by rules, finds what is asked about. Everything is in memory.

Must not know HTTP. Safe to use from several threads.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from threading import RLock
from typing import Any

from fhir_um.simulators.payer_asked import AskedClaim, AskedLine, read_claim
from fhir_um.simulators.payer_case import HeldCase, HeldLine, Names, Standing
from fhir_um.simulators.payer_rules import Asks, LineRule, Rules


class Desk:
    """Cases by id. `changed` is told of every case that came to another answer after it was given one."""

    def __init__(self, rules: Rules, names: Names, now: Callable[[], datetime]) -> None:
        self._rules = rules
        self._names = names
        self._now = now
        self._cases: dict[str, HeldCase] = {}
        self._lock = RLock()

    def submit(self, bundle: Any, guide: str) -> tuple[HeldCase, bool]:
        """The case a request became, and whether anything is new: one that came before keeps its answer.

        Raises: NoRequest.
        """
        asked = read_claim(bundle)
        with self._lock:
            prior = self._prior(asked)
            if prior is None and (again := self._again(asked)):
                return again, False
            case = self._weighed(asked, guide, prior)
            self._cases[case.id] = case
            return case, True

    def inquire(self, bundle: Any) -> list[HeldCase]:
        """The cases it is about: of that member, by number or service where they are named. Raises: NoRequest."""
        asked = read_claim(bundle)
        codes = {code for line in asked.lines for _, code in line.codes}
        with self._lock:
            return [case for case in self._cases.values() if _is_about(case, asked, codes)]

    def case(self, id: str) -> HeldCase | None:
        """One case."""
        return self._cases.get(id)

    def decide(self, id: str, version: int) -> HeldCase | None:
        """What a pended case became; None when it changed since that version, or has nothing to decide."""
        with self._lock:
            case = self._cases.get(id)
            if case is None or case.version != version or case.decides_after is None:
                return None
            self._cases[id] = decided = case.decided(self._now())
            return decided

    def attach(self, tracking: str) -> HeldCase | None:
        """The case whose documents came under that number; None when nobody asked for them."""
        with self._lock:
            return next((case for case in self._cases.values() if _was_asked_for(case, tracking)), None)

    def _prior(self, asked: AskedClaim) -> HeldCase | None:
        found = (case for case in self._cases.values() if case.asked.names & asked.prior)
        return next(found, None) if asked.prior else None

    def _again(self, asked: AskedClaim) -> HeldCase | None:
        """The case that this very request became."""
        return next((case for case in self._cases.values() if case.asked.entries == asked.entries), None)

    def _weighed(self, asked: AskedClaim, guide: str, prior: HeldCase | None) -> HeldCase:
        at = self._now()
        known = {line.asked.sequence: line for line in prior.lines} if prior else {}
        lines = tuple(self._line(line, asked, guide, known.get(line.sequence)) for line in asked.lines)
        kept = tuple(
            line for sequence, line in known.items() if sequence not in {each.sequence for each in asked.lines}
        )
        if asked.cancels_all:
            kept = tuple(replace(line, standing=Standing.CANCELLED) for line in kept)
        return HeldCase(
            id=prior.id if prior else self._names.id(),
            version=prior.version + 1 if prior else 1,
            guide=guide,
            asked=asked,
            lines=tuple(sorted(lines + kept, key=lambda line: line.asked.sequence)),
            received_at=prior.received_at if prior else at,
            changed_at=at,
        )

    def _line(self, line: AskedLine, asked: AskedClaim, guide: str, known: HeldLine | None) -> HeldLine:
        """A line that is asked for again as it was keeps its answer and its numbers."""
        if known and known.asked == line and known.standing is not Standing.CANCELLED and not asked.cancels_all:
            return known
        rule = self._rules.for_line(Asks(line.codes, asked.member, asked.provider, guide))
        standing = Standing.CANCELLED if line.cancelled or asked.cancels_all else Standing(rule.outcome)
        if standing is Standing.CANCELLED:
            rule = LineRule(outcome="approve", text="")
        number = known.number if known else rule.number or self._names.number("A")
        return HeldLine(line, rule, standing, number, known.reference if known else self._names.number("R"))


def _is_about(case: HeldCase, asked: AskedClaim, codes: set[str]) -> bool:
    if case.asked.member != asked.member:
        return False
    if asked.numbers:
        return bool(asked.numbers & case.names)
    return not codes or any(code in codes for line in case.lines for _, code in line.asked.codes)


def _was_asked_for(case: HeldCase, tracking: str) -> bool:
    numbers = {
        number
        for line in case.lines
        for number in (line.reference, *(f"{case.id}-{line.asked.sequence}-{loinc}" for loinc in line.rule.documents))
    }
    return tracking in numbers
