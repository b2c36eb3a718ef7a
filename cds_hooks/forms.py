"""The Task that asks an EHR's staff for a form, and how it differs between versions of CRD.

Must not know cards. Source: CRD 2.0.1 and 2.2.1, profile-taskquestionnaire.
"""

from datetime import datetime
from typing import Any

from cds_hooks.desk import Json, Topic
from cds_hooks.dialects import Dialect
from cds_hooks.statements import CODES_OF_ITS_OWN, said

_SDC = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
_FOLLOWS = "after-completion-action"
_WHAT_FOLLOWS: dict[Topic, Json] = {
    Topic.COVERAGE_INFO: {"coding": [{"system": CODES_OF_ITS_OWN, "code": "prior-auth-include"}]},
    Topic.CLAIM: {"coding": [{"system": CODES_OF_ITS_OWN, "code": "initial-claim-include"}]},
}


def form_task(
    questionnaire: str,
    patient_ref: str,
    payer_ref: str,
    at: datetime,
    based_on: tuple[str, ...] = (),
    reason: str = "",
) -> Json:
    """A Task to complete a questionnaire (its canonical, `url|version`) about a patient, for the orders it names."""
    return said(
        {
            "resourceType": "Task",
            "basedOn": [{"reference": ref} for ref in based_on],
            "status": "ready",
            "intent": "order",
            "code": {"coding": [{"system": _SDC, "code": "complete-questionnaire"}]},
            "for": {"reference": patient_ref},
            "authoredOn": at.isoformat(timespec="seconds"),
            "requester": {"reference": payer_ref},
            "reasonCode": said({"text": reason}),
            "input": [
                {
                    "type": {"coding": [{"system": _SDC, "code": "questionnaire"}], "text": "questionnaire"},
                    "valueCanonical": questionnaire,
                }
            ],
        }
    )


def in_dialect(task: Json, topic: Topic, dialect: Dialect) -> Json:
    """The Task as a version of CRD has it: 2.0.1 says what becomes of the answers; 2.2 does not, and has no focus."""
    inputs = [item for item in task.get("input", ()) if not _tells_what_follows(item)]
    if dialect.form_tells_what_follows:
        follows = _WHAT_FOLLOWS.get(topic, {"text": "Keep with the order"})
        action = {"coding": [{"system": CODES_OF_ITS_OWN, "code": _FOLLOWS}]}
        return {**task, "input": [*inputs, {"type": action, "valueCodeableConcept": follows}]}
    return {name: value for name, value in task.items() if name != "focus"} | {"input": inputs}


def canonicals(task: Json) -> list[str]:
    """The questionnaires that a Task asks for."""
    inputs = task.get("input")
    found = (
        [item.get("valueCanonical") for item in inputs if isinstance(item, dict)] if isinstance(inputs, list) else []
    )
    return [value for value in found if isinstance(value, str)]


def _tells_what_follows(item: dict[str, Any]) -> bool:
    return any(code.get("code") == _FOLLOWS for code in item.get("type", {}).get("coding", ()))
