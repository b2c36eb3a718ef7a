"""Which Coverage a call is about. Must not know payers: whose it is, the desk says.

Source: CRD 2.2.1 dev-28 to dev-31, hook-13; a client prefetches the one it asks about.
"""

from collections.abc import Iterator

from cds_hooks.at_hand import AtHand
from cds_hooks.desk import Json
from cds_hooks.ordered import values_at

_LAST = 1 << 31


def coverages_of(patient_id: str, at_hand: AtHand) -> tuple[str, ...]:
    """References of the Coverages that may be meant, the likeliest first; another patient's is none.

    Active ones stand for all where there is one; their own `order` decides which is primary.
    """
    mine = tuple(_of_patient(patient_id, at_hand))
    active = tuple(ref for ref in mine if at_hand.by_ref[ref].get("status", "active") == "active")
    return tuple(sorted(active or mine, key=lambda ref: _rank(at_hand.by_ref[ref])))


def _of_patient(patient_id: str, at_hand: AtHand) -> Iterator[str]:
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
