"""Writes the one topic there is: what is told to whom, as a Basic, which is how R4 holds a SubscriptionTopic of R5.

Source: PAS 2.2.1 and 2.0.1, PASSubscriptionTopic; the words for people are ours.
"""

from fhir_um.translate.elements_out import Json, coded
from profiles.canonicals import EXT_OF_TOPIC, FHIR_TYPES, PAS_TEMP_CODES, PAS_TOPIC, RESULT_AVAILABLE

TOPIC_ID = "PASSubscriptionTopic"
_TYPE = "http://hl7.org/fhir/StructureDefinition/"
_ABOUT = "Tells the sender of a prior authorization request of every change of its answer."
_WHEN = "A line of the request was decided, or the answer changed in another way."
_BY_WHOM = "Identifiers of the requesting organization, or of the sending system (ISA06); several with commas between."
_FILTERS = {"2.2.1": ("org-identifier", "orgIdentifier", "identifier"), "2.0.1": ("identifier", "orgIdentifier")}
"""The name of the guide's own text first; all are understood at both bases."""

_SHAPE = {"2.2.1": ("Bundle",), "2.0.1": ()}
"""2.0.1 says nothing of it."""


def topic(guide: str) -> Json:
    """The topic of that PAS version."""
    parts = [
        _part("url", {"valueUri": PAS_TOPIC}),
        _part("version", {"valueString": guide}),
        _part("title", {"valueString": "Answers to prior authorization requests"}),
        _part("status", {"valueCode": "active"}),
        _part("description", {"valueMarkdown": _ABOUT}),
        _nested("eventTrigger", _trigger()),
        *(_nested("canFilterBy", _filter(name)) for name in _FILTERS[guide]),
        *(_nested("notificationShape", [{"url": "resource", "valueUri": f"{_TYPE}{kind}"}]) for kind in _SHAPE[guide]),
    ]
    return {
        "resourceType": "Basic",
        "id": TOPIC_ID,
        "extension": parts,
        "code": coded(FHIR_TYPES, "SubscriptionTopic"),
    }


def _trigger() -> list[Json]:
    return [
        {"url": "description", "valueMarkdown": _WHEN},
        {"url": "resource", "valueUri": f"{_TYPE}ClaimResponse"},
        {"url": "event", "valueCodeableConcept": coded(PAS_TEMP_CODES, RESULT_AVAILABLE)},
    ]


def _filter(name: str) -> list[Json]:
    return [
        {"url": "description", "valueMarkdown": _BY_WHOM},
        {"url": "filterParameter", "valueString": name},
        {"url": "comparator", "valueCode": "eq"},
    ]


def _part(name: str, value: Json) -> Json:
    return {"url": f"{EXT_OF_TOPIC}{name}", **value}


def _nested(name: str, parts: list[Json]) -> Json:
    return {"extension": parts, "url": f"{EXT_OF_TOPIC}{name}"}
