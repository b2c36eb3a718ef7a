"""A determination as a Provenance that FHIR's own definition, and that of US Core, find no fault in."""

import json
from dataclasses import replace
from typing import Any

import pytest

from fhir_um.cases.basis import Basis
from fhir_um.cases.deciders import Decider
from fhir_um.cases.findings import Finding, Truth
from fhir_um.cases.model import Case, Course, Decision, Line, LineState
from fhir_um.cases.provenance import Determined
from fhir_um.cases.roles import ENGINE, Role
from fhir_um.translate.provenance_out import provenance, provenance_bundle
from tests.builders import AT, case_of
from tests.validators import validator_for

BASE = "https://payer.example.test/fhir"
US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-provenance"
CHART = "https://ehr.example.test/fhir/Observation/1"
FALK = Decider("dr-irene-falk", Role.PHYSICIAN, human=True, npi="1910200405")
INTAKE = Decider("somebody", Role.INTAKE, human=True)


def denied(by: Decider = FALK, **basis: Any) -> tuple[Case, Determined]:
    case = case_of(Course.PEND_REVIEW)
    finding = Finding("low-level-laser", "1.0.0", "0" * 64, "Low level laser", Truth.UNMET, (), ())
    rests_on = Basis(considered=("request", CHART), attested=True, **basis)
    decision = Decision(AT, by, "not-necessary", "It was not shown to help.", basis=rests_on)
    line = replace(case.lines[0], state=LineState.DENIED_CLINICAL, decision=decision, findings=(finding,))
    return case, Determined(2, AT, (line,))


def approved() -> tuple[Case, Determined]:
    case = case_of(Course.APPROVE, Course.APPROVE)
    lines: tuple[Line, ...] = case.lines
    return case, Determined(1, AT, lines)


def written(case: Case, made: Determined) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(provenance(case, made, BASE))
    return told


@pytest.mark.parametrize(
    "made",
    [denied(), denied(INTAKE), denied(software_used="Reader 2"), approved()],
    ids=["physician", "intake", "tool", "engine"],
)
@pytest.mark.parametrize("guide", ["2.2.1", "2.0.1"])
def test_every_record_is_valid(made: tuple[Case, Determined], guide: str) -> None:
    found = validator_for(guide).check(written(*made), (US_CORE,))

    assert [issue for issue in found if issue.severity == "error"] == []


def test_a_physicians_denial_names_who_for_whom_from_what_by_which_policy() -> None:
    told = written(*denied(software_used="Reader 2"))

    assert (told["id"], told["recorded"]) == ("case-1-2", "2026-03-02T15:00:00.000Z")
    assert told["target"] == [{"reference": f"{BASE}/ClaimResponse/case-1/_history/2"}]
    assert told["activity"]["coding"][0]["code"] == "UPDATE"
    author, tool, payer = told["agent"]
    assert author["who"]["identifier"]["value"] == "1910200405"
    assert author["role"] == [{"text": "physician"}]
    assert author["onBehalfOf"] == tool["onBehalfOf"] == payer["who"] != {}
    assert tool["who"]["display"] == "Reader 2"
    claim, chart, policy = told["entity"]
    assert claim == {"role": "source", "what": {"reference": f"{BASE}/Claim/case-1"}}
    assert chart["what"]["reference"] == CHART
    assert (policy["role"], policy["what"]["identifier"]["value"]) == ("derivation", "low-level-laser|1.0.0")


def test_a_person_without_an_npi_stays_unnamed() -> None:
    author = written(*denied(INTAKE))["agent"][0]

    assert "somebody" not in json.dumps(author)
    assert author["role"] == [{"text": "intake"}]


def test_software_decides_once_for_several_lines() -> None:
    told = written(*approved())

    assert len(told["agent"]) == 2
    assert told["agent"][0]["role"] == [{"text": ENGINE.role}]
    assert told["activity"]["coding"][0]["code"] == "CREATE"


def test_a_search_finds_each_version_or_nothing() -> None:
    case, made = approved()
    link = {"relation": "self", "url": f"{BASE}/Provenance?target=ClaimResponse/case-1"}

    found = json.loads(provenance_bundle((case, (made, replace(made, version=2))), BASE, link))

    assert [entry["fullUrl"] for entry in found["entry"]] == [f"{BASE}/Provenance/case-1-{n}" for n in (1, 2)]
    assert [one for one in validator_for("2.2.1").check(found) if one.severity == "error"] == []
    assert json.loads(provenance_bundle(None, BASE, link))["total"] == 0
