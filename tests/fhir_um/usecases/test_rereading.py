"""A policy that is gone approves nothing by itself."""

from dataclasses import replace

import pytest

from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.lifecycle import Reading
from fhir_um.cases.model import Course
from fhir_um.usecases.rereading import weigh_again
from tests.builders import case_of

GONE = Finding("gone", "9.9", "hash", "Policy", Truth.UNMET, ())
READ = (Reading("c", Truth.MET, "The letter says so."),)


@pytest.mark.parametrize(
    ("criteria", "readings", "truth"),
    [((), (), Truth.UNKNOWN), (("c",), (), Truth.UNKNOWN), (("c",), READ, Truth.MET)],
)
def test_a_version_that_is_gone_is_met_by_readings_only(lite, criteria, readings, truth) -> None:
    case = case_of(Course.PEND_REVIEW)
    finding = replace(GONE, criteria=tuple(CriterionResult(id, id.upper(), Truth.UNMET) for id in criteria))

    (weighed,) = weigh_again(lite.policies, case, replace(case.lines[0], findings=(finding,)), readings)

    assert (weighed.truth, weighed.is_pinned) == (truth, False)
