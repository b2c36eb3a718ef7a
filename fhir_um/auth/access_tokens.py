"""The door for callers with an access token. Must not know how a token was come by, or say why one is no good.

Source: RFC 6750 2.1 (the Authorization header, and no other place).
"""

import re
from collections.abc import Callable

from fhir_um.auth.guard import unknown_caller
from fhir_um.auth.presented import Presented
from fhir_um.cases.caller import Caller

Known = Callable[[str, str], Caller | None]
"""Whose access token that is, when it comes over a connection with the certificate of that thumbprint."""

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/-]{1,200}=*)", re.ASCII | re.IGNORECASE)


class TokenDoor:
    """Admits whoever sends an access token that is good now."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def admit(self, presented: Presented) -> Caller:
        """See `guard.Door.admit`."""
        found = _BEARER.fullmatch(presented.authorization or "")
        caller = self._known(found[1], presented.certificate) if found else None
        if caller is None:
            raise unknown_caller()
        return caller
