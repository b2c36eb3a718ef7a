"""Advice on the wire: cards as CDS Hooks and the dialect want them, the most important first.

What a kind of card may not carry is left off, and a card without what its kind needs is not sent. Must not know
coverage information. Source: CDS Hooks 3.0.0-ballot, card attributes; CRD 2.2.1 resp-1 to resp-24, resp-53 to resp-72,
dev-24, dev-25.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from cds_hooks.desk import Action, Advice, AdviceKind, Coding, Indicator, Json, Link, Order, Suggestion, Topic
from cds_hooks.markdown import escaped, without_html
from cds_hooks.request import Options
from cds_hooks.statements import says
from cds_hooks.suggesting import Occasion, fitting

NewUuid = Callable[[], str]

_LONGEST_SUMMARY = 139
_LONGEST_NAME = 80
_IMPORTANCE = tuple(Indicator)
_SUGGESTING = (
    AdviceKind.ALTERNATE_REQUEST,
    AdviceKind.ADDITIONAL_ORDERS,
    AdviceKind.FORM_COMPLETION,
    AdviceKind.COVERAGE_UPDATE,
)
_LINKING = {AdviceKind.EXTERNAL_REFERENCE: "absolute", AdviceKind.SMART_LAUNCH: "smart"}
_TAKEN_TOGETHER = (AdviceKind.ADDITIONAL_ORDERS, AdviceKind.FORM_COMPLETION)
_PAYERS_CONCERNS = frozenset(
    {
        Topic.COVERAGE_INFO,
        Topic.UNSOLICITED_DETERMINATION,
        Topic.CLAIM,
        Topic.INSURANCE,
        Topic.LIMITS,
        Topic.NETWORK,
        Topic.COST,
    }
)
_TITLES = {
    Topic.COVERAGE_INFO: "Coverage Information",
    Topic.UNSOLICITED_DETERMINATION: "Unsolicited Determination",
    Topic.CLAIM: "Claim",
    Topic.INSURANCE: "Insurance",
    Topic.LIMITS: "Limits",
    Topic.NETWORK: "Network",
    Topic.APPROPRIATE_USE: "Appropriate Use",
    Topic.COST: "Cost",
    Topic.ALTERNATIVES_OPTIONAL: "Optional Therapy Alternatives",
    Topic.ALTERNATIVES_REQUIRED: "Required Therapy Alternatives",
    Topic.CLINICAL_REMINDER: "Clinical Reminder",
    Topic.DUPLICATE_THERAPY: "Duplicate Therapy",
    Topic.CONTRAINDICATION: "Contraindication",
    Topic.GUIDELINE: "Guideline",
    Topic.OFF_GUIDELINE: "Off Guideline",
}


def cards(occasion: Occasion, options: Options, new_uuid: NewUuid) -> list[tuple[Json, Advice]]:
    """Each card with the advice it was made of; as many as the client wants, the most important ones, each once."""
    wanted = [advice for advice in _each_once(occasion.answered.advice) if _is_wanted(advice, options)]
    wanted.sort(key=lambda advice: _IMPORTANCE.index(_indicator(advice)))
    made: list[tuple[Json, Advice]] = []
    for advice in wanted:
        if options.max_cards is not None and len(made) >= options.max_cards:
            break
        content = _content(advice, occasion, new_uuid)
        if content is not None:
            made.append((_card(advice, content, occasion, new_uuid), advice))
    return made


def _each_once(given: tuple[Advice, ...]) -> list[Advice]:
    return [advice for index, advice in enumerate(given) if advice not in given[:index]]


def _is_wanted(advice: Advice, options: Options) -> bool:
    """An unsolicited determination is coverage information as well, and goes with it."""
    under = Topic.COVERAGE_INFO if advice.topic is Topic.UNSOLICITED_DETERMINATION else advice.topic
    return options.is_on(advice.topic) and options.is_on(under)


def _content(advice: Advice, occasion: Occasion, new_uuid: NewUuid) -> Json | None:
    """What makes a card of its kind; None when it has not got it."""
    if advice.kind in _SUGGESTING:
        suggestions = fitting(advice, occasion)
        return _suggested(advice, suggestions, new_uuid) if suggestions else None
    if advice.kind in _LINKING:
        links = [_link(link, _LINKING[advice.kind]) for link in advice.links if _leads_somewhere(link)]
        return {"links": links} if links else None
    return {}


def _card(advice: Advice, content: Json, occasion: Occasion, new_uuid: NewUuid) -> Json:
    reasons = [_override(reason) for reason in advice.override_reasons if reason.code and reason.system]
    card: Json = _without_empty(
        {
            "uuid": new_uuid(),
            "summary": _summary(advice),
            "detail": _detail(advice, occasion.question.orders),
            "indicator": _indicator(advice).value,
            "source": _source(advice, occasion),
            **content,
            "overrideReasons": reasons,
            "extension": {"davinci-crd.associated-resource": _associated(advice, occasion)},
        }
    )
    return card


def _indicator(advice: Advice) -> Indicator:
    """What only the payer minds is never critical to a clinician. Source: CRD 2.2.1 resp-1."""
    if advice.topic in _PAYERS_CONCERNS and advice.indicator is Indicator.CRITICAL:
        return Indicator.WARNING
    return advice.indicator


def _source(advice: Advice, occasion: Occasion) -> Json:
    topic = occasion.dialect.topics_instead.get(advice.topic, advice.topic)
    url = occasion.answered.source_url
    coding = {"system": occasion.dialect.topic_system, "code": topic.value, "display": _TITLES[topic]}
    return {"label": occasion.answered.source_label, "url": url if _is_address(url) else "", "topic": coding}


def _associated(advice: Advice, occasion: Occasion) -> list[Any]:
    if occasion.dialect.associates_by_reference:
        return [{"reference": ref} for ref in advice.about]
    return list(advice.about)


def _summary(advice: Advice) -> str:
    """On one line, under 140 characters as any client counts them, and never empty."""
    return shortened(advice.summary, _LONGEST_SUMMARY) or _TITLES[advice.topic]


def shortened(text: str, longest: int) -> str:
    """At most so many UTF-16 units on one line, cut between words where there are words.

    >>> shortened("Home oxygen needs prior authorization", 20)
    'Home oxygen needs…'
    """
    line = " ".join(text.split())
    if _length(line) <= longest:
        return line
    line = line[:longest]
    while _length(line) > longest - 1:
        head, blank, _ = line.rpartition(" ")
        line = head if blank else line[:-1]
    return line.rstrip(" ,;:.-–(") + "…"


def _length(text: str) -> int:
    """As JavaScript counts, which is never less than others do."""
    return len(text.encode("utf-16-le")) // 2


def _detail(advice: Advice, orders: tuple[Order, ...]) -> str:
    """The words of the desk; before them what did not fit the summary, after them which orders are meant.

    Source: CRD 2.2.1 dev-24.
    """
    whole = " ".join(advice.summary.split())
    unsaid = _length(whole) > _LONGEST_SUMMARY or (advice.kind is AdviceKind.INSTRUCTIONS and not advice.detail.strip())
    meant = _named(advice.about, orders) if len(orders) > 1 else ""
    paragraphs = (
        escaped(whole or _summary(advice)) if unsaid else "",
        without_html(advice.detail.strip()),
        f"Concerns: {meant}" if meant else "",
    )
    return "\n\n".join(filter(None, paragraphs))


def _named(about: tuple[str, ...], orders: tuple[Order, ...]) -> str:
    """Orders in human words; with its id where another one goes by the same words."""
    words = {order.ref: _words(order) for order in orders}
    times = Counter(words.values())
    names = (words[ref] if times[words[ref]] == 1 else f"{words[ref]} ({ref})" for ref in words if ref in about)
    return "; ".join(map(escaped, names))


def _words(order: Order) -> str:
    code = order.codes[0] if order.codes else None
    words = order.text or (code.display or code.code if code else "") or order.ref
    return shortened(words, _LONGEST_NAME)


def _suggested(advice: Advice, suggestions: tuple[Suggestion, ...], new_uuid: NewUuid) -> Json:
    together = advice.kind in _TAKEN_TOGETHER
    recommended = [index for index, suggestion in enumerate(suggestions) if suggestion.recommended]
    return {
        "suggestions": [
            {
                "label": suggestion.label.strip() or _summary(advice),
                "uuid": new_uuid(),
                "isRecommended": True if index in (recommended if together else recommended[:1]) else None,
                "actions": [
                    _action(action, suggestion.label.strip() or _summary(advice)) for action in suggestion.actions
                ],
            }
            for index, suggestion in enumerate(suggestions)
        ],
        "selectionBehavior": "any" if together else "at-most-one",
    }


def _action(action: Action, label: str) -> Json:
    return {
        "type": action.type,
        "description": action.description.strip() or label,
        "resource": action.resource,
        "resourceId": action.resource_id,
        "extension": {"davinci-crd.if-none-exist": action.if_none_exist},
    }


def _link(link: Link, kind: str) -> Json:
    context = link.app_context if kind == "smart" else ""
    return {"label": link.label.strip() or link.url, "url": link.url, "type": kind, "appContext": context}


def _leads_somewhere(link: Link) -> bool:
    return _is_address(link.url)


def _is_address(url: str) -> bool:
    """An absolute http(s) URL with a host and nothing that could hide another one."""
    if " " in url or not url.isprintable():  # of all blanks only this one can be printed
        return False
    try:
        split = urlsplit(url)
        return split.scheme in ("http", "https") and bool(split.hostname)
    except ValueError:
        return False


def _override(reason: Coding) -> Json:
    return {"code": reason.code, "system": reason.system, "display": reason.display or reason.code}


def _without_empty(value: Any) -> Any:
    """Without members that hold nothing. Items of a list stay: in FHIR JSON a null there keeps its place."""
    if isinstance(value, list):
        return [_without_empty(item) if isinstance(item, list | dict) else item for item in value]
    if not isinstance(value, dict):
        return value
    full: Json = {}
    for name, member in value.items():
        rest = _without_empty(member) if isinstance(member, list | dict) else member
        if rest or says(rest):
            full[name] = rest
    return full
