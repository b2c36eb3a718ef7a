"""Which state of things an answer of our own API shows, and whether a caller acts on that state: ETag and its two
conditions. Must not know single routes.

A tag is `version.steps.digest` of the case that is told of, or a digest alone. Notes count as steps: they do not raise
the version and show all the same. The digest also covers what follows from the calendar and no step, such as a period
that ran out. FHIR has tags of its own (`exchange.etag_of`). Source: RFC 9110 8.8.3, 13.1.1, 13.1.2.
"""

import re
from dataclasses import dataclass, replace
from hashlib import sha256

from flask import Request

from fhir_um.api.exchange import Answer, House
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import Case, CaseId
from fhir_um.deps import Work
from fhir_um.errors import Kind, Refusal

_READS = frozenset({"GET", "HEAD"})
_GOOD = frozenset({200, 201})
_STEPS = re.compile(r"([0-9]{1,9})\.([0-9]{1,9})(?:\.[0-9a-f]{16})?", re.ASCII)
_DIGITS = 16


def tagged(http: Request, answer: Answer) -> Answer:
    """The answer with its tag; without its body (304) for a read by somebody who has it."""
    if answer.status not in _GOOD or answer.stream is not None:
        return answer
    case = answer.case
    is_read = http.method in _READS
    if case is None and not is_read:
        return answer
    digest = sha256(answer.body).hexdigest()[:_DIGITS]
    tag = digest if case is None else f"{case.version}.{case.event_count}.{digest}"
    headers = {name: said for name, said in answer.headers.items() if name != "Last-Modified"}
    headers["ETag"] = f'W/"{tag}"'
    if is_read and "If-None-Match" in http.headers and http.if_none_match.contains_weak(tag):
        return replace(answer, body=b"", status=304, headers=headers)
    return replace(answer, headers=headers)


@dataclass(slots=True)
class CaseAsSeen:
    """The case as whoever acts says they saw it: looked at inside the transaction that acts, and kept so by it."""

    caller: Caller
    case_id: CaseId
    tags: frozenset[str]
    is_met: bool = False

    def demand(self, work: Work) -> None:
        """Raises: Refusal OUTDATED when the case, which is the caller's to see, is not as it was seen."""
        seen = None if self.is_met else work.visible.case(self.caller.payer_ids, self.case_id)
        case = work.load_case_for_change(seen.payer_id, seen.id) if seen else None
        if case is not None and not any(_is_of(tag, case) for tag in self.tags):
            text = "The case is no longer as the tag in If-Match says. Read it again and decide on what it says now."
            raise Refusal.of(Kind.OUTDATED, "conflict", text)

    def kept(self) -> None:
        """The transaction was committed: what comes after it in the same request builds on what it did."""
        self.is_met = True


def acting_on(house: House, http: Request, caller: Caller, case_id: str | None) -> House:
    """The house for a request that names its case in its address: with `If-Match` it acts on the case as seen."""
    if case_id is None or http.method in _READS or "If-Match" not in http.headers or http.if_match.star_tag:
        return house
    written = frozenset(tag for tag in http.if_match.as_set(include_weak=True) if tag)  # None for what is no tag
    seen = CaseAsSeen(caller, CaseId(case_id), written)
    return replace(house, deps=replace(house.deps, seen=seen))


def _is_of(tag: str, case: Case) -> bool:
    found = _STEPS.fullmatch(tag)
    return found is not None and (int(found[1]), int(found[2])) == (case.version, case.event_count)
