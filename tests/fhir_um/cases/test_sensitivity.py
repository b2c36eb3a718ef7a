"""Which codes make a request sensitive, and that a wrong table never starts."""

from dataclasses import replace
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.cases.asked import ClaimedDiagnosis
from fhir_um.cases.model import Course
from fhir_um.cases.sensitivity import Category, SensitiveCodesFault, read_sensitive_codes
from fhir_um.words import Code, Concept
from profiles.canonicals import HCPCS, ICD10_CM, LOINC, RXNORM
from tests.builders import claim_request, journal_of, line_request

WRITTEN = resources.files("fhir_um.cases").joinpath("sensitive_codes.csv").read_text("utf-8")
TABLE = read_sensitive_codes(WRITTEN)
HEAD = "category,system,first,last,note\n"


def _kinds(system: str, code: str) -> tuple[str, ...]:
    concept = Concept((Code(system, code),))
    if system == ICD10_CM:
        diagnosis = ClaimedDiagnosis(1, concept, None, None)
        return TABLE.of_request(replace(claim_request(), diagnoses=(diagnosis,)), ())
    return TABLE.of_request(claim_request(), (replace(line_request(1), service=concept),))


@pytest.mark.spec("pas:spec-49")
@pytest.mark.parametrize(
    ("system", "code", "kind"),
    [
        (ICD10_CM, "F11.20", "substance-use"),
        (ICD10_CM, "f1120", "substance-use"),
        (ICD10_CM, "F10", "substance-use"),
        (HCPCS, "H0020", "substance-use"),
        (HCPCS, "J2315", "substance-use"),
        (RXNORM, "1819", "substance-use"),
        (ICD10_CM, "B20", "hiv"),
        (ICD10_CM, "Z21", "hiv"),
        (LOINC, "20447-9", "hiv"),
        (ICD10_CM, "O04.5", "reproductive"),
        (HCPCS, "S0199", "reproductive"),
        (HCPCS, "J7304", "reproductive"),
        (ICD10_CM, "F33.1", "behavioral-health"),
        (ICD10_CM, "R45.851", "behavioral-health"),
        (HCPCS, "H2011", "behavioral-health"),
        (ICD10_CM, "T74.12XA", "abuse"),
        (ICD10_CM, "Z15.01", "genetic"),
        (HCPCS, "S3800", "genetic"),
    ],
)
def test_a_code_of_sensitive_care_is_known(system: str, code: str, kind: str) -> None:
    assert _kinds(system, code) == (kind,)


@pytest.mark.parametrize(
    ("system", "code"),
    [
        (ICD10_CM, "F17.210"),
        (ICD10_CM, "J44.9"),
        (ICD10_CM, "R45.4"),
        (ICD10_CM, "Z71.3"),
        (HCPCS, "E1390"),
        (HCPCS, "S4991"),
        (RXNORM, "18190"),
        (RXNORM, "181"),
        ("urn:another-system", "F11.20"),
    ],
)
def test_other_codes_are_not(system: str, code: str) -> None:
    assert _kinds(system, code) == ()


def test_every_category_has_rows_and_every_row_names_one() -> None:
    named = {each.category for ranges in TABLE.ranges.values() for each in ranges}

    assert named == set(Category)


@pytest.mark.parametrize(
    "row",
    [
        "religion,icd10cm,F10,F16,no such category",
        "hiv,cpt,87389,87389,licensed",
        "hiv,icd10cm,B20,C20,two series",
        "hiv,icd10cm,B20,B201,two lengths",
        "hiv,icd10cm,B22,B20,backwards",
        "hiv,icd10cm,,,nothing",
        "hiv,rxnorm,68244,68246,numbers without order",
        "hiv,icd10cm,B20",
    ],
)
def test_a_wrong_row_is_refused(row: str) -> None:
    with pytest.raises(SensitiveCodesFault):
        read_sensitive_codes(HEAD + row + "\n")


def test_other_columns_are_refused() -> None:
    with pytest.raises(SensitiveCodesFault):
        read_sensitive_codes("code,category\nB20,hiv\n")


@given(st.text(max_size=8))
def test_any_code_can_be_asked_about(code: str) -> None:
    assert set(_kinds(ICD10_CM, code) + _kinds(HCPCS, code)) <= {each.value for each in Category}


@given(st.from_regex(r"F1[0-689]([0-9]{1,3})?", fullmatch=True))
def test_whatever_begins_like_a_range_belongs_to_it(code: str) -> None:
    assert "substance-use" in _kinds(ICD10_CM, code)


def test_what_a_case_was_found_to_be_about_stays() -> None:
    case = replace(journal_of(Course.APPROVE).case, sensitivity=("hiv",))

    assert TABLE.of_case(case) == ("hiv",)
    assert TABLE.after(case, claim_request(line_request(1, "H0020"))) == ("hiv", "substance-use")


def test_a_case_nobody_looked_at_is_looked_at_now() -> None:
    diagnosis = ClaimedDiagnosis(1, Concept((Code(ICD10_CM, "B20"),)), None, None)
    bare = journal_of(Course.APPROVE).case

    assert bare.sensitivity is None
    assert TABLE.of_case(bare) == ()
    assert TABLE.of_case(replace(bare, request=replace(bare.request, diagnoses=(diagnosis,)))) == ("hiv",)
