"""What evidence is shown as, and groups of criteria in words."""

from datetime import date
from decimal import Decimal

import pytest

from fhir_um.cases.evidence import Answer, Evidence, EvidenceValue, Observation
from fhir_um.commands.explaining import evidence_values
from fhir_um.words import Code

DAY = date(2026, 11, 2)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (Decimal("86.0"), "%", "86.0 % on 2026-11-02"),
        (True, "", "yes on 2026-11-02"),
        (False, "", "no on 2026-11-02"),
        (Code("s", "c"), "", "c on 2026-11-02"),
        ("free text", "", "free text on 2026-11-02"),
        (None, "", "no value on 2026-11-02"),
    ],
)
def test_a_measurement_is_shown_with_unit_and_day(value: EvidenceValue | None, unit: str, shown: str) -> None:
    seen = Observation("o", (), "final", value, unit, DAY)

    assert evidence_values(Evidence(observations=(seen,))) == {"o": shown}


def test_an_answer_is_shown_as_answered() -> None:
    answer = Answer("q#a", "form", "a", date(2026, 10, 1), None)

    assert evidence_values(Evidence(answers=(answer,))) == {"q#a": "answered 2026-10-01"}
