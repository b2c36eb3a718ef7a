"""What a software statement asks for, and whether it may be asked for. Must not know which clients there are.

Source: UDAP Security 2.0.0, 3.1 to 3.4 and 7.3; UDAP Dynamic Client Registration, 2 to 5; RFC 7591 3.2.2.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from fhir_um.auth.certificates import Certify
from fhir_um.auth.scopes import Scope
from fhir_um.auth.signed_tokens import Fault, Spend, Unproven
from fhir_um.auth.smart_scopes import compact, meant
from fhir_um.auth.udap_tokens import Vouched, chained_token, vouched
from fhir_um.cases.enrolment import Enrolment

GRANT_TYPE = "client_credentials"
AUTH_METHOD = "private_key_jwt"

AT_MOST = frozenset(
    scope.value
    for scope in (
        Scope.SUBMIT,
        Scope.READ_CLAIM,
        Scope.SEARCH_CLAIM,
        Scope.READ_RESPONSE,
        Scope.SEARCH_RESPONSE,
        Scope.SUBSCRIBE,
        Scope.READ_SUBSCRIPTION,
        Scope.CHANGE_SUBSCRIPTION,
        Scope.END_SUBSCRIPTION,
        Scope.SEARCH_SUBSCRIPTION,
        Scope.ATTACH,
    )
)
"""All that a client may have that no operator has looked at: what a sender of prior authorizations needs."""

_MOST_CHARACTERS = 255
_MOST_CONTACTS = 10
_MOST_SCOPE_CHARACTERS = 4_000
_MAIL = "mailto:"
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:.", re.ASCII)


class RegistrationError(StrEnum):
    """The words of RFC 7591 3.2.2 that are used here."""

    INVALID_STATEMENT = "invalid_software_statement"
    UNAPPROVED_STATEMENT = "unapproved_software_statement"
    INVALID_METADATA = "invalid_client_metadata"


class NotRegistered(Exception):
    """A statement that registers nobody; `text` repeats nothing of it. `fault` is for our own log."""

    def __init__(self, error: RegistrationError, text: str, fault: Fault | None = None) -> None:
        super().__init__(error.value)
        self.error = error
        self.text = text
        self.fault = fault


class Registrar:
    """Reads software statements that members of the community sign for `audience`, each of which is good once."""

    def __init__(self, certify: Certify, audience: str, spend: Spend, now: Callable[[], datetime]) -> None:
        self._certify = certify
        self._audience = audience
        self._spend = spend
        self._now = now

    def read(self, statement: str) -> Enrolment:
        """What the member asks for that signed it. Raises: NotRegistered; Refusal BUSY as the store does."""
        try:
            found = vouched(chained_token(statement), self._certify, self._audience, self._now())
            self._demand_own(found)
        except Unproven as unproven:
            raise _unproven(unproven.fault) from unproven
        return _enrolment(found.issuer, found.claims)

    def _demand_own(self, found: Vouched) -> None:
        if found.issuer not in found.certified.uris or not _URI.match(found.issuer):
            raise Unproven(Fault.ISSUER)
        if not self._spend(f"statement:{found.issuer}", found.jti, found.spent_until):
            raise Unproven(Fault.REPLAY)


def _unproven(fault: Fault) -> NotRegistered:
    if fault is Fault.CERTIFICATE:
        text = "No chain of the certificates in x5c leads to an authority that is trusted here."
        return NotRegistered(RegistrationError.UNAPPROVED_STATEMENT, text, fault)
    return NotRegistered(
        RegistrationError.INVALID_STATEMENT,
        "The software statement is no signed token that is good here now: see alg, x5c, the signature, iss (a URI of "
        "the certificate), sub, aud (this address), iat, exp (at most five minutes later) and jti (never used before).",
        fault,
    )


def _enrolment(uri: str, claims: Mapping[str, Any]) -> Enrolment:
    if claims.get("grant_types") == []:
        return Enrolment(uri, is_leaving=True)
    if claims.get("grant_types") != [GRANT_TYPE]:
        raise _metadata(f'grant_types must be ["{GRANT_TYPE}"], or empty to cancel.')
    if claims.get("token_endpoint_auth_method") != AUTH_METHOD:
        raise _metadata(f"token_endpoint_auth_method must be {AUTH_METHOD}.")
    if "redirect_uris" in claims or "response_types" in claims:
        raise _metadata(f"With {GRANT_TYPE} there are no redirect_uris and no response_types.")
    name = claims.get("client_name")
    if not _is_word(name):
        raise _metadata(f"client_name must be a text of at most {_MOST_CHARACTERS} characters.")
    scopes, wording = _scopes(claims.get("scope"))
    return Enrolment(uri, str(name), _contacts(claims.get("contacts")), scopes, wording)


def _contacts(written: Any) -> tuple[str, ...]:
    is_list = isinstance(written, list) and len(written) <= _MOST_CONTACTS and all(_is_word(each) for each in written)
    if not is_list or not any(each.startswith(_MAIL) and "@" in each for each in written):
        raise _metadata(f"contacts must list at most {_MOST_CONTACTS} addresses, with one of the scheme mailto.")
    return tuple(written)


def _scopes(written: Any) -> tuple[tuple[str, ...], str]:
    asked = written.split() if isinstance(written, str) and len(written) <= _MOST_SCOPE_CHARACTERS else []
    found = meant(asked) & AT_MOST
    if not found:
        raise _metadata(f"scope must name some of: {compact(AT_MOST)}.")
    has_all = all(meant([word]) and meant([word]) <= AT_MOST for word in asked)
    return tuple(compact(found).split()), " ".join(asked) if has_all else compact(found)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= len(value) <= _MOST_CHARACTERS and value.isprintable()


def _metadata(text: str) -> NotRegistered:
    return NotRegistered(RegistrationError.INVALID_METADATA, text)
