"""One fault, one failing check: whatever is planted in a good session is found by the check meant for it alone."""

from collections.abc import Mapping
from dataclasses import replace

from fhir_um.conformance.crd.suite import SUITES_CRD
from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import Session, Verdict
from tests.fhir_um.conformance.crd import faults_carried, faults_kinds, faults_said
from tests.fhir_um.conformance.crd.planting import Fault

FAULTS = (*faults_carried.ALL, *faults_said.ALL, *faults_kinds.ALL)
CHECKS = {suite.version: suite.checks for suite in SUITES_CRD}
WRONG = {Verdict.FAILED, Verdict.WARNED}
SAMPLE = {"discovery", "again", "configuring", "crd-answers", "crd-order-types", "crd-therapy-more", "crd-wheelchair"}
"""Scenes in which nearly everything is said at least once; what can be planted there is not planted elsewhere too."""
UNPLANTED = {
    "crd.discovery.tls": "the sessions here are over plain http; see test_unplanted",
    "crd.signing.refuses-missing": "calls need no token here; see test_unplanted",
}


def of_scenes(session: Session, scenes: set[str]) -> Session:
    return replace(session, exchanges=tuple(each for each in session.exchanges if each.scene in scenes))


def planted_in(fault: Fault, session: Session) -> Session:
    """The sample with the fault in it; where it has no place there, the scenes that have one beside the sample."""
    sample = of_scenes(session, SAMPLE)
    planted = fault.planted(sample)
    if planted.exchanges != sample.exchanges:
        return planted
    planted = fault.planted(session)
    pairs = zip(session.exchanges, planted.exchanges, strict=True)
    scenes = {other.scene for one, other in pairs if one is not other}
    assert scenes, f"{fault.label} changes nothing"
    return of_scenes(planted, scenes | {"discovery", "crd-therapy-more"})


def found(fault: Fault, session: Session) -> set[str]:
    outcomes = judge(CHECKS[fault.version], planted_in(fault, session))
    return {each.check.id for each in outcomes if each.verdict in WRONG}


def test_each_fault_is_found_by_the_check_meant_for_it_and_by_no_other(good: Mapping[str, Session]) -> None:
    told = {f"{each.version} {each.label}": (found(each, good[each.version]), {each.check}) for each in FAULTS}

    assert {label: seen for label, (seen, meant) in told.items() if seen != meant} == {}


def test_every_check_has_a_fault_that_it_finds() -> None:
    planted = {fault.check for fault in FAULTS}

    checks = {check.id for checks in CHECKS.values() for check in checks}

    assert checks - planted == UNPLANTED.keys()
    assert len(FAULTS) >= 35
