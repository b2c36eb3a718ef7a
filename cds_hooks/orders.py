"""Which resources of a call are asked about, and why some of them cannot be.

Must not know desks or answers. Source: CRD 2.2.1 hook-30 (order-dispatch answers for the dispatched orders only),
hook-34 (order-select for the selections only), cards.md (an appointment made for an order is answered on the order).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cds_hooks.at_hand import AtHand
from cds_hooks.codings import each
from cds_hooks.desk import Json, Order, Topic
from cds_hooks.ordered import order_of, values_at
from cds_hooks.request import ORDERS, HookCall

REQUESTS = frozenset(
    {
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    }
)
_WITHDRAWN = "entered-in-error"
_ALTERNATE = "http://hl7.org/fhir/StructureDefinition/alternate-reference"
_SUBJECTS = ("subject", "patient")


@dataclass(frozen=True, slots=True)
class Asked:
    """The orders of a call, and what of it cannot be answered, or not in full.

    `unanswerable` are reasons with the references of the orders, `unread` references of orders that are not at hand.
    """

    orders: tuple[Order, ...]
    unanswerable: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unread: tuple[str, ...] = ()


NO_ID = "has no id, so nothing can be said about it"
OTHER_PATIENT = "is for another patient than the call"
DOUBLED = "comes twice under one id, with different content"
NO_PLACE = "is of a type that this version of CRD has no coverage information for"


def orders_of(call: HookCall, at_hand: AtHand) -> tuple[Order, ...]:
    """The orders, appointments or encounter the call asks about, in the order it names them."""
    return asked(call, at_hand).orders


def asked(call: HookCall, at_hand: AtHand) -> Asked:
    """What the call asks about. An order that must not be carried out is no question (CRD 2.2.1, ServiceRequest)."""
    sorted_out = _sort_out(call, at_hand)
    orders = (_order(call, ref, resource, at_hand) for ref, resource in sorted_out.answerable.items())
    unanswerable = tuple((reason, tuple(refs)) for reason, refs in sorted_out.unanswerable.items())
    return Asked(tuple(orders), unanswerable, tuple(sorted_out.unread))


def refs_of(call: HookCall, at_hand: AtHand) -> tuple[str, ...]:
    """References of what the call asks about, at hand or not."""
    sorted_out = _sort_out(call, at_hand)
    return (*sorted_out.answerable, *sorted_out.unread)


@dataclass(slots=True)
class _SortedOut:
    answerable: dict[str, Json] = field(default_factory=dict)
    unanswerable: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    unread: list[str] = field(default_factory=list)


def _sort_out(call: HookCall, at_hand: AtHand) -> _SortedOut:
    found = _SortedOut()
    inside = _in_context(call)
    for ref, resource in _named(call, at_hand, inside):
        if resource is None:
            found.unread.append(ref)
        elif resource.get("doNotPerform") is True or resource.get("status") == _WITHDRAWN:
            continue
        elif not resource.get("id") or not ref.isprintable():
            found.unanswerable[NO_ID].append(ref)
        elif ref in inside.contradicting:
            found.unanswerable[DOUBLED].append(ref)
        elif not _is_of(call, resource, at_hand):
            found.unanswerable[OTHER_PATIENT].append(ref)
        else:
            found.answerable.setdefault(ref, resource)
    without_a_place = list(_without_a_place(call, found.answerable))
    if without_a_place:
        found.unanswerable[NO_PLACE] = without_a_place
    return found


def _without_a_place(call: HookCall, answerable: Iterable[str]) -> Iterator[str]:
    """The orders that the desk is asked about and that can hear no more of it than cards."""
    if call.options.is_on(Topic.COVERAGE_INFO):
        for ref in answerable:
            if ref.partition("/")[0] not in call.dialect.annotated:
                yield ref


def _order(call: HookCall, ref: str, resource: Json, at_hand: AtHand) -> Order:
    if resource.get("resourceType") != "Appointment":
        return order_of(ref, resource, at_hand, call.context.get("performer"))
    basis = (basis for _, basis in _basis(resource, at_hand) if basis is not None)
    return order_of(ref, resource, at_hand, basis=tuple(basis))


def _named(call: HookCall, at_hand: AtHand, inside: AtHand) -> Iterator[tuple[str, Json | None]]:
    """Reference and resource of everything the hook is about; None where it is not at hand.

    `inside` is what the context itself carries.
    """
    if call.hook == "order-dispatch":
        yield from _dispatched(call, at_hand)
    elif call.hook == "appointment-book":
        for ref, resource in inside.by_ref.items():
            if resource["resourceType"] == "Appointment":
                yield from _appointed(call, ref, resource, at_hand)
    elif call.hook.startswith("encounter-"):
        ref = f"Encounter/{str(call.context['encounterId']).rpartition('/')[2]}"
        yield ref, at_hand.by_ref.get(ref)
    else:
        chosen = _selections(call, at_hand)
        for ref, resource in inside.by_ref.items():
            is_chosen = chosen is None or ref in chosen or ref.rpartition("/")[2] in chosen
            if is_chosen and resource["resourceType"] in REQUESTS:
                yield ref, resource


def _dispatched(call: HookCall, at_hand: AtHand) -> Iterator[tuple[str, Json | None]]:
    for name in ORDERS:
        value = call.context.get(name)
        for reference in value if isinstance(value, list) else (value,):
            written = reference.get("reference") if isinstance(reference, dict) else reference
            if isinstance(written, str) and written:
                ref = at_hand.ref_of(written)
                yield ref, at_hand.by_ref.get(ref)


def _selections(call: HookCall, at_hand: AtHand) -> frozenset[str] | None:
    """What was just selected, or None where the client does not say."""
    selections = call.context.get("selections")
    if call.hook != "order-select" or not isinstance(selections, list):
        return None
    return frozenset(at_hand.ref_of(selected) for selected in selections if isinstance(selected, str))


def _in_context(call: HookCall) -> AtHand:
    """The resources the context itself carries, without prefetched copies of them."""
    inside = AtHand()
    inside.add(call.context.get("draftOrders"), prefetched=True)
    inside.add(call.context.get("appointments"), prefetched=True)
    return inside


def _appointed(call: HookCall, ref: str, appointment: Json, at_hand: AtHand) -> Iterator[tuple[str, Json | None]]:
    """The appointment, or in a dialect that annotates them the orders it carries out, as far as they are at hand."""
    orders = [row for row in _basis(appointment, at_hand) if row[1] is not None]
    if call.dialect.annotates_basis and orders:
        yield from orders
    else:
        yield ref, appointment


def _basis(appointment: Json, at_hand: AtHand) -> Iterator[tuple[str, Json | None]]:
    """The orders an appointment carries out, by reference or by the extension for types R4 does not allow there."""
    for based in each(appointment.get("basedOn")):
        for reference in (based, *_alternates(based)):
            written = reference.get("reference")
            if isinstance(written, str) and written:
                resource = at_hand.resolve(reference, appointment)
                if resource is None or str(resource.get("resourceType")) in REQUESTS:
                    yield at_hand.ref_of(written), resource


def _alternates(based: Json) -> Iterator[Json]:
    for extension in each(based.get("extension")):
        if str(extension.get("url")).partition("|")[0] == _ALTERNATE:
            yield from each(extension.get("valueReference"))


def _is_of(call: HookCall, resource: Json, at_hand: AtHand) -> bool:
    """False only for a resource that says it is another patient's."""
    patients = {_patient_id(value, at_hand) for path in _SUBJECTS for value in values_at(resource, path)}
    if resource.get("resourceType") == "Appointment":
        patients = {_patient_id(value, at_hand) for value in values_at(resource, "participant.actor")}
        return not any(patients) or call.patient_id in patients  # several may come to one appointment
    return patients <= {call.patient_id, ""}


def _patient_id(reference: Any, at_hand: AtHand) -> str:
    """The id of the Patient a reference means; empty when it means something else, or cannot be told."""
    written = reference.get("reference") if isinstance(reference, dict) else None
    if not isinstance(written, str):
        return ""
    kind, _, id = at_hand.ref_of(written).rpartition("/")
    return id if kind == "Patient" else ""
