"""What clinicians made of cards, as a client reports it: bytes to `Feedback`. Must not know cards or who keeps this.

Source: CDS Hooks 3.0.0-ballot, feedback. Cards that were ignored are never reported; reports may come again.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from cds_hooks.codings import each
from cds_hooks.desk import Coding, Feedback, Json
from profiles.issues import Issue, Kind, Refusal
from profiles.reading import Limits, read_json

_ACCEPTED, _OVERRIDDEN = "accepted", "overridden"
_LONGEST_COMMENT = 4000
_LONGEST_ID = 128


def read_feedback(body: bytes, limits: Limits) -> tuple[Feedback, ...]:
    """The rows of a report, each card's in the order given.

    Raises: Refusal as `read_json`; UNREADABLE with every fault of every row; TOO_BIG for too many rows.
    """
    value = read_json(body, limits)
    rows = value.get("feedback") if isinstance(value, dict) else None
    if not isinstance(rows, list | dict) or not rows:
        raise Refusal.of(Kind.UNREADABLE, "required", "Send an object with feedback, a list of rows.", "feedback")
    reported = list(each(rows))
    if len(reported) > limits.max_entries:
        text = f"More than {limits.max_entries} rows at once are not taken."
        raise Refusal.of(Kind.TOO_BIG, "too-costly", text, "feedback")
    faults = tuple(fault for index, row in enumerate(reported) for fault in _faults(row, f"feedback[{index}]"))
    if faults:
        raise Refusal(Kind.UNREADABLE, faults)
    return tuple(_row(row) for row in reported)


def _faults(row: Json, place: str) -> Iterator[Issue]:
    card, outcome = row.get("card"), row.get("outcome")
    if not isinstance(card, str) or not 0 < len(card) <= _LONGEST_ID:
        yield Issue("required", "card is missing: the uuid of the card that was told.", f"{place}.card")
    if outcome not in (_ACCEPTED, _OVERRIDDEN):
        yield Issue("value", f"outcome is {_ACCEPTED} or {_OVERRIDDEN}.", f"{place}.outcome")
    if outcome == _ACCEPTED and not _suggestions(row):
        text = "acceptedSuggestions is missing: the ids of the suggestions that were taken."
        yield Issue("required", text, f"{place}.acceptedSuggestions")


def _row(row: Json) -> Feedback:
    override = row.get("overrideReason")
    override = override if isinstance(override, dict) else {}
    return Feedback(
        card=row["card"],
        outcome=row["outcome"],
        suggestions=tuple(_suggestions(row)),
        reason=_reason(override.get("reason")),
        comment=str(override.get("userComment") or "")[:_LONGEST_COMMENT],
        at=_instant(row.get("outcomeTimestamp")),
    )


def _suggestions(row: Json) -> list[str]:
    ids = (suggestion.get("id") for suggestion in each(row.get("acceptedSuggestions")))
    return [id for id in ids if isinstance(id, str) and 0 < len(id) <= _LONGEST_ID]


def _reason(coding: Any) -> Coding | None:
    """The override reason; a sender may leave out its system or words."""
    if not isinstance(coding, dict) or not isinstance(coding.get("code"), str):
        return None
    system, display = coding.get("system"), coding.get("display")
    return Coding(
        system if isinstance(system, str) else "", coding["code"], display if isinstance(display, str) else ""
    )


def _instant(written: Any) -> datetime | None:
    if not isinstance(written, str):
        return None
    try:
        at = datetime.fromisoformat(written)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the latter on the first or last day that can be written
        return None
