"""When a notification that did not arrive is tried again, and when it is given up. Must not know the network.

Source: PAS and the backport define neither retries nor their end (Subscriptions R5 Backport 1.1.0, error handling);
what is here is ours. The first tries come quickly, because a tester may begin to listen only after the answer.
"""

from datetime import datetime, timedelta

from fhir_um.subscribers.model import Sent

MOST_ATTEMPTS = 20
_FIRST_SECONDS = 1.0
_LONGEST_SECONDS = 3_600.0
_JITTER = 0.2
_LONGEST_RETRY_AFTER_SECONDS = 6 * 3_600
_GONE = 410


def again_at(sent: Sent, attempts: int, at: datetime, chance: float) -> datetime | None:
    """When to try again after `attempts` tries; None when it is given up.

    `chance` is between 0 and 1 and spreads the tries, so that those that failed together do not come back together. An
    endpoint that says how long to wait is left alone as long, up to six hours; one that is gone is not asked again.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> again_at(Sent(500), 3, noon, 0.5) - noon
    datetime.timedelta(seconds=4)
    """
    if sent.status == _GONE or attempts >= MOST_ATTEMPTS:
        return None
    seconds = min(_FIRST_SECONDS * 2.0 ** (attempts - 1), _LONGEST_SECONDS) * (1 + _JITTER * (2 * chance - 1))
    asked = min(sent.retry_after_seconds or 0, _LONGEST_RETRY_AFTER_SECONDS)
    return at + timedelta(seconds=max(seconds, asked))
