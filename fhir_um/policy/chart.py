"""What the chart shows: measurements, diagnoses, procedures, drugs, documents and questionnaire answers.

Must not know criteria or outcomes. Nothing is guessed: evidence that is too old, undated where a window is asked for,
of the wrong status, unit or type is as good as none, and none means unknown.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from decimal import Decimal

from fhir_um.cases.evidence import Answer, EvidenceValue, Observation
from fhir_um.policy.model import AskedLine, FactType, Found, LineContext, Sought, Source, Value
from fhir_um.policy.schema import (
    AnswerFile,
    ConditionFile,
    DocumentFile,
    MedicationFile,
    ObservationFile,
    ProcedureFile,
)
from fhir_um.policy.systems import same_code, short_code
from fhir_um.words import Code, plain_icd
from profiles.canonicals import ICD10_CM, LOINC

DONE = frozenset({"completed"})
TAKEN = frozenset({"active", "completed"})
PRESENT = frozenset({"active", "recurrence", "relapse"})
"""Statuses that count. A resource that leaves its status out is not used."""


def _in_window(on: date | None, within_days: int | None, received: date) -> bool:
    """Undated evidence fits no window, and nothing dated after receipt is used."""
    if on is None:
        return within_days is None
    return on <= received and (within_days is None or on >= received - timedelta(days=within_days))


def _names_one(codes: tuple[Code, ...], wanted: Mapping[str, str]) -> bool:
    """True when one of the codes is wanted; `wanted` gives each code's system (faster than hashing whole codes)."""
    return any([wanted.get(c.code) == c.system for c in codes])


def _by_code(texts: Iterable[str], default: str) -> dict[str, str]:
    return {c.code: c.system for c in _codes(texts, default)}


def _codes(texts: Iterable[str], default: str) -> frozenset[Code]:
    return frozenset(short_code(text, default) for text in texts)


def from_observation(file: ObservationFile) -> Source:
    """A fact read from measurements: one value, one code, how many, or that there is one."""
    codes = _by_code(file.codes, "loinc")
    sought = Sought("observation", _codes(file.codes, "loinc"))
    statuses = frozenset(file.status)
    pick = _PICKS.get(file.reduce)

    def usable(o: Observation, received: date) -> bool:
        return o.status in statuses and _names_one(o.codes, codes) and _in_window(o.on, file.within_days, received)

    def find(asked: AskedLine) -> Found | None:
        received = asked.context.received
        rows = [o for o in asked.context.evidence.observations if usable(o, received)]
        if not rows:
            return None
        if pick is None:
            return Found(Decimal(len(rows)), tuple(o.ref for o in rows), at_least=True)
        if file.take == "exists":
            return Found(True, tuple(o.ref for o in rows))
        if file.take == "code":
            return _latest_code(rows)
        measured = [
            (o.value, o)
            for o in rows
            if isinstance(o.value, Decimal) and o.unit == file.unit and _is_possible(o.value, file.unit)
        ]
        return _picked(pick(measured)) if measured else None

    kind = {"value": FactType.NUMBER, "code": FactType.TEXT, "exists": FactType.BOOLEAN}[file.take]
    counted = file.reduce == "count"
    shown = counted or file.take == "exists"
    return Source(find, FactType.NUMBER if counted else kind, only_shown=shown, sought=sought)


_POSSIBLE = {"%": (Decimal(1), Decimal(100))}
"""What may be measured in a unit. A share of nothing is a sensor that lost contact."""


def _is_possible(value: Decimal, unit: str) -> bool:
    """False for a slip of the pen or of the device: no policy counts in a unit that goes below nothing."""
    least, most = _POSSIBLE.get(unit, (Decimal(0), None))
    return value.is_finite() and value >= least and (most is None or value <= most)


def _latest_code(rows: list[Observation]) -> Found | None:
    coded = [(o.on or date.min, o.value.code, o.ref) for o in rows if isinstance(o.value, Code)]
    if not coded:
        return None
    _, code, ref = max(coded, key=lambda c: c[0])
    return Found(code, (ref,))


_Measured = tuple[Decimal, Observation]


def _picked(measured: _Measured) -> Found:
    value, row = measured
    return Found(value, (row.ref,))


_PICKS: dict[str, Callable[[list[_Measured]], _Measured]] = {
    "min": lambda rows: min(rows, key=lambda r: r[0]),
    "max": lambda rows: max(rows, key=lambda r: r[0]),
    "latest": lambda rows: max(rows, key=lambda r: r[1].on or date.min),
}


def from_condition(file: ConditionFile) -> Source:
    """A fact that holds when a matching diagnosis is on the claim or in the chart."""
    stems = tuple(plain_icd(c[:-1]) for c in file.codes if c.endswith("*"))
    exact = frozenset(plain_icd(c) for c in file.codes if not c.endswith("*"))

    def find(asked: AskedLine) -> Found | None:
        refs = [ref for code, ref in asked.diagnoses if code in exact or code.startswith(stems)]
        return Found(True, tuple(dict.fromkeys(refs))) if refs else None

    return Source(find, FactType.BOOLEAN, only_shown=True, sought=Sought("condition"))


def diagnoses_of(context: LineContext) -> tuple[tuple[str, str], ...]:
    """ICD-10-CM codes, without their dots, each with its evidence: present conditions and the claim's own diagnoses.

    Of the claim's list those the line points to count, or all when it points to none.
    """
    line, request = context.line, context.request
    found = [
        (plain_icd(c.code), condition.ref)
        for condition in context.evidence.conditions
        if condition.clinical_status in PRESENT
        for c in condition.codes
        if c.system == ICD10_CM
    ]
    for diagnosis in request.diagnoses:
        if line.diagnosis_sequences and diagnosis.sequence not in line.diagnosis_sequences:
            continue
        ref = f"{request.claim_url}#diagnosis-{diagnosis.sequence}"
        found.extend((plain_icd(c.code), ref) for c in diagnosis.concept.codes if c.system == ICD10_CM)
    return tuple(found)


def from_procedure(file: ProcedureFile) -> Source:
    """A fact read from procedures done: whether there was one, or how many."""
    codes = _codes(file.codes, "cpt")

    def find(asked: AskedLine) -> Found | None:
        received = asked.context.received
        refs = tuple(
            p.ref
            for p in asked.context.evidence.procedures
            if p.status in DONE
            and any(same_code(c) in codes for c in p.codes)
            and _in_window(p.on, file.within_days, received)
        )
        if not refs:
            return None
        return Found(Decimal(len(refs)), refs, at_least=True) if file.take == "count" else Found(True, refs)

    kind = FactType.NUMBER if file.take == "count" else FactType.BOOLEAN
    return Source(find, kind, only_shown=True, sought=Sought("procedure", codes))


def from_medication(file: MedicationFile) -> Source:
    """A fact read from drugs ordered or taken: whether, or for how many days."""
    codes = _codes(file.codes, "rxnorm")

    def find(asked: AskedLine) -> Found | None:
        received = asked.context.received
        rows = [
            m
            for m in asked.context.evidence.medications
            if m.status in TAKEN and not codes.isdisjoint(m.codes) and _in_window(m.on, file.within_days, received)
        ]
        if file.take == "exists":
            return Found(True, tuple(m.ref for m in rows)) if rows else None
        supplied = [(m.days, m.ref) for m in rows if m.days is not None]
        if not supplied:
            return None
        return Found(sum((d for d, _ in supplied), Decimal(0)), tuple(r for _, r in supplied), at_least=True)

    kind = FactType.NUMBER if file.take == "days" else FactType.BOOLEAN
    return Source(find, kind, only_shown=True, sought=Sought("medication", codes))


def from_document(file: DocumentFile) -> Source:
    """A fact that holds when a document of one of the types came along."""
    types = _codes(file.types, "loinc")
    reports = frozenset(file.report_types)

    def find(asked: AskedLine) -> Found | None:
        received = asked.context.received
        refs = tuple(
            d.ref
            for d in asked.context.evidence.documents
            if (not types.isdisjoint(d.type.codes) or d.report_type in reports)
            and _in_window(d.on, file.within_days, received)
        )
        return Found(True, refs) if refs else None

    return Source(find, FactType.BOOLEAN, only_shown=True, sought=Sought("document", types))


def has_document(asked: AskedLine, loinc: str) -> bool:
    """True when a document of that LOINC type came along."""
    wanted = Code(LOINC, loinc)
    return any(wanted in d.type.codes for d in asked.context.evidence.documents)


# --- answers ------------------------------------------------------------------------------------------------------

_ANSWER_TYPES: dict[str, tuple[FactType, type]] = {
    "decimal": (FactType.NUMBER, Decimal),
    "integer": (FactType.NUMBER, Decimal),
    "boolean": (FactType.BOOLEAN, bool),
    "date": (FactType.DATE, date),
    "choice": (FactType.TEXT, str),
    "text": (FactType.TEXT, str),
}


def _plain(value: EvidenceValue) -> Value:
    return value.code if isinstance(value, Code) else value


def from_answer(file: AnswerFile, within_days: int | None) -> Source:
    """A fact read from questionnaire answers by linkId; the newest answer counts.

    An answer about a measurement may be no older than the measurement: `within_days` before receipt.
    """
    fact_type, python_type = _ANSWER_TYPES[file.type]
    links = frozenset(file.links)

    def fits(a: Answer) -> bool:
        asked_here = not file.questionnaire or a.questionnaire.partition("|")[0] == file.questionnaire
        return a.link_id in links and asked_here and isinstance(_plain(a.value), python_type)

    def find(asked: AskedLine) -> Found | None:
        received = asked.context.received
        rows = [a for a in asked.context.evidence.answers if fits(a) and _in_window(a.on, within_days, received)]
        if not rows:
            return None
        newest = max(reversed(rows), key=lambda a: a.on or date.min)
        return Found(_plain(newest.value), (newest.ref,))

    return Source(find, fact_type)
