"""What the hook counter said, told to a person: per order what is covered and needed, and every card.

Must not know what was expected. Codes of the wire are shown with their meaning in our own words.
"""

from collections.abc import Iterator

from fhir_um.commands.telling import wrapped, wrapped_under
from fhir_um.commands.wording import COURSES, with_words
from fhir_um.stories.answers import Answer
from fhir_um.stories.hook_answers import SeenCard, SeenOrder, SeenWhy

COVERED = {
    "covered": "a benefit",
    "not-covered": "no benefit",
    "conditional": "depends on what comes later",
    "indeterminate": "cannot be told now",
}
AUTHORIZATION = {
    "no-auth": "none needed",
    "auth-needed": "must be asked for",
    "satisfied": "given already",
    "performpa": "the performer asks for it",
    "conditional": "depends on what comes later",
    "indeterminate": "cannot be told now",
}
KINDS = {
    "instructions": "says",
    "external-reference": "points to",
    "alternate-request": "proposes instead",
    "additional-orders": "proposes as well",
    "form-completion": "asks for a form",
    "coverage-update": "corrects the coverage",
    "smart-launch": "starts an application",
}


def tell_hook(answer: Answer) -> Iterator[str]:
    """The answer line by line."""
    for hook, service in answer.services.items():
        yield f"    {hook}: service {service}"
    for ref, order in answer.orders.items():
        yield from _order(ref, order)
    for card in answer.cards:
        yield from _card(card)
    for ref, why in answer.why.items():
        yield from _why(ref, why)


def _order(ref: str, order: SeenOrder) -> Iterator[str]:
    parts = (
        with_words(order.covered, COVERED),
        f"authorization {with_words(order.pa_needed, AUTHORIZATION)}" if order.pa_needed else "",
        f"number {order.number}" if order.number else "",
        f"documentation {' and '.join(order.doc_needed)}" if order.doc_needed else "",
        f"for {' and '.join(order.doc_purpose)}" if order.doc_purpose else "",
        f"known later: {', '.join(order.info_needed)}" if order.info_needed else "",
        f"holds until {order.expires}" if order.expires else "",
    )
    yield from wrapped_under(f"{ref}: " + " · ".join(part for part in parts if part), 4, 8)
    for reason in order.reasons:
        yield from wrapped(reason, 6)
    for questionnaire in order.questionnaires:
        yield f"      form {questionnaire}"
    yield f"      assertion {order.assertion}"


def _card(card: SeenCard) -> Iterator[str]:
    proposed = f" ({', '.join(card.proposed)})" if card.proposed else ""
    told = f"card ({card.indicator}, {card.topic}) {KINDS[card.kind]}: {card.summary}{proposed}"
    yield from wrapped_under(told, 4, 8)
    for link in card.links:
        yield f"      {link}"


def _why(ref: str, why: SeenWhy) -> Iterator[str]:
    course = with_words(why.course, {key.value: words for key, words in COURSES.items()})
    case = f" · submitted as case {why.case_id}" if why.case_id else ""
    yield from wrapped_under(f"{ref}: policy {why.policy} {why.version}, {course}{case}", 4, 8)
    for label, truth in why.criteria.items():
        yield f"      {truth:8}{label}"
