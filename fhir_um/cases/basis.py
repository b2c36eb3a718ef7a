"""What a person's decision rests on, as it must stand up later. Must not know what makes one complete.

Source: um-domain 2.6; 42 CFR 422.568(e), 438.404(b); 29 CFR 2560.503-1(g).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

REQUEST = "request"
"""Names the request itself among the facts weighed."""


class Reopening(StrEnum):
    """Why a decided line is opened again. Source: 42 CFR 422.616, 405.980(b)-(e), 405.986."""

    NEW_EVIDENCE = "new-evidence"
    CLERICAL_ERROR = "clerical-error"
    PEER_TO_PEER = "peer-to-peer"
    FRAUD = "fraud"
    OBVIOUS_ERROR = "obvious-error"


@dataclass(frozen=True, slots=True)
class Licence:
    """The licence a clinician decided under."""

    state: str
    number: str


@dataclass(frozen=True, slots=True)
class Basis:
    """Facts weighed (addresses of evidence), facts that were missing, what else would be covered, and by whose right.

    `exception` says why somebody approves although a criterion is not met. `attested` is the decider's word that they
    are not rewarded for denials and have no interest in the case. `rule` cites the rule of contract or benefit, or the
    criteria where no policy was weighed. These a person gives, with `reopening` and `effective_on`.

    The rest is pinned by the house: `policy` names the criteria and their versions as decided on, `policy_hash` their
    bytes; `name`, `credential` (the degree) and `licence` say who decided; `software_used` what software had weighed
    before, empty when none had.
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
    rule: str = ""
    reopening: Reopening | None = None
    name: str = ""
    policy_hash: str = ""
