"""A decision's JSON: read whole into house words, or refused with the place that is wrong."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.api.rulings import read_decision
from fhir_um.cases.basis import Basis, Reopening
from fhir_um.cases.findings import Truth
from fhir_um.cases.lifecycle import Reading, RulingAction
from fhir_um.errors import Kind, Refusal
from fhir_um.words import Code
from profiles.canonicals import HCPCS, NUCC, RXNORM

GOOD: dict[str, Any] = {
    "version": 3,
    "role": "physician",
    "reviewer": {"id": "d-1", "npi": "1999999992", "specialty": "207RP1001X"},
    "lines": [
        {
            "sequence": 2,
            "action": "modify",
            "reason": "qty-reduced",
            "text": "Twelve visits, then a new look.",
            "authorized": {
                "quantity": {"value": "12.00", "unit": "visits"},
                "period": {"start": "2026-03-01", "end": "2026-05-31"},
            },
            "documents": [{"loinc": "18776-5", "label": "Plan of care"}],
        }
    ],
}


def changed(**changes: Any) -> bytes:
    return msgspec.json.encode(GOOD | changes)


def line(**changes: Any) -> bytes:
    return changed(lines=[GOOD["lines"][0] | changes])


def refusal_of(body: bytes) -> Refusal:
    with pytest.raises(Refusal) as refused:
        read_decision(body)
    return refused.value


def test_decision_is_read() -> None:
    version, decider, rulings = read_decision(changed())

    assert (version, decider.id, decider.role, decider.human) == (3, "d-1", "physician", True)
    assert decider.specialty == Code("http://nucc.org/provider-taxonomy", "207RP1001X")
    assert rulings[0].action is RulingAction.MODIFY
    assert rulings[0].documents[0].loinc == "18776-5"


def test_decimals_stay_exact() -> None:
    authorized = read_decision(changed())[2][0].authorized

    assert authorized is not None
    assert authorized.quantity is not None
    assert str(authorized.quantity.value) == str(Decimal("12.00"))


def test_what_a_ruling_rests_on_is_read() -> None:
    criteria = [{"id": "spo2", "truth": "met", "reason": "88 % in the letter.", "evidence": ["request"]}]
    basis = {
        "considered": ["request"],
        "missing": ["the log"],
        "alternative": " A cane. ",
        "attestation": True,
        "effectiveOn": "2026-05-01",
        "reopening": "fraud",
    }

    ruling = read_decision(line(criteria=criteria, basis=basis))[2][0]

    assert ruling.readings == (Reading("spo2", Truth.MET, "88 % in the letter.", ("request",)),)
    assert ruling.basis == Basis(
        considered=("request",),
        missing=("the log",),
        alternative="A cane.",
        attested=True,
        effective_on=date(2026, 5, 1),
        reopening=Reopening.FRAUD,
    )


def test_specialty_may_name_its_system() -> None:
    reviewer = {"id": "d-1", "specialty": {"system": "s", "code": "c"}}

    assert read_decision(changed(reviewer=reviewer))[1].specialty == Code("s", "c")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (line(action="refuse"), "lines[0].action"),
        (line(reason="because"), "lines[0].reason"),
        (line(sequence="two"), "lines[0].sequence"),
        (line(colour="red"), "lines[0]"),
        (changed(role="janitor"), "role"),
        (changed(version="3"), "version"),
        (changed(lines=[]), "lines"),
        (changed(lines=GOOD["lines"] * 2), "lines"),
        (changed(reviewer={"id": ""}), "reviewer.id"),
        (changed(sudo=True), ""),
        (changed(reviewer={"id": "a\0b"}), "reviewer.id"),
        (changed(reviewer={"id": "   "}), "reviewer.id"),
        (changed(reviewer={"id": "d" * 201}), "reviewer.id"),
        (changed(reviewer={"id": "d-1", "npi": "12345"}), "reviewer.npi"),
        (changed(reviewer={"id": "d-1", "npi": "\u0661" * 10}), "reviewer.npi"),
        (changed(version=0), "version"),
        (changed(version=2**31), "version"),
        (line(text="long enough \u0000 and yet"), "lines[0].text"),
        (line(text="x" * 20_001), "lines[0].text"),
        (line(documents=[{"loinc": "", "label": "Plan"}]), "lines[0].documents[0].loinc"),
        (line(documents=[{"loinc": "11506-3", "label": "Note"}] * 101), "lines[0].documents"),
        (line(authorized={}), "lines[0].authorized"),
        (line(authorized={"quantity": {"value": "NaN"}}), "lines[0].authorized.quantity.value"),
        (line(authorized={"quantity": {"value": "Infinity"}}), "lines[0].authorized.quantity.value"),
        (line(authorized={"quantity": {"value": 0}}), "lines[0].authorized.quantity.value"),
        (line(authorized={"quantity": {"value": -5}}), "lines[0].authorized.quantity.value"),
        (line(authorized={"quantity": {"value": 5, "unit": " "}}), "lines[0].authorized.quantity.unit"),
        (line(authorized={"quantity": {"value": 5, "unit": "v" * 201}}), "lines[0].authorized.quantity.unit"),
        (line(authorized={"quantity": {"value": 5, "code": " "}}), "lines[0].authorized.quantity.code"),
        (line(authorized={"quantity": {"value": 5, "system": " "}}), "lines[0].authorized.quantity.system"),
        (line(authorized={"quantity": {"value": 10**40}}), "lines[0].authorized.quantity.value"),
        (line(authorized={"provider": {"npi": "abc"}}), "lines[0].authorized.provider.npi"),
        (line(authorized={"service": {"system": "", "code": "x"}}), "lines[0].authorized.service.system"),
        (line(authorized={"service": {"system": RXNORM, "code": "1"}}), "lines[0].authorized.service.system"),
        (line(authorized={"service": {"system": HCPCS, "code": " E1390"}}), "lines[0].authorized.service.code"),
        (line(authorized={"modifiers": [{"system": NUCC, "code": "1"}]}), "lines[0].authorized.modifiers[0].system"),
        (line(authorized={"quantity": {"value": 5, "code": "a  b"}}), "lines[0].authorized.quantity.code"),
        (line(authorized={"quantity": {"value": 5, "system": "the usual"}}), "lines[0].authorized.quantity.system"),
        (line(documents=[{"loinc": "the plan", "label": "Plan"}]), "lines[0].documents[0].loinc"),
        (changed(reviewer={"id": "d-1", "specialty": " 207RP1001X"}), "reviewer.specialty"),
        (line(authorized={"period": {"start": "2027-01-01", "end": "2026-01-01"}}), "lines[0].authorized.period"),
        (line(authorized={"period": {}}), "lines[0].authorized.period"),
        (line(criteria=[{"id": "c", "truth": "perhaps", "reason": "Seen."}]), "lines[0].criteria[0].truth"),
        (line(criteria=[{"id": "c", "truth": "met", "reason": "x", "by": "me"}]), "lines[0].criteria[0]"),
        (line(criteria=[{"id": "c", "truth": "met", "reason": "x" * 20_001}]), "lines[0].criteria[0].reason"),
        (
            line(criteria=[{"id": "c", "truth": "met", "reason": "x", "evidence": [""]}]),
            "lines[0].criteria[0].evidence[0]",
        ),
        (line(basis={"colour": "red"}), "lines[0].basis"),
        (line(basis={"considered": [""]}), "lines[0].basis.considered[0]"),
        (line(basis={"considered": ["x" * 2_001]}), "lines[0].basis.considered[0]"),
        (line(basis={"considered": ["request"] * 501}), "lines[0].basis.considered"),
        (line(basis={"missing": [" "]}), "lines[0].basis.missing[0]"),
        (line(basis={"missing": ["the log"] * 501}), "lines[0].basis.missing"),
        (line(basis={"alternative": "x" * 20_001}), "lines[0].basis.alternative"),
        (line(basis={"reopening": "because"}), "lines[0].basis.reopening"),
        (line(basis={"attestation": "yes"}), "lines[0].basis.attestation"),
        (line(basis={"effectiveOn": "soon"}), "lines[0].basis.effectiveOn"),
    ],
)
def test_fault_is_refused_with_its_place(body: bytes, path: str) -> None:
    refusal = refusal_of(body)

    assert refusal.kind is Kind.INVALID
    assert refusal.issues[0].path == path


def test_every_fault_of_sense_is_told_at_once() -> None:
    body = changed(version=0, reviewer={"id": "", "npi": "1"})

    assert [issue.path for issue in refusal_of(body).issues] == ["version", "reviewer.id", "reviewer.npi"]


def test_a_refused_word_is_not_repeated() -> None:
    texts = [issue.text for issue in refusal_of(line(reason="Mallow, Ada, born 1950-02-03")).issues]

    assert "Mallow" not in " ".join(texts)
    assert "qty-reduced" in " ".join(texts)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b'{"version": 1,}',
        b'{"version": 1, "version": 2}',
        b'{"version": 1e99999999999999999999}',
        b'{"text": "\\ud800"}',
        b"[" * 5000 + b"]" * 5000,
    ],
)
def test_body_that_is_not_json_is_unreadable(body: bytes) -> None:
    assert refusal_of(body).kind is Kind.UNREADABLE


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises(Refusal):
        read_decision(body)
