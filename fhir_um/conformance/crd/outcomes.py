"""Checks of what is decided: where a story says what must come out of a call, that it does.

Must not know why. The words are marks of the stories; a call without them is not judged here.
"""

from collections.abc import Callable, Iterator

from fhir_um.conformance import marks
from fhir_um.conformance.crd.cards import kind_of
from fhir_um.conformance.crd.dialects import Dialect
from fhir_um.conformance.crd.making import Ids, answer_check, together, whole_check
from fhir_um.conformance.crd.reading import (
    annotated,
    annotating,
    cards,
    codes_of,
    is_answered,
    object_of,
    objects_of,
    parts_of,
    statements,
    values_of,
)
from fhir_um.conformance.model import Check, Exchange, Fault, Session, Strength

_READ = ("crd.hooks.answered", "crd.hooks.json", "crd.answers.cards")
_AUTH = ("auth-needed", "performpa")
_RULED = (
    (marks.COVERED, "covered", ("covered",), "crd:found-9"),
    (marks.NOT_COVERED, "covered", ("not-covered",), "crd:found-9"),
    (marks.AUTH_NEEDED, "pa-needed", _AUTH, "crd:found-9"),
    (marks.NO_AUTH, "pa-needed", ("no-auth",), "crd:found-9"),
    (marks.SATISFIED, "pa-needed", ("satisfied",), "crd:found-9"),
)
"""Mark -> the element and the values of which one must be said of an order."""


def _said(name: str, wanted: tuple[str, ...]) -> Callable[[Exchange], Iterator[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        told = {value for _, statement in statements(exchange) for value in codes_of(statement, name)}
        if told.isdisjoint(wanted):
            seen = ", ".join(sorted(map(str, told))) or "nothing"
            yield Fault(f"`{name}` should be {' or '.join(wanted)} for an order of this call, and is {seen}.")

    return faults


def _documents(exchange: Exchange) -> Iterator[Fault]:
    named = ("doc-needed", "questionnaire", "doc-purpose")
    if not any(parts_of(statement, name) for _, statement in statements(exchange) for name in named):
        yield Fault("Documents or a form should be asked for, and are not.")


def _has_card(kind: str) -> Callable[[Exchange], Iterator[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        if not any(kind_of(card) == kind for _, card in cards(exchange)):
            yield Fault(f"There should be a card of the kind {kind}, and there is none.", "cards")

    return faults


def _has_kind(exchange: Exchange) -> bool:
    return is_answered(exchange) and any(mark.startswith(marks.CARD) for mark in exchange.marks)


def _any_card(session: Session) -> list[Fault] | None:
    told = [each for each in session.marked(marks.HOOK) if _has_kind(each)]
    if not told:
        return None
    is_silent = len(told) > 1 and not any(cards(each) for each in told)
    return [Fault(f"Cards should come with {len(told)} calls, and none has any.")] if is_silent else []


def _no_member(dialect: Dialect, reasons: tuple[str, ...]) -> Callable[[Exchange], Iterator[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        for path, statement in statements(exchange):
            if values_of(statement, "covered") != ["not-covered"]:
                yield Fault("Who is not insured here is not covered.", f"{path}.covered")
            elif dialect.is_newer and _reasons(statement).isdisjoint(reasons):
                yield Fault(f"The reason must be coded {' or '.join(reasons)}.", f"{path}.reason")

    return faults


def _reasons(statement: dict[str, object]) -> set[str]:
    coded = [object_of(value) for value in values_of(statement, "reason")]
    return {str(coding.get("code")) for reason in coded for coding in objects_of(reason.get("coding"))}


def _each_apart(exchange: Exchange) -> Iterator[Fault]:
    if len(annotated(exchange)) != len(annotating(exchange)):
        yield Fault("Each order should be updated once; one is updated several times.", "systemActions")


def checks(dialect: Dialect, before: Ids) -> tuple[Check, ...]:
    """The checks of outcomes; they rest on everything about shape."""
    ruled = tuple(
        _row(
            f"{mark}",
            f"What the story says is `{name}: {wanted[0]}` is said so",
            _said(name, wanted),
            mark,
            (req,),
            before,
        )
        for mark, name, wanted, req in _RULED
    )
    some = whole_check(
        "crd.outcomes.cards",
        "Cards come where stories say so",
        _any_card,
        Strength.EXPECTED,
        ("crd:resp-15",),
        rests_on=_READ,
    )
    kinds = tuple(
        Check(
            f"crd.outcomes.card-{kind}",
            f"A card of the kind {kind} comes where the story says so",
            Strength.EXPECTED,
            together(_has_card(kind), (marks.HOOK, f"{marks.CARD}{kind}"), is_answered),
            ("crd:resp-15",),
            rests_on=(*before, *_READ, some.id),
        )
        for kind in marks.CARDS
    )
    return (*ruled, *_others(dialect, before), some, *kinds)


def _others(dialect: Dialect, before: Ids) -> tuple[Check, ...]:
    told = ("covered", "pa-needed", "doc-needed")
    depends = ("conditional", "indeterminate") if dialect.is_newer else ("conditional",)

    def conditional(exchange: Exchange) -> Iterator[Fault]:
        said = {value for _, s in statements(exchange) for name in told for value in codes_of(s, name)}
        if said.isdisjoint(depends):
            yield Fault(f"Something about an order should be {' or '.join(depends)}, and nothing is.")

    gone = ("no-active-coverage", "coverage-not-found")
    return (
        _row("conditional", "What cannot be told yet is said to be so", conditional, marks.CONDITIONAL,
             ("crd-check:77",), before),
        _row("documented", "Documents or a form are asked for where the story says so", _documents, marks.DOCUMENTED,
             ("crd:resp-38",), before),
        _row("no-member", "Who is no member is not covered, with the reason", _no_member(dialect, ("no-member-found",)),
             marks.NO_MEMBER, ("crd-check:87", "crd:resp-44"), before),
        _row("no-active-coverage", "Whose coverage is over is not covered, with the reason", _no_member(dialect, gone),
             marks.NO_ACTIVE_COVERAGE, ("crd-check:87", "crd:resp-45"), before),
        _row("apart", "Each of several orders has its own answer", _each_apart, marks.SEVERAL,
             ("crd:resp-29",), before),
    )  # fmt: skip


def _row(
    name: str, title: str, faults: Callable[[Exchange], Iterator[Fault]], mark: str, requirements: Ids, before: Ids
) -> Check:
    return answer_check(
        f"crd.outcomes.{name}",
        title,
        faults,
        Strength.EXPECTED,
        requirements,
        rests_on=(*before, "crd.coverage.received", "crd.coverage.each-order"),
        marks=(marks.HOOK, mark),
    )
