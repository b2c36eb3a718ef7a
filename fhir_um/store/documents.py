"""Frozen dataclasses to JSON text and back, exactly. Must not know tables.

Decimals travel as text, so `1.00` stays `1.00`; enums by value; instants in ISO 8601.
"""

from datetime import datetime

import msgspec

from fhir_um.cases.clocks import Considered, Toll
from fhir_um.cases.model import Case, Event
from fhir_um.coverage.model import GoldCard, Member, Payer, Plan, Provider, UsedService

_encoder = msgspec.json.Encoder()
_case = msgspec.json.Decoder(Case)
_event = msgspec.json.Decoder(Event)
_considered = msgspec.json.Decoder(tuple[tuple[str, datetime] | Considered, ...])

payer_of = msgspec.json.Decoder(Payer).decode
plan_of = msgspec.json.Decoder(Plan).decode
gold_card_of = msgspec.json.Decoder(GoldCard).decode
provider_of = msgspec.json.Decoder(Provider).decode
member_of = msgspec.json.Decoder(Member).decode
used_of = msgspec.json.Decoder(UsedService).decode
case_of = _case.decode
event_of = _event.decode
tolls_of = msgspec.json.Decoder(tuple[Toll, ...]).decode


def considered_of(text: str) -> tuple[Considered, ...]:
    """The rules of a clock; one from before 0011 knows no more of them than their names and dates."""
    return tuple(Considered(*one) if isinstance(one, tuple) else one for one in _considered.decode(text))


def document(value: object) -> str:
    """The value as JSON text."""
    return _encoder.encode(value).decode()
