"""Small invented guides on the real base types: the text of their facts, and a checker that knows them."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from profiles.issues import Issue
from profiles.library import Library, shipped_texts
from profiles.validating.validator import Validator

CORE = "hl7.fhir.r4.core#4.0.1"
GUIDE = "test.guide#1.0"
URL = "http://example.org/"
EXTENSION_URL = "http://example.org/extension-"

Facts = dict[str, Any]
Elements = Mapping[str, Facts]
Told = list[tuple[str, str, str]]
"""What is told: severity, path, rule."""


@cache
def core_texts() -> tuple[str, ...]:
    """The facts of FHIR itself."""
    return tuple(text for text in shipped_texts() if text.startswith(f"package {CORE}"))


def _block(kind: str, url: str, head: Facts, elements: Elements = {}) -> str:  # noqa: B006 only read
    rows = [f"{kind} {url}\t{json.dumps(head)}", *(f" {path}\t{json.dumps(facts)}" for path, facts in elements.items())]
    return "".join(f"{row}\n" for row in rows)


def profile(name: str, type_name: str, elements: Elements, version: str = "1", **head: Any) -> str:
    """A profile `http://example.org/NAME|VERSION`; paths are without the type, `.` is the root."""
    about = {"type": type_name, "kind": "resource", "derivation": "constraint", **head}
    return _block("structure", f"{URL}{name}|{version}", about, elements)


def extension(name: str, elements: Elements, *contexts: str) -> str:
    """An extension `http://example.org/extension-NAME`, whose URL is fixed as in every guide."""
    about = {"kind": "complex-type", "context": [["element", row] for row in contexts]}
    url = {"url": {"fixed": f"{EXTENSION_URL}{name}", "fixedType": "Uri"}}
    return profile(f"extension-{name}", "Extension", {**url, **elements}, **about)


def value_set(name: str, codes: Mapping[str, list[str]], *opened: str, known: bool = True, version: str = "1") -> str:
    """A value set `http://example.org/NAME`; `opened` are systems whose codes are not listed."""
    about = {"codes": codes, "open": list(opened), "unknown": not known}
    return _block("codes", f"{URL}{name}|{version}", about)


def guide(*parts: str, key: str = GUIDE, depends: tuple[str, ...] = (CORE,)) -> str:
    """The facts of one package."""
    return _block("package", key, {"depends": list(depends)}) + "".join(parts)


@cache
def library(*parts: str, others: tuple[str, ...] = (), depends: tuple[str, ...] = (CORE,)) -> Library:
    """FHIR itself, an invented guide, and other packages."""
    return Library([*core_texts(), guide(*parts, depends=depends), *others])


def checker(*parts: str, tables: Mapping[str, frozenset[str]] | None = None) -> Validator:
    """A checker of an invented guide."""
    return Validator(library(*parts), GUIDE, tables) if tables else _checker(parts)


@cache
def _checker(parts: tuple[str, ...]) -> Validator:
    return Validator(library(*parts), GUIDE)


def told(issues: list[Issue]) -> Told:
    """Severity, path and rule of each finding, in the order found."""
    return [(issue.severity, issue.path, issue.rule) for issue in issues]


def errors(validator: Validator, resource: Any, *profiles: str) -> list[tuple[str, str]]:
    """Path and rule of each error; profiles by their names."""
    issues = validator.check(resource, tuple(f"{URL}{name}" for name in profiles))
    return [(issue.path, issue.rule) for issue in issues if issue.severity == "error"]


def as_extension(name: str, **value: Any) -> Facts:
    """An extension of the invented guide in a message."""
    return {"url": f"{EXTENSION_URL}{name}", **value}


def bundle(*resources: tuple[str, Any], kind: str = "collection") -> Facts:
    """A Bundle of (fullUrl, resource)."""
    return {
        "resourceType": "Bundle",
        "type": kind,
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in resources],
    }


def concept(system: str, code: str) -> Facts:
    """A CodeableConcept with one coding."""
    return {"coding": [{"system": system, "code": code}]}
