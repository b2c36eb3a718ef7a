"""A reading is made of what software had found, and lapses when that changes."""

from dataclasses import replace

from fhir_um.cases.deciders import Decider
from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.lifecycle import Reading
from fhir_um.cases.model import Course
from fhir_um.cases.readings import as_overrides, standing_readings
from fhir_um.cases.review import Review
from tests.builders import AT, case_of

NURSE = Decider("rn-1", "nurse", human=True)
FINDING = Finding("p", "1.0", "h", "Policy", Truth.UNKNOWN, (CriterionResult("c", "C", Truth.UNKNOWN),))
READ = (Reading("c", Truth.MET, "Seen in the letter."),)


def _read(finding=FINDING):
    case = case_of(Course.PEND_REVIEW)
    line = replace(case.lines[0], findings=(FINDING,))
    review = Review(overrides=as_overrides(line, READ, NURSE, AT))
    return standing_readings(replace(case, review=review), line, finding)


def test_a_reading_stands_while_nothing_changes() -> None:
    assert {id_: each.truth for id_, each in _read().items()} == {"c": Truth.MET}


def test_a_reading_lapses_with_its_version_its_truth_or_its_evidence() -> None:
    (criterion,) = FINDING.criteria

    assert _read(replace(FINDING, policy_version="1.1")) == {}
    assert _read(replace(FINDING, criteria=(replace(criterion, truth=Truth.UNMET),))) == {}
    assert _read(replace(FINDING, criteria=(replace(criterion, evidence=("attachment:1",)),))) == {}
    assert _read(replace(FINDING, criteria=())) == {}
