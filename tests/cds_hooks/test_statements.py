"""How 2.2 says an assertion."""

from datetime import date
from decimal import Decimal

import pytest

from cds_hooks.assertions import (
    Amount,
    Assertion,
    Coding,
    Contact,
    Covered,
    Detail,
    DetailCategory,
    PaNeeded,
    Period,
    ReasonCode,
    Why,
)
from cds_hooks.desk import Json
from cds_hooks.statements import coding, in_crd_2_2

_SYSTEM = "http://terminology.hl7.org/CodeSystem/crd-coverage-detail"
_TEMP = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
_DAY = date(2026, 3, 2)
_LIMIT, _DECISION, _OTHER = DetailCategory.LIMITATION, DetailCategory.DECISIONAL, DetailCategory.OTHER


@pytest.mark.spec("crd-check:82")
@pytest.mark.parametrize(
    ("detail", "value"),
    [
        (
            Detail(_LIMIT, "allowed-quantity", Amount(Decimal("1.50"), "visits")),
            {"valueQuantity": {"value": Decimal("1.50"), "unit": "visits"}},
        ),
        (Detail(_LIMIT, "allowed-quantity", Amount(Decimal("2"), "")), {"valueQuantity": {"value": Decimal("2")}}),
        (
            Detail(_LIMIT, "allowed-period", Period(_DAY, date(2026, 6, 1))),
            {"valuePeriod": {"start": "2026-03-02", "end": "2026-06-01"}},
        ),
        (Detail(_DECISION, "concurrent-review", False), {"valueBoolean": False}),
        (Detail(_OTHER, "policy-link", "https://payer.example/mri"), {"valueUrl": "https://payer.example/mri"}),
        (Detail(_LIMIT, "instructions", "Only on weekdays."), {"valueString": "Only on weekdays."}),
    ],
)
@pytest.mark.spec("crd:resp-30")
def test_detail_has_category_code_and_the_value_of_its_code(detail: Detail, value: Json) -> None:
    (parts,) = in_crd_2_2(Assertion("a1", _DAY, Covered.COVERED, details=(detail,))).details

    assert parts == [
        {"url": "category", "valueCode": detail.category.value},
        {"url": "code", "valueCodeableConcept": {"coding": [{"system": _SYSTEM, "code": detail.code}]}},
        {"url": "value", **value},
    ]


def test_detail_of_the_payers_own_is_coded_in_words_and_keeps_its_rider() -> None:
    detail = Detail(_OTHER, "Centres of excellence", "Two in your county", "as of today")

    (parts,) = in_crd_2_2(Assertion("a1", _DAY, Covered.COVERED, details=(detail,))).details

    assert parts[1]["valueCodeableConcept"] == {"text": "Centres of excellence"}
    assert parts[3] == {"url": "qualification", "valueString": "as of today"}


@pytest.mark.spec("crd-check:75", "crd-check:81", "crd-check:87")
@pytest.mark.parametrize("code", ReasonCode)
def test_reason_has_its_code_and_always_words(code: ReasonCode) -> None:
    said = in_crd_2_2(Assertion("a1", _DAY, Covered.NOT_COVERED, reasons=(Why("In words.", code), Why("More."))))

    assert said.pa_needed == ""
    assert said.reasons == (
        {"coding": [{"system": _TEMP, "code": code.value}], "text": "In words."},
        {"text": "More."},
    )


def test_contact_is_a_contact_detail_and_expiry_a_date() -> None:
    said = in_crd_2_2(
        Assertion(
            "a1",
            _DAY,
            Covered.COVERED,
            PaNeeded.NO_AUTH,
            contacts=(Contact("Desk", (("phone", "555-0100"),)), Contact("Only a name", ())),
            expires=date(2026, 6, 1),
        )
    )

    assert said.contacts == (
        {"valueContactDetail": {"name": "Desk", "telecom": [{"system": "phone", "value": "555-0100"}]}},
        {"valueContactDetail": {"name": "Only a name"}},
    )
    assert said.expires == date(2026, 6, 1)


def test_billing_code_has_no_empty_display() -> None:
    assert coding(Coding("urn:codes", "72148")) == {"system": "urn:codes", "code": "72148"}
