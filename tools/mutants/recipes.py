"""For each invariant, what to change in the object it stands on so that it, and only it, no longer holds. A table.

Source: the invariants of FHIR R4 4.0.1, US Core, PAS, CRD and DTR, by their keys.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from tools.mutants.changes import GONE

When = Callable[[dict[str, Any]], bool]
Put = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]]


def has(*names: str) -> When:
    """All of these properties are there."""
    return lambda value: all(name in value for name in names)


def lacks(*names: str) -> When:
    """None of these is there."""
    return lambda value: not any(name in value for name in names)


def both(*tests: When) -> When:
    """All of these hold."""
    return lambda value: all(test(value) for test in tests)


def reads(name: str, *values: Any) -> When:
    """A property has one of these values."""
    return lambda value: value.get(name) in values


def parts(*urls: str) -> When:
    """An extension has these parts."""
    return lambda value: set(urls) <= {row.get("url") for row in value.get("extension", ())}


def with_parts(*without: str, **put: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """The parts of an extension, without some and with others: `pa_needed` is the part `pa-needed`."""
    new = [{"url": name.replace("_", "-"), **value} for name, value in put.items()]
    replaced = {*without, *(row["url"] for row in new)}

    def change(value: dict[str, Any]) -> dict[str, Any]:
        return {"extension": [row for row in value["extension"] if row["url"] not in replaced] + new}

    return change


class Recipe(NamedTuple):
    """What to put (GONE takes out), when it bites, which rules break with it; `says`: a part of the rule's text."""

    key: str
    put: Put
    when: When = has()
    follows: tuple[str, ...] = ()
    says: str = ""


_STATUS = "http://terminology.hl7.org/CodeSystem/condition-clinical"
_IN_ERROR = {"condition": "condition-ver-status", "allergy": "allergyintolerance-verification"}
_ERROR = {
    name: {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": "entered-in-error"}]}
    for name, system in _IN_ERROR.items()
}
_SPOUSE = {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/subscriber-relationship", "code": "spouse"}]}
_ASKED = {"question": "a", "operator": "exists", "answerBoolean": True}
_NO_VALUE = {"valueQuantity": GONE, "valueCodeableConcept": GONE, "valueString": GONE}
_VALUE_RULES = ("us-core-2", "vs-2")


def _answered_twice(value: dict[str, Any]) -> dict[str, Any]:
    return {"item": [*value["item"], value["item"][0]]}


def _only_coverage(value: dict[str, Any]) -> dict[str, Any]:
    return {"parameter": [row for row in value["parameter"] if row["name"] == "coverage"]}


def _same_link_twice(value: dict[str, Any]) -> dict[str, Any]:
    return {"item": [*value["item"], {"linkId": value["item"][0]["linkId"], "type": "string", "text": "Again"}]}


def _answers_first(value: dict[str, Any]) -> bool:
    return any(name.startswith("value") for row in value["item"][0].get("answer", ()) for name in row)


OBJECTS: tuple[Recipe, ...] = (
    Recipe("per-1", {"start": "2026-02-01", "end": "2026-01-01"}, has("start")),
    Recipe("qty-3", {"system": GONE}, has("system", "code"), ("drt-1",)),
    Recipe("drt-1", {"value": GONE}, has("code", "value")),
    Recipe("cpt-2", {"system": GONE}, has("system", "value")),
    Recipe("att-1", {"data": "aGVsbG8=", "contentType": GONE}, has("contentType")),
    Recipe("rng-2", lambda value: {"low": {**value["high"], "value": value["high"]["value"] + 1}}, has("low", "high")),
    Recipe("tim-1", {"duration": 1, "durationUnit": GONE}),
    Recipe("tim-2", {"periodUnit": GONE}, both(has("period", "periodUnit"), lacks("periodMax"))),
    Recipe("tim-4", {"duration": Decimal("-1"), "durationUnit": "d"}),
    Recipe("tim-5", {"period": Decimal("-1"), "periodUnit": "d"}, lacks("periodMax")),
    Recipe("tim-6", {"periodMax": 9}, lacks("period")),
    Recipe("tim-7", {"durationMax": 1}, lacks("duration")),
    Recipe("tim-8", {"countMax": 2}, lacks("count")),
    Recipe("tim-9", {"offset": 5}, lacks("when", "timeOfDay")),
    Recipe("tim-10", {"timeOfDay": ["10:00:00"], "when": ["MORN"]}),
    Recipe("org-2", {"use": "home"}),
    Recipe("org-3", {"use": "home"}),
    Recipe("org-1", {"name": GONE, "identifier": GONE}, has("name")),
    Recipe("obs-6", {"dataAbsentReason": {"text": "Unknown"}}, has("valueQuantity")),
    Recipe("obs-3", {"low": GONE, "high": GONE, "text": GONE, "appliesTo": [{"text": "All"}]}),
    Recipe("ait-1", {"clinicalStatus": GONE}, has("clinicalStatus")),
    Recipe("ait-2", {"verificationStatus": _ERROR["allergy"]}, has("clinicalStatus")),
    Recipe(
        "con-4",
        {"clinicalStatus": {"coding": [{"system": _STATUS, "code": "active"}]}, "abatementString": "Over"},
        lacks("abatementDateTime"),
    ),
    Recipe("con-5", {"verificationStatus": _ERROR["condition"]}, has("clinicalStatus")),
    Recipe("prr-1", {"orderDetail": [{"text": "Sample"}], "code": GONE}, has("code")),
    Recipe(
        "que-1",
        {"type": "group"},
        both(
            reads("type", "string", "boolean", "date"),
            lacks("item", "initial", "answerOption", "answerValueSet", "maxLength"),
        ),
    ),
    Recipe("que-2", _same_link_twice, has("item")),
    Recipe("que-3", {"code": [{"system": "http://example.org/sample", "code": "a"}]}, reads("type", "display")),
    Recipe("que-4", {"answerOption": [{"valueString": "A"}]}, both(has("answerValueSet"), lacks("initial"))),
    Recipe("que-6", {"required": True}, reads("type", "display")),
    Recipe("que-8", {"initial": [{"valueString": "A"}]}, reads("type", "group", "display")),
    Recipe("que-9", {"readOnly": True}, reads("type", "display")),
    Recipe("que-10", {"maxLength": 5}, reads("type", "date", "choice", "group", "quantity")),
    Recipe("que-12", {"enableWhen": [_ASKED] * 3, "enableBehavior": GONE}),
    Recipe("qrs-1", {"item": [{"linkId": "a"}]}, both(has("answer"), lacks("item"))),
    Recipe("inv-1", {"authoredOn": "2026-02-01", "lastModified": "2026-01-01"}, has("authoredOn")),
    Recipe("pd-1", {"telecom": GONE, "endpoint": GONE}, has("telecom")),
    Recipe("us-core-2", _NO_VALUE, lacks("component", "hasMember", "dataAbsentReason"), _VALUE_RULES),
    Recipe("vs-2", {"valueQuantity": GONE}, lacks("component", "hasMember", "dataAbsentReason"), _VALUE_RULES),
    Recipe("vs-3", {"valueQuantity": GONE}, both(has("valueQuantity"), lacks("dataAbsentReason"))),
    Recipe("us-core-6", {"url": GONE, "data": GONE}, both(has("contentType"), lacks("_url"))),
    Recipe(
        "us-core-7", {"performedDateTime": GONE, "performedPeriod": GONE}, reads("status", "completed", "in-progress")
    ),
    Recipe("us-core-8", {"family": GONE, "given": GONE, "text": "Somebody"}, lacks("extension")),
    Recipe("us-core-9", {"issued": GONE}, has("issued")),
    Recipe(
        "us-core-10",
        {"effectiveDateTime": GONE, "effectivePeriod": GONE},
        reads("status", "final", "partial", "amended"),
    ),
    Recipe("us-core-12", {"udiCarrier": [{"deviceIdentifier": "1"}]}),
    Recipe(
        "us-core-13",
        {"practitioner": GONE, "organization": GONE, "healthcareService": GONE, "location": GONE},
        has("telecom"),
    ),
    Recipe("us-core-14", {"name": GONE, "relationship": GONE}, has("name")),
    Recipe("us-core-15", {"subscriberId": GONE, "identifier": GONE}, has("subscriberId")),
    Recipe("us-core-16", {"value": "123456789"}, has("value"), ("us-core-17",)),
    Recipe("us-core-17", {"value": "1234567890"}, has("value")),
    Recipe("us-core-18", {"value": "1234"}, has("value")),
    Recipe("us-core-19", {"value": "1234"}, has("value")),
    Recipe("us-core-20", {"whenHandedOver": GONE}, reads("status", "completed")),
    Recipe("us-core-21", {"requester": GONE}, reads("intent", "order")),
    Recipe("us-core-22", {"low": {"value": 1, "system": "http://example.org/units", "code": "a"}}, has("low", "high")),
    Recipe("us-core-24", {"valueCodeableConcept": GONE, "valueQuantity": {"value": 1}}, has("valueCodeableConcept")),
    Recipe("us-core-26", {"valueQuantity": GONE}, both(has("valueQuantity"), lacks("dataAbsentReason"))),
    Recipe("self-beneficiary", {"subscriber": GONE, "relationship": _SPOUSE}, has("relationship")),
    Recipe("IdentifierUnlessVO", {"identifier": GONE}, has("identifier")),
    Recipe("sdcqr-2", _answered_twice, both(has("item"), _answers_first)),
    Recipe("dtr-1", _only_coverage, lambda value: bool(_only_coverage(value)["parameter"])),
    Recipe("dtrx-1", with_parts(source={"valueCode": "override"}), lambda value: not parts("author")(value)),
    Recipe("dtrx-1", with_parts("author"), parts("author")),
    Recipe("crd-ci-q1", with_parts("doc-needed"), parts("questionnaire", "doc-needed"), ("crd-ci-q3",)),
    Recipe("crd-ci-q2", with_parts("pa-needed", "satisfied-pa-id"), parts("covered"), says="value != 'not-covered'"),
    Recipe(
        "crd-ci-q2", with_parts(covered={"valueCode": "not-covered"}), parts("pa-needed"), says="value = 'not-covered'"
    ),
    Recipe(
        "crd-ci-q3",
        with_parts(covered={"valueCode": "covered"}),
        parts("info-needed"),
        says="'info-needed').exists() implies",
    ),
    Recipe("crd-ci-q3", with_parts("info-needed"), parts("info-needed"), says="count() >= 1 implies"),
    Recipe(
        "crd-ci-q4", with_parts(doc_purpose={"valueCode": "withpa"}), parts("doc-purpose", "pa-needed"), says="withpa"
    ),
    Recipe("crd-ci-q5", with_parts("satisfied-pa-id"), parts("satisfied-pa-id")),
    Recipe("crd-ci-q6", with_parts("reason", info_needed={"valueCode": "OTH"}), parts("info-needed"), ("crd-ci-q8",)),
    Recipe(
        "crd-ci-q7",
        with_parts(reason={"valueCodeableConcept": {"coding": [{"system": "http://example.org/none", "code": "a"}]}}),
        parts("reason"),
    ),
    Recipe("crd-ci-q8", with_parts("reason"), parts("reason", "doc-purpose")),
    Recipe(
        "crd-ci-q9",
        with_parts("reason", "doc-purpose", covered={"valueCode": "indeterminate"}),
        parts("reason", "covered"),
        says="indeterminate",
    ),
)
"""Rules on objects."""

PRIMITIVES: dict[str, str] = {
    "FullDateRule": "2026-01",
    "us-core-1": "2026",
    "vs-1": "2026",
    "txt-1": '<div xmlns="http://www.w3.org/1999/xhtml"><script>1</script></div>',
    "txt-2": '<div xmlns="http://www.w3.org/1999/xhtml"> </div>',
}
"""Rules on primitive values, and a value that breaks each."""

ALIKE = (("txt-1", "txt-2"), ("us-core-1", "vs-1"))
"""Rules that say the same."""
