"""How an answer is held against what was expected of it."""

import json
from typing import Any

import pytest

from fhir_um.stories.answers import read_answer
from fhir_um.stories.comparing import differences

LINE = {
    "sequence": 1,
    "state": "nurse-review",
    "decision": {"reason": "needs-medical-review", "text": ""},
    "authorizationNumber": "",
    "administrativeReference": "R1",
}
CASE = {"id": "case-7", "version": 3, "status": "pended", "lines": [LINE]}
REFUSED = {
    "resourceType": "OperationOutcome",
    "issue": [
        {"severity": "error", "code": "value", "diagnostics": "Another type.", "expression": ["Bundle.type"]},
        {"severity": "error", "code": "required", "diagnostics": "None here.", "expression": ["Bundle.timestamp"]},
    ],
}


@pytest.mark.parametrize(
    ("expected", "faults"),
    [
        ({"status": 200, "version": 3}, ()),
        ({"status": 422}, ("status should be 422, is 200",)),
        ({"cases": 0}, ("cases should be 0, is 1",)),
        ({"lines": {1: {"state": "nurse-review", "number": "none"}}}, ()),
        ({"lines": {1: {"number": "given"}}}, ("lines.1.number should be given, is absent",)),
        ({"lines": {1: {}, 2: {}}}, ("lines should be of [1, 2], is of [1]",)),
        ({"errors": []}, ()),
        ({"errors": [{"code": "67"}]}, ("errors should be [{'code': '67'}], is ()",)),
        ({"issues": "given"}, ("issues should be given, is ()",)),
        ({"places": {"Bundle.type": "given"}}, ("places.Bundle.type should be given, is absent",)),
    ],
)
def test_an_answer_is_compared_where_something_is_expected(expected: dict[str, Any], faults: tuple[str, ...]) -> None:
    assert differences(expected, read_answer(200, json.dumps(CASE).encode())) == faults


def test_the_places_of_issues_can_be_expected_one_by_one() -> None:
    answer = read_answer(422, json.dumps(REFUSED).encode())

    assert differences({"places": {"Bundle.timestamp": "given"}}, answer) == ()
    assert differences({"places": {"Bundle.type": "Another type.", "Bundle.entry": "given"}}, answer) == (
        "places.Bundle.entry should be given, is absent",
    )
