"""The shape of what a ruling rests on, in JSON: readings of criteria, and the basis. Must not know what it takes."""

from collections.abc import Iterator
from datetime import date

import msgspec

from fhir_um.cases.basis import Reopening
from fhir_um.cases.findings import Truth
from fhir_um.errors import Issue

_LONGEST_REFERENCE = 2_000
_LONGEST_TEXT = 20_000
_MOST_REFERENCES = 500


class CriterionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the reviewer reads one criterion of the line's finding, and why; `evidence` names what they read it in."""

    id: str
    truth: Truth
    reason: str
    evidence: list[str] = []


class BasisIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the ruling rests on.

    `considered`: addresses of evidence, or `request`. `missing`: facts that did not come. `alternative`: what would be
    covered instead. `attestation`: nothing rewards the reviewer for denials, and they have no interest in the case.
    `exception`: why it is approved although a criterion is not met. `rule`: the rule of contract or benefit, or the
    criteria where no policy was weighed. `reopening`: why a decided line is opened again. `effectiveOn`: from when a
    reduction counts.
    """

    considered: list[str] = []
    missing: list[str] = []
    alternative: str = ""
    attestation: bool = False
    exception: str = ""
    rule: str = ""
    reopening: Reopening | None = None
    effective_on: date | None = msgspec.field(name="effectiveOn", default=None)


def senseless_criteria(given: list[CriterionIn], place: str) -> Iterator[Issue]:
    """Every fault in readings that have the right type."""
    if len(given) > _MOST_REFERENCES:
        yield Issue("too-long", f"At most {_MOST_REFERENCES} readings.", place)
    for index, reading in enumerate(given):
        yield from _text(reading.reason, f"{place}[{index}].reason")
        yield from _references(reading.evidence, f"{place}[{index}].evidence")


def senseless_basis(given: BasisIn, place: str) -> Iterator[Issue]:
    """Every fault in a basis whose parts have the right type."""
    yield from _references(given.considered, f"{place}.considered")
    if len(given.missing) > _MOST_REFERENCES:
        yield Issue("too-long", f"At most {_MOST_REFERENCES} entries.", f"{place}.missing")
    for index, fact in enumerate(given.missing):
        yield from _said(fact, f"{place}.missing[{index}]")
    for name in ("alternative", "exception", "rule"):
        yield from _text(getattr(given, name), f"{place}.{name}")


def _references(given: list[str], place: str) -> Iterator[Issue]:
    if len(given) > _MOST_REFERENCES:
        yield Issue("too-long", f"At most {_MOST_REFERENCES} entries.", place)
    for index, ref in enumerate(given):
        if not 0 < len(ref) <= _LONGEST_REFERENCE:
            yield Issue("value", "An address is not empty, and not that long.", f"{place}[{index}]")


def _said(text: str, place: str) -> Iterator[Issue]:
    if not text.strip():
        yield Issue("required", "Say which.", place)
    yield from _text(text, place)


def _text(text: str, place: str) -> Iterator[Issue]:
    if len(text) > _LONGEST_TEXT:
        yield Issue("too-long", f"At most {_LONGEST_TEXT} characters.", place)
