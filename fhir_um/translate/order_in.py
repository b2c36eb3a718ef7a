"""Reads the loose resources of a hook call the way a submission is read: each order becomes a Claim of one item.

So an order is weighed by exactly the words that a `$submit` of it would bring. Must not know policies or the store.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import Any

from cds_hooks.desk import Order, Question
from fhir_um.cases.asked import ClaimRequest, LineRequest, Party
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.ordered import ORDER_IDENTIFIER, OrderAsked
from fhir_um.cases.submission import Submission
from fhir_um.translate.claim_in import read_claim, request_at
from fhir_um.translate.elements_in import Json, child, codes, each, extensions, text
from fhir_um.translate.facts_in import evidence_at
from fhir_um.translate.parties_in import Place, party
from fhir_um.words import Code, Concept
from profiles.bundle import RESTFUL, Resolver, absolute, references_of
from profiles.canonicals import EXT_COVERAGE_INFORMATION, EXT_REQUESTED_SERVICE, NPI, PROCESS_PRIORITY, TERMINOLOGY
from profiles.reading import Entry, ReadBundle, write_json

NO_SERVER = "http://ehr.invalid"
"""Stands for the EHR that does not say where its resources are."""

_GUIDE = "2.2.1"
_REQUESTERS = ("requester", "orderer", "prescriber", "sender")
_NEIGHBOURS = ("patient", "subject", "beneficiary", "payor", "practitioner", "organization", "requester", "insurer")


@dataclass(frozen=True, slots=True)
class Loose:
    """The resources of one hook call, each at the address it has in the EHR."""

    question: Question
    base: str
    entries: tuple[Entry, ...]
    resolver: Resolver[Entry]

    @classmethod
    def of(cls, question: Question) -> "Loose":
        """Everything at hand: what came along, what was fetched, the patient, the coverage and the orders."""
        held: dict[str, Json] = dict(question.resources)
        if question.patient is not None:
            held[f"Patient/{question.patient_id}"] = question.patient
        if question.coverage is not None:
            held[question.coverage_ref] = question.coverage
        held |= {order.ref: order.resource for order in question.orders}
        base = question.server.rstrip("/") + "/"
        base = base if RESTFUL.fullmatch(f"{base}Patient/0") else f"{NO_SERVER}/"
        entries = tuple(Entry(i, base + ref, resource) for i, (ref, resource) in enumerate(held.items(), start=1))
        return cls(question, base, entries, Resolver(entries))

    def place(self, ref: str) -> Place | None:
        """The resource of that address (`Coverage/1`), None when it is not at hand."""
        found = self.resolver.resolve(self.base + ref, _NOWHERE)
        return Place(found, self.resolver) if found else None

    def address(self, reference: Json) -> Json:
        """A reference that means the same wherever it stands."""
        written = text(reference, "reference")
        known = absolute(written, f"{self.base}Patient/0") if written else ""
        return {**reference, "reference": known} if known and not written.startswith("#") else reference


_NOWHERE = Entry(0, "", {})


def orders_in(loose: Loose) -> tuple[OrderAsked, ...]:
    """Every order of the call as a request of its own; all are for one patient, under one coverage."""
    insurer, read = _insurer(loose), list[OrderAsked]()
    for sequence, order in enumerate(loose.question.orders, start=1):
        claim = Entry(
            0, f"{loose.base}Claim/{_claim_id(loose.question, order)}", _claim(loose, order, sequence, insurer)
        )
        read.append(_order(loose, order, claim, read[0].request if read else None))
    return tuple(read)


def wanted_lines(question: Question) -> tuple[LineRequest, ...]:
    """What is ordered, as lines that name their service and nothing else."""
    named = enumerate((tuple(Code(c.system, c.code) for c in order.codes) for order in question.orders), start=1)
    return tuple(LineRequest(sequence, "", Concept(codes)) for sequence, codes in named)


def codes_at_hand(question: Question) -> dict[str, frozenset[Code]]:
    """Which types of record came along beside the orders, and which codes they name."""
    ordered = {order.ref for order in question.orders}
    found: dict[str, set[Code]] = {}
    for ref, resource in question.resources.items():
        if ref not in ordered:
            found.setdefault(text(resource, "resourceType"), set()).update(codes(child(resource, "code")))
    return {kind: frozenset(known) for kind, known in found.items()}


def payor_of(loose: Loose) -> Party:
    """The insurer named on the coverage; nobody when it names none."""
    coverage = loose.place(loose.question.coverage_ref)
    if coverage is None:
        return Party()
    first = next(iter(each(coverage.resource, "payor")), {})
    return party(Place(Entry(0, coverage.entry.full_url, _with(coverage.resource, first)), loose.resolver), "payor")


def _with(coverage: Json, payor: Json) -> Json:
    return {**coverage, "payor": payor}


def evidence_in(loose: Loose) -> Evidence:
    """What the resources at hand say about the patient of the call."""
    claim = {"resourceType": "Claim", "patient": {"reference": f"{loose.base}Patient/{loose.question.patient_id}"}}
    return evidence_at(Place(Entry(0, f"{loose.base}Claim/none", claim), loose.resolver), loose.entries)


def _order(loose: Loose, order: Order, claim: Entry, beside: ClaimRequest | None) -> OrderAsked:
    return OrderAsked(
        ref=order.ref,
        request=request_at(Place(claim, loose.resolver), None, beside=beside),
        has_quantity=order.quantity is not None,
        carried=tuple(_carried(order.resource, loose)),
        as_submission=partial(_submission, loose, claim),
    )


def _claim_id(question: Question, order: Order) -> str:
    return sha256(f"{question.instance}\n{order.ref}".encode(errors="surrogatepass")).hexdigest()[:40]


def _carried(resource: Json, loose: Loose) -> Iterator[str]:
    """Assertions of ours for the coverage of the call; those of other payers mean nothing here."""
    coverage = loose.base + loose.question.coverage_ref
    for extension in each(resource, "extension"):
        if text(extension, "url") != EXT_COVERAGE_INFORMATION:
            continue
        parts = extensions(extension)
        about = text(loose.address(child(parts.get("coverage", {}), "valueReference")), "reference")
        known = text(parts.get("coverage-assertion-id", {}), "valueString")
        if known and about == coverage:
            yield known


# --- the Claim an order would become --------------------------------------------------------------------------------


def _claim(loose: Loose, order: Order, sequence: int, insurer: Json) -> Json:
    question = loose.question
    diagnoses = _diagnoses(loose, order.resource)
    claim: Json = {
        "resourceType": "Claim",
        "id": _claim_id(question, order),
        "identifier": [{"system": ORDER_IDENTIFIER, "value": f"{question.instance}#{order.ref}"}],
        "status": "active",
        "type": {"coding": [{"system": f"{TERMINOLOGY}claim-type", "code": "professional"}]},
        "use": "preauthorization",
        "patient": {"reference": f"{loose.base}Patient/{question.patient_id}"},
        "created": question.received_at.isoformat(),
        "insurer": insurer,
        "provider": _requester(loose, order),
        "priority": {"coding": [{"system": PROCESS_PRIORITY, "code": _priority(order.resource)}]},
        "careTeam": _team(order),
        "diagnosis": [{"sequence": n, **diagnosis} for n, diagnosis in enumerate(diagnoses, start=1)],
        "insurance": [
            {"sequence": 1, "focal": True, "coverage": {"reference": loose.base + question.coverage_ref}},
        ],
        "item": [_item(loose, order, sequence)],
    }
    return {name: value for name, value in claim.items() if value}


def _priority(resource: Json) -> str:
    return "stat" if text(resource, "priority") == "stat" else "normal"


def _insurer(loose: Loose) -> Json:
    payor = payor_of(loose)
    if payor.full_url:
        return {"reference": payor.full_url}
    first = next(iter(payor.identifiers), None)
    known = {"system": first.system, "value": first.value} if first else {}
    written: Json = {"identifier": {n: v for n, v in known.items() if v}, "display": payor.name}
    return {name: value for name, value in written.items() if value}


def _requester(loose: Loose, order: Order) -> Json:
    """Who orders: by reference where a Claim may have it, and by NPI where that is known.

    Source: PAS 2.2.1 profile-claim, provider is an organization or a role, not a practitioner alone.
    """
    named = next((child(order.resource, name) for name in _REQUESTERS if child(order.resource, name)), {})
    written = text(named, "reference")
    stands_alone = written.startswith("#") or "Practitioner/" in written
    known = {"display": text(named, "display")} if stands_alone else loose.address(named)
    npis = order.requester_npis
    known |= {"identifier": {"system": NPI, "value": npis[0]}} if npis else {}
    return {name: value for name, value in known.items() if value}


def _team(order: Order) -> list[Json]:
    npis = dict.fromkeys((*order.requester_npis[1:], *order.performer_npis))
    return [
        {"sequence": n, "provider": {"identifier": {"system": NPI, "value": npi}}}
        for n, npi in enumerate(npis, start=1)
    ]


def _diagnoses(loose: Loose, resource: Json) -> list[Json]:
    """Why it is ordered: the reasons given on the order itself."""
    written: list[Json] = [{"diagnosisCodeableConcept": concept} for concept in each(resource, "reasonCode")]
    references = [*each(resource, "reasonReference"), *(child(d, "condition") for d in each(resource, "diagnosis"))]
    written += [{"diagnosisReference": loose.address(reference)} for reference in references if reference]
    return written


def _item(loose: Loose, order: Order, sequence: int) -> Json:
    period = {"start": order.period.start, "end": order.period.end}
    item: Json = {
        "sequence": sequence,
        "extension": [{"url": EXT_REQUESTED_SERVICE, "valueReference": {"reference": loose.base + order.ref}}],
        "productOrService": _service(order),
        "servicedPeriod": {name: day.isoformat() for name, day in period.items() if day},
        "quantity": _quantity(order),
    }
    return {name: value for name, value in item.items() if value}


def _service(order: Order) -> Json:
    codings = [
        {name: value for name, value in (("system", c.system), ("code", c.code), ("display", c.display)) if value}
        for c in order.codes
    ]
    service: Json = {"coding": codings, "text": order.text}
    return {name: value for name, value in service.items() if value}


def _quantity(order: Order) -> Json:
    """The amount asked for; an order that gives none asks for the service once."""
    if order.quantity is None:
        return {"value": 1}
    amount: Json = {"value": order.quantity.value, "unit": order.quantity.unit}
    return {name: value for name, value in amount.items() if value != ""}


# --- the submission it would be -------------------------------------------------------------------------------------


def _submission(loose: Loose, claim: Entry, evidence: tuple[str, ...]) -> Submission:
    """The order as it would have been submitted: the Claim, what it names, and the evidence used; nothing else."""
    kept = _needed(loose, claim, evidence)
    entries = tuple(Entry(index, entry.full_url, entry.resource) for index, entry in enumerate((claim, *kept)))
    bundle: Json = {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": loose.question.received_at.isoformat(),
        "entry": [{"fullUrl": entry.full_url, "resource": entry.resource} for entry in entries],
    }
    body = write_json(bundle)
    read = ReadBundle(bundle, entries)
    request = read_claim(read)
    digest = sha256(body).hexdigest()
    whole = evidence_at(Place(entries[0], Resolver(entries)), entries)
    return Submission(request, whole, body, digest, digest, _GUIDE, loose.question.received_at)


def _needed(loose: Loose, claim: Entry, evidence: tuple[str, ...]) -> list[Entry]:
    """What the Claim points to, what is behind that, and the resources the decision rests on, each once."""
    wanted = {ref.partition("#")[0] for ref in evidence}
    wanted |= {absolute(reference, claim.full_url) for _, reference in references_of(claim.resource)}
    for _ in range(2):
        wanted |= {url for entry in loose.entries if entry.full_url in wanted for url in _behind(entry)}
    return [entry for entry in loose.entries if entry.full_url in wanted]


def _behind(entry: Entry) -> Iterator[str]:
    for name in _NEIGHBOURS:
        held: Any = entry.resource.get(name)
        for reference in held if isinstance(held, list) else [held]:
            if isinstance(reference, dict) and isinstance(reference.get("reference"), str):
                yield absolute(reference["reference"], entry.full_url)
