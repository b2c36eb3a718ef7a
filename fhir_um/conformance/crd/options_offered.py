"""Checks of the configuration options that services offer. Must not know calls, but for the kinds of card they brought.

Source: CRD 2.2.1 dev-4 to dev-10.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from fhir_um.conformance.crd.dialects import PRIMARY, Dialect
from fhir_um.conformance.crd.discovery import extension_of, is_document, services
from fhir_um.conformance.crd.making import EachFault, Ids, for_each
from fhir_um.conformance.crd.reading import Placed, cards, hook_of, is_answered, object_of, objects_of, placed, text_of
from fhir_um.conformance.marks import DISCOVERY, HOOK
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Session, Strength, Whole

MEMBER = "davinci-crd.configuration-options"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]*")
_TYPES = {"boolean": bool, "integer": int}


def options(exchange: Exchange) -> list[Placed]:
    """Every option of every service."""
    return [
        option
        for path, service in services(exchange)
        for option in placed(f"{path}.extension.{MEMBER}", extension_of(service).get(MEMBER))
    ]


def _row(
    name: str, title: str, faults: EachFault, requirements: Ids, strength: Strength = Strength.SHALL, rests_on: Ids = ()
) -> Check:
    id = f"crd.discovery.{name}"
    return Check(id, title, strength, Each((DISCOVERY,), faults, is_document), requirements, (), rests_on)


def _members(path: str, option: Any) -> Iterator[Fault]:
    for name in ("code", "name", "description"):
        if not isinstance(option.get(name), str) or not option[name]:
            yield Fault(f"An option must have `{name}`, as a text.", f"{path}.{name}")


def _type(path: str, option: Any) -> Iterator[Fault]:
    if text_of(option.get("type")) not in _TYPES:
        yield Fault(f"The type of an option is boolean or integer, not {option.get('type')!r}.", f"{path}.type")


def _default(path: str, option: Any) -> Iterator[Fault]:
    wanted = _TYPES.get(text_of(option.get("type")))
    if wanted and type(option.get("default")) is not wanted:
        yield Fault(f"An option must have a default, a JSON {option['type']}.", f"{path}.default")


def _code(path: str, option: Any) -> Iterator[Fault]:
    code = option.get("code")
    if isinstance(code, str) and code and not _PLAIN.fullmatch(code):
        yield Fault(f"{code!r} cannot be a plain name of a JSON member.", f"{path}.code")


def _unique(exchange: Exchange) -> Iterator[Fault]:
    for path, service in services(exchange):
        listed = objects_of(extension_of(service).get(MEMBER))
        for name in ("code", "name", "description"):
            for value, count in Counter(str(option[name]) for option in listed if option.get(name)).items():
                if count > 1:
                    yield Fault(f"{count} options have the {name} {value!r}.", f"{path}.extension.{MEMBER}")


def _alike(exchange: Exchange) -> Iterator[Fault]:
    told = defaultdict(set)
    for _, option in options(exchange):
        told[str(option.get("code"))].add((str(option.get("name")), str(option.get("description"))))
    for code, ways in told.items():
        if len(ways) > 1:
            yield Fault(f"The option {code} is named or described in {len(ways)} ways.", "services")


def _coverage_switch(exchange: Exchange) -> Iterator[Fault]:
    for path, service in services(exchange):
        codes = {text_of(option.get("code")) for option in objects_of(extension_of(service).get(MEMBER))}
        if service.get("hook") in PRIMARY and "coverage-info" not in codes:
            yield Fault("Coverage information must have its switch, `coverage-info`.", f"{path}.extension.{MEMBER}")


def _switches(dialect: Dialect) -> Any:
    """The topics of cards that came, held against the switches of the service that sent them."""

    def missing(session: Session) -> Iterator[Fault] | None:
        offered = defaultdict(set)
        for exchange in session.marked(DISCOVERY):
            for _, service in services(exchange):
                for option in objects_of(extension_of(service).get(MEMBER)):
                    offered[text_of(service.get("hook"))].add(text_of(option.get("code")))
        seen = {
            (hook_of(exchange), text_of(object_of(object_of(card.get("source")).get("topic")).get("code")))
            for exchange in session.marked(HOOK)
            if is_answered(exchange)
            for _, card in cards(exchange)
        }
        known = {(hook, code) for hook, code in seen if code in dialect.topics}
        if not known:
            return None
        return (
            Fault(f"{hook} sends cards of the topic {code}, and has no option to switch them off.", "services")
            for hook, code in sorted(known)
            if hook in offered and code not in offered[hook]
        )

    return missing


_ROWS = (
    _row(
        "options",
        "Each option has code, name and description",
        for_each(options, _members),
        ("crd-check:7", "crd:dev-4"),
    ),
    _row(
        "option-types",
        "The type of each option is boolean or integer",
        for_each(options, _type),
        ("crd-check:7", "crd:dev-4"),
    ),
    _row(
        "option-defaults",
        "Each option has a default of its type",
        for_each(options, _default),
        ("crd-check:7", "crd:dev-4"),
    ),
    _row(
        "option-codes",
        "The code of each option is a plain name of a JSON member",
        for_each(options, _code),
        ("crd-check:10", "crd:dev-7"),
    ),
    _row(
        "options-unique",
        "Codes, names and descriptions are unique within a service",
        _unique,
        ("crd-check:9", "crd:dev-8"),
    ),
    _row(
        "options-alike",
        "An option is named and described alike in all services",
        _alike,
        ("crd-check:9", "crd:dev-9"),
        Strength.SHOULD,
        ("crd.discovery.options", "crd.discovery.options-unique"),
    ),
    _row(
        "coverage-switch",
        "Services of primary hooks have a switch for coverage information",
        _coverage_switch,
        ("crd-check:8", "crd:dev-5"),
        rests_on=("crd.discovery.options", "crd.discovery.option-codes", "crd.discovery.members"),
    ),
)


def checks(dialect: Dialect) -> tuple[Check, ...]:
    """The checks of options."""
    switches = Check(
        "crd.discovery.switches",
        "Each kind of card that is sent has a switch",
        Strength.SHALL,
        Whole((DISCOVERY,), _switches(dialect)),
        ("crd-check:8", "crd:dev-5"),
        rests_on=(
            "crd.discovery.services",
            "crd.discovery.members",
            "crd.discovery.options",
            "crd.discovery.option-codes",
            "crd.discovery.coverage-switch",
        ),
    )
    return (*_ROWS, switches)
