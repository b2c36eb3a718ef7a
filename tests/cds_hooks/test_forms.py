"""The Task that asks for a form, held against the profile of each guide."""

import pytest

from cds_hooks.desk import Topic
from cds_hooks.dialects import DIALECTS
from cds_hooks.forms import canonicals, form_task, in_dialect
from tests.cds_hooks.orders import RECEIVED
from tests.cds_hooks.test_sweep import validator

_QUESTIONNAIRE = "https://payer.example/Questionnaire/mri|2"
_TASK = form_task(
    _QUESTIONNAIRE, "Patient/marisol", "Organization/payer", RECEIVED, ("ServiceRequest/s-1",), "Needed for the claim"
)
_PROFILE = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-taskquestionnaire"


@pytest.mark.spec("crd-check:107")
@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("topic", [Topic.CLAIM, Topic.COVERAGE_INFO, Topic.NETWORK])
@pytest.mark.spec("crd:resp-62")
def test_task_conforms_in_each_dialect(version: str, topic: Topic) -> None:
    other = "2.0" if version == "2.2" else "2.2"
    task = in_dialect(in_dialect(_TASK, topic, DIALECTS[other]), topic, DIALECTS[version])

    found = validator(version).check(task, (_PROFILE,))

    assert [(issue.path, issue.text) for issue in found if issue.severity != "information"] == []
    assert canonicals(task) == [_QUESTIONNAIRE]
    assert len(task["input"]) == (2 if version == "2.0" else 1)


@pytest.mark.spec("crd:resp-62", "crd-check:107")
def test_task_of_2_2_has_no_focus() -> None:
    task = in_dialect(_TASK | {"focus": {"reference": "ServiceRequest/s-1"}}, Topic.CLAIM, DIALECTS["2.2"])

    assert "focus" not in task


def test_odd_input_names_no_questionnaire() -> None:
    assert canonicals({"input": ["text", {"valueCanonical": 7}]}) == []
    assert canonicals({"input": "text"}) == []
