"""The suites for servers of PAS, one for each version that is spoken."""

from collections.abc import Iterable
from dataclasses import replace

from fhir_um.conformance.model import Check
from fhir_um.conformance.pas import (
    access,
    attachments,
    bundles,
    claim_responses,
    decisions,
    documents,
    elements,
    errors,
    events,
    inquiries,
    modified,
    notifications,
    serving,
    submissions,
    subscriptions,
    updates,
    validity,
)
from fhir_um.conformance.pas.scenes import scenes
from fhir_um.conformance.stage import Suite

VERSIONS = ("2.2.1", "2.0.1")

ONLY_IN = {
    "2.2.1": frozenset(
        {
            "pas.bundle.identifier",
            "pas.response.request",
            "pas.response.identifiers",
            "pas.response.amounts",
            "pas.response.units",
            "pas.added.one-sequence",
            "pas.added.service",
            "pas.added.decided",
            "pas.modified.added",
            "pas.added.only-changed",
            "pas.documents.identifier",
            "pas.documents.code",
            "pas.event.focus-resolves",
            "pas.event.whole-answer",
            "pas.event.final",
            "pas.event.same-as-inquiry",
            "pas.notified-answer.valid",
        }
    ),
    "2.0.1": frozenset({"pas.event.id-only"}),
}
"""Checks of what one version alone asks for."""

_NARROW = (
    *serving.CHECKS,
    *submissions.CHECKS,
    *bundles.CHECKS,
    *claim_responses.CHECKS,
    *decisions.CHECKS,
    *modified.CHECKS,
    *documents.CHECKS,
    *errors.CHECKS,
    *inquiries.CHECKS,
    *updates.CHECKS,
    *subscriptions.CHECKS,
    *notifications.CHECKS,
    *events.CHECKS,
    *attachments.CHECKS,
    *access.CHECKS,
)


_OF_DECISIONS = (
    *submissions.CHECKS,
    *bundles.CHECKS,
    *claim_responses.CHECKS,
    *decisions.CHECKS,
    *modified.CHECKS,
    *documents.CHECKS,
    *errors.CHECKS,
    *inquiries.CHECKS,
)
_NEVER_IN_THE_WAY = frozenset({"pas.submit.time", "pas.inquiry.time"})
"""An answer that came late is an answer."""


def _all() -> tuple[Check, ...]:
    """The narrow ones tell a fault in their own words; what is left is told by whole messages, then by all together."""
    valid = validity.answers(tuple(check.id for check in _NARROW))
    before = tuple(check.id for check in _OF_DECISIONS if check.id not in _NEVER_IN_THE_WAY)
    whole = tuple(replace(check, rests_on=before) for check in elements.ANSWERED)
    return (*_NARROW, *validity.REQUESTS, *valid, *elements.ASKED, *whole)


def in_order(checks: Iterable[Check]) -> tuple[Check, ...]:
    """Each check after those it rests on, otherwise as they were.

    Raises: ValueError when one rests on a check that is not there, or on itself.
    """
    told = {check.id: check for check in checks}
    placed: dict[str, Check] = {}

    def place(check: Check, above: frozenset[str]) -> None:
        for base in check.rests_on:
            if base in above or base not in told:
                raise ValueError(f"{check.id} rests on {base}, which is not there or rests on it")
            if base not in placed:
                place(told[base], above | {base})
        placed[check.id] = check

    for check in told.values():
        if check.id not in placed:
            place(check, frozenset({check.id}))
    return tuple(placed.values())


def checks(version: str) -> tuple[Check, ...]:
    """The checks for a base of that version."""
    gone = frozenset[str]().union(*(ids for other, ids in ONLY_IN.items() if other != version))
    mark = f"pas-v{version.replace('.', '')}:"
    return in_order(
        replace(
            check,
            rests_on=tuple(base for base in check.rests_on if base not in gone),
            public=tuple(number for number in check.public if number.startswith(mark)),
        )
        for check in _all()
        if check.id not in gone
    )


SUITES_PAS = tuple(
    Suite(f"pas-{version}", f"A payer's server of Da Vinci PAS {version}", version, scenes(version), checks(version))
    for version in VERSIONS
)
