"""Who opened the evidence of a case, and whether that still counts: nobody decides on what they have not seen.

Must not know how evidence is shown. Source: um-domain 2.11 I5.
"""

from datetime import datetime

from fhir_um.cases.attachments import Attachment
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Line
from fhir_um.cases.reasons import Reason
from fhir_um.cases.review import Opening, Review


def opening_of(review: Review, person: str) -> Opening | None:
    """The latest opening by that person, or None."""
    return next((opening for opening in reversed(review.openings) if opening.by.id == person), None)


def has_opened(review: Review, person: str, since: datetime | None) -> bool:
    """True when that person opened the evidence, and did so after `since` where that is given."""
    opening = opening_of(review, person)
    return opening is not None and (since is None or opening.at >= since)


def last_document_at(attached: tuple[Attachment, ...]) -> datetime | None:
    """When the latest document became part of the case; None without any."""
    return max((row.matched_at or row.received_at for row in attached), default=None)


def to_be_seen_since(line: Line, documents_at: datetime | None) -> datetime | None:
    """When the evidence for that line last changed its meaning: by a document, or because the line was opened again."""
    reopened = line.decision.at if line.decision.reason == Reason.REOPENED else None
    return max(filter(None, (reopened, documents_at)), default=None)


def new_opening(by: Decider, at: datetime) -> Opening:
    """An opening by that person. There is one of each person beside a case; the history keeps every one."""
    return Opening(by.id, by, at)
