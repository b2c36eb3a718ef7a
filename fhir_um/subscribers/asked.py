"""What a sender asks of a subscription, and one event as it is told. Must not know FHIR, HTTP, SQL or the time."""

from dataclasses import dataclass, field
from datetime import datetime

from fhir_um.cases.model import Case, CaseId
from fhir_um.subscribers.model import Channel, Standing


@dataclass(frozen=True, slots=True)
class SubscriptionAsked:
    """A subscription as its sender wants it; everything else is up to the house.

    `guide`, `organizations`, `document` and `ends_at` as in `Subscription`. `wants_off`: nothing is to be sent.
    """

    guide: str
    channel: Channel
    organizations: tuple[str, ...]
    document: str
    ends_at: datetime | None = None
    wants_off: bool = False


@dataclass(frozen=True, slots=True)
class SubscriptionSearch:
    """Which of a sender's subscriptions; an empty set asks for any."""

    ids: frozenset[str] = frozenset()
    standings: frozenset[Standing] = frozenset()
    endpoints: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventTold:
    """One event: its number, when it came about, and the case it is about.

    `case` as it stood then, with the exact bytes of its submission; both are empty when the id alone is told.
    """

    number: int
    at: datetime
    case_id: CaseId
    case: Case | None = None
    body: bytes = field(default=b"", repr=False)
