"""Which suggestions a card of its kind may carry: a table from kind to what the guide asks of one suggestion.

Must not know how a card is written. Source: CRD 2.0.1 and 2.2.1 card types; CRD 2.2.1 resp-53 to resp-59, resp-70, 71.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from cds_hooks.desk import Action, Advice, AdviceKind, Answered, Question, Suggestion
from cds_hooks.dialects import Dialect
from cds_hooks.forms import canonicals, in_dialect

_ORDERS = frozenset(
    {
        "Device",
        "DeviceRequest",
        "Medication",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
_CHANGEABLE = _ORDERS | {"Encounter"}
_ADDITIONAL = _ORDERS | {"CommunicationRequest"}
_CLERKS_HOOKS = ("encounter-start", "appointment-book")
_REFERENCE = re.compile(r"[A-Za-z]+/[A-Za-z0-9.\-]{1,64}")


@dataclass(frozen=True, slots=True)
class Occasion:
    """What suggestions are held against: the question, its answer and the dialect."""

    question: Question
    answered: Answered
    dialect: Dialect

    def asks_about(self, reference: str) -> bool:
        """Whether this is one of the orders asked about."""
        return any(order.ref == reference for order in self.question.orders)


def fitting(advice: Advice, occasion: Occasion) -> tuple[Suggestion, ...]:
    """The suggestions of an advice that its kind may make on this occasion, in the shape of the dialect."""
    fits = _FITS.get(advice.kind, _never)
    kept = tuple(s for s in advice.suggestions if all(map(_is_whole, s.actions)) and fits(s, occasion))
    if advice.kind is AdviceKind.COVERAGE_UPDATE:
        return kept[:1]
    if advice.kind is not AdviceKind.FORM_COMPLETION:
        return kept
    return () if _dtr_asks(advice, occasion) else tuple(_with_form(advice, s, occasion.dialect) for s in kept)


def kind_of(action: Action) -> str:
    """The type of the resource that an action is about."""
    if action.resource is not None:
        return str(action.resource.get("resourceType", ""))
    return action.resource_id.partition("/")[0]


def _is_whole(action: Action) -> bool:
    """A deletion has a local reference and nothing else, everything else a resource."""
    if action.type == "delete":
        return action.resource is None and bool(_REFERENCE.fullmatch(action.resource_id))
    return action.type in ("create", "update") and bool(kind_of(action)) and not action.resource_id


def _never(suggestion: Suggestion, occasion: Occasion) -> bool:
    return False


def _is_alternate(suggestion: Suggestion, occasion: Occasion) -> bool:
    """One update of an order that was asked about, or its deletion and a creation of the same type."""
    by_type = {action.type: action for action in suggestion.actions}
    kinds = {kind_of(action) for action in suggestion.actions}
    if len(by_type) != len(suggestion.actions) or len(kinds) != 1:
        return False
    if by_type.keys() == {"update"}:
        return kinds <= _CHANGEABLE and occasion.asks_about(_reference(by_type["update"]))
    is_swap = by_type.keys() == {"create", "delete"}
    return is_swap and kinds <= _ORDERS and occasion.asks_about(by_type["delete"].resource_id)


def _is_additional(suggestion: Suggestion, occasion: Occasion) -> bool:
    creates = all(action.type == "create" and kind_of(action) in _ADDITIONAL for action in suggestion.actions)
    return bool(suggestion.actions) and creates


def _is_form(suggestion: Suggestion, occasion: Occasion) -> bool:
    """One Task with a questionnaire on the web; beside it only that Questionnaire, for a client that has it not."""
    tasks = [action for action in suggestion.actions if kind_of(action) == "Task"]
    others = [action for action in suggestion.actions if kind_of(action) != "Task"]
    if len(tasks) != 1 or any(action.type != "create" for action in suggestion.actions):
        return False
    named = canonicals(tasks[0].resource or {})
    on_the_web = bool(named) and all(url.startswith(("http://", "https://")) for url in named)
    return on_the_web and all(kind_of(action) == "Questionnaire" and action.if_none_exist for action in others)


def _is_coverage(suggestion: Suggestion, occasion: Occasion) -> bool:
    """One change of the Coverage, and only where clerks rather than clinicians see it."""
    types = ("create", "update") if occasion.dialect.creates_coverage else ("update",)
    fits = [action.type in types and kind_of(action) == "Coverage" for action in suggestion.actions]
    return fits == [True] and occasion.question.hook in _CLERKS_HOOKS


_FITS: dict[AdviceKind, Callable[[Suggestion, Occasion], bool]] = {
    AdviceKind.ALTERNATE_REQUEST: _is_alternate,
    AdviceKind.ADDITIONAL_ORDERS: _is_additional,
    AdviceKind.FORM_COMPLETION: _is_form,
    AdviceKind.COVERAGE_UPDATE: _is_coverage,
}


def _dtr_asks(advice: Advice, occasion: Occasion) -> bool:
    """Whether documentation of these orders is asked for already, so that DTR has it. Source: CRD 2.2.1 resp-59."""
    asked = occasion.answered.assertions
    concerned = advice.about or tuple(asked)
    asks = any(told.doc_needed for ref in concerned for told in asked.get(ref, ()))
    return occasion.dialect.form_yields_to_dtr and asks


def _with_form(advice: Advice, suggestion: Suggestion, dialect: Dialect) -> Suggestion:
    actions = [
        replace(action, resource=in_dialect(action.resource, advice.topic, dialect))
        if action.resource is not None and kind_of(action) == "Task"
        else action
        for action in suggestion.actions
    ]
    return replace(suggestion, actions=tuple(actions))


def _reference(action: Action) -> str:
    return f"{kind_of(action)}/{(action.resource or {}).get('id', '')}"
