"""Checks of the kinds of card: what each must have and must not have. A kind is told by what the card carries.

Must not know policies. Source: CRD 2.2.1 resp-17 to resp-24, resp-53 to resp-72, dev-20, dev-24; CRD 2.0.1.
"""

from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance import marks
from fhir_um.conformance.crd.answers import associated_with, is_text, reference_of
from fhir_um.conformance.crd.dialects import PROPOSED, Dialect
from fhir_um.conformance.crd.making import Ids, answer_check, whole_check
from fhir_um.conformance.crd.numbering import for_drafts, for_hooks, last
from fhir_um.conformance.crd.reading import (
    actions_of,
    asked_about,
    cards,
    context_of,
    hook_of,
    is_answered,
    object_of,
    objects_of,
    reference_to,
    sent_resources,
    text_of,
    type_of,
)
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Session, Strength

_CLINICIANS = frozenset({"order-select", "order-sign", "order-dispatch"})
_TELLING = (
    "crd.hooks.answered",
    "crd.answers.cards",
    "crd.answers.lists",
    "crd.answers.suggestion-actions",
    "crd.answers.link-type",
    "crd.cards.one-kind-of-link",
    "crd.cards.links-or-suggestions",
)
"""The checks without which the kind of a card cannot be told."""
_KINDS_OF_LINKS = {"absolute": "external-reference", "smart": "smart-launch"}
CardFaults = Callable[[str, Json], Iterator[Fault]]


def kind_of(card: Json) -> str:
    """The kind of a card, in the words of the marks; empty when it is of several or of none."""
    actions = actions_of(card)
    types = {type_of(action) for action in actions}
    if types & {"Task", "Questionnaire"}:
        return "form-completion"
    if types == {"Coverage"}:
        return "coverage-update"
    if actions:
        is_more = all(action.get("type") == "create" for action in actions)
        return "additional-orders" if is_more else "alternate-request"
    return _kind_of_links(card)


def _kind_of_links(card: Json) -> str:
    told = {str(link.get("type")) for link in objects_of(card.get("links"))}
    if not told:
        return "" if objects_of(card.get("suggestions")) else "instructions"
    return _KINDS_OF_LINKS.get("".join(told), "") if len(told) == 1 else ""


def _of_kind(kind: str, faults: CardFaults) -> Callable[[Exchange], Iterator[Fault]]:
    def all_faults(exchange: Exchange) -> Iterator[Fault]:
        for path, card in cards(exchange):
            if kind_of(card) == kind:
                yield from faults(path, card)

    return all_faults


def _mixed_links(exchange: Exchange) -> Iterator[Fault]:
    for path, card in cards(exchange):
        if len({text_of(link.get("type")) for link in objects_of(card.get("links"))} & {"absolute", "smart"}) > 1:
            yield Fault("Links to read and links to launch stand on one card; it is neither kind.", f"{path}.links")


def _links_and_suggestions(exchange: Exchange) -> Iterator[Fault]:
    for path, card in cards(exchange):
        if card.get("links") and card.get("suggestions"):
            yield Fault("A card has links or suggestions, not both.", path)


def _says_something(path: str, card: Json) -> Iterator[Fault]:
    if "detail" not in card:
        yield Fault("An instruction must have a detail that says what to do.", f"{path}.detail")


def _alternate(path: str, card: Json) -> Iterator[Fault]:
    for index, suggestion in enumerate(objects_of(card.get("suggestions"))):
        done = sorted(str(action.get("type")) for action in objects_of(suggestion.get("actions")))
        if done not in (["update"], ["create", "delete"]):
            told = " and ".join(done) or "nothing"
            yield Fault(
                f"An alternative is one update, or one deletion and one creation; here it is {told}.",
                f"{path}.suggestions[{index}].actions",
            )


def _among_drafts(exchange: Exchange) -> Iterator[Fault]:
    drafts = asked_about(exchange) if "draftOrders" not in context_of(exchange) else _drafts(exchange)
    for path, card in cards(exchange):
        if kind_of(card) == "alternate-request":
            for action in actions_of(card):
                ref = _changed(action)
                if ref and ref not in drafts:
                    yield Fault(
                        f"{ref} is to be changed, and is none of the orders of the call.", f"{path}.suggestions"
                    )


def _drafts(exchange: Exchange) -> list[str]:
    entries = objects_of(object_of(context_of(exchange)["draftOrders"]).get("entry"))
    return [reference_to(object_of(entry.get("resource"))) for entry in entries]


def _changed(action: Json) -> str:
    if action.get("type") == "delete":
        return str(action.get("resourceId", ""))
    return reference_to(object_of(action.get("resource"))) if action.get("type") == "update" else ""


def _same_type(path: str, card: Json) -> Iterator[Fault]:
    for suggestion in objects_of(card.get("suggestions")):
        types = {str(a.get("type")): type_of(a) for a in objects_of(suggestion.get("actions"))}
        if "delete" in types and types.get("create") != types["delete"]:
            yield Fault(
                f"A {types['delete']} gives way to a {types.get('create')}, another type.", f"{path}.suggestions"
            )


def _proposed(path: str, card: Json) -> Iterator[Fault]:
    for action in actions_of(card):
        if type_of(action) not in PROPOSED:
            yield Fault(f"A {type_of(action)} is none of the types that may be proposed.", f"{path}.suggestions")


def _form_shape(path: str, card: Json) -> Iterator[Fault]:
    for suggestion in objects_of(card.get("suggestions")):
        done = [(a.get("type"), type_of(a)) for a in objects_of(suggestion.get("actions"))]
        if done.count(("create", "Task")) != 1 or set(done) - {("create", "Task"), ("create", "Questionnaire")}:
            yield Fault("A form is asked for by creating one Task, and the Questionnaire if need be.", path)


def _form_task(path: str, card: Json) -> Iterator[Fault]:
    for action in actions_of(card):
        task = object_of(action.get("resource"))
        if task.get("resourceType") != "Task":
            continue
        codes = {text_of(coding.get("code")) for coding in objects_of(object_of(task.get("code")).get("coding"))}
        if "complete-questionnaire" not in codes:
            yield Fault("The code of the Task must be complete-questionnaire.", f"{path}.suggestions")
        if not any(str(each.get("valueCanonical")).startswith("http") for each in objects_of(task.get("input"))):
            yield Fault("An input of the Task must name the questionnaire, by its canonical.", f"{path}.suggestions")


def _form_follows(path: str, card: Json) -> Iterator[Fault]:
    for action in actions_of(card):
        task = object_of(action.get("resource"))
        if task.get("resourceType") == "Task" and "after-completion-action" not in str(task.get("input")):
            yield Fault("CRD 2.0.1 wants an input that says what follows (after-completion-action).", path)


def _condition(path: str, card: Json) -> Iterator[Fault]:
    for action in actions_of(card):
        given = object_of(action.get("extension")).get("davinci-crd.if-none-exist")
        if action.get("type") == "create" and type_of(action) == "Questionnaire" and not is_text(given):
            yield Fault("A Questionnaire is created only if the client has none: davinci-crd.if-none-exist.", path)


def _one_coverage(path: str, card: Json) -> Iterator[Fault]:
    if len(objects_of(card.get("suggestions"))) != 1 or len(actions_of(card)) != 1:
        yield Fault("A correction of the Coverage is one suggestion with one action.", f"{path}.suggestions")


def _coverage_updated(dialect: Dialect) -> CardFaults:
    allowed = ("update",) if dialect.is_newer else ("update", "create")

    def faults(path: str, card: Json) -> Iterator[Fault]:
        for action in actions_of(card):
            if action.get("type") not in allowed:
                yield Fault(f"A Coverage may be changed by {' or '.join(allowed)}, not {action.get('type')}.", path)

    return faults


def _before_clerks(path: str, card: Json) -> Iterator[Fault]:
    yield Fault("Corrections of the Coverage are for clerks, not for who orders.", path)


def _associated(exchange: Exchange) -> Iterator[Fault]:
    named = {*asked_about(exchange), *sent_resources(exchange)}
    for path, card in cards(exchange):
        for ref in map(reference_of, associated_with(card)):
            if ref and ref not in named and ref.encode() not in exchange.sent:
                yield Fault(f"The card is about {ref}, which is no resource of the call.", f"{path}.extension")


def _seen(kind: str) -> Callable[[Session], Iterable[Fault] | None]:
    """Where a story says that the card comes, that is judged there; otherwise it must come somewhere."""

    def faults(session: Session) -> Iterable[Fault] | None:
        answered = [each for each in session.marked(marks.HOOK) if is_answered(each)]
        if any(kind_of(card) == kind for each in answered for _, card in cards(each)):
            return ()
        is_told = any(f"{marks.CARD}{kind}" in each.marks for each in answered)
        return None if is_told or not answered else [Fault(f"No answer of this run had a card of the kind {kind}.")]

    return faults


def checks(dialect: Dialect) -> tuple[Check, ...]:
    """The checks of the kinds of card."""
    return (*_apart(dialect), *_changes(dialect), *_forms(dialect), *_coverages(dialect))


def _row(
    name: str,
    title: str,
    faults: Callable[[Exchange], Iterator[Fault]],
    lines: Ids,
    public: Ids = (),
    strength: Strength = Strength.SHALL,
    bases: Ids = (),
) -> Check:
    told = ("lists", "link-type", "suggestion-actions", "action-type", "action-resource", "deleted")
    shape = tuple(f"crd.answers.{name}" for name in told)
    return answer_check(f"crd.cards.{name}", title, faults, strength, lines, public, (*shape, *bases))


def _apart(dialect: Dialect) -> tuple[Check, ...]:
    mixed = Strength.SHALL if dialect.is_newer else Strength.EXPECTED
    smart, reference = for_hooks(8), for_hooks(7)
    detail = _of_kind("instructions", _says_something)
    return (
        _row(
            "one-kind-of-link",
            "The links of a card are all to read, or all to launch",
            _mixed_links,
            ("crd-check:102", "crd-check:110", "crd:resp-19", "crd:resp-72"),
            (*reference, *smart),
            mixed,
        ),
        _row(
            "links-or-suggestions",
            "A card has links or suggestions, not both",
            _links_and_suggestions,
            ("crd-check:102", "crd:resp-22", "crd:resp-56", "crd:resp-58"),
            (),
            mixed,
        ),
        _row(
            "instruction",
            "An instruction has a detail",
            detail,
            ("crd-check:103", "crd:resp-24"),
            for_hooks(9),
            Strength.SHALL if dialect.is_newer else Strength.SHOULD,
            ("crd.answers.detail",),
        ),
        _row(
            "associated",
            "A card is about resources of the call",
            _associated,
            ("crd-check:111", "crd:dev-25"),
            (),
            Strength.SHOULD,
            ("crd.answers.associated-shape",),
        ),
    )


def _changes(dialect: Dialect) -> tuple[Check, ...]:
    shape = Strength.SHALL if dialect.is_newer else Strength.SHOULD
    alternate = _row(
        "alternate",
        "An alternative is one update, or a deletion with its replacement",
        _of_kind("alternate-request", _alternate),
        ("crd-check:105", "crd:resp-53", "crd:resp-56"),
        for_drafts(12),
        shape,
    )
    more = ("additional-orders", "Orders as well are of the types that may be proposed")
    return (
        alternate,
        _row(
            "alternate-of-draft",
            "An alternative is to an order of the call",
            _among_drafts,
            ("crd-check:105",),
            for_drafts(12),
            Strength.EXPECTED,
            (alternate.id,),
        ),
        _row(
            "alternate-type",
            "What replaces an order is of its type",
            _of_kind("alternate-request", _same_type),
            ("crd-check:105",),
            for_drafts(12),
            Strength.EXPECTED,
            (alternate.id, "crd.cards.alternate-of-draft"),
        ),
        _row(
            *more,
            _of_kind("additional-orders", _proposed),
            ("crd-check:106", "crd:resp-57", "crd:resp-58"),
            for_drafts(13),
        ),
    )


def _forms(dialect: Dialect) -> tuple[Check, ...]:
    kind, lines = "form-completion", ("crd-check:107", "crd:resp-62")
    shape = _row("form", "A form is a Task to create", _of_kind(kind, _form_shape), (*lines, "crd:resp-65"), last(12))
    task = _row(
        "form-task", "The Task names its questionnaire", _of_kind(kind, _form_task), lines, last(12), bases=(shape.id,)
    )
    follows = _row(
        "form-follows",
        "The Task says what follows",
        _of_kind(kind, _form_follows),
        lines,
        last(12),
        bases=(shape.id, task.id),
    )
    condition = _row(
        "form-condition",
        "A Questionnaire is created only where there is none",
        _of_kind(kind, _condition),
        ("crd-check:108", "crd:dev-20"),
        (),
        Strength.SHOULD,
        (shape.id,),
    )
    return (shape, task, condition) if dialect.is_newer else (shape, task, follows, condition)


def _coverages(dialect: Dialect) -> tuple[Check, ...]:
    kind, lines = "coverage-update", ("crd-check:109", "crd:resp-71")
    one = _row("coverage", "A Coverage is corrected by one action", _of_kind(kind, _one_coverage), lines, last(13))
    clerks = answer_check(
        "crd.cards.coverage-clerks",
        "Corrections of the Coverage are not shown to who orders",
        _of_kind(kind, _before_clerks),
        Strength.SHOULD,
        ("crd-check:109", "crd:resp-70"),
        of=lambda exchange: is_answered(exchange) and hook_of(exchange) in _CLINICIANS,
    )
    title = "A Coverage is updated" if dialect.is_newer else "A Coverage is updated or created"
    updated = _of_kind(kind, _coverage_updated(dialect))
    return one, _row("coverage-updated", title, updated, lines, last(13), bases=(one.id,)), clerks


def seen(dialect: Dialect) -> tuple[Check, ...]:
    """The checks that kinds of card occur at all: 2.0.1 demands references and instructions, 2.2 wishes for them."""
    demanded = Strength.SHOULD if dialect.is_newer else Strength.SHALL
    rows = (
        ("external-reference", "A reference to read is seen", demanded, ("crd:3.7.01", *for_hooks(7)), "crd-check:102"),
        ("instructions", "An instruction is seen", demanded, ("crd:3.7.02", *for_hooks(9)), "crd-check:103"),
        ("smart-launch", "A launch of an application is seen", Strength.MAY, for_hooks(8), "crd-check:110"),
    )
    return tuple(
        whole_check(
            f"crd.cards.seen-{kind}",
            title,
            _seen(kind),
            strength,
            (line, "crd-check:104", "crd:resp-15"),
            public,
            _TELLING,
        )
        for kind, title, strength, public, line in rows
    )
