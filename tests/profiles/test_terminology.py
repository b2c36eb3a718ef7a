"""The closed code lists."""

import pytest

from profiles.terminology import CodeTableFault, code_tables, known, read_table

HEAD = "# system: urn:s\n# source: a book\n# licence: free\n"


def test_every_table_can_be_read() -> None:
    assert {"https://codesystem.x12.org/005010/306", "http://hl7.org/fhir/remittance-outcome"} <= set(code_tables())


def test_known_says_none_for_a_system_without_table() -> None:
    assert known("https://codesystem.x12.org/005010/306", "A4") is True
    assert known("https://codesystem.x12.org/005010/306", "A2") is False
    assert known("http://loinc.org", "1-8") is None


@pytest.mark.parametrize(
    "text", ["code\na\n", HEAD + "code\n", HEAD + "code\na\na\n", HEAD + 'code\n""\n', "# system: urn:s\ncode\na\n"]
)
def test_bad_table_is_refused_by_name(text: str) -> None:
    with pytest.raises(CodeTableFault, match="bad.csv"):
        read_table("bad.csv", text)
