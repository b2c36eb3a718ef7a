"""Codes are read under one address per system, with the billing options written beside them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.codings import BILLING_OPTIONS, SNOMED, codings_of, distinct, system_of, text_of
from cds_hooks.desk import Coding
from profiles.canonicals import CPT, HCPCS, LOINC, RXNORM

_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["coding", "extension", "url", "code", "system", "display", "text", "valueCodeableConcept"]
            ),
            inner,
            max_size=4,
        )
    ),
)


@pytest.mark.spec("crd:found-10", "crd-check:61")
@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://bluebutton.cms.gov/resources/codesystem/hcpcs", HCPCS),
        ("urn:oid:2.16.840.1.113883.6.285", HCPCS),
        ("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", HCPCS),
        ("http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets|2026", HCPCS),
        ("http://terminology.hl7.org/CodeSystem/HCPCS", HCPCS),
        ("https://www.ama-assn.org/go/cpt/", CPT),
        ("urn:oid:2.16.840.1.113883.6.12", CPT),
        ("http://snomed.info/sct/731000124108/version/20260301", SNOMED),
        ("http://snomed.info/sct-of-another", "http://snomed.info/sct-of-another"),
        ("urn:oid:2.16.840.1.113883.6.96", SNOMED),
        ("https://loinc.org", LOINC),
        ("urn:oid:2.16.840.1.113883.6.88", RXNORM),
        ("https://ehr.example.org/own-codes", "https://ehr.example.org/own-codes"),
    ],
)
def test_system_has_one_address_however_it_is_spelled(written: str, meant: str) -> None:
    assert system_of(written) == meant


@pytest.mark.spec("crd:billopt-3", "crd-check:62")
def test_billing_options_are_read_with_the_code_they_stand_on() -> None:
    option = {"url": BILLING_OPTIONS, "valueCodeableConcept": {"coding": [{"system": CPT, "code": "77061"}]}}
    concept = {"coding": [{"system": SNOMED, "code": "726551006", "display": "Mammography"}], "extension": [option]}

    assert list(codings_of(concept)) == [Coding(SNOMED, "726551006", "Mammography"), Coding(CPT, "77061")]


@pytest.mark.spec("crd:billopt-2", "crd-check:62")
def test_code_is_read_without_billing_options() -> None:
    assert list(codings_of({"coding": [{"system": CPT, "code": "77061"}]})) == [Coding(CPT, "77061")]


def test_object_where_a_list_belongs_is_read() -> None:
    assert list(codings_of({"coding": {"code": "E0431"}})) == [Coding("", "E0431")]


@pytest.mark.parametrize(
    ("concept", "words"),
    [
        ({"text": "Oxygen", "coding": [{"display": "Other"}]}, "Oxygen"),
        ({"coding": [{"code": "1"}, {"display": "Oxygen"}]}, "Oxygen"),
        ({"coding": [{"code": "1"}]}, ""),
        (None, ""),
    ],
)
def test_words_of_a_concept(concept: Any, words: str) -> None:
    assert text_of(concept) == words


def test_code_named_twice_counts_once() -> None:
    codes = (Coding("s", "1", "one"), Coding("s", "2"), Coding("s", "1"))

    assert distinct(codes) == (Coding("s", "1", "one"), Coding("s", "2"))


@given(_ANYTHING)
def test_nothing_in_a_concept_breaks_the_reading(concept: Any) -> None:
    assert all(coding.code for coding in codings_of(concept))
    assert isinstance(text_of(concept), str)
