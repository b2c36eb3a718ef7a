"""Checks of the elements of coverage information, one by one: how often, of what type, with which codes.

Must not know how elements go together. Source: CRD 2.2.1 and 2.0.1, ext-coverage-information and its value sets.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from fhir_um.conformance.crd.answers import is_text
from fhir_um.conformance.crd.dialects import DETAIL_CODES, DETAILS, TEMP, Dialect
from fhir_um.conformance.crd.making import EachFault, Ids, answer_check, for_each
from fhir_um.conformance.crd.numbering import for_hooks
from fhir_um.conformance.crd.reading import (
    coverage_named,
    coverages_sent,
    object_of,
    objects_of,
    parts_of,
    statements,
    text_of,
    values_of,
)
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Strength

VALIDITY = for_hooks(11)
_ONCE = {
    "coverage": "crd-check:72",
    "covered": "crd-check:72",
    "date": "crd-check:72",
    "coverage-assertion-id": "crd-check:72",
}
"""What each coverage information has exactly once -> line of the checklist."""
_CODED = ("covered", "pa-needed", "doc-needed", "doc-purpose", "info-needed")
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_OF_DETAIL = ("category", "code", "value", "qualification")

PathFaults = Callable[[str, Any], Iterator[Fault]]


def _row(
    name: str,
    title: str,
    faults: EachFault,
    requirements: Ids,
    rests_on: Ids = (),
    strength: Strength = Strength.SHALL,
    public: Ids = VALIDITY,
) -> Check:
    return answer_check(
        f"crd.coverage.{name}", title, faults, strength, (*requirements, "crd:resp-47"), public, rests_on
    )


def _once(name: str) -> PathFaults:
    def faults(path: str, statement: Json) -> Iterator[Fault]:
        count = len(parts_of(statement, name))
        if count != 1:
            yield Fault(f"`{name}` must be there once; it is there {count} times.", path)

    return faults


def _at_most_once(names: tuple[str, ...]) -> PathFaults:
    def faults(path: str, statement: Json) -> Iterator[Fault]:
        for name in names:
            if (count := len(parts_of(statement, name))) > 1:
                yield Fault(f"`{name}` may be there once; it is there {count} times.", path)

    return faults


def _elements(dialect: Dialect) -> PathFaults:
    def faults(path: str, statement: Json) -> Iterator[Fault]:
        for part in objects_of(statement.get("extension")):
            if text_of(part.get("url")) not in dialect.types and not str(part.get("url")).startswith(
                ("http:", "https:")
            ):
                yield Fault(f"CRD {dialect.version} has no element `{part.get('url')}` here.", path)

    return faults


def _types(dialect: Dialect) -> PathFaults:
    def faults(path: str, statement: Json) -> Iterator[Fault]:
        for part in objects_of(statement.get("extension")):
            allowed = dialect.types.get(str(part.get("url")))
            if allowed and not any(part.get(name) for name in allowed):
                yield Fault(f"`{part['url']}` must have {' or '.join(allowed)}.", f"{path}.{part['url']}")

    return faults


def _codes(dialect: Dialect, name: str) -> PathFaults:
    def faults(path: str, statement: Json) -> Iterator[Fault]:
        for part in parts_of(statement, name):
            code = part.get("valueCode")
            if code and (not isinstance(code, str) or code not in dialect.codes[name]):
                yield Fault(f"{code!r} is no code of `{name}` in CRD {dialect.version}.", f"{path}.{name}")

    return faults


def _reason_codes(dialect: Dialect) -> PathFaults:
    def faults(path: str, statement: Json) -> Iterator[Fault]:
        for reason in values_of(statement, "reason"):
            for coding in objects_of(object_of(reason).get("coding")):
                if coding.get("system") == TEMP and text_of(coding.get("code")) not in dialect.reasons:
                    yield Fault(f"{coding.get('code')!r} is no reason of CRD {dialect.version}.", f"{path}.reason")

    return faults


def _reason_text(path: str, statement: Json) -> Iterator[Fault]:
    for reason in values_of(statement, "reason"):
        if not is_text(object_of(reason).get("text")):
            yield Fault("A reason must say it in words, in `text`.", f"{path}.reason")


def _days(path: str, statement: Json) -> Iterator[Fault]:
    for name in ("date", "expiry-date"):
        for part in parts_of(statement, name):
            value = part.get("valueDate")
            if value and not (isinstance(value, str) and _DAY.fullmatch(value)):
                yield Fault(f"`{name}` must be a day like 2026-11-20, not {value!r}.", f"{path}.{name}")


def _own_coverage(exchange: Exchange) -> Iterator[Fault]:
    """Where a Coverage came along, the answer names one that did."""
    sent = coverages_sent(exchange)
    for path, statement in statements(exchange):
        named = coverage_named(statement)
        if sent and named and not any(named == ref or named.endswith(f"/{ref}") for ref in sent):
            yield Fault(f"{named} is not the Coverage of the call, which is {', '.join(sent)}.", f"{path}.coverage")


def _details(path: str, statement: Json) -> Iterator[tuple[str, Json]]:
    for index, part in enumerate(parts_of(statement, "detail")):
        inner = objects_of(part.get("extension"))
        yield f"{path}.detail[{index}]", {str(each.get("url")): each for each in inner}


def _detail_members(dialect: Dialect) -> PathFaults:
    wanted = ("category", "code", "value") if dialect.is_newer else ("code", "value")

    def faults(path: str, statement: Json) -> Iterator[Fault]:
        for place, detail in _details(path, statement):
            for name in wanted:
                if name not in detail:
                    yield Fault(f"A detail must have `{name}`.", f"{place}.{name}")
            for name in detail:
                if name not in _OF_DETAIL or (name == "category" and not dialect.is_newer):
                    yield Fault(f"CRD {dialect.version} has no `{name}` in a detail.", f"{place}.{name}")

    return faults


def _detail_codes(detail: Json) -> list[str]:
    coded = object_of(detail.get("code", {}).get("valueCodeableConcept"))
    known = (TEMP, DETAIL_CODES)
    return [str(each.get("code")) for each in objects_of(coded.get("coding")) if each.get("system") in known]


def _detail_category(path: str, statement: Json) -> Iterator[Fault]:
    for place, detail in _details(path, statement):
        told = detail.get("category", {}).get("valueCode")
        if "category" in detail and told not in ("cat-limitation", "cat-decisional", "cat-other"):
            yield Fault(f"{told!r} is no category of a detail.", f"{place}.category")
            continue
        for code in _detail_codes(detail):
            category = DETAILS.get(code, ("", ""))[0]
            if category and told and told != category:
                yield Fault(f"A detail {code} belongs to {category}, not to {told}.", f"{place}.category")


def _detail_value(dialect: Dialect) -> PathFaults:
    def faults(path: str, statement: Json) -> Iterator[Fault]:
        for place, detail in _details(path, statement):
            if "value" not in detail:
                continue
            held = {name for name in detail["value"] if name.startswith("value")}
            for code in _detail_codes(detail):
                kind = DETAILS.get(code, ("", ""))[1]
                if kind in dialect.detail_values and kind not in held:
                    yield Fault(f"The value of a detail {code} must be a {kind}.", f"{place}.value")
            if not held <= dialect.detail_values or len(held) != 1:
                yield Fault(f"A detail must have one value, of {', '.join(sorted(dialect.detail_values))}.", place)

    return faults


def checks(dialect: Dialect) -> tuple[Check, ...]:
    """The checks of single elements."""
    return (*_counts(dialect), *_of_codes(dialect), *_of_details(dialect))


def _counts(dialect: Dialect) -> tuple[Check, ...]:
    once = tuple(
        _row(f"{name}-once", f"`{name}` is there once", for_each(statements, _once(name)), (line,))
        for name, line in _ONCE.items()
    )
    several = ("pa-needed", "satisfied-pa-id", "expiry-date") if dialect.is_newer else ("pa-needed", "satisfied-pa-id")
    rows = (
        _row(
            "at-most-once",
            f"{', '.join(several)} are there once at most",
            for_each(statements, _at_most_once(several)),
            ("crd-check:72",),
        ),
        _row(
            "elements",
            "Nothing stands there that the version does not know",
            for_each(statements, _elements(dialect)),
            ("crd-check:83",),
        ),
        _row(
            "types",
            "Each element has a value of its type",
            for_each(statements, _types(dialect)),
            ("crd-check:83",),
        ),
        _row("days", "Dates are days", for_each(statements, _days), ("crd-check:73",)),
        _row(
            "own-coverage",
            "The coverage is that of the call",
            _own_coverage,
            ("crd-check:72",),
            ("crd.coverage.hook-type", "crd.coverage.known"),
        ),
    )
    old = _row(
        "one-doc-needed",
        "`doc-needed` is there once at most",
        for_each(statements, _at_most_once(("doc-needed",))),
        ("crd-check:83",),
    )
    return (*once, *rows, *(() if dialect.is_newer else (old,)))


def _of_codes(dialect: Dialect) -> tuple[Check, ...]:
    coded = tuple(
        _row(
            f"{name}-code",
            f"`{name}` is a code of the version",
            for_each(statements, _codes(dialect, name)),
            ("crd-check:74",),
        )
        for name in _CODED
    )
    return (
        *coded,
        _row(
            "reason-code",
            "A coded reason is one of the version",
            for_each(statements, _reason_codes(dialect)),
            ("crd-check:74", "crd-check:83"),
        ),
        _row(
            "reason-text",
            "Each reason says it in words",
            for_each(statements, _reason_text),
            ("crd-check:81",),
            strength=Strength.SHALL if dialect.is_newer else Strength.SHOULD,
            public=(),
        ),
    )


def _of_details(dialect: Dialect) -> tuple[Check, ...]:
    members = _row(
        "detail-members",
        "Each detail has what the version wants, and nothing else",
        for_each(statements, _detail_members(dialect)),
        ("crd-check:82", "crd-check:83", "crd:resp-30"),
    )
    value = _row(
        "detail-value",
        "The value of a detail fits its code",
        for_each(statements, _detail_value(dialect)),
        ("crd-check:82", "crd:resp-30"),
    )
    category = _row(
        "detail-category",
        "The category of a detail fits its code",
        for_each(statements, _detail_category),
        ("crd-check:82", "crd:resp-30"),
    )
    return (members, value, category) if dialect.is_newer else (members, value)
