"""Evidence as JSON text and back, exactly. Must not know tables.

What an observation or an answer holds may be one of five things that JSON writes alike, so each is named.
"""

from dataclasses import fields
from datetime import date
from decimal import Decimal
from types import GenericAlias
from typing import Any, get_args, get_type_hints

import msgspec

from fhir_um.cases.evidence import Evidence, EvidenceValue
from fhir_um.words import Code


class _Held(msgspec.Struct, omit_defaults=True):
    number: Decimal | None = None
    text: str | None = None
    truth: bool | None = None
    day: date | None = None
    code: Code | None = None


_HOLDS = "value"
_KINDS: dict[str, Any] = {name: get_args(kind)[0] for name, kind in get_type_hints(Evidence).items()}
_ROWS = {
    name: msgspec.defstruct(kind.__name__, [(f, _Held if f == _HOLDS else t) for f, t in get_type_hints(kind).items()])
    for name, kind in _KINDS.items()
}
_Text = msgspec.defstruct(
    "Evidence", [(name, GenericAlias(tuple, (row, ...)), ()) for name, row in _ROWS.items()], omit_defaults=True
)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Text)


def evidence_text(evidence: Evidence) -> str:
    """The evidence as JSON text."""
    kinds = {name: tuple(_written(row, one) for one in getattr(evidence, name)) for name, row in _ROWS.items()}
    return _encoder.encode(_Text(**kinds)).decode()


def evidence_from(text: str) -> Evidence:
    """The evidence that text was made from."""
    read = _decoder.decode(text)
    return Evidence(**{name: tuple(_read(kind, one) for one in getattr(read, name)) for name, kind in _KINDS.items()})


def _written(row: Any, one: Any) -> Any:
    parts = {field.name: getattr(one, field.name) for field in fields(one)}
    return row(**{name: _held(part) if name == _HOLDS else part for name, part in parts.items()})


def _read(kind: Any, one: Any) -> Any:
    parts = {name: getattr(one, name) for name in one.__struct_fields__}
    return kind(**{name: _value(part) if name == _HOLDS else part for name, part in parts.items()})


def _held(value: EvidenceValue | None) -> _Held:
    match value:
        case None:
            return _Held()
        case bool():
            return _Held(truth=value)
        case Decimal():
            return _Held(number=value)
        case date():
            return _Held(day=value)
        case Code():
            return _Held(code=value)
        case _:
            return _Held(text=value)


def _value(held: _Held) -> EvidenceValue | None:
    return next((v for v in (getattr(held, name) for name in held.__struct_fields__) if v is not None), None)
