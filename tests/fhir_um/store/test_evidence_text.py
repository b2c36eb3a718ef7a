"""Evidence survives being written and read."""

from dataclasses import fields
from datetime import date
from decimal import Decimal

import pytest

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
from fhir_um.store.evidence_text import evidence_from, evidence_text
from fhir_um.words import Code, Concept, Quantity

CODE = Code("http://loinc.org", "59408-5")
DAY = date(2026, 3, 1)
WHOLE = Evidence(
    observations=(Observation("o", (CODE,), "final", Decimal("88.00"), "%", DAY),),
    conditions=(Condition("c", (CODE,), "active", None),),
    procedures=(Procedure("p", (), "completed", DAY),),
    medications=(Medication("m", (CODE,), "active", DAY, Decimal(30)),),
    answers=(Answer("a#1", "urn:form", "1", True, DAY),),
    documents=(Document("d", Concept((CODE,), "a report"), "OZ", None),),
    orders=(Order("r", (CODE,), Quantity(Decimal("1.50"), "h"), None),),
    stays=(Stay("e", "IMP", "finished", DAY),),
)


def test_every_kind_comes_back() -> None:
    assert all(getattr(WHOLE, kind.name) for kind in fields(Evidence))
    assert evidence_from(evidence_text(WHOLE)) == WHOLE
    assert evidence_text(Evidence()) == "{}"


@pytest.mark.parametrize("value", [Decimal("1.0"), Decimal(0), "1.0", "", True, False, DAY, "2026-03-01", CODE, None])
def test_a_value_comes_back_as_what_it_was(value) -> None:
    held = Evidence(answers=(Answer("a", "", "1", value, None),))

    back = evidence_from(evidence_text(held)).answers[0].value

    assert (type(back), str(back)) == (type(value), str(value))
