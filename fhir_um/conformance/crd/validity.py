"""Checks with the profile checker: that resources in answers are valid, as far as the server had a hand in them.

What was wrong with a resource as it was sent is left aside. Each rests on every narrower check.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

import msgspec

from fhir_um.conformance.crd.dialects import CRD, PROFILES, Dialect
from fhir_um.conformance.crd.making import Ids, answer_check
from fhir_um.conformance.crd.numbering import for_drafts, for_hooks, last
from fhir_um.conformance.crd.reading import (
    Placed,
    annotating,
    made_now,
    object_of,
    orders_of_appointment,
    reference_to,
    sent_resources,
    statements_of,
    suggested_actions,
)
from fhir_um.conformance.model import Check, Exchange, Fault, Json
from profiles.validating.validator import Validator, shipped_library

_PLACE = re.compile(r"\[\d+\]")
_KEPT_RESULTS = 2000
Finding = tuple[str, str, str]
"""A rule, a path and the words of a finding."""


@cache
def _validator(guide: str) -> Validator:
    return Validator(shipped_library(), guide)


@lru_cache(_KEPT_RESULTS)
def _checked(guide: str, profile: str, body: bytes) -> tuple[Finding, ...]:
    """The errors of a resource; the same one is often seen again."""
    resource = msgspec.json.decode(body)
    issues = _validator(guide).check(resource, (profile,) if profile else ())
    return tuple((each.rule or each.code, each.path, each.text) for each in issues if each.severity == "error")


def profile_of(dialect: Dialect, resource: Json) -> str:
    """The profile of the guide for a resource; empty where it has none."""
    kind = str(resource.get("resourceType", ""))
    if kind == "Appointment":
        ending = ("with-order" if orders_of_appointment(resource) else "no-order") if dialect.is_newer else ""
        return CRD + "-".join(filter(None, ("appointment", ending)))
    return PROFILES.get(kind, "")


def _errors(dialect: Dialect, resource: Json) -> tuple[Finding, ...]:
    return _checked(dialect.guide, profile_of(dialect, resource), msgspec.json.encode(resource))


def _added(dialect: Dialect, path: str, resource: Json, before: Json | None) -> Iterator[Fault]:
    known = {_where(each) for each in _errors(dialect, before)} if before else set()
    for finding in _errors(dialect, resource):
        if _where(finding) not in known and not _is_forgotten(dialect, resource, finding):
            yield Fault(f"{finding[2]} ({finding[0]})", f"{path}.resource: {finding[1]}")


def _where(finding: Finding) -> tuple[str, str]:
    return finding[0], _PLACE.sub("", finding[1])


def _is_forgotten(dialect: Dialect, resource: Json, finding: Finding) -> bool:
    """CRD 2.0.1 wants coverage information on an Appointment, and its extension does not allow it there."""
    is_old_appointment = not dialect.is_newer and resource.get("resourceType") == "Appointment"
    return is_old_appointment and "context" in finding[0]


def _judged(dialect: Dialect, find: Callable[[Exchange], list[Placed]]) -> Callable[[Exchange], Iterator[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        sent = sent_resources(exchange)
        for path, action in find(exchange):
            resource = _without_kept(exchange, object_of(action.get("resource")))
            if resource:
                yield from _added(dialect, path, resource, sent.get(reference_to(resource)))

    return faults


def _without_kept(exchange: Exchange, resource: Json) -> Json:
    """Without the coverage information that others gave, and the server only kept."""
    kept = [each for each in statements_of(resource) if each not in made_now(exchange, resource)]
    if not kept:
        return resource
    return resource | {"extension": [each for each in resource["extension"] if each not in kept]}


def checks(dialect: Dialect, before: Ids) -> tuple[Check, ...]:
    """The checks of validity; they come last."""
    return (
        answer_check(
            "crd.coverage.valid",
            "A resource with coverage information is as valid as it was sent",
            _judged(dialect, annotating),
            requirements=("crd-check:90", "crd:resp-47", "crd:resp-52"),
            public=for_hooks(11),
            rests_on=before,
        ),
        answer_check(
            "crd.cards.valid",
            "Resources that cards propose are valid",
            _judged(dialect, suggested_actions),
            requirements=(
                "crd-check:105",
                "crd-check:106",
                "crd-check:107",
                "crd:resp-55",
                "crd:resp-57",
                "crd:resp-62",
            ),
            public=(*for_drafts(12), *for_drafts(13), *last(12), *last(13)),
            rests_on=before,
        ),
    )
