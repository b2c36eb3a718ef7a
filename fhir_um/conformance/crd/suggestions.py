"""Checks of what is in cards: suggestions with their actions, and links. One member, one check.

Must not know what kinds of card they make. Source: CDS Hooks 3.0.0-ballot (suggestion, action, link); CRD 2.2.1.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

from fhir_um.conformance.crd.answers import LOCAL, is_text
from fhir_um.conformance.crd.making import answer_check, for_each
from fhir_um.conformance.crd.numbering import demonstrated, for_hooks, last
from fhir_um.conformance.crd.reading import (
    Placed,
    annotating,
    cards,
    links,
    object_of,
    objects_of,
    suggested_actions,
    suggestions,
    system_actions,
)
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Strength

_BEHAVIOURS = ("at-most-one", "any")
_TYPES = ("create", "update", "delete")
_OPTIONAL = for_hooks(6)
_SHAPE = demonstrated(4)


def _all_actions(exchange: Exchange) -> list[Placed]:
    return suggested_actions(exchange) + system_actions(exchange)


def _actions_apart(exchange: Exchange) -> list[Placed]:
    """All actions but those with coverage information, which have checks of their own."""
    return suggested_actions(exchange) + [each for each in system_actions(exchange) if each not in annotating(exchange)]


def _behaviour(path: str, card: Json) -> Iterator[Fault]:
    if objects_of(card.get("suggestions")) and card.get("selectionBehavior") not in _BEHAVIOURS:
        yield Fault(
            f"A card with suggestions must have a selectionBehavior: {' or '.join(_BEHAVIOURS)}.",
            f"{path}.selectionBehavior",
        )


def _recommended(path: str, card: Json) -> Iterator[Fault]:
    recommended = [each for each in objects_of(card.get("suggestions")) if each.get("isRecommended") is True]
    if card.get("selectionBehavior") == "at-most-one" and len(recommended) > 1:
        yield Fault("Several suggestions are recommended where one may be taken.", f"{path}.suggestions")


def _label(path: str, item: Json) -> Iterator[Fault]:
    if not is_text(item.get("label")):
        yield Fault("It must have a label, which people see.", f"{path}.label")


def _has_actions(path: str, suggestion: Json) -> Iterator[Fault]:
    listed = suggestion.get("actions")
    if not isinstance(listed, list) or not listed or len(objects_of(listed)) != len(listed):
        yield Fault("A suggestion must have actions, as a list of objects.", f"{path}.actions")


def _action_type(path: str, action: Json) -> Iterator[Fault]:
    if action.get("type") not in _TYPES:
        yield Fault(f"The type of an action is one of {', '.join(_TYPES)}, not {action.get('type')!r}.", f"{path}.type")


def _description(path: str, action: Json) -> Iterator[Fault]:
    if not is_text(action.get("description")):
        yield Fault("An action must have a description, as a text.", f"{path}.description")


def _resource(path: str, action: Json) -> Iterator[Fault]:
    if action.get("type") in ("create", "update") and not is_text(
        object_of(action.get("resource")).get("resourceType")
    ):
        yield Fault("An action to create or update must have a resource.", f"{path}.resource")


def _deleted(path: str, action: Json) -> Iterator[Fault]:
    named = action.get("resourceId")
    if action.get("type") == "delete" and not (isinstance(named, str) and LOCAL.fullmatch(named)):
        yield Fault(f"An action to delete must name Type/id in resourceId, not {named!r}.", f"{path}.resourceId")


def _lists(path: str, card: Json) -> Iterator[Fault]:
    for name in ("suggestions", "links"):
        listed = card.get(name)
        if name in card and (not isinstance(listed, list) or len(objects_of(listed)) != len(listed)):
            yield Fault(f"`{name}` must be a list of objects, or not be there.", f"{path}.{name}")


def _url(path: str, link: Json) -> Iterator[Fault]:
    try:
        url = urlsplit(str(link.get("url", "")))
    except ValueError:
        url = urlsplit("")
    if url.scheme not in ("http", "https") or not url.netloc:
        yield Fault(
            f"A link must lead to an http or https address with a host, not {link.get('url')!r}.", f"{path}.url"
        )


def _link_type(path: str, link: Json) -> Iterator[Fault]:
    if link.get("type") not in ("absolute", "smart"):
        yield Fault(f"The type of a link is absolute or smart, not {link.get('type')!r}.", f"{path}.type")


def _app_context(path: str, link: Json) -> Iterator[Fault]:
    if link.get("type") == "absolute" and "appContext" in link:
        yield Fault("appContext is for smart links only.", f"{path}.appContext")
    elif "appContext" in link and not isinstance(link["appContext"], str):
        yield Fault("appContext must be a text.", f"{path}.appContext")


def checks() -> tuple[Check, ...]:
    """The checks of suggestions, actions and links."""
    return (*_SUGGESTIONS, *_ACTIONS, *_LINKS)


_SUGGESTIONS = (
    answer_check(
        "crd.answers.lists", "`suggestions` and `links` are lists of objects", for_each(cards, _lists), public=_OPTIONAL
    ),
    answer_check(
        "crd.answers.selection-behavior",
        "A card with suggestions says how many may be taken",
        for_each(cards, _behaviour),
        requirements=("crd-check:99",),
        public=_OPTIONAL,
    ),
    answer_check(
        "crd.answers.one-recommended",
        "Where one suggestion may be taken, one is recommended at most",
        for_each(cards, _recommended),
        requirements=("crd-check:99",),
        public=_OPTIONAL,
    ),
    answer_check(
        "crd.answers.suggestion-label",
        "Each suggestion has a label",
        for_each(suggestions, _label),
        requirements=("crd-check:100",),
        public=_OPTIONAL,
    ),
    answer_check(
        "crd.answers.suggestion-actions",
        "Each suggestion has actions",
        for_each(suggestions, _has_actions),
        Strength.EXPECTED,
        ("crd-check:100", "crd-check:125"),
        (*_OPTIONAL, *last(12)),
    ),
)
_ACTIONS = (
    answer_check(
        "crd.answers.action-type",
        "The type of an action is create, update or delete",
        for_each(_all_actions, _action_type),
        requirements=("crd-check:100",),
        public=_SHAPE,
    ),
    answer_check(
        "crd.answers.action-description",
        "Each suggested action has a description",
        for_each(suggested_actions, _description),
        requirements=("crd-check:100", "crd:resp-13"),
        public=_OPTIONAL,
    ),
    answer_check(
        "crd.answers.system-action-description",
        "Each system action has a description",
        for_each(system_actions, _description),
        Strength.EXPECTED,
        ("crd-check:68",),
        _SHAPE,
    ),
    answer_check(
        "crd.answers.action-resource",
        "An action to create or update has a resource",
        for_each(_all_actions, _resource),
        requirements=("crd-check:100",),
        public=_SHAPE,
    ),
    answer_check(
        "crd.answers.deleted",
        "An action to delete names Type/id",
        for_each(_actions_apart, _deleted),
        requirements=("crd-check:101",),
        public=_SHAPE,
    ),
)
_LINKS = (
    answer_check("crd.answers.link-label", "Each link has a label", for_each(links, _label), public=_OPTIONAL),
    answer_check(
        "crd.answers.link-url",
        "Each link leads to an http or https address",
        for_each(links, _url),
        requirements=("crd-check:102",),
        public=_OPTIONAL,
    ),
    answer_check(
        "crd.answers.link-type",
        "Each link is absolute or smart",
        for_each(links, _link_type),
        requirements=("crd-check:102",),
        public=_OPTIONAL,
    ),
    answer_check(
        "crd.answers.app-context",
        "appContext is a text, and on smart links only",
        for_each(links, _app_context),
        requirements=("crd-check:102", "crd-check:110"),
        public=_OPTIONAL,
    ),
)
