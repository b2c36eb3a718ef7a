"""The findings of a line with what people read in them, by the version of the policy they were made with.

Runs inside a transaction. A version that is gone, or is no longer what it was, weighs nothing any more: then only
readings count. Source: um-domain 2.3 T11, 2.11 I15.
"""

from collections.abc import Mapping

from fhir_um.cases.determining import Weighed
from fhir_um.cases.findings import Finding, Truth
from fhir_um.cases.lifecycle import Reading
from fhir_um.cases.model import Case, Line
from fhir_um.cases.readings import standing_readings
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.rereading import reread


def weigh_again(book: PolicyBook, case: Case, line: Line, readings: tuple[Reading, ...]) -> tuple[Weighed, ...]:
    """Every finding of the line, with the readings that still stand and those given now."""
    now = {reading.criterion_id: reading.truth for reading in readings}
    return tuple(_weighed(book, finding, _before(case, line, finding) | now) for finding in line.findings)


def _before(case: Case, line: Line, finding: Finding) -> dict[str, Truth]:
    return {id_: override.truth for id_, override in standing_readings(case, line, finding).items()}


def _weighed(book: PolicyBook, finding: Finding, read: Mapping[str, Truth]) -> Weighed:
    if not finding.policy_version:  # a benefit rule of the plan: no policy file stands behind it
        return _one_by_one(finding, read)
    policy = book.version(finding.policy_id, finding.policy_version)
    if policy is None or policy.content_hash != finding.policy_hash:
        left = tuple(each.id for each in finding.criteria if read.get(each.id) is not Truth.MET)
        is_met = finding.criteria and not left
        return Weighed(finding, Truth.MET if is_met else Truth.UNKNOWN, left, is_pinned=False)
    by_tree = reread(policy, finding, read)
    return Weighed(finding, *by_tree) if by_tree else _one_by_one(finding, read)


def _one_by_one(finding: Finding, read: Mapping[str, Truth]) -> Weighed:
    truths = {each.id: read.get(each.id, each.truth) for each in finding.criteria}
    left = tuple(id_ for id_, truth in truths.items() if truth is not Truth.MET)
    if not truths:
        return Weighed(finding, finding.truth)
    return Weighed(finding, Truth.UNMET if left else Truth.MET, left)
