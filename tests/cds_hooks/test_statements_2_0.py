"""How 2.0.1 says what it has no word for."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cds_hooks.assertions import (
    Amount,
    Assertion,
    Contact,
    Covered,
    Detail,
    DetailCategory,
    DocNeeded,
    InfoNeeded,
    PaNeeded,
    ReasonCode,
    Why,
)
from cds_hooks.statements import Statement
from cds_hooks.statements_2_0 import in_crd_2_0

_TEMP = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"
_PLAIN = Assertion("a1", date(2026, 3, 2), Covered.COVERED, PaNeeded.NO_AUTH)
_DOWN = (Why("A system is down.", ReasonCode.TECHNICAL),)


def _stated(**changes: Any) -> Statement:
    return in_crd_2_0(replace(_PLAIN, **changes))


def _texts(statement: Statement) -> list[str]:
    return [reason["text"] for reason in statement.reasons]


@pytest.mark.spec("crd-check:88")
def test_technical_trouble_is_conditional_on_other_information() -> None:
    said = _stated(covered=Covered.INDETERMINATE, pa_needed=PaNeeded.INDETERMINATE, reasons=_DOWN)

    assert (said.covered, said.pa_needed, said.info_needed) == ("conditional", "conditional", ("OTH",))
    assert said.reasons == ({"text": "A system is down."},)


@pytest.mark.spec("crd-check:75")
def test_what_is_not_covered_needs_no_authorization() -> None:
    said = _stated(covered=Covered.NOT_COVERED, pa_needed=None, reasons=(Why("x", ReasonCode.NO_MEMBER_FOUND),))

    assert (said.covered, said.pa_needed, said.info_needed) == ("not-covered", "no-auth", ())
    assert said.reasons == ({"text": "x"},)


@pytest.mark.spec("crd-check:75")
def test_authorization_that_was_not_spoken_of_is_not_denied() -> None:
    said = _stated(pa_needed=None)

    assert (said.covered, said.pa_needed, said.info_needed) == ("covered", "conditional", ("OTH",))
    assert _texts(said) == ["Whether prior authorization is needed is not said here."]


@pytest.mark.spec("crd-check:83")
@pytest.mark.parametrize(
    ("asked", "word"),
    [
        ((), ()),
        ((DocNeeded.CLINICAL,), ("clinical",)),
        ((DocNeeded.ADMIN,), ("admin",)),
        ((DocNeeded.PATIENT,), ("admin",)),
        ((DocNeeded.CLINICAL, DocNeeded.ADMIN), ("both",)),
        ((DocNeeded.CLINICAL, DocNeeded.PATIENT), ("both",)),
        ((DocNeeded.ADMIN, DocNeeded.PATIENT), ("admin",)),
        ((DocNeeded.INDETERMINATE,), ("conditional",)),
        ((DocNeeded.CLINICAL, DocNeeded.INDETERMINATE), ("clinical",)),
    ],
)
def test_all_who_are_asked_get_one_word(asked: tuple[DocNeeded, ...], word: tuple[str, ...]) -> None:
    said = _stated(doc_needed=asked, reasons=_DOWN)

    assert said.doc_needed == word
    assert ("The patient has questions to answer." in _texts(said)) == (DocNeeded.PATIENT in asked)
    assert bool(said.info_needed) == ("conditional" in word)


def test_condition_that_loses_its_word_is_told_in_words() -> None:
    said = _stated(doc_needed=(DocNeeded.CLINICAL, DocNeeded.CONDITIONAL), info_needed=(InfoNeeded.PERFORMER,))

    assert said.info_needed == ()
    assert _texts(said) == ["More questions may come, depending on: who performs the service."]


@pytest.mark.spec("crd-check:83")
def test_finer_code_is_other_information_with_a_reason() -> None:
    said = _stated(pa_needed=PaNeeded.CONDITIONAL, info_needed=(InfoNeeded.DETAIL_CODE, InfoNeeded.LOCATION))

    assert said.info_needed == ("OTH", "location")
    assert said.reasons[0]["coding"] == [{"system": _TEMP, "code": "detail-code"}]


@pytest.mark.spec("crd-check:83")
def test_only_old_reason_codes_are_coded() -> None:
    said = _stated(reasons=(Why("Gold.", ReasonCode.GOLD_CARD), Why("Out.", ReasonCode.AUTH_OUT_NETWORK)))

    assert said.reasons == ({"coding": [{"system": _TEMP, "code": "gold-card"}], "text": "Gold."}, {"text": "Out."})


@pytest.mark.spec("crd-check:83")
def test_details_have_no_category_and_links_are_text() -> None:
    link = Detail(DetailCategory.OTHER, "policy-link", "https://payer.example/mri")
    copay = Detail(DetailCategory.DECISIONAL, "in-network-copay", Amount(Decimal("20"), "%"), "after the deductible")

    said = _stated(details=(link, copay))

    assert said.details[0] == [
        {"url": "code", "valueCodeableConcept": {"text": "Policy"}},
        {"url": "value", "valueString": "https://payer.example/mri"},
    ]
    assert said.details[1] == [
        {"url": "code", "valueCodeableConcept": {"coding": [{"system": _TEMP, "code": "in-network-copay"}]}},
        {"url": "value", "valueQuantity": {"value": Decimal("20"), "unit": "%"}},
        {"url": "qualification", "valueString": "after the deductible"},
    ]


@pytest.mark.spec("crd-check:83")
def test_expiry_is_told_as_a_detail() -> None:
    said = _stated(expires=date(2026, 5, 31))

    assert said.expires is None
    assert said.details[0][1] == {"url": "value", "valuePeriod": {"end": "2026-05-31"}}


@pytest.mark.spec("crd-check:83")
def test_contact_is_each_way_to_reach_it() -> None:
    said = _stated(contacts=(Contact("Desk", (("phone", "555-0100"), ("email", "d@p.example"))), Contact("Only", ())))

    assert [contact["valueContactPoint"]["value"] for contact in said.contacts] == ["555-0100", "d@p.example"]
