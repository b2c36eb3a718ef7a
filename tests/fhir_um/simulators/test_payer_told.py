"""What the fake payer answers to the requests of all stories meets the profiles of its version, by any rules."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fhir_um.simulators.payer_asked import NoRequest
from fhir_um.simulators.payer_case import Names
from fhir_um.simulators.payer_desk import Desk
from fhir_um.simulators.payer_rules import LineRule, Rules, read_rules
from fhir_um.simulators.payer_told import claim_response, inquiry_answer, submit_answer
from tests.validators import validator_for

STORIES = Path(__file__).parents[3] / "fixtures" / "stories"
BASE = "http://127.0.0.1:8090/fhir"
AT = datetime(2026, 11, 22, 10, tzinfo=UTC)
RULES = {
    "default": read_rules(),
    "deny": Rules((LineRule(outcome="deny", reason="04", text="No."),)),
    "modify": Rules((LineRule(outcome="modify", quantity=2, reason="04", text="Less."),)),
    "pend": Rules(
        (LineRule(outcome="pend", documents=("28563-5", "11502-2"), then="modify", quantity=3, text="Wait."),)
    ),
    "error": Rules((LineRule(outcome="error", text="Nobody goes by this number."),)),
}


def requests_of(version: str) -> list[Any]:
    files = sorted(STORIES.glob("*/*.request.json"))
    older = {file.name.replace(".2.0.1", "") for file in files if ".2.0.1." in file.name}
    is_other = (lambda name: name in older) if version == "2.0.1" else (lambda name: ".2.0.1." in name)
    return [json.loads(file.read_bytes()) for file in files if not is_other(file.name)]


def is_inquiry(bundle: Any) -> bool:
    return "inquiry" in bundle.get("meta", {}).get("profile", [""])[0]


@pytest.mark.parametrize("version", ["2.2.1", "2.0.1"])
@pytest.mark.parametrize("rules", RULES)
def test_every_answer_meets_its_profiles(rules: str, version: str) -> None:
    desk, validator, checked, faults = Desk(RULES[rules], Names("1", str), lambda: AT), validator_for(version), 0, []
    for bundle in requests_of(version)[:: 1 if rules == "default" else 4]:
        for answer in answers(desk, bundle, version):
            found = [issue for issue in validator.check(answer) if issue.severity != "information"]
            faults += [(issue.path, issue.text) for issue in found]
            checked += 1

    assert checked > 10
    assert faults == []


def answers(desk: Desk, bundle: Any, version: str) -> list[Any]:
    """What is answered at once, and what after the decision; nothing for what is no request."""
    try:
        if is_inquiry(bundle):
            return [inquiry_answer(desk.inquire(bundle), version, BASE, AT)]
        case, _ = desk.submit(bundle, version)
    except NoRequest:
        return []
    later = desk.decide(case.id, case.version)
    told = [submit_answer(case, BASE)] + ([submit_answer(later, BASE), claim_response(later, BASE)] if later else [])
    return [json.loads(json.dumps(each)) for each in told]
