"""What CDS Hooks and CRD ask of a service response, checked by hand and apart from the code that writes it.

Source: CDS Hooks 3.0.0-ballot, service response; CRD 2.2.1 CRDHooksResponseBase; CRD 2.0.1 card types.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_REFERENCE = re.compile(r"[A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_TOPIC_SYSTEMS = {
    "2.2": "http://terminology.hl7.org/CodeSystem/cdshooks-card-type",
    "2.0": "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp",
}
_CARD = {
    "uuid",
    "summary",
    "detail",
    "indicator",
    "source",
    "suggestions",
    "selectionBehavior",
    "overrideReasons",
    "links",
    "extension",
}


def faults(response: Any, version: str) -> list[str]:
    """Everything wrong with a response; an empty list is a good one."""
    return list(_response(response, version))


def _response(response: Any, version: str) -> Iterator[str]:
    yield from _empty(response, "response", is_root=True)
    yield from _unknown(response, {"cards", "systemActions"}, "response")
    if not isinstance(response.get("cards"), list):
        yield "cards is no list"
        return
    for index, card in enumerate(response["cards"]):
        yield from _card(card, version, f"cards[{index}]")
    for index, action in enumerate(response.get("systemActions", ())):
        yield from _system_action(action, f"systemActions[{index}]")
    uuids = [uuid for card in response["cards"] for uuid in _uuids(card)]
    if len(uuids) != len(set(uuids)):
        yield "a uuid is given twice"


def _uuids(card: Any) -> list[Any]:
    return [card.get("uuid"), *(suggestion.get("uuid") for suggestion in card.get("suggestions", ()))]


def _empty(value: Any, path: str, is_root: bool = False) -> Iterator[str]:
    if value is None or value in ("", [], {}):
        yield f"{path} is empty"
    if isinstance(value, dict):
        for name, member in value.items():
            if not (is_root and name == "cards" and member == []):
                yield from _empty(member, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _empty(item, f"{path}[{index}]")


def _unknown(value: Any, known: set[str], path: str) -> Iterator[str]:
    yield from (f"{path}.{name} is unknown" for name in value if name not in known)


def _text(value: Any, name: str, path: str) -> Iterator[str]:
    if not isinstance(value.get(name), str) or not value[name].strip():
        yield f"{path}.{name} is no text"


def _card(card: Any, version: str, path: str) -> Iterator[str]:
    yield from _unknown(card, _CARD, path)
    yield from _text(card, "summary", path)
    if not 1 <= len(card.get("summary", "")) < 140 or "\n" in card.get("summary", ""):
        yield f"{path}.summary is too long"
    if not _UUID.fullmatch(card.get("uuid", "")):
        yield f"{path}.uuid is no uuid"
    if card.get("indicator") not in ("info", "warning", "critical"):
        yield f"{path}.indicator"
    if "links" in card and "suggestions" in card:
        yield f"{path} has links and suggestions"
    if ("suggestions" in card) != ("selectionBehavior" in card):
        yield f"{path}.selectionBehavior"
    yield from _source(card.get("source", {}), version, f"{path}.source")
    for suggestion in card.get("suggestions", ()):
        yield from _suggestion(suggestion, f"{path}.suggestions")
    yield from _behaviour(card, path)
    for link in card.get("links", ()):
        yield from _link(link, f"{path}.links")
    for reason in card.get("overrideReasons", ()):
        for name in ("code", "system", "display"):
            yield from _text(reason, name, f"{path}.overrideReasons")
    yield from _associated(card.get("extension", {}), version, f"{path}.extension")


def _source(source: Any, version: str, path: str) -> Iterator[str]:
    yield from _unknown(source, {"label", "url", "icon", "topic"}, path)
    yield from _text(source, "label", path)
    yield from _text(source.get("topic", {}), "code", path)
    if source.get("topic", {}).get("system") != _TOPIC_SYSTEMS[version]:
        yield f"{path}.topic.system"


def _behaviour(card: Any, path: str) -> Iterator[str]:
    behaviour = card.get("selectionBehavior", "any")
    if behaviour not in ("at-most-one", "any"):
        yield f"{path}.selectionBehavior"
    recommended = sum(suggestion.get("isRecommended", False) for suggestion in card.get("suggestions", ()))
    if behaviour == "at-most-one" and recommended > 1:
        yield f"{path} recommends several where one may be taken"


def _suggestion(suggestion: Any, path: str) -> Iterator[str]:
    yield from _unknown(suggestion, {"label", "uuid", "isRecommended", "actions"}, path)
    yield from _text(suggestion, "label", path)
    if not _UUID.fullmatch(suggestion.get("uuid", "")):
        yield f"{path}.uuid is no uuid"
    if not suggestion.get("actions"):
        yield f"{path}.actions is missing"
    for action in suggestion.get("actions", ()):
        yield from _action(action, f"{path}.actions")


def _action(action: Any, path: str) -> Iterator[str]:
    yield from _unknown(action, {"type", "description", "resource", "resourceId", "extension"}, path)
    yield from _text(action, "description", path)
    if action.get("type") == "delete":
        if "resource" in action or not _REFERENCE.fullmatch(action.get("resourceId", "")):
            yield f"{path} deletes something else than Type/id"
    elif action.get("type") in ("create", "update"):
        if "resourceId" in action or not action.get("resource", {}).get("resourceType"):
            yield f"{path} has no resource, or a resourceId"
    else:
        yield f"{path}.type"
    yield from _unknown(action.get("extension", {}), {"davinci-crd.if-none-exist"}, path)


def _link(link: Any, path: str) -> Iterator[str]:
    yield from _unknown(link, {"label", "url", "type", "appContext"}, path)
    yield from _text(link, "label", path)
    url = urlsplit(link.get("url", ""))
    if url.scheme not in ("http", "https") or not url.hostname:
        yield f"{path}.url"
    if link.get("type") not in ("absolute", "smart"):
        yield f"{path}.type"
    if link.get("type") == "absolute" and "appContext" in link:
        yield f"{path}.appContext on an absolute link"


def _associated(extension: Any, version: str, path: str) -> Iterator[str]:
    yield from _unknown(extension, {"davinci-crd.associated-resource"}, path)
    for item in extension.get("davinci-crd.associated-resource", ()):
        reference = item.get("reference") if version == "2.2" and isinstance(item, dict) else item
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            yield f"{path} associates {item}"


def _system_action(action: Any, path: str) -> Iterator[str]:
    yield from _action(action, path)
    if action.get("type") != "update" or not action.get("resource", {}).get("id"):
        yield f"{path} updates nothing"
