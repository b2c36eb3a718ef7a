"""Which Coverage a call is about. Must not know payers: whose it is, the desk says.

Source: CRD 2.2.1 dev-28 to dev-31, hook-13; a client prefetches the one it asks about.
"""

from collections.abc import Iterator
from datetime import date

from cds_hooks.at_hand import AtHand
from cds_hooks.codings import as_object, each
from cds_hooks.desk import Json
from cds_hooks.ordered import values_at

_LAST = 1 << 31


def coverages_of(patient_id: str, at_hand: AtHand, on: date) -> tuple[str, ...]:
    """References of the Coverages that may be meant, the likeliest first; another patient's is none.

    Those in force that day stand for all where there is one; their own `order` decides which is primary.
    """
    mine = tuple(of_patient(patient_id, at_hand))
    active = tuple(ref for ref in mine if _is_in_force(at_hand.by_ref[ref], on))
    return tuple(sorted(active or mine, key=lambda ref: _rank(at_hand.by_ref[ref])))


def names_payer(coverage: Json, at_hand: AtHand) -> bool:
    """Whether a payor is identified, on the Coverage or on the Organization it refers to. Source: CRD 2.2.1 hook-13."""
    for payor in each(coverage.get("payor")):
        known = (payor.get("identifier"), as_object(at_hand.resolve(payor, coverage)).get("identifier"))
        if any(identifier.get("value") for held in known for identifier in each(held)):
            return True
    return False


def _is_in_force(coverage: Json, on: date) -> bool:
    """As far as it says: a day it does not name, or not whole, never speaks against it."""
    end = as_object(coverage.get("period")).get("end")
    is_over = isinstance(end, str) and len(end) >= len("2026-01-31") and end[:10] < on.isoformat()
    return coverage.get("status", "active") == "active" and not is_over


def of_patient(patient_id: str, at_hand: AtHand) -> Iterator[str]:
    """References of the patient's Coverages, whatever became of them, in the order they came."""
    for ref in at_hand.refs_of_type("Coverage"):
        coverage = at_hand.by_ref[ref]
        beneficiaries = {
            at_hand.ref_of(written)
            for written in values_at(coverage, "beneficiary.reference")
            if isinstance(written, str) and "Patient/" in written
        }
        if "#" not in ref and (not beneficiaries or f"Patient/{patient_id}" in beneficiaries):
            yield ref


def _rank(coverage: Json) -> int:
    order = coverage.get("order")
    return order if type(order) is int else _LAST
