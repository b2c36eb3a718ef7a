"""Which codes are drugs: the shipped table, and tables that cannot be used."""

import pytest

from fhir_um.cases.drugs import read_drug_codes
from fhir_um.deps import shipped_drug_codes
from fhir_um.words import Code
from profiles.canonicals import CPT, HCPCS, NDC, RXNORM


@pytest.mark.parametrize(
    ("system", "code", "is_drug"),
    [
        (HCPCS, "J1745", True),
        (HCPCS, "j9271", True),
        (HCPCS, "Q5103", True),
        (HCPCS, "Q4010", False),
        (HCPCS, "E1390", False),
        (HCPCS, "J0119", False),
        (RXNORM, "1657981", True),
        (NDC, "00074-4339-02", True),
        (CPT, "27447", False),
        ("urn:another", "J1745", False),
    ],
)
def test_shipped_table(system: str, code: str, is_drug: bool) -> None:
    assert shipped_drug_codes().is_drug((Code(system, code),)) is is_drug


def test_one_drug_among_codes_is_enough_and_nothing_is_no_drug() -> None:
    codes = shipped_drug_codes()

    assert codes.is_drug((Code(CPT, "96413"), Code(HCPCS, "J9271")))
    assert not codes.is_drug(())


@pytest.mark.parametrize(
    "text",
    [
        "system,first,last\nhcpcs,J0120,J9999",
        "system,first,last,note\nicd,J0120,J9999,x",
        "system,first,last,note\nhcpcs,J9999,J0120,x",
        "system,first,last,note\nhcpcs,*,J0120,x",
    ],
)
def test_table_with_a_fault_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="drug codes"):
        read_drug_codes(text)
