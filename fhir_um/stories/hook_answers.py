"""What the hook counter said, put in a form that a story can compare and a person can read.

Must not know how it was sent or what was expected. Reads the discovery document, the answer to a hook in the words of
CRD 2.2.1 and 2.0.1, and the explanation of one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from profiles.canonicals import EXT_COVERAGE_INFORMATION


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """What was said about one order; `assertion` is the id to give with everything that follows."""

    coverage: str = ""
    covered: str = ""
    pa_needed: str = ""
    doc_needed: tuple[str, ...] = ()
    doc_purpose: tuple[str, ...] = ()
    info_needed: tuple[str, ...] = ()
    questionnaires: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    number: str = ""
    assertion: str = ""
    expires: str = ""


@dataclass(frozen=True, slots=True)
class SeenCard:
    """One card. `kind` is told by what the card carries: links, an order instead, orders as well, a form, only text."""

    kind: str
    topic: str
    indicator: str
    summary: str
    detail: str = ""
    card: str = ""
    suggestion: str = ""
    proposed: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenWhy:
    """Why one order was answered so: the policy, where its criteria led, what was missing, the case it became."""

    policy: str
    version: str
    course: str
    missing: tuple[str, ...]
    criteria: dict[str, str]
    case_id: str


def read_services(content: dict[str, Any]) -> dict[str, str]:
    """Discovery: the id of the first service of each hook, as a client picks it."""
    found: dict[str, str] = {}
    for service in content["services"]:
        found.setdefault(service["hook"], service["id"])
    return found


def read_explanation(content: dict[str, Any]) -> dict[str, SeenWhy]:
    """What an explanation says of each order, by `Type/id`."""
    return {row["order"]: _why(row) for row in content["assertions"]}


def _why(row: dict[str, Any]) -> SeenWhy:
    policy = row.get("policy") or {}
    return SeenWhy(
        policy=policy.get("id", ""),
        version=policy.get("version", ""),
        course=row.get("course") or "",
        missing=tuple(row.get("missing", ())),
        criteria={criterion["label"]: criterion["truth"] for criterion in row.get("criteria", ())},
        case_id=row.get("submittedAs") or "",
    )


def read_orders(content: dict[str, Any]) -> dict[str, SeenOrder]:
    """What the system actions say about each order, by `Type/id`."""
    found = {}
    for action in content.get("systemActions", ()):
        resource = action.get("resource", {})
        for extension in resource.get("extension", ()):
            if extension.get("url") == EXT_COVERAGE_INFORMATION:
                found[f"{resource.get('resourceType')}/{resource.get('id')}"] = _order(extension["extension"])
    return found


def _order(parts: list[dict[str, Any]]) -> SeenOrder:
    def told(name: str) -> tuple[str, ...]:
        return tuple(_plain(part) for part in parts if part["url"] == name)

    def first(name: str) -> str:
        return next(iter(told(name)), "")

    return SeenOrder(
        coverage=first("coverage"),
        covered=first("covered"),
        pa_needed=first("pa-needed"),
        doc_needed=told("doc-needed"),
        doc_purpose=told("doc-purpose"),
        info_needed=told("info-needed"),
        questionnaires=told("questionnaire"),
        reasons=told("reason"),
        number=first("satisfied-pa-id"),
        assertion=first("coverage-assertion-id"),
        expires=first("expiry-date"),
    )


def _plain(part: dict[str, Any]) -> str:
    value = next((value for key, value in part.items() if key.startswith("value")), "")
    if isinstance(value, dict):
        return str(value.get("reference") or value.get("text") or "")
    return str(value)


def read_cards(content: dict[str, Any]) -> tuple[SeenCard, ...]:
    """The cards, in the order given."""
    return tuple(_card(card) for card in content["cards"])


def _card(card: dict[str, Any]) -> SeenCard:
    suggestions = card.get("suggestions", ())
    actions = [action for suggestion in suggestions for action in suggestion.get("actions", ())]
    return SeenCard(
        kind=_kind(card, actions),
        topic=card["source"].get("topic", {}).get("code", ""),
        indicator=card["indicator"],
        summary=str(card["summary"]),
        detail=card.get("detail", ""),
        card=card.get("uuid", ""),
        suggestion=next((s.get("uuid", "") for s in suggestions), ""),
        proposed=tuple(code for action in actions for code in _codes(action.get("resource", {}))),
        links=tuple(link["url"] for link in card.get("links", ())),
    )


def _kind(card: dict[str, Any], actions: list[dict[str, Any]]) -> str:
    types = {action.get("resource", {}).get("resourceType") for action in actions} - {None}
    if types & {"Task", "Questionnaire"}:
        return "form-completion"
    if types == {"Coverage"}:
        return "coverage-update"
    if actions:
        return "additional-orders" if all(a["type"] == "create" for a in actions) else "alternate-request"
    if card.get("links"):
        return "smart-launch" if card["links"][0]["type"] == "smart" else "external-reference"
    return "instructions"


def _codes(resource: dict[str, Any]) -> Iterator[str]:
    for name in ("code", "codeCodeableConcept", "medicationCodeableConcept"):
        for coding in resource.get(name, {}).get("coding", ()):
            yield str(coding["code"])
