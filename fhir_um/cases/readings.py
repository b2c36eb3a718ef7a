"""What people read in the criteria of a finding, beside what software found. Must not know policies.

Source: um-domain 2.3 T11, 2.11 I4.
"""

from collections.abc import Iterator
from datetime import datetime

from fhir_um.cases.deciders import Decider
from fhir_um.cases.findings import CriterionResult, Finding
from fhir_um.cases.lifecycle import Reading
from fhir_um.cases.model import Case, Line
from fhir_um.cases.review import Override


def standing_readings(case: Case, line: Line, finding: Finding) -> dict[str, Override]:
    """How people read the criteria of that finding, by criterion; the latest reading of each.

    A reading was made of what software had found then. Once that is something else, it no longer counts.
    """
    found = {criterion.id: criterion for criterion in finding.criteria}
    return {
        override.criterion_id: override
        for override in case.review.overrides
        if (override.sequence, override.policy_id) == (line.sequence, finding.policy_id)
        and override.policy_version == finding.policy_version
        and _is_same(found.get(override.criterion_id), override)
    }


def _is_same(found: CriterionResult | None, override: Override) -> bool:
    return found is not None and (found.truth, found.evidence) == (override.found, override.found_evidence)


def as_overrides(line: Line, readings: tuple[Reading, ...], by: Decider, at: datetime) -> tuple[Override, ...]:
    """Those readings, as they are kept with the case: of every finding of the line that has the criterion."""
    given = {reading.criterion_id: reading for reading in readings}
    return tuple(
        _override(line, finding, criterion, given[criterion.id], by, at)
        for finding, criterion in _criteria(line)
        if criterion.id in given
    )


def _criteria(line: Line) -> Iterator[tuple[Finding, CriterionResult]]:
    return ((finding, criterion) for finding in line.findings for criterion in finding.criteria)


def _override(
    line: Line, finding: Finding, criterion: CriterionResult, reading: Reading, by: Decider, at: datetime
) -> Override:
    return Override(
        id=f"{line.sequence}/{finding.policy_id}/{criterion.id}",
        sequence=line.sequence,
        policy_id=finding.policy_id,
        criterion_id=criterion.id,
        truth=reading.truth,
        reason=reading.reason.strip(),
        by=by,
        at=at,
        evidence=reading.evidence,
        policy_version=finding.policy_version,
        found=criterion.truth,
        found_evidence=criterion.evidence,
    )
