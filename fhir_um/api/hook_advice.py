"""What policies advise, as cards of the hook counter: links, apps, instructions, forms, and orders proposed.

Must not know which policy says what, or how a card travels.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from cds_hooks.codings import each
from cds_hooks.desk import Action, Advice, AdviceKind, Indicator, Link, Question, Suggestion, Topic
from cds_hooks.forms import form_task
from fhir_um.policy.model import AdviceKind as PolicyAdviceKind
from fhir_um.policy.model import PolicyAdvice, Proposed
from profiles.canonicals import EXT_COVERAGE_INFORMATION, HCPCS

Json = dict[str, Any]

_KINDS = {
    PolicyAdviceKind.REFERENCE: AdviceKind.EXTERNAL_REFERENCE,
    PolicyAdviceKind.INSTRUCTIONS: AdviceKind.INSTRUCTIONS,
    PolicyAdviceKind.ALTERNATIVE: AdviceKind.ALTERNATE_REQUEST,
    PolicyAdviceKind.COMPANION: AdviceKind.ADDITIONAL_ORDERS,
    PolicyAdviceKind.PREREQUISITE: AdviceKind.ADDITIONAL_ORDERS,
    PolicyAdviceKind.FORM: AdviceKind.FORM_COMPLETION,
    PolicyAdviceKind.APP: AdviceKind.SMART_LAUNCH,
}
_CODED_AT = {
    "ServiceRequest": "code",
    "DeviceRequest": "codeCodeableConcept",
    "MedicationRequest": "medicationCodeableConcept",
}
"""Where a request says what is ordered."""

_OTHERWISE_CODED = ("codeReference", "medicationReference")
_SPELLED = {HCPCS: "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"}
"""How the value sets of CRD write a code system where they differ from those of PAS."""

_ORDERED_AS = {"service": "ServiceRequest", "device": "DeviceRequest", "drug": "MedicationRequest"}
_REQUESTERS = ("requester", "orderer", "prescriber", "sender")
_USERS = ("Practitioner/", "PractitionerRole/")


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where this house is to be found: its pages, and the forms of its policies."""

    base: str
    forms: str


def advice_out(given: Iterable[tuple[str, PolicyAdvice]], question: Question, at: Addresses) -> Iterator[Advice]:
    """One card per row of advice; the orders it concerns are named together."""
    about: dict[tuple[str, str, str], list[str]] = {}
    rows: dict[tuple[str, str, str], PolicyAdvice] = {}
    for ref, row in given:
        key = row.policy_id, row.id, ref if row.kind is PolicyAdviceKind.ALTERNATIVE else ""
        about.setdefault(key, []).append(ref)
        rows[key] = row
    for key, row in rows.items():
        yield _card(row, tuple(about[key]), question, at)


def _card(row: PolicyAdvice, about: tuple[str, ...], question: Question, at: Addresses) -> Advice:
    return Advice(
        kind=_KINDS[row.kind],
        topic=Topic(row.topic.value),
        indicator=Indicator(row.urgency.value),
        summary=row.title,
        detail=row.text,
        about=about,
        links=(_link(row, about, at),) if row.url else (),
        suggestions=tuple(_suggestions(row, about, question, at)),
        policy=row.policy_id,
    )


def _link(row: PolicyAdvice, about: tuple[str, ...], at: Addresses) -> Link:
    """An app hears which policy and which orders it is opened for; who the patient is, the EHR tells it."""
    if row.kind is PolicyAdviceKind.APP:
        return Link(row.title, row.url, f"policy={row.policy_id}&orders={','.join(about)}")
    return Link(row.title, at.base + row.url if row.url.startswith("/") else row.url)


def _suggestions(row: PolicyAdvice, about: tuple[str, ...], question: Question, at: Addresses) -> Iterator[Suggestion]:
    if row.kind is PolicyAdviceKind.FORM:
        yield from _form(row, about, question, at)
    if row.proposed is None:
        return
    order = next((each.resource for each in question.orders if each.ref in about), {})
    if row.kind is not PolicyAdviceKind.ALTERNATIVE:
        made = _new_order(row.proposed, order, question)
        yield Suggestion(f"Add {row.proposed.label}", (Action("create", f"Order {row.proposed.label}", made),))
    elif order.get("resourceType") in _CODED_AT:
        made = _changed_order(row.proposed, order)
        label = f"Order {row.proposed.label} instead"
        yield Suggestion(label, (Action("update", label, made),))


def _form(row: PolicyAdvice, about: tuple[str, ...], question: Question, at: Addresses) -> Iterator[Suggestion]:
    """A Task for the policy's own form, asked for by the insurer as the Coverage names it; by nobody there is none."""
    canonical = f"{at.forms}/{row.policy_id}|{row.policy_version}"
    patient, coverage = f"Patient/{question.patient_id}", question.coverage or {}
    for insurer in islice(each(coverage.get("payor")), 1):
        task = form_task(canonical, patient, "", question.received_at, about, row.title) | {"requester": insurer}
        yield Suggestion(row.title, (Action("create", row.title, task),))


def _concept(proposed: Proposed) -> Json:
    """The service proposed; our own words for it are a text, never the display of a code that is not ours."""
    system = _SPELLED.get(proposed.code.system, proposed.code.system)
    coding = {"system": system, "code": proposed.code.code}
    return {"coding": [coding], "text": proposed.label}


def _changed_order(proposed: Proposed, order: Json) -> Json:
    """The whole order with another service; what was said about the old one holds no more."""
    changed = {name: value for name, value in order.items() if name not in _OTHERWISE_CODED}
    changed[_CODED_AT[order["resourceType"]]] = _concept(proposed)
    held: Any = order.get("extension")
    extensions = held if isinstance(held, list) else []
    kept = [e for e in extensions if not (isinstance(e, dict) and e.get("url") == EXT_COVERAGE_INFORMATION)]
    if kept != extensions:
        changed["extension"] = kept
    return {name: value for name, value in changed.items() if value != []}


def _new_order(proposed: Proposed, beside: Json, question: Question) -> Json:
    """A draft for the same patient and by the same person as the order it belongs to. Source: CRD 2.2.1 resp-57."""
    kind = _ORDERED_AS[proposed.what]
    made: Json = {
        "resourceType": kind,
        "status": "draft",
        "intent": "order",
        _CODED_AT[kind]: _concept(proposed),
        "subject": {"reference": f"Patient/{question.patient_id}"},
        "authoredOn": question.received_at.date().isoformat(),
    }
    user = {"reference": question.user} if question.user.startswith(_USERS) else None
    requester = next((beside[name] for name in _REQUESTERS if isinstance(beside.get(name), dict)), user)
    known = {"requester": requester, "encounter": beside.get("encounter")}
    return made | {name: value for name, value in known.items() if isinstance(value, dict)}
