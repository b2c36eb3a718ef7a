"""Why somebody could not sign in, as a word for our own log. The person is told one sentence, whatever it was."""

from enum import StrEnum


class SignInFault(StrEnum):
    """What went wrong."""

    UNREACHABLE = "provider-unreachable"
    STATE = "state"
    REFUSED = "provider-refused"
    CODE = "code"
    ISSUER = "issuer"
    NO_JWT = "no-jwt"
    ALGORITHM = "algorithm"
    KEY = "key"
    SIGNATURE = "signature"
    AUDIENCE = "audience"
    TIME = "time"
    NONCE = "nonce"
    ACCESS_TOKEN = "access-token"  # noqa: S105 the name of a fault
    SUBJECT = "subject"
    NO_ROLE = "no-role"
    NO_PAYER = "no-payer"
    SECOND_FACTOR = "second-factor"
    ROLES_APART = "roles-apart"


class NotSignedIn(Exception):
    """Somebody was not signed in. `ignored` counts the roles they brought that are none here."""

    def __init__(self, fault: SignInFault, ignored: int = 0) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.ignored = ignored
