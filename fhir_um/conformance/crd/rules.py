"""Checks of how the elements of coverage information go together, and of several about one order.

Each rests on the checks of the single elements. Source: CRD 2.2.1 invariants crd-ci-q1 to q9 in the sense of their
text, hook-19, resp-32, resp-33, covinfo-1; CRD 2.0.1.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from fhir_um.conformance.crd.dialects import SECONDARY, Dialect
from fhir_um.conformance.crd.making import EachFault, Ids, answer_check, for_each, ids
from fhir_um.conformance.crd.reading import (
    annotated,
    codes_of,
    configuration_of,
    coverage_named,
    hook_of,
    is_answered,
    made_now,
    parts_of,
    statements,
    values_of,
)
from fhir_um.conformance.crd.statements import VALIDITY
from fhir_um.conformance.marks import NO_ACTIVE_COVERAGE, NO_MEMBER
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Strength

_CLINICIANS = frozenset({"clinical", "admin", "both"})
_SCOPING = ("billingCode", "dependency", "expiry-date")


def _first(statement: Json, name: str) -> Any:
    return next(iter(values_of(statement, name)), None)


def _answers(statement: Json) -> list[Any]:
    return [code for name in ("covered", "pa-needed", "doc-needed") for code in values_of(statement, name)]


def _no_authorization(path: str, statement: Json) -> Iterator[Fault]:
    if _first(statement, "covered") == "not-covered" and parts_of(statement, "pa-needed"):
        yield Fault("What is not covered must say nothing about authorization.", f"{path}.pa-needed")


def _always_authorization(path: str, statement: Json) -> Iterator[Fault]:
    if not parts_of(statement, "pa-needed"):
        yield Fault("`pa-needed` must always be there in CRD 2.0.1.", path)


def _form(path: str, statement: Json) -> Iterator[Fault]:
    if parts_of(statement, "questionnaire") and not parts_of(statement, "doc-needed"):
        yield Fault("A questionnaire is named, and no documentation is needed.", f"{path}.questionnaire")


def _info_needed(path: str, statement: Json) -> Iterator[Fault]:
    depends, needed = "conditional" in _answers(statement), bool(parts_of(statement, "info-needed"))
    if depends and not needed:
        yield Fault("Something is conditional, and `info-needed` does not say on what.", path)
    if needed and not depends:
        yield Fault("`info-needed` is there, and nothing is conditional.", f"{path}.info-needed")


def _number(path: str, statement: Json) -> Iterator[Fault]:
    is_satisfied, has_number = _first(statement, "pa-needed") == "satisfied", parts_of(statement, "satisfied-pa-id")
    if is_satisfied and not has_number:
        yield Fault("Authorization is satisfied, and `satisfied-pa-id` is not there.", path)
    if has_number and not is_satisfied:
        yield Fault("`satisfied-pa-id` is there, and authorization is not satisfied.", f"{path}.satisfied-pa-id")


def _purpose(path: str, statement: Json) -> Iterator[Fault]:
    is_settled = _first(statement, "covered") == "not-covered" or _first(statement, "pa-needed") in (
        "no-auth",
        "satisfied",
    )
    if is_settled and "withpa" in values_of(statement, "doc-purpose"):
        yield Fault("Documents are to go with an authorization that is not needed.", f"{path}.doc-purpose")


def _reason(exchange: Exchange) -> Iterator[Fault]:
    is_unknown = not exchange.marks.isdisjoint((NO_MEMBER, NO_ACTIVE_COVERAGE))
    for path, statement in statements(exchange):
        purpose, other = parts_of(statement, "doc-purpose"), "OTH" in values_of(statement, "info-needed")
        needs_one = is_unknown or purpose or other or "indeterminate" in _answers(statement)
        if needs_one and not parts_of(statement, "reason"):
            yield Fault("A purpose, other information, what is indeterminate and who is unknown need a reason.", path)


def _early(path: str, statement: Json) -> Iterator[Fault]:
    asked = _CLINICIANS & set(codes_of(statement, "doc-needed"))
    if asked:
        yield Fault(f"So early a hook must not ask for documents ({', '.join(sorted(asked))}).", f"{path}.doc-needed")


def _by_coverage(exchange: Exchange, resource: Json) -> dict[str, list[Json]]:
    found = defaultdict(list)
    for statement in made_now(exchange, resource):
        found[coverage_named(statement)].append(statement)
    return found


def _one_id(exchange: Exchange) -> Iterator[Fault]:
    for ref, resource in annotated(exchange).items():
        for coverage, told in _by_coverage(exchange, resource).items():
            for name in ("coverage-assertion-id", "satisfied-pa-id"):
                if len({value for each in told for value in codes_of(each, name)}) > 1:
                    yield Fault(f"What is said about {ref} for {coverage} has several of `{name}`.", "systemActions")


def _own_ids(exchange: Exchange) -> Iterator[Fault]:
    owners = defaultdict(set)
    for resource in annotated(exchange).values():
        for coverage, told in _by_coverage(exchange, resource).items():
            for each in told:
                for name in ("coverage-assertion-id", "satisfied-pa-id"):
                    for value in values_of(each, name):
                        owners[name, str(value)].add(coverage)
    for (name, value), coverages in owners.items():
        if len(coverages) > 1:
            yield Fault(f"`{name}` {value} stands for {len(coverages)} coverages.", "systemActions")


def _apart(exchange: Exchange) -> Iterator[Fault]:
    for ref, resource in annotated(exchange).items():
        for coverage, told in _by_coverage(exchange, resource).items():
            scopes = [_scope(each) for each in told]
            if len(scopes) != len(set(scopes)):
                yield Fault(
                    f"Two answers about {ref} for {coverage} are for the same codes and limits.", "systemActions"
                )


def _scope(statement: Json) -> tuple[bytes, ...]:
    limits = [part for part in parts_of(statement, "detail") if "cat-limitation" in str(part)]
    return tuple(
        sorted(msgspec.json.encode(p) for p in [*(p for n in _SCOPING for p in parts_of(statement, n)), *limits])
    )


def _no_number(exchange: Exchange) -> Iterator[Fault]:
    for path, statement in statements(exchange):
        if parts_of(statement, "satisfied-pa-id"):
            yield Fault("A call that only asks what would be must be given no authorization number.", path)


def _is_what_if(exchange: Exchange) -> bool:
    return is_answered(exchange) and configuration_of(exchange).get("unsolicited-determ") is False


def checks(dialect: Dialect, elements: Iterable[Check]) -> tuple[Check, ...]:
    """The checks of how elements go together; `elements` are those of single ones."""
    bases = ids(elements)
    dialects_own = _newer(bases) if dialect.is_newer else _older(bases)
    before = (*bases, *ids(dialects_own[:1]))
    rules = _rules(before)
    what_if = (_what_if((*before, *ids(rules))),) if dialect.is_newer else ()
    return (*dialects_own, *rules, *what_if, *_of_several(dialect, bases), _early_check(bases))


def _row(name: str, title: str, faults: EachFault, line: str, bases: Ids, strength: Strength = Strength.SHALL) -> Check:
    requirements = (f"crd-check:{line}", "crd:resp-47")
    return answer_check(f"crd.coverage.{name}", title, faults, strength, requirements, VALIDITY, bases)


def _newer(bases: Ids) -> tuple[Check, ...]:
    q2 = _row(
        "not-covered",
        "What is not covered names no authorization",
        for_each(statements, _no_authorization),
        "75",
        bases,
    )
    told = "A purpose, other information and what is indeterminate have a reason"
    return q2, _row("reason-given", told, _reason, "80", bases)


def _what_if(bases: Ids) -> Check:
    return answer_check(
        "crd.options.what-if",
        "A call that only asks what would be gets no authorization number",
        _no_number,
        requirements=("crd-check:47", "crd:dev-14"),
        rests_on=bases,
        of=_is_what_if,
    )


def _older(bases: Ids) -> tuple[Check, ...]:
    return (
        _row("pa-always", "Authorization is always told of", for_each(statements, _always_authorization), "75", bases),
    )


def _rules(bases: Ids) -> tuple[Check, ...]:
    rows = (
        ("form", "A questionnaire is named only where documents are needed", _form, "76"),
        ("info-needed", "Information is needed when and only when something is conditional", _info_needed, "77"),
        ("number", "There is a number when and only when authorization is satisfied", _number, "78"),
        ("purpose", "No documents are to go with an authorization that is not needed", _purpose, "79"),
    )
    return tuple(_row(name, title, for_each(statements, faults), line, bases) for name, title, faults, line in rows)


def _of_several(dialect: Dialect, bases: Ids) -> tuple[Check, ...]:
    placed = (*bases, "crd.coverage.replaced", "crd.coverage.others-kept", "crd.coverage.own-coverage")
    one_id = Strength.SHOULD if dialect.is_newer else Strength.SHALL
    own_ids = _row("own-ids", "Different coverages have different ids", _own_ids, "84", placed)
    one = _row(
        "one-id", "What is said of an order for one coverage has one id", _one_id, "84", (*placed, own_ids.id), one_id
    )
    scopes = _row(
        "scopes",
        "Several answers about an order for one coverage are for different codes or limits",
        _apart,
        "85",
        (*placed, own_ids.id, one.id),
        Strength.SHOULD,
    )
    return own_ids, one, scopes


def _early_check(bases: Ids) -> Check:
    return answer_check(
        "crd.coverage.early",
        "Secondary hooks ask for no documents from clinic or office",
        for_each(statements, _early),
        requirements=("crd-check:67", "crd:hook-19"),
        rests_on=bases,
        of=lambda exchange: is_answered(exchange) and hook_of(exchange) in SECONDARY,
    )
