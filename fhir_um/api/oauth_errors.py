"""Refusals at the addresses of OAuth, which have a form of their own. Must not know single routes.

Source: RFC 6749 5.2; RFC 6750 3.1; RFC 7009 2.2.1; RFC 7662 2.3.
"""

from enum import StrEnum

from fhir_um.api.exchange import Answer, plain
from fhir_um.errors import Kind, Refusal
from profiles.outcome import status_of

OAUTH = "/oauth/"
"""Everything below it is answered in the way of OAuth."""

NEVER_KEPT = {"Cache-Control": "no-store", "Pragma": "no-cache"}
"""On every answer there. Source: RFC 6749 5.1."""


class OAuthError(StrEnum):
    """The words of RFC 6749, RFC 6750 and RFC 7591 that are used here."""

    INVALID_REQUEST = "invalid_request"
    INVALID_CLIENT = "invalid_client"
    INVALID_SCOPE = "invalid_scope"
    UNSUPPORTED_GRANT_TYPE = "unsupported_grant_type"
    INSUFFICIENT_SCOPE = "insufficient_scope"
    INVALID_SOFTWARE_STATEMENT = "invalid_software_statement"
    UNAPPROVED_SOFTWARE_STATEMENT = "unapproved_software_statement"
    INVALID_CLIENT_METADATA = "invalid_client_metadata"


class OAuthRefusal(Refusal):
    """A refusal with the word OAuth has for it."""

    def __init__(self, error: OAuthError, text: str) -> None:
        refusal = Refusal.of(Kind.UNREADABLE, "invalid", text)
        super().__init__(refusal.kind, refusal.issues)
        self.error = error


_WORDS = {Kind.UNKNOWN_CALLER: OAuthError.INVALID_CLIENT, Kind.NOT_ALLOWED: OAuthError.INSUFFICIENT_SCOPE}


def oauth_answer(refusal: Refusal) -> Answer:
    """A refusal that is not a fault of ours, as OAuth tells it."""
    error = refusal.error if isinstance(refusal, OAuthRefusal) else _WORDS.get(refusal.kind, OAuthError.INVALID_REQUEST)
    told = {"error": error.value, "error_description": " ".join(issue.text for issue in refusal.issues)}
    return plain(told, status_of(refusal))
