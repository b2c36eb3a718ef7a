"""The identifiers of a Claim exactly as the sender wrote them, for an answer that repeats them.

Must not know what an answer says. The case keeps system, value and type; sub-department, jurisdiction, use, period and
assigner are only in the bytes that came. Source: PAS 2.2.1 profile-identifier.
"""

from decimal import Decimal
from typing import Any

import msgspec

from fhir_um.translate.echo import References
from fhir_um.translate.elements_in import child, each, text
from fhir_um.translate.elements_out import Json, identifier
from fhir_um.words import Identifier
from profiles.bundle import absolute
from profiles.canonicals import EXT_ITEM_TRACE_NUMBER


class _Extension(msgspec.Struct):
    url: str = ""
    valueIdentifier: Json | None = None


class _Item(msgspec.Struct):
    extension: list[_Extension] = []


class _Claim(msgspec.Struct):
    identifier: Any = None
    item: list[_Item] = []


class _Numbered(msgspec.Struct):
    identifier: Any = None


_ELEMENTS = frozenset({"id", "extension", "use", "type", "system", "value", "period", "assigner"})
_WHOLE = msgspec.json.Decoder(_Claim, float_hook=Decimal)
_NUMBERED = msgspec.json.Decoder(_Numbered, float_hook=Decimal)


class AsSent:
    """Identifiers of one Claim, found again by system and value."""

    def __init__(self, claim_url: str, raw: bytes | None, refs: References) -> None:
        self._url, self._refs = claim_url, refs
        self._known = {(text(i, "system"), text(i, "value")): i for i in _identifiers(raw)}

    def identifiers(self, known: tuple[Identifier, ...]) -> list[Json]:
        """Those that have both system and value, as they came; without the bytes, system and value alone."""
        return [self._written(number) for number in known if number.system]

    def _written(self, number: Identifier) -> Json:
        came = self._known.get((number.system, number.value))
        if came is None:
            return identifier(number)
        written = {name: value for name, value in came.items() if name in _ELEMENTS}
        return self._with_assigner(written) if "assigner" in written else written

    def _with_assigner(self, came: Json) -> Json:
        """The assigner by an address this answer leads to, else by what else is said of it, else not at all."""
        assigner = child(came, "assigner")
        address = absolute(text(assigner, "reference"), self._url)
        known: Json = {name: value for name, value in assigner.items() if name != "reference"}
        known |= self._refs.refer_to(address) if address else {}
        return came | {"assigner": known} if known else {n: v for n, v in came.items() if n != "assigner"}


def _identifiers(raw: bytes | None) -> list[Json]:
    """Of the Claim itself and of its trace numbers; items are only looked into when there are any."""
    if raw is None:
        return []
    if EXT_ITEM_TRACE_NUMBER.encode() not in raw:
        return each({"identifier": _NUMBERED.decode(raw).identifier}, "identifier")
    claim = _WHOLE.decode(raw)
    told = (e for item in claim.item for e in item.extension if e.url == EXT_ITEM_TRACE_NUMBER)
    traces = [e.valueIdentifier for e in told if e.valueIdentifier]
    return [*each({"identifier": claim.identifier}, "identifier"), *traces]
