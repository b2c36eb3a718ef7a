"""Writes who is authorized: the provider a decision names, else those the request names, in the roles it gave them.

Must not know how a decision came about.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fhir_um.cases.asked import CareTeamMember, ClaimRequest, Party
from fhir_um.cases.model import AUTHORIZED, Case, Line
from fhir_um.translate.echo import References
from fhir_um.translate.elements_out import Json, code_extension, concept_extension
from fhir_um.translate.manner import Manner
from fhir_um.words import Code, Concept
from profiles.canonicals import CARE_TEAM_ROLE, EXT_AUTHORIZED_PROVIDER_TYPE, EXT_ITEM_AUTHORIZED_PROVIDER, X12_ENTITY

_PROVIDERS = ("Practitioner", "Organization")
"""What an authorized provider may be, the person before the place (PAS extension-itemAuthorizedProvider)."""


@dataclass(frozen=True, slots=True)
class AuthorizedProvider:
    """A provider with the role (X12 98) and qualification the request gave, where it gave them.

    `duty` is what a decision says they are to do.
    """

    party: Party
    role: Code | None = None
    qualification: Concept | None = None
    duty: str = ""


def line_providers(line: Line, request: ClaimRequest, refs: References) -> list[AuthorizedProvider]:
    """Who may render an authorized line: whom the decision names, else the care team the line points to."""
    if line.state not in AUTHORIZED:
        return []
    named = _decided(line)
    if named:
        duty = line.decision.authorized.provider_role if line.decision.authorized else ""
        return [replace(_as_known(named, request, refs), duty=duty)]
    team = (m for m in request.care_team if m.sequence in line.request.care_team_sequences and not m.whole_claim)
    return _providers(team, refs)


def claim_providers(case: Case, refs: References) -> list[AuthorizedProvider]:
    """Who may act on the whole request: its overall care team, once a line is authorized as to provider as asked."""
    as_asked = any(line.state in AUTHORIZED and not _decided(line) for line in case.lines)
    return _providers((m for m in case.request.care_team if m.whole_claim), refs) if as_asked else []


def provider_extension(provider: AuthorizedProvider, manner: Manner) -> Json:
    """itemAuthorizedProvider, on a line or on the whole answer."""
    dialect = manner.dialect
    parts: list[Json] = [{"url": "provider", "valueReference": manner.refs.refer(provider.party)}]
    parts += code_extension(dialect.provider_type_part, provider.role)
    if dialect.provider_qualification:
        parts += code_extension("role", Code(CARE_TEAM_ROLE, provider.duty) if provider.duty else None)
        parts += concept_extension("qualification", provider.qualification)
    return {"url": EXT_ITEM_AUTHORIZED_PROVIDER, "extension": parts}


def provider_reference(provider: AuthorizedProvider, manner: Manner) -> Json:
    """addItem.provider with its type."""
    kind = code_extension(EXT_AUTHORIZED_PROVIDER_TYPE, provider.role)
    return ({"extension": kind} if kind else {}) | manner.refs.refer(provider.party)


def _decided(line: Line) -> Party | None:
    return line.decision.authorized.provider if line.decision.authorized else None


def _as_known(named: Party, request: ClaimRequest, refs: References) -> AuthorizedProvider:
    """The provider of a decision, found again in the request by NPI: there it has an entry, perhaps a role."""
    if not named.npi:
        return AuthorizedProvider(named)
    for member in request.care_team:
        own = _provider(member, refs)
        if own and own.party.npi == named.npi:
            return own
    parties = (*(p for member in request.care_team for p in member.parties), *request.requester_parties)
    known = (p for p in parties if p.npi == named.npi and refs.kind(p.full_url) in _PROVIDERS)
    return AuthorizedProvider(next(known, named))


def _providers(team: Iterator[CareTeamMember], refs: References) -> list[AuthorizedProvider]:
    found = (_provider(member, refs) for member in team)
    return list({provider.party: provider for provider in found if provider}.values())


def _provider(member: CareTeamMember, refs: References) -> AuthorizedProvider | None:
    """The person or organization of a care team member, never its role resource; None when neither is known."""
    by_kind = {refs.kind(party.full_url): party for party in reversed(member.parties)}
    party = next((by_kind[kind] for kind in _PROVIDERS if kind in by_kind), by_kind.get(""))
    if party is None:
        return None
    role = member.role if member.role and member.role.system == X12_ENTITY else None
    return AuthorizedProvider(party, role, member.qualification)
