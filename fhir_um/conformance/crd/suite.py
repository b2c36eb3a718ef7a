"""The suites for CRD servers: the scenes and checks of each version, put together in the order in which they rest."""

from collections.abc import Iterator
from dataclasses import replace

from fhir_um.conformance.crd import (
    answers,
    asked,
    cards,
    coverage_information,
    discovery,
    errors,
    feedback,
    options,
    options_offered,
    outcomes,
    robustness,
    rules,
    signing,
    statements,
    suggestions,
    transport,
    validity,
)
from fhir_um.conformance.crd.dialects import CRD_2_0, CRD_2_2, Dialect
from fhir_um.conformance.crd.making import ids, standing
from fhir_um.conformance.crd.scenes import scenes
from fhir_um.conformance.crd.token_scenes import TOKENS
from fhir_um.conformance.model import Check
from fhir_um.conformance.stage import Suite


def _checks(dialect: Dialect) -> Iterator[Check]:
    yield from transport.checks()
    yield from _of_discovery(dialect)
    yield from asked.checks()
    yield from errors.checks(dialect)
    yield from signing.checks()
    yield from feedback.checks()
    yield from _of_answers(dialect)


def _of_discovery(dialect: Dialect) -> Iterator[Check]:
    told = _resting("crd.discovery.services", (*discovery.checks(dialect), *options_offered.checks(dialect)))
    yield from told
    yield discovery.no_empties(told)


def _resting(base: str, checks: tuple[Check, ...]) -> tuple[Check, ...]:
    """The checks, each resting on that one too: where the list is missing, what would be in it is not judged as good.

    Those that stand before it, and it itself, stay as they are.
    """
    first = next(number for number, check in enumerate(checks) if check.id == base) if base in ids(checks) else -1
    resting = (replace(check, rests_on=(base, *check.rests_on)) for check in checks[first + 1 :])
    return (*checks[: first + 1], *resting)


def _of_answers(dialect: Dialect) -> Iterator[Check]:
    shape = _resting("crd.answers.cards", (*answers.checks(dialect), *suggestions.checks()))
    elements = _resting("crd.coverage.received", statements.checks(dialect))
    places = coverage_information.checks(dialect)
    older = coverage_information.older(ids(elements))
    said = (*places, *elements, *older, *rules.checks(dialect, elements))
    kinds = cards.checks(dialect)
    narrow = (*shape, *said, *kinds)
    yield from narrow
    yield answers.no_empties(narrow)
    yield from options.checks(dialect, ids(said))
    before = ids(narrow)
    yield from robustness.checks(ids(said))
    yield from outcomes.checks(dialect, before)
    yield from cards.seen(dialect)
    yield from validity.checks(dialect, before)


def _suite(dialect: Dialect) -> Suite:
    name = f"crd-{dialect.version}"
    played = (*scenes(dialect), TOKENS)
    return Suite(name, f"CRD {dialect.version}, server", dialect.version, played, standing(_checks(dialect)))


SUITES_CRD: tuple[Suite, ...] = (_suite(CRD_2_2), _suite(CRD_2_0))
"""The newer one first."""
