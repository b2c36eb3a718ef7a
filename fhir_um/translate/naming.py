"""How an answer names what it is about: the member and the request it answers. Must not know what is answered."""

from dataclasses import replace

from fhir_um.cases.asked import ClaimRequest, Party
from fhir_um.translate.elements_out import Json, absent, identifier


def member_of(request: ClaimRequest) -> Party:
    """The member as a party to refer to."""
    member = request.member
    return Party(member.full_url, member.identifiers, f"{member.given} {member.family}".strip())


def requester_of(request: ClaimRequest) -> Party:
    """Who asked, as a party to refer to; a role, which has no identifier, by that of its person or organization."""
    if request.requester.identifiers or request.requester == Party():
        return request.requester
    named = next((party for party in request.requester_parties if party.identifiers), request.requester)
    return replace(request.requester, identifiers=named.identifiers, name=named.name)


def request_reference(request: ClaimRequest) -> Json:
    """The request by its address; one that has none on a server, by its identifier, and that the address is absent.

    An address such as `urn:uuid` leads somewhere only inside the Bundle it came in, and an answer does not carry the
    Claim again. Source: PAS 2.2.1 spec-44; FHIR R4 Bundle, resolving references in Bundles.
    """
    if request.claim_url.startswith("http"):
        return {"reference": request.claim_url}
    named = next((known for known in request.claim_identifiers if known.system), None)
    return absent() | ({"identifier": identifier(named)} if named else {})
