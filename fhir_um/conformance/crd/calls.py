"""Makes hook calls from those of stories: the same call, written otherwise or asking for something else."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import msgspec

from fhir_um.conformance.crd.dialects import EXTENSION
from fhir_um.conformance.crd.reading import asked_about, coverage_named, hook_of, object_of, objects_of, statements_of
from fhir_um.conformance.model import Exchange, Json
from fhir_um.conformance.stage import BrokenOff, Stage

Change = Callable[[Json], None]
_SPELLINGS = {
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets": "urn:oid:2.16.840.1.113883.6.285",
    "http://www.ama-assn.org/go/cpt": "urn:oid:2.16.840.1.113883.6.12",
}
"""Address of a code system -> another usual spelling of it."""
NOBODY = "http://127.0.0.1:9/fhir"
"""The discard port of this machine, where nobody answers."""
ACCESS = {
    "access_token": "of-an-invented-ehr",
    "token_type": "Bearer",
    "expires_in": 300,
    "scope": "patient/*.rs",
    "subject": "payer",
}


def call_of(stage: Stage, story: str, step: str) -> Json:
    """The call a step of a story would make, to be changed. Raises: BrokenOff."""
    call = msgspec.json.decode(_asked(stage, story, step))
    if not isinstance(call, dict) or "context" not in call:
        raise BrokenOff(f"step {step} of the story {story} is no hook call")
    return call


def _asked(stage: Stage, story: str, step: str) -> bytes:
    """What the step sends; where that depends on an earlier answer, what it sent in a story that is played."""
    try:
        return stage.asked(story, step)
    except BrokenOff:
        played = stage.play(story)
    if step not in played:
        raise BrokenOff(f"the story {story} did not come to its step {step}")
    return played[step].sent


def changed(call: Json, *changes: Change) -> Json:
    """The call with those changes."""
    made = deepcopy(call)
    for change in changes:
        change(made)
    return made


def another(call: Json, step: str) -> Json:
    """The call with a hook instance of its own; the same one again for the same step."""
    return call | {"hookInstance": str(uuid5(NAMESPACE_URL, f"{call.get('hookInstance', '')}/{step}"))}


def written(call: Json) -> bytes:
    """The call as it is sent."""
    return msgspec.json.encode(call)


def configured(**options: Any) -> Change:
    """With options; `_` in their names stands for `-`."""

    def change(call: Json) -> None:
        configuration = {name.replace("_", "-"): value for name, value in options.items()}
        call.setdefault("extension", {})["davinci-crd.configuration"] = configuration

    return change


def speaking(version: str) -> Change:
    """In that version of CRD."""

    def change(call: Json) -> None:
        call.setdefault("extension", {})["davinci-crd.requestedVersion"] = version

    return change


def from_server(url: str) -> Change:
    """From an EHR with that FHIR server, and a token for it."""

    def change(call: Json) -> None:
        call.update(fhirServer=url, fhirAuthorization=dict(ACCESS))

    return change


def resources_at_hand(call: Json) -> list[Json]:
    """The resources of the prefetch."""
    found = []
    for value in object_of(call.get("prefetch")).values():
        bundled = [object_of(entry.get("resource")) for entry in objects_of(object_of(value).get("entry"))]
        found += bundled or ([value] if object_of(value).get("id") else [])
    return found


def orders_of(call: Json) -> list[Json]:
    """The draft orders of a call."""
    entries = objects_of(object_of(call["context"].get("draftOrders")).get("entry"))
    return [entry["resource"] for entry in entries if isinstance(entry.get("resource"), dict)]


# --- the same, written otherwise --------------------------------------------------------------------------------------


def with_unknown_members(call: Json) -> None:
    """With members nobody knows, wherever there may be some."""
    call["x-unknown"] = {"anything": [1, "two"]}
    call["context"]["x-unknown"] = "anything"
    call.setdefault("extension", {})["org.example.unknown"] = {"anything": True}
    configured(x_unknown=True)(call)


def without_optional(call: Json) -> None:
    """Without what may be left out: the encounter, and words beside codes."""
    call["context"].pop("encounterId", None)
    for order in orders_of(call):
        for name in ("code", "codeCodeableConcept", "medicationCodeableConcept"):
            if object_of(order.get(name)).get("coding"):
                order[name].pop("text", None)


def under_other_keys(call: Json) -> None:
    """With prefetch under keys of the EHR's own."""
    call["prefetch"] = {f"own{number}": value for number, value in enumerate(call["prefetch"].values())}


def with_null_prefetch(call: Json) -> None:
    """With more keys, of which nothing is known."""
    issue = {"severity": "error", "code": "processing"}
    call["prefetch"] |= {"devices": None, "medications": {"resourceType": "OperationOutcome", "issue": [issue]}}


def in_other_spelling(call: Json) -> None:
    """With another usual spelling of code systems in the orders."""
    for order in orders_of(call):
        _respell(order)


def _respell(value: Any) -> None:
    if isinstance(value, dict):
        if value.get("system") in _SPELLINGS:
            value["system"] = _SPELLINGS[value["system"]]
        for each in value.values():
            _respell(each)
    elif isinstance(value, list):
        for each in value:
            _respell(each)


def by_another_user(call: Json) -> None:
    """Made by the practitioner instead of their role, or by a role instead of the practitioner."""
    kind, _, id = str(call["context"]["userId"]).partition("/")
    if kind != "PractitionerRole":
        call["context"]["userId"] = f"PractitionerRole/{id}-role"
        return
    roles = [each for each in resources_at_hand(call) if each.get("id") == id and each.get("practitioner")]
    call["context"]["userId"] = roles[0]["practitioner"]["reference"] if roles else f"Practitioner/{id}"


def without_prefetch(call: Json) -> None:
    """With nothing at hand."""
    call.pop("prefetch", None)


def without_coverage(call: Json) -> None:
    """With everything at hand but the Coverage."""
    kept = {
        key: value for key, value in call["prefetch"].items() if '"Coverage"' not in msgspec.json.encode(value).decode()
    }
    call["prefetch"] = kept


def with_second_coverage(call: Json) -> None:
    """With a second Coverage of the same patient."""
    own = next(each for each in resources_at_hand(call) if each.get("resourceType") == "Coverage")
    second = deepcopy(own) | {"id": f"{own['id']}-second"}
    for value in call["prefetch"].values():
        if own in [entry.get("resource") for entry in objects_of(object_of(value).get("entry"))]:
            value["entry"].append(
                {"fullUrl": f"https://ehr.example.test/fhir/Coverage/{second['id']}", "resource": second}
            )
            return
    call["prefetch"]["coverages"] = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": second}]}


def forbidding(call: Json) -> None:
    """Orders not to do what they would order."""
    for order in orders_of(call):
        order["doNotPerform"] = True


def dispatched(*, is_newer: bool) -> Change:
    """Sent to somebody instead of signed, in the shape of hook version 1.1 or 1.0."""

    def change(call: Json) -> None:
        context = call["context"]
        orders = orders_of(call)
        refs = [f"{order['resourceType']}/{order['id']}" for order in orders]
        call["hook"] = "order-dispatch"
        call["prefetch"]["orders"] = {
            "resourceType": "Bundle",
            "type": "searchset",
            "entry": [{"resource": order | {"status": "active"}} for order in orders],
        }
        named = {"dispatchedOrders": refs} if is_newer else {"order": refs[0]}
        call["context"] = {"patientId": context["patientId"], "performer": context["userId"], **named}

    return change


# --- orders that were told something before ---------------------------------------------------------------------------


def as_answered(call: Json, answer: Exchange) -> Json:
    """The call with its orders as the server sent them back. Raises: BrokenOff when it said nothing about them."""
    told = {}
    for action in objects_of(object_of(answer.answer).get("systemActions")):
        resource = object_of(action.get("resource"))
        if statements_of(resource):
            told[f"{resource.get('resourceType')}/{resource.get('id')}"] = resource
    if hook_of(answer) != call["hook"] or not set(asked_about(answer)) & set(told):
        raise BrokenOff("there is no coverage information to send along with an order")
    made = deepcopy(call)
    for entry in made["context"]["draftOrders"]["entry"]:
        ref = f"{entry['resource']['resourceType']}/{entry['resource']['id']}"
        entry["resource"] = deepcopy(told.get(ref, entry["resource"]))
    return made


def outdated(call: Json) -> None:
    """Orders that carry what was told once, of their own coverage and of another."""
    for order in orders_of(call):
        old = [_once(each, "an-older-assertion") for each in statements_of(order)]
        other = [_once(each, "another-assertion", "Coverage/of-another-insurer") for each in statements_of(order)]
        rest = [each for each in objects_of(order.get("extension")) if each.get("url") != EXTENSION]
        order["extension"] = [*rest, *old[:1], *other[:1]]


def _once(statement: Json, assertion: str, coverage: str = "") -> Json:
    """What might have been said long ago: that a coverage pays without being asked."""
    named = coverage or coverage_named(statement)
    parts = [
        {"url": "coverage", "valueReference": {"reference": named}},
        {"url": "covered", "valueCode": "covered"},
        {"url": "pa-needed", "valueCode": "no-auth"},
        {"url": "date", "valueDate": "2026-01-05"},
        {"url": "coverage-assertion-id", "valueString": assertion},
    ]
    return {"url": EXTENSION, "extension": parts}
