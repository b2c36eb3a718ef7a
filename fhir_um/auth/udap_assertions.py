"""Which member of the community a signed assertion proves at the token endpoint. Must not know what it asks for.

Source: UDAP Security 2.0.0, 5.2 and 5.3; UDAP JWT-Based Client Authentication, 5 and 6.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fhir_um.auth.certificates import Certify
from fhir_um.auth.client_assertions import ASSERTION_TYPE, Prove
from fhir_um.auth.signed_tokens import Fault, SignedToken, Spend, Unproven
from fhir_um.auth.udap_tokens import chained_token, vouched
from fhir_um.cases.client import Client, ClientKind

UDAP_VERSION = "1"
B2B = "hl7-b2b"

_B2B_VERSION = "1"
_MOST_CHARACTERS = 255
_MOST_PURPOSES = 10


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """For which organization a member asks, and for what purposes: its own word, for the audit log."""

    organization_id: str
    purposes: tuple[str, ...]


Note = Callable[[OnBehalf], None]
"""Is told of each assertion that proves a client."""


class UdapAssertions:
    """Proves registered members. `audience` is the address of the token endpoint."""

    def __init__(
        self,
        certify: Certify,
        audience: str,
        find: Callable[[str], Client | None],
        spend: Spend,
        now: Callable[[], datetime],
        note: Note,
    ) -> None:
        self._certify = certify
        self._audience = audience
        self._find = find
        self._spend = spend
        self._now = now
        self._note = note

    def prove(self, form: Mapping[str, str], certificate: str) -> Client:
        """See `client_assertions.Prove`. Raises: Unproven; Refusal BUSY when the store cannot be reached."""
        if form.get("client_assertion_type") != ASSERTION_TYPE or "client_assertion" not in form:
            raise Unproven(Fault.NO_TOKEN)
        token = chained_token(form["client_assertion"])
        client = self._client_of(token.claims, form.get("client_id"))
        try:
            self._demand_good(token, client, certificate)
        except Unproven as unproven:
            raise Unproven(unproven.fault, client.id) from unproven
        return client

    def _client_of(self, claims: Mapping[str, Any], named: str | None) -> Client:
        issuer = claims.get("iss")
        if not isinstance(issuer, str) or named not in (None, issuer):
            raise Unproven(Fault.SUBJECT)
        client = self._find(issuer)
        if client is None or client.kind is not ClientKind.UDAP:
            raise Unproven(Fault.ISSUER)
        return client

    def _demand_good(self, token: SignedToken, client: Client, certificate: str) -> None:
        if not client.is_active:
            raise Unproven(Fault.DISABLED)
        if client.certificates and certificate not in client.certificates:
            raise Unproven(Fault.CERTIFICATE)
        found = vouched(token, self._certify, self._audience, self._now())
        if client.uri not in found.certified.uris:
            raise Unproven(Fault.ISSUER)
        on_behalf = _on_behalf(found.claims.get("extensions"))
        if not self._spend(f"client:{client.id}", found.jti, found.spent_until):
            raise Unproven(Fault.REPLAY)
        self._note(on_behalf)


def by_form(smart: Prove, udap: Prove) -> Prove:
    """The one of the two that a form asks for. Source: UDAP Security 2.0.0, 5.2.1 (the parameter `udap`)."""

    def prove(form: Mapping[str, str], certificate: str) -> Client:
        return (udap if form.get("udap") == UDAP_VERSION else smart)(form, certificate)

    return prove


def _on_behalf(extensions: Any) -> OnBehalf:
    """What the extension for business partners must say. Source: UDAP Security 2.0.0, 5.2.1.1.

    The official test kit writes the extensions as a text of JSON, so that is read too.
    """
    written = _object(extensions).get(B2B)
    if not isinstance(written, dict) or written.get("version") != _B2B_VERSION:
        raise Unproven(Fault.EXTENSION)
    organization, purposes = written.get("organization_id"), written.get("purpose_of_use")
    if not _is_word(organization) or ":" not in str(organization):
        raise Unproven(Fault.EXTENSION)
    if not isinstance(purposes, list) or not 1 <= len(purposes) <= _MOST_PURPOSES or not all(map(_is_word, purposes)):
        raise Unproven(Fault.EXTENSION)
    return OnBehalf(str(organization), tuple(purposes))


def _object(extensions: Any) -> Mapping[str, Any]:
    try:
        found = json.loads(extensions) if isinstance(extensions, str) else extensions
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _MOST_CHARACTERS and value.isprintable()
