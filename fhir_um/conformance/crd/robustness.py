"""Checks that a call is answered alike however it is written: with unknown members, other keys, fetched, and again.

A varied call stands in one scene with the usual one. Source: CRD 2.2.1 hook-23, found-5, found-10, found-33, conf-12,
dev-6, dev-17; CDS Hooks 3.0.0-ballot (prefetch).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fhir_um.conformance.crd.making import Ids, answer_check, whole_check
from fhir_um.conformance.crd.marks import USUAL, VARIED
from fhir_um.conformance.crd.reading import OK, decisions
from fhir_um.conformance.crd.transport import status_in
from fhir_um.conformance.model import Check, Exchange, Fault, Session, Strength


@dataclass(frozen=True, slots=True)
class Variation:
    """A way to write a call otherwise. `only_status`: it must be answered with 200, with whatever decision."""

    name: str
    title: str
    strength: Strength
    requirements: Ids
    only_status: bool = False


VARIATIONS = (
    Variation(
        "unknown-members",
        "Members nobody knows change nothing",
        Strength.SHALL,
        ("crd-check:40", "crd:hook-23", "crd:found-33", "crd:dev-17"),
    ),
    Variation(
        "nonsense",
        "A configuration that makes no sense changes nothing",
        Strength.SHALL,
        ("crd-check:46", "crd:dev-6"),
    ),
    Variation(
        "left-out",
        "Leaving out what is optional changes nothing",
        Strength.SHALL,
        ("crd-check:41", "crd-check:51", "crd:conf-12"),
    ),
    Variation("other-keys", "Prefetch is found under any key", Strength.SHOULD, ("crd-check:53", "crd:found-30")),
    Variation(
        "null-prefetch",
        "Prefetch keys that are null or an OperationOutcome change nothing",
        Strength.EXPECTED,
        ("crd-check:53", "hooks:prefetch"),
    ),
    Variation(
        "code-system",
        "Another usual spelling of a code system changes nothing",
        Strength.SHOULD,
        ("crd-check:61", "crd:found-10"),
    ),
    Variation("again", "The same question gets the same answer", Strength.EXPECTED, ("crd-check:92",)),
    Variation(
        "unreachable-server",
        "A FHIR server that cannot be reached is no error while the prefetch is there",
        Strength.SHALL,
        ("crd-check:57", "crd:found-32", "crd:impl-2"),
        only_status=True,
    ),
    Variation(
        "user-role",
        "Another kind of user is no error",
        Strength.EXPECTED,
        ("crd-check:52",),
        only_status=True,
    ),
    Variation(
        "fetched",
        "What prefetch does not bring is fetched from the FHIR server",
        Strength.SHOULD,
        ("crd-check:55", "crd:found-5", "hooks:prefetch"),
    ),
)
DISPATCHES = (
    Variation(
        "dispatch-1.1",
        "order-dispatch is understood with dispatchedOrders",
        Strength.SHOULD,
        ("crd-check:50",),
        only_status=True,
    ),
    Variation(
        "dispatch-1.0", "order-dispatch is understood with order", Strength.SHOULD, ("crd-check:50",), only_status=True
    ),
)


def _alike(name: str) -> Callable[[Session], Iterator[Fault] | None]:
    def faults(session: Session) -> Iterator[Fault] | None:
        usual = {each.scene: each for each in session.marked(USUAL) if each.status == OK and decisions(each)}
        varied = [each for each in session.marked(VARIED + name) if each.scene in usual]
        if not varied:
            return None
        return (fault for each in varied for fault in _differences(each, usual[each.scene]))

    return faults


def _differences(varied: Exchange, usual: Exchange) -> Iterator[Fault]:
    if varied.status != OK:
        yield Fault(f"{varied.key} was answered with {varied.status or 'nothing'}, {usual.key} with 200.")
        return
    told, wanted = decisions(varied), decisions(usual)
    for ref in sorted({*told, *wanted}):
        if told.get(ref) != wanted.get(ref):
            yield Fault(f"About {ref}, {varied.key} is told otherwise than {usual.key}.", "systemActions")


def checks(before: Ids) -> tuple[Check, ...]:
    """The checks of variations; those of decisions rest on everything about coverage information."""
    return tuple(_check(each, before) for each in (*VARIATIONS, *DISPATCHES))


def _check(variation: Variation, before: Ids) -> Check:
    id, mark = f"crd.robustness.{variation.name}", VARIED + variation.name
    base = ("crd.transport.no-redirect",)
    if variation.only_status:
        return answer_check(
            id,
            variation.title,
            status_in(OK),
            variation.strength,
            variation.requirements,
            rests_on=base,
            marks=(mark,),
            of=lambda _: True,
        )
    return whole_check(
        id,
        variation.title,
        _alike(variation.name),
        variation.strength,
        variation.requirements,
        rests_on=(*base, *before),
        marks=(mark,),
    )
