"""Checks of what a call may be configured with: that it is heeded. Judged by the call itself, whoever sent it.

Source: CRD 2.2.1 dev-14 to dev-17, resp-28; CRD 2.0.1.
"""

from collections.abc import Iterator

from fhir_um.conformance import marks
from fhir_um.conformance.crd.dialects import CARD_TYPES, Dialect
from fhir_um.conformance.crd.discovery import versions_of
from fhir_um.conformance.crd.making import Ids, answer_check, whole_check
from fhir_um.conformance.crd.marks import USUAL
from fhir_um.conformance.crd.reading import (
    OK,
    annotating,
    cards,
    configuration_of,
    is_answered,
    object_of,
    parts_of,
    statements,
    text_of,
)
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Session, Strength

OLDER = "2.0"
MAX_CARDS = "max-cards"
_RANKS = {"info": 0, "warning": 1, "critical": 2}


def _off(exchange: Exchange) -> set[str]:
    return {code for code, value in configuration_of(exchange).items() if value is False}


def _topics_off(dialect: Dialect, exchange: Exchange) -> set[str]:
    return (_off(exchange) & dialect.topics) - {"coverage-info", "unsolicited-determ"}


def _most(exchange: Exchange) -> int | None:
    limit = configuration_of(exchange).get(MAX_CARDS)
    return limit if type(limit) is int and limit >= 0 else None


def _coverage_off(exchange: Exchange) -> Iterator[Fault]:
    if annotating(exchange):
        yield Fault("Coverage information was switched off, and came all the same.", "systemActions")


def _too_many(exchange: Exchange) -> Iterator[Fault]:
    most, there = _most(exchange), len(cards(exchange))
    if most is not None and there > most:
        yield Fault(f"At most {most} cards were wanted; {there} came.", "cards")


def _pairs(session: Session) -> list[tuple[Exchange, Exchange]]:
    """Calls that limit the number of cards, each with the same call that does not."""
    usual = {each.scene: each for each in session.marked(USUAL) if is_answered(each)}
    few = [each for each in session.marked(marks.FEW_CARDS) if is_answered(each) and each.scene in usual]
    return [(each, usual[each.scene]) for each in few]


def _ranks(exchange: Exchange) -> list[int]:
    return sorted((_RANKS.get(str(card.get("indicator")), 0) for _, card in cards(exchange)), reverse=True)


def _most_urgent(session: Session) -> Iterator[Fault] | None:
    pairs = _pairs(session)
    if not pairs:
        return None
    return (
        Fault(f"{few.key} keeps cards that matter less than those {usual.key} shows.")
        for few, usual in pairs
        if _ranks(few) != _ranks(usual)[: len(_ranks(few))]
    )


def _spoken(session: Session) -> Iterator[Fault] | None:
    """Calls in the older version: answered in it where the server declares it, refused where it does not."""
    asked = session.marked(marks.HOOK, marks.OLDER_VERSION)
    if not asked:
        return None
    declared = {version for each in session.marked(marks.DISCOVERY) for version in versions_of(each)}
    return (fault for each in asked for fault in _in_older(each, OLDER in declared))


def _in_older(exchange: Exchange, is_declared: bool) -> Iterator[Fault]:
    if not is_declared:
        if exchange.status // 100 == 2:
            yield Fault(f"{exchange.key} asked for {OLDER}, which is not declared, and was answered.")
        return
    if exchange.status != OK:
        yield Fault(f"{exchange.key} asked for {OLDER}, which is declared, and was answered with {exchange.status}.")
    newer = [path for path, card in cards(exchange) if _topic_of(card).get("system") == CARD_TYPES]
    newer += [path for path, statement in statements(exchange) if not parts_of(statement, "pa-needed")]
    for path in newer:
        yield Fault(f"{exchange.key} asked for {OLDER}, and this is not said as {OLDER} says it.", path)


def _topic_of(card: Json) -> Json:
    return object_of(object_of(card.get("source")).get("topic"))


def checks(dialect: Dialect, before: Ids) -> tuple[Check, ...]:
    """The checks of options."""

    def _not_wanted(exchange: Exchange) -> Iterator[Fault]:
        for path, card in cards(exchange):
            code = text_of(_topic_of(card).get("code"))
            if code in _topics_off(dialect, exchange):
                yield Fault(f"Cards of the topic {code} were switched off, and one came.", path)

    return (
        *((_OLDER_SPOKEN,) if dialect.is_newer else ()),
        answer_check(
            "crd.options.coverage-off",
            "Where coverage information is switched off there is none",
            _coverage_off,
            requirements=("crd-check:43", "crd:dev-14", "crd:resp-28"),
            of=lambda e: is_answered(e) and "coverage-info" in _off(e),
        ),
        answer_check(
            "crd.options.topic-off",
            "Where a topic is switched off there are no cards of it",
            _not_wanted,
            requirements=("crd-check:44", "crd:dev-14"),
            rests_on=("crd.answers.topic",),
            of=lambda e: is_answered(e) and bool(_topics_off(dialect, e)),
        ),
        answer_check(
            "crd.options.max-cards",
            "There are no more cards than wanted",
            _too_many,
            requirements=("crd-check:45", "crd:dev-14"),
            of=lambda e: is_answered(e) and _most(e) is not None,
        ),
        whole_check(
            "crd.options.most-urgent",
            "Of cards the most urgent are kept",
            _most_urgent,
            Strength.SHOULD,
            ("crd-check:45",),
            rests_on=("crd.options.max-cards", *before),
            marks=(marks.HOOK, marks.FEW_CARDS),
        ),
    )


_OLDER_SPOKEN = whole_check(
    "crd.options.older-version",
    "A call that asks for 2.0 is answered in it, or refused where it is not declared",
    _spoken,
    requirements=("crd-check:48", "crd:dev-2"),
    rests_on=("crd.transport.no-redirect", "crd.discovery.answered", "crd.discovery.versions"),
    marks=(marks.HOOK, marks.OLDER_VERSION),
)
