"""Decides what prefetch did not bring and asks the EHR for it, and for what that refers to in its turn.

Must not know connections, policies or answers. What cannot be had is named with the reason, and never guessed.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from cds_hooks.at_hand import AtHand
from cds_hooks.budget import Budget
from cds_hooks.coverages import of_patient
from cds_hooks.desk import Json, Needs
from cds_hooks.ehr import Answers, Asking, Ehr, a_page, a_read, a_search
from cds_hooks.orders import REQUESTS, refs_of
from cds_hooks.request import HookCall
from profiles.bundle import references_of

_MOST_READS = 3
"""More resources of one type are asked for in one search by `_id`."""

_MOST_IDS = 50

_PARTIES = frozenset({"PractitionerRole", "Practitioner", "Organization", "Location"})
_FOLLOWED: dict[str, frozenset[str]] = {
    **dict.fromkeys(REQUESTS, _PARTIES | {"Device", "Medication"}),
    "Appointment": _PARTIES | REQUESTS,
    "Encounter": _PARTIES,
    "PractitionerRole": _PARTIES - {"PractitionerRole"},
    "Coverage": frozenset({"Organization"}),
}
"""Which references are followed from where: those the standard prefetch follows, and the payer of a Coverage.

Source: CRD 2.2.1, prefetch templates (CRDServices).
"""


def complete(call: HookCall, at_hand: AtHand, needs: Needs, ehr: Ehr, budget: Budget) -> dict[str, str]:
    """Add to `at_hand` what the call lacks. What could not be had: resource type, and the reason.

    The Coverage (never another one when there is one), the patient, what is being ordered, what the desk needs, and
    what these refer to. Nothing is asked for twice, also when called again with the same `ehr`. An order that was only
    named is at hand afterwards, so look for orders again. Source: CRD 2.2.1 found-5, found-28, found-33.
    """
    errand = _Errand(call, at_hand, ehr)
    ehr.follow(errand.begin(needs), errand.go_on, budget)
    return errand.missing


class _Errand:
    """One round to the EHR: what was followed so far, and what could not be had."""

    def __init__(self, call: HookCall, at_hand: AtHand, ehr: Ehr) -> None:
        self.missing: dict[str, str] = {}
        self._call = call
        self._at_hand = at_hand
        self._ehr = ehr
        self._sought: set[str] = set()
        self._followed: set[str] = set()

    def begin(self, needs: Needs) -> list[Asking]:
        """Everything that should be at hand and is not, most important first."""
        call, at_hand = self._call, self._at_hand
        patient = quote(call.patient_id, safe="")
        first: list[Asking] = []
        if patient and not any(of_patient(call.patient_id, at_hand)):
            first.append(a_search("Coverage", f"patient={patient}&status=active"))
        if patient and f"Patient/{call.patient_id}" not in at_hand.by_ref:
            first.append(a_read(f"Patient/{call.patient_id}"))
        roots = [*_focal(call, at_hand), *at_hand.refs_of_type("Coverage"), *at_hand.refs_of_type("PractitionerRole")]
        first += _by_type(self._lacking(roots))
        first += (a_page(url) for url in at_hand.incomplete)
        first += (a_search(kind, query.replace("{patient}", patient)) for kind, query in needs.searches)
        return self._new(first)

    def go_on(self, answers: Answers) -> list[Asking]:
        """Takes in what came, and says what it refers to."""
        came: list[str] = []
        for asking, found in answers.items():
            self._at_hand.add(list(found.resources), prefetched=False)
            came += (f"{resource['resourceType']}/{resource.get('id')}" for resource in found.resources)
            if found.failure is not None:
                self.missing.setdefault(asking.kind, found.failure.value)
        return self._new(_by_type(self._lacking(ref for ref in came if self._leads_on(ref))))

    def _leads_on(self, ref: str) -> bool:
        """True for what was sought for its own sake, and not only as part of the patient's record."""
        return ref in self._sought or ref.startswith("Coverage/")

    def _new(self, askings: Iterable[Asking]) -> list[Asking]:
        return [asking for asking in askings if asking not in self._ehr.asked]

    def _lacking(self, refs: Iterable[str]) -> Iterator[str]:
        """Those of the references, and of all that they lead to, that lead to nothing at hand."""
        ahead = deque(refs)
        while ahead:
            ref = ahead.popleft()
            resource = self._at_hand.by_ref.get(ref)
            if resource is None:
                self._sought.add(ref)
                yield ref
            elif ref not in self._followed:
                self._followed.add(ref)
                ahead.extend(_followed(self._call, self._at_hand, resource))


def _focal(call: HookCall, at_hand: AtHand) -> list[str]:
    """References of what the call is about, and of whom it names to carry it out."""
    refs = [*refs_of(call, at_hand), *at_hand.refs_of_type("Appointment")]
    encounter = call.context.get("encounterId")
    if isinstance(encounter, str) and encounter:
        refs.append(f"Encounter/{encounter.rpartition('/')[2]}")
    performer = call.context.get("performer")
    if isinstance(performer, str) and performer.partition("/")[0] in _PARTIES:
        refs.append(performer)
    return refs


def _followed(call: HookCall, at_hand: AtHand, resource: Json) -> Iterator[str]:
    """What a resource refers to and should be at hand."""
    kinds = _FOLLOWED.get(resource["resourceType"], frozenset())
    for _, reference in references_of(resource):
        if ":" in reference and not reference.startswith(call.fhir_server.rstrip("/") + "/"):
            continue  # of another server: our EHR has something else under that id, or nothing
        ref = at_hand.ref_of(reference)
        if ref.partition("/")[0] in kinds:
            yield ref


def _by_type(refs: Iterable[str]) -> Iterator[Asking]:
    """Reads; or searches by `_id` where there are many of one type."""
    ids: dict[str, list[str]] = defaultdict(list)
    for ref in dict.fromkeys(refs):
        kind, _, id = ref.partition("/")
        ids[kind].append(id)
    for kind, several in ids.items():
        if len(several) <= _MOST_READS:
            yield from (a_read(f"{kind}/{id}") for id in several)
        else:
            for start in range(0, len(several), _MOST_IDS):
                yield a_search(kind, "_id=" + ",".join(several[start : start + _MOST_IDS]))
