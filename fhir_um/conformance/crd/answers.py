"""Checks of the shape of answers: the cards, whom they come from, what they are about. One member, one check.

Must not know what is in suggestions and links. Source: CDS Hooks 3.0.0-ballot (service response); CRD 2.2.1
CRDHooksResponseBase, resp-1 to resp-5, dev-25; CRD 2.0.1.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fhir_um.conformance.crd.dialects import Dialect
from fhir_um.conformance.crd.discovery import empties
from fhir_um.conformance.crd.making import answer_check, for_each, ids
from fhir_um.conformance.crd.numbering import demonstrated, for_hooks
from fhir_um.conformance.crd.reading import cards, object_of, objects_of, suggestions, text_of
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Strength

_SHAPE = demonstrated(4)
_OPTIONAL = for_hooks(6)
_INDICATORS = ("info", "warning", "critical")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
LOCAL = re.compile(r"[A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
"""A reference within the server of the EHR: `Type/id`."""
_LONGEST = 139
_PAYER_TOPICS = frozenset({"coverage-info", "unsolicited-determ", "claim", "insurance", "limits", "network", "cost"})
ASSOCIATED = "davinci-crd.associated-resource"


def is_text(value: Any) -> bool:
    """Whether it is a text that says something."""
    return isinstance(value, str) and bool(value.strip())


def _cards(exchange: Exchange) -> Iterator[Fault]:
    listed = object_of(exchange.answer).get("cards")
    if not isinstance(listed, list):
        yield Fault("`cards` must be there, as a list; it may be empty.", "cards")
    elif len(cards(exchange)) != len(listed):
        yield Fault("Something in `cards` is no object.", "cards")


def _system_actions(exchange: Exchange) -> Iterator[Fault]:
    body = object_of(exchange.answer)
    listed = body.get("systemActions")
    if "systemActions" in body and (not isinstance(listed, list) or len(objects_of(listed)) != len(listed)):
        yield Fault("`systemActions` must be a list of objects, or not be there.", "systemActions")


def _summary(path: str, card: Json) -> Iterator[Fault]:
    summary = card.get("summary")
    if not is_text(summary):
        yield Fault("A card must have a summary, as a text.", f"{path}.summary")
    elif len(str(summary)) > _LONGEST:
        yield Fault(f"The summary has {len(str(summary))} characters; at most 139 are allowed.", f"{path}.summary")


def _indicator(path: str, card: Json) -> Iterator[Fault]:
    if card.get("indicator") not in _INDICATORS:
        yield Fault(f"The indicator is {card.get('indicator')!r}, not one of {', '.join(_INDICATORS)}.", path)


def _calm(path: str, card: Json) -> Iterator[Fault]:
    if card.get("indicator") == "critical" and text_of(_topic(card).get("code")) in _PAYER_TOPICS:
        yield Fault("What matters to the payer only is never critical to a clinician.", f"{path}.indicator")


def _label(path: str, card: Json) -> Iterator[Fault]:
    if not is_text(object_of(card.get("source")).get("label")):
        yield Fault("The source must have a label, the name of the insurer.", f"{path}.source.label")


def _topic(card: Json) -> Json:
    return object_of(object_of(card.get("source")).get("topic"))


def _topic_code(path: str, card: Json) -> Iterator[Fault]:
    if not is_text(_topic(card).get("code")):
        yield Fault("The source must have a topic with a code.", f"{path}.source.topic.code")


def _topic_system(dialect: Dialect) -> Callable[[str, Json], Iterator[Fault]]:
    def faults(path: str, card: Json) -> Iterator[Fault]:
        topic = _topic(card)
        is_own = is_text(topic.get("code")) and topic["code"] not in dialect.topics
        if not is_text(topic.get("system")):
            yield Fault("The topic must have a system.", f"{path}.source.topic.system")
        elif not is_own and topic["system"] != dialect.topic_system and topic.get("code"):
            yield Fault(
                f"The topic is of {topic['system']}; it is one of {dialect.topic_system}.", f"{path}.source.topic"
            )

    return faults


def _topic_known(dialect: Dialect) -> Callable[[str, Json], Iterator[Fault]]:
    def faults(path: str, card: Json) -> Iterator[Fault]:
        topic = _topic(card)
        if topic.get("system") == dialect.topic_system and text_of(topic.get("code")) not in dialect.topics:
            yield Fault(f"{dialect.topic_system} has no code {topic.get('code')!r}.", f"{path}.source.topic.code")

    return faults


def _uuid(what: str) -> Callable[[str, Json], Iterator[Fault]]:
    def faults(path: str, item: Json) -> Iterator[Fault]:
        if not isinstance(item.get("uuid"), str) or not _UUID.fullmatch(item["uuid"]):
            yield Fault(f"{what} must have a uuid, which feedback refers to.", f"{path}.uuid")

    return faults


def _uuids_once(exchange: Exchange) -> Iterator[Fault]:
    items = [item for _, item in (*cards(exchange), *suggestions(exchange))]
    given = Counter(str(item["uuid"]) for item in items if _UUID.fullmatch(str(item.get("uuid"))))
    for uuid, count in given.items():
        if count > 1:
            yield Fault(f"The uuid {uuid} is given {count} times in one answer.", "cards")


def _detail(path: str, card: Json) -> Iterator[Fault]:
    if "detail" in card and not is_text(card["detail"]):
        yield Fault("`detail` must be a text that says something, or not be there.", f"{path}.detail")


def _override_reasons(path: str, card: Json) -> Iterator[Fault]:
    if "overrideReasons" not in card:
        return
    reasons = objects_of(card["overrideReasons"])
    if not reasons:
        yield Fault("`overrideReasons` must be a list with something in it.", f"{path}.overrideReasons")
    for index, reason in enumerate(reasons):
        for name in ("code", "system", "display"):
            if not is_text(reason.get(name)):
                yield Fault(f"An override reason must have `{name}`.", f"{path}.overrideReasons[{index}].{name}")


def associated_with(card: Json) -> list[Any]:
    """What a card says it is associated with, as it says it."""
    listed = object_of(card.get("extension")).get(ASSOCIATED)
    return listed if isinstance(listed, list) else []


def reference_of(item: Any) -> str:
    """The reference of an associated resource, in either shape."""
    found = item.get("reference") if isinstance(item, dict) else item
    return found if isinstance(found, str) else ""


def _associated(dialect: Dialect) -> Callable[[str, Json], Iterator[Fault]]:
    shape, told = (dict, "a Reference") if dialect.is_newer else (str, "a text")

    def faults(path: str, card: Json) -> Iterator[Fault]:
        for item in associated_with(card):
            if not isinstance(item, shape) or not LOCAL.fullmatch(reference_of(item)):
                yield Fault(f"Each associated resource must be {told} like ServiceRequest/1.", f"{path}.extension")

    return faults


def _empties(exchange: Exchange) -> Iterator[Fault]:
    for path in empties(exchange.answer, "", beside=("resource",)):
        if path != "cards":
            yield Fault("What is empty or null must be left out.", path)


def checks(dialect: Dialect) -> tuple[Check, ...]:
    """The checks of answers and cards, but for suggestions and links."""
    return (*_EVERY, *_of_dialect(dialect))


_EVERY = (
    answer_check("crd.answers.cards", "`cards` is a list", _cards, requirements=("crd-check:93",), public=_SHAPE),
    answer_check(
        "crd.answers.system-actions", "`systemActions` is a list, where it is", _system_actions, public=_SHAPE
    ),
    answer_check(
        "crd.answers.summary",
        "A summary has 1 to 139 characters",
        for_each(cards, _summary),
        requirements=("crd-check:94",),
        public=_SHAPE,
    ),
    answer_check(
        "crd.answers.indicator",
        "An indicator is info, warning or critical",
        for_each(cards, _indicator),
        requirements=("crd-check:95",),
        public=_SHAPE,
    ),
    answer_check(
        "crd.answers.calm",
        "What matters to the payer only is not critical",
        for_each(cards, _calm),
        Strength.SHOULD,
        ("crd-check:95", "crd:resp-1", "crd:resp-2"),
    ),
    answer_check(
        "crd.answers.source-label",
        "The source of a card has a label",
        for_each(cards, _label),
        requirements=("crd-check:97", "crd:resp-4"),
        public=_SHAPE,
    ),
    answer_check(
        "crd.answers.topic",
        "The source of a card has a topic with a code",
        for_each(cards, _topic_code),
        requirements=("crd-check:97", "crd:resp-5"),
        public=_SHAPE,
    ),
    answer_check(
        "crd.answers.suggestion-uuid",
        "Each suggestion has a uuid",
        for_each(suggestions, _uuid("A suggestion")),
        requirements=("crd-check:96", "crd:resp-3"),
    ),
    answer_check("crd.answers.uuids-once", "No uuid is given twice", _uuids_once, Strength.EXPECTED, ("crd-check:96",)),
    answer_check("crd.answers.detail", "`detail` is a text, where it is", for_each(cards, _detail), public=_OPTIONAL),
    answer_check(
        "crd.answers.override-reasons",
        "An override reason has code, system and display",
        for_each(cards, _override_reasons),
        requirements=("crd-check:112",),
        public=_OPTIONAL,
    ),
)


def _of_dialect(dialect: Dialect) -> tuple[Check, ...]:
    uuid_strength = Strength.SHALL if dialect.is_newer else Strength.SHOULD
    return (
        answer_check(
            "crd.answers.topic-system",
            "The topic is of the code system of the version",
            for_each(cards, _topic_system(dialect)),
            requirements=("crd-check:97", "crd:resp-5"),
            public=_SHAPE,
            rests_on=("crd.answers.topic",),
        ),
        answer_check(
            "crd.answers.topic-known",
            "A topic of that code system is one of its codes",
            for_each(cards, _topic_known(dialect)),
            requirements=("crd-check:97", "crd:resp-5"),
            rests_on=("crd.answers.topic",),
        ),
        answer_check(
            "crd.answers.card-uuid",
            "Each card has a uuid",
            for_each(cards, _uuid("A card")),
            uuid_strength,
            ("crd-check:96", "crd:resp-13"),
            _OPTIONAL,
        ),
        answer_check(
            "crd.answers.associated-shape",
            "Associated resources are written as the version wants them",
            for_each(cards, _associated(dialect)),
            requirements=("crd-check:111", "crd:dev-25"),
        ),
    )


def no_empties(before: Iterable[Check]) -> Check:
    """The check that nothing in an answer is empty; it rests on all that look at single members."""
    return answer_check(
        "crd.answers.no-empties",
        "Nothing in an answer is null or empty, but `cards`",
        _empties,
        requirements=("crd-check:98",),
        public=_OPTIONAL,
        rests_on=ids(before),
    )
