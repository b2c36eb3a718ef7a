"""What a person's decision rests on, as it must stand up later. Must not know what makes one complete.

Source: um-domain 2.6; 42 CFR 422.568(e), 438.404(b); 29 CFR 2560.503-1(g).
"""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence a clinician decided under."""

    state: str
    number: str


@dataclass(frozen=True, slots=True)
class Basis:
    """Facts weighed (addresses of evidence), facts that were missing, what else would be covered, and by whose right.

    `exception` says why somebody approves although a criterion is not met. `attested` is the decider's word that they
    are not rewarded for denials and have no interest in the case. `policy` names criteria and version as decided on.
    """

    considered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    alternative: str = ""
    exception: str = ""
    attested: bool = False
    licence: Licence | None = None
    credential: str = ""
    policy: str = ""
    software_used: str = ""
    effective_on: date | None = None
