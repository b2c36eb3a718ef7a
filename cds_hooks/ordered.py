"""What one order, appointment or encounter asks for: codes, quantity, period, and who stands behind it.

Must not know which of them a hook asks about. Elements that are absent or odd are passed over, never guessed. Source:
CRD 2.0.1 and 2.2.1, profiles of the request resources; conf-4, conf-12.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from cds_hooks.at_hand import AtHand
from cds_hooks.codings import as_object, billing_options, codings_of, distinct, each, text_of
from cds_hooks.desk import Amount, Coding, Json, Order, Period
from profiles.canonicals import NPI

PAYLOAD_CONCEPT = "http://hl7.org/fhir/5.0/StructureDefinition/extension-CommunicationRequest.payload.content"
"""Where a CommunicationRequest says what it asks for; versions of CRD write the end as `[x]` or `%5Bx%5D`."""

_NOT_YET = ("draft", "proposed", "planned")

_CONCEPTS: dict[str, tuple[str, ...]] = {
    "ServiceRequest": ("code",),
    "DeviceRequest": ("codeCodeableConcept",),
    "MedicationRequest": ("medicationCodeableConcept",),
    "NutritionOrder": ("oralDiet.type", "supplement.type", "enteralFormula.baseFormulaType"),
    "VisionPrescription": ("lensSpecification.product",),
    "Appointment": ("serviceType",),
    "Encounter": ("serviceType", "type"),
    "Device": ("type",),
    "Medication": ("code",),
}
_HELD_BY = {
    "DeviceRequest": ("codeReference", "Device"),
    "MedicationRequest": ("medicationReference", "Medication"),
}
"""Where an order refers to what it orders, and of which type that is: an order that refers to itself orders nothing."""

_REQUESTERS = ("requester", "orderer", "prescriber", "sender")
_PERFORMERS = ("performer", "dispenseRequest.performer", "recipient", "serviceProvider", "participant.individual")


def order_of(ref: str, resource: Json, at_hand: AtHand, performer: Any = None, basis: tuple[Json, ...] = ()) -> Order:
    """The order in plain values. `performer` is whom it is dispatched to; `basis` are orders it carries out."""
    requesters = [npi for source in (resource, *basis) for npi in _npis(source, _REQUESTERS, at_hand)]
    performers = [npi for source in (resource, *basis) for npi in _npis(source, _PERFORMERS, at_hand)]
    performers += _npis_at(_actors(resource), resource, at_hand)
    performers += _npis_at(iter((performer,)), resource, at_hand)
    concepts = [concept for source in (resource, *basis) for concept in _concepts(source, at_hand)]
    options = (code for source in (resource, *basis) for code in _options(source, at_hand))
    return Order(
        ref=ref,
        resource=resource,
        codes=distinct((*codings_of(concepts), *options)),
        text=text_of(concepts),
        quantity=_quantity(resource),
        period=_period(resource),
        requester_npis=tuple(dict.fromkeys(requesters)),
        performer_npis=tuple(dict.fromkeys(performers)),
        is_draft=resource.get("status") in _NOT_YET,
    )


def values_at(resource: Json, path: str) -> list[Any]:
    """What stands at a dotted path, through lists: `dispenseRequest.performer`."""
    first, _, rest = path.partition(".")
    value = resource.get(first)
    if value is None:
        return []
    items = value if isinstance(value, list) else [value]
    if not rest:
        return [item for item in items if item is not None]
    return [found for item in items if isinstance(item, dict) for found in values_at(item, rest)]


def _options(resource: Json, at_hand: AtHand) -> Iterator[Coding]:
    """Billing options that stand beside the concepts and not on them."""
    for holder in (resource, *each(resource.get("lensSpecification")), *_held(resource, at_hand)):
        yield from billing_options(holder)


def _concepts(resource: Json, at_hand: AtHand) -> Iterator[Json]:
    """The concepts that say what is asked for, in the resource itself or in the Device or Medication it refers to."""
    kind = str(resource.get("resourceType"))
    for path in _CONCEPTS.get(kind, ()):
        yield from each(values_at(resource, path))
    if kind == "CommunicationRequest":
        yield from _payloads(resource)
    for held in _held(resource, at_hand):
        yield from _concepts(held, at_hand)


def _held(resource: Json, at_hand: AtHand) -> Iterator[Json]:
    element, kind = _HELD_BY.get(str(resource.get("resourceType")), ("", ""))
    held = at_hand.resolve(resource.get(element), resource) if element else None
    if held is not None and held.get("resourceType") == kind:
        yield held


def _payloads(resource: Json) -> Iterator[Json]:
    for payload in each(resource.get("payload")):
        for holder in (payload, as_object(payload.get("_contentString"))):
            for extension in each(holder.get("extension")):
                if str(extension.get("url")).startswith(PAYLOAD_CONCEPT):
                    yield from each(extension.get("valueCodeableConcept"))


def _quantity(resource: Json) -> Amount | None:
    for path in ("quantityQuantity", "dispenseRequest.quantity", "supplement.quantity"):
        for quantity in values_at(resource, path):
            amount = _amount(quantity)
            if amount is not None:
                return amount
    return None


def _amount(quantity: Any) -> Amount | None:
    value = as_object(quantity).get("value")
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    unit = quantity.get("unit") or quantity.get("code")
    return Amount(Decimal(value), unit if isinstance(unit, str) else "")


_PERIODS = (
    "occurrencePeriod",
    "occurrenceTiming.repeat.boundsPeriod",
    "dispenseRequest.validityPeriod",
    "period",
    "requestedPeriod",
)
_MOMENTS = ("occurrenceDateTime", "occurrenceTiming.event", "start")


def _period(resource: Json) -> Period:
    """When it is to be done; a single day begins and ends it."""
    if "start" in resource and "end" in resource:
        return _between(resource)
    for path in _PERIODS:
        for period in values_at(resource, path):
            if isinstance(period, dict):
                return _between(period)
    for path in _MOMENTS:
        for moment in values_at(resource, path):
            return Period(_day(moment), _day(moment, last=True))
    return Period(None, None)


def _between(period: Json) -> Period:
    return Period(_day(period.get("start")), _day(period.get("end"), last=True))


def _day(written: Any, last: bool = False) -> date | None:
    """The day of a date or dateTime; of a month or a year its first, or its last."""
    if not isinstance(written, str):
        return None
    text = written[:10]
    try:
        if len(text) == len("2026-01-31"):
            return date.fromisoformat(text)
        year, month = int(text[:4]), int(text[5:7] or (12 if last else 1))
        return _last_day(year, month) if last else date(year, month, 1)
    except ValueError:
        return None


def _last_day(year: int, month: int) -> date:
    return date(year, month, monthrange(year, month)[1])


def _actors(resource: Json) -> Iterator[Any]:
    """Who takes part in an appointment, the patient apart."""
    for participant in each(resource.get("participant")):
        yield participant.get("actor")


def _npis(resource: Json, paths: tuple[str, ...], at_hand: AtHand) -> list[str]:
    return _npis_at((value for path in paths for value in values_at(resource, path)), resource, at_hand)


def _npis_at(references: Iterator[Any], container: Json, at_hand: AtHand) -> list[str]:
    """The NPIs of those the references lead to, of a role's person and organization too."""
    found: list[str] = []
    for reference in references:
        if isinstance(reference, dict):
            found += _own_npis({"identifier": reference.get("identifier")})
        party = at_hand.resolve(reference, container)
        if party is None:
            continue
        found += _own_npis(party)
        if party.get("resourceType") == "PractitionerRole":
            for element in ("practitioner", "organization"):
                behind = as_object(party.get(element))
                found += _own_npis({"identifier": behind.get("identifier")})
                found += _own_npis(at_hand.resolve(behind, party) or {})
    return found


def _own_npis(party: Json) -> Iterator[str]:
    for identifier in each(party.get("identifier")):
        if identifier.get("system") == NPI and isinstance(identifier.get("value"), str):
            yield identifier["value"]
