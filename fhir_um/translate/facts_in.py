"""Reads the clinical resources of a submission into `Evidence` that policies may weigh.

Must not know any policy. Only what is about the patient of the claim is read; a status that voids a record is kept
in its `status` where the record has one, and drops the record where it has none.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from fhir_um.cases.asked import SupportingInfo
from fhir_um.cases.evidence import (
    Answer,
    Condition,
    Document,
    Evidence,
    Medication,
    Observation,
    Order,
    Procedure,
    Stay,
)
from fhir_um.translate.claim_in import first_place
from fhir_um.translate.elements_in import (
    Json,
    child,
    codes,
    coding,
    concept,
    day,
    each,
    first_code,
    flag,
    identifiers,
    quantity,
    text,
)
from fhir_um.translate.lines_in import supporting_information
from fhir_um.translate.parties_in import Place
from fhir_um.translate.values_in import answer_value, days_of, observed_value
from fhir_um.words import Code, Concept, Identifier
from profiles.bundle import Resolver
from profiles.canonicals import EXT_REQUESTED_SERVICE
from profiles.reading import Entry, ReadBundle

VOID = frozenset({"entered-in-error", "revoked", "cancelled", "superseded"})
_ANSWERED = frozenset({"completed", "amended"})
_DENIED_CONDITION = frozenset({"entered-in-error", "refuted"})


@dataclass(frozen=True, slots=True)
class _Patient:
    """Who the claim is about, and which resources the claim itself points to."""

    url: str
    identifiers: frozenset[Identifier]
    attached: frozenset[str]

    def is_subject_of(self, place: Place) -> bool:
        """True when the resource says so, or says nothing and the claim points to it.

        What is on the patient's record but about somebody else, a child before birth or a donor, is of that one.
        Source: FHIR R4, Observation.focus.
        """
        if any(place.address(focus) != self.url for focus in each(place.resource, "focus")):
            return False
        subject = child(place.resource, "subject") or child(place.resource, "patient")
        if not subject:
            return place.entry.full_url in self.attached
        if text(subject, "reference"):
            return bool(self.url) and place.address(subject) == self.url
        return any(known in self.identifiers for known in identifiers(subject))


@dataclass(slots=True)
class _Found:
    observations: list[Observation] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    procedures: list[Procedure] = field(default_factory=list)
    medications: list[Medication] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    report_types: dict[str, str] = field(default_factory=dict)


def read_evidence(bundle: ReadBundle) -> Evidence:
    """Everything clinical that came along, in the order of the submission.

    Source: PAS 2.2.1 spec-18 to spec-21 (what supporting information may be).
    """
    return evidence_at(first_place(bundle), bundle.entries)


def evidence_at(claim: Place, entries: tuple[Entry, ...]) -> Evidence:
    """Everything clinical in those entries that is about the patient of the claim."""
    information = supporting_information(claim)
    patient = _patient(claim, information)
    return evidence_of(places_in(claim.resolver, entries), patient.is_subject_of, _report_types(information))


def evidence_of(
    places: Iterable[Place], is_ours: Callable[[Place], bool], report_types: dict[str, str] | None = None
) -> Evidence:
    """Everything clinical at those places that is about the right patient; `report_types` (X12 755) by address."""
    found = _Found(report_types=report_types or {})
    for place in places:
        read = _READERS.get(text(place.resource, "resourceType"))
        if read and is_ours(place):
            read(place, found)
    return Evidence(
        tuple(found.observations),
        tuple(found.conditions),
        tuple(found.procedures),
        tuple(found.medications),
        tuple(found.answers),
        tuple(found.documents),
        tuple(found.orders),
        tuple(found.stays),
    )


def _patient(claim: Place, information: tuple[SupportingInfo, ...]) -> _Patient:
    reference = child(claim.resource, "patient")
    services = (e for item in each(claim.resource, "item") for e in each(item, "extension"))
    ordered = (claim.address(child(e, "valueReference")) for e in services if text(e, "url") == EXT_REQUESTED_SERVICE)
    known = (*identifiers(claim.target(reference)), *identifiers(reference))
    return _Patient(
        claim.address(reference), frozenset(known), frozenset({*(i.ref for i in information), *ordered} - {""})
    )


def _report_types(information: tuple[SupportingInfo, ...]) -> dict[str, str]:
    told = ((i.ref, i.document.report_type) for i in information if i.document)
    return {ref: code.code for ref, code in told if ref and code}


def places_in(resolver: Resolver[Entry], entries: tuple[Entry, ...]) -> Iterator[Place]:
    """Every resource of the bundle, and those of a QuestionnaireResponse Bundle inside it (DTR-QRBundle)."""
    for entry in entries:
        yield Place(entry, resolver)
        if text(entry.resource, "resourceType") == "Bundle":
            for inner in each(entry.resource, "entry"):
                resource = child(inner, "resource")
                url = text(inner, "fullUrl") or entry.full_url
                yield Place(Entry(entry.index, url, resource), resolver)


def is_read(place: Place) -> bool:
    """True for the kinds of resources that policies weigh."""
    return text(place.resource, "resourceType") in _READERS


def _on(resource: Json, *names: str) -> date | None:
    """The first of these dates that is given: `effective` stands for effectiveDateTime and effectivePeriod."""
    for name in names:
        written = text(resource, name) or text(resource, f"{name}DateTime") or text(resource, f"{name}Date")
        written = written or text(child(resource, name), "start") or text(child(resource, f"{name}Period"), "start")
        if written:
            return day(written)
    return None


def _observation(place: Place, found: _Found) -> None:
    resource, ref = place.resource, place.entry.full_url
    on = _on(resource, "effective", "effectiveInstant", "issued")
    status = text(resource, "status")
    parts = [(ref, resource)]
    parts += [(f"{ref}#component-{i}", c) for i, c in enumerate(each(resource, "component"), start=1)]
    for address, part in parts:
        value, unit = observed_value(part)
        found.observations.append(Observation(address, codes(child(part, "code")), status, value, unit, on))


def _condition(place: Place, found: _Found) -> None:
    resource = place.resource
    verified = first_code(child(resource, "verificationStatus"))
    clinical = first_code(child(resource, "clinicalStatus"))
    status = verified if verified and verified.code in _DENIED_CONDITION else clinical
    on = _on(resource, "onset", "recordedDate")
    found.conditions.append(
        Condition(place.entry.full_url, codes(child(resource, "code")), status.code if status else "", on)
    )


def _procedure(place: Place, found: _Found) -> None:
    resource = place.resource
    known = codes(child(resource, "code"))
    found.procedures.append(
        Procedure(place.entry.full_url, known, text(resource, "status"), _on(resource, "performed"))
    )


def _medication_codes(place: Place) -> tuple[Code, ...]:
    written = child(place.resource, "medicationCodeableConcept")
    return codes(written or child(place.target(child(place.resource, "medicationReference")), "code"))


def _medication_request(place: Place, found: _Found) -> None:
    resource, known = place.resource, _medication_codes(place)
    if flag(resource, "doNotPerform"):
        return
    on, status = _on(resource, "authoredOn"), text(resource, "status")
    dispense = child(resource, "dispenseRequest")
    days = days_of(child(dispense, "expectedSupplyDuration"))
    found.medications.append(Medication(place.entry.full_url, known, status, on, days))
    if status not in VOID:
        found.orders.append(Order(place.entry.full_url, known, quantity(child(dispense, "quantity")), on))


def _medication_statement(place: Place, found: _Found) -> None:
    resource = place.resource
    on = _on(resource, "effective", "dateAsserted")
    found.medications.append(
        Medication(place.entry.full_url, _medication_codes(place), text(resource, "status"), on, None)
    )


def _medication_dispense(place: Place, found: _Found) -> None:
    resource = place.resource
    days, on = days_of(child(resource, "daysSupply")), _on(resource, "whenHandedOver", "whenPrepared")
    found.medications.append(
        Medication(place.entry.full_url, _medication_codes(place), text(resource, "status"), on, days)
    )


def _questionnaire_response(place: Place, found: _Found) -> None:
    resource = place.resource
    if text(resource, "status") not in _ANSWERED:
        return
    form, on = text(resource, "questionnaire"), _on(resource, "authored")
    for item in _items(resource):
        link_id = text(item, "linkId")
        for written in each(item, "answer"):
            value, unit = answer_value(written)
            if value is not None and link_id:
                ref = f"{place.entry.full_url}#{link_id}"
                found.answers.append(Answer(ref, form, link_id, value, on, unit))


def _items(node: Json) -> Iterator[Json]:
    for item in each(node, "item"):
        yield item
        yield from _items(item)
        for written in each(item, "answer"):
            yield from _items(written)


def _document(place: Place, found: _Found) -> None:
    resource, ref = place.resource, place.entry.full_url
    if text(resource, "status") in VOID:
        return
    kind = concept(child(resource, "type")) or concept(child(resource, "code")) or Concept()
    on = _on(resource, "date", "effective", "issued")
    found.documents.append(Document(ref, kind, found.report_types.get(ref, ""), on))


def _stay(place: Place, found: _Found) -> None:
    resource = place.resource
    kind = coding(child(resource, "class"))
    on = _on(resource, "period")
    found.stays.append(Stay(place.entry.full_url, kind.code if kind else "", text(resource, "status"), on))


def _order(place: Place, found: _Found) -> None:
    resource = place.resource
    if text(resource, "status") in VOID or flag(resource, "doNotPerform"):
        return
    amount = quantity(child(resource, "quantityQuantity"))
    on = _on(resource, "authoredOn", "dateTime")
    found.orders.append(Order(place.entry.full_url, _ordered(resource), amount, on))


def _ordered(resource: Json) -> tuple[Code, ...]:
    if text(resource, "resourceType") != "NutritionOrder":
        return codes(child(resource, "code")) or codes(child(resource, "codeCodeableConcept"))
    diets = each(child(resource, "oralDiet"), "type") + [child(s, "type") for s in each(resource, "supplement")]
    diets.append(child(child(resource, "enteralFormula"), "baseFormulaType"))
    return tuple(code for diet in diets for code in codes(diet))


_READERS: dict[str, Callable[[Place, _Found], None]] = {
    "Observation": _observation,
    "Condition": _condition,
    "Procedure": _procedure,
    "MedicationRequest": _medication_request,
    "MedicationStatement": _medication_statement,
    "MedicationDispense": _medication_dispense,
    "QuestionnaireResponse": _questionnaire_response,
    "DocumentReference": _document,
    "DiagnosticReport": _document,
    "Encounter": _stay,
    "ServiceRequest": _order,
    "DeviceRequest": _order,
    "NutritionOrder": _order,
}
