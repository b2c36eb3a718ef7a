"""A reviewer's decision as it comes in: JSON -> rulings in house words. Must not know which moves are legal.

Unknown fields and values are refused with the place they stand in.
"""

import msgspec

from fhir_um.api.basis_in import BasisIn
from fhir_um.api.decision_in import (
    AuthorizedIn,
    CodeIn,
    DecisionIn,
    LineIn,
    ProviderIn,
    QuantityIn,
    ReviewerIn,
    senseless,
    unwritable,
)
from fhir_um.api.misfits import fitted
from fhir_um.cases.asked import Party
from fhir_um.cases.basis import Basis
from fhir_um.cases.deciders import Decider
from fhir_um.cases.documents import DocumentNeeded
from fhir_um.cases.lifecycle import Reading, Ruling
from fhir_um.cases.model import Authorized
from fhir_um.cases.roles import Role
from fhir_um.errors import Kind, Refusal
from fhir_um.words import Code, Concept, Identifier, Period, Quantity
from profiles.canonicals import NPI, NUCC
from profiles.reading import Limits, read_json

_LIMITS = Limits(max_bytes=1_000_000, max_depth=16, max_entries=0)


def read_decision(body: bytes, signed_in: str = "") -> tuple[int, Decider, tuple[Ruling, ...]]:
    """The case version decided on, who decides, and the rulings; `signed_in` decides when nobody is named.

    Raises: Refusal UNREADABLE when it is not JSON, TOO_BIG, INVALID when a field is missing, unknown or cannot be used.
    """
    value = read_json(body, _LIMITS)
    given = _by(signed_in, fitted(value, DecisionIn))
    faults = tuple(unwritable(value)) or tuple(senseless(given))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    return given.version, decider_of(given.role, given.reviewer), tuple(_ruling(line) for line in given.lines)


def _by(signed_in: str, given: DecisionIn) -> DecisionIn:
    if given.reviewer.id or not signed_in:
        return given
    return msgspec.structs.replace(given, reviewer=msgspec.structs.replace(given.reviewer, id=signed_in))


def decider_of(role: Role, who: ReviewerIn) -> Decider:
    """The person who acts in that role."""
    return Decider(id=who.id, role=role, human=True, npi=who.npi, specialty=_specialty(who.specialty))


def _specialty(given: CodeIn | str | None) -> Code | None:
    if isinstance(given, str):
        return Code(NUCC, given) if given else None
    return _code(given) if given else None


def _ruling(line: LineIn) -> Ruling:
    return Ruling(
        sequence=line.sequence,
        action=line.action,
        reason=line.reason,
        text=line.text,
        authorized=_authorized(line.authorized) if line.authorized else None,
        documents=tuple(DocumentNeeded(d.loinc, d.label, d.report_type, tuple(d.modifiers)) for d in line.documents),
        second_opinion=line.second_opinion,
        readings=tuple(Reading(each.id, each.truth, each.reason, tuple(each.evidence)) for each in line.criteria),
        basis=_basis(line.basis) if line.basis else Basis(),
    )


def _basis(given: BasisIn) -> Basis:
    return Basis(
        considered=tuple(given.considered),
        missing=tuple(given.missing),
        alternative=given.alternative.strip(),
        exception=given.exception.strip(),
        attested=given.attestation,
        effective_on=given.effective_on,
        rule=given.rule.strip(),
        reopening=given.reopening,
    )


def _authorized(given: AuthorizedIn) -> Authorized:
    return Authorized(
        service=_concept(given.service) if given.service else None,
        modifiers=None if given.modifiers is None else tuple(_concept(m) for m in given.modifiers),
        quantity=_quantity(given.quantity) if given.quantity else None,
        period=Period(given.period.start, given.period.end) if given.period else None,
        provider=_provider(given.provider) if given.provider else None,
        provider_role=given.provider.role or "" if given.provider else "",
    )


def _code(given: CodeIn) -> Code:
    return Code(given.system, given.code)


def _concept(given: CodeIn) -> Concept:
    return Concept((_code(given),))


def _quantity(given: QuantityIn) -> Quantity:
    return Quantity(given.value, given.unit, given.system, given.code)


def _provider(given: ProviderIn) -> Party:
    return Party(identifiers=(Identifier(NPI, given.npi),), name=given.name)
