"""The closed code lists."""

import pytest

from profiles.canonicals import X12_REVIEW_ACTION
from profiles.terminology import CodeTableFault, code_tables, read_table

HEAD = "# system: urn:s\n# source: a book\n# licence: free\n"


def test_every_table_can_be_read() -> None:
    actions = code_tables()[X12_REVIEW_ACTION]

    assert "A4" in actions and "A2" not in actions


@pytest.mark.parametrize(
    "text", ["code\na\n", HEAD + "code\n", HEAD + "code\na\na\n", HEAD + 'code\n""\n', "# system: urn:s\ncode\na\n"]
)
def test_bad_table_is_refused_by_name(text: str) -> None:
    with pytest.raises(CodeTableFault, match="bad.csv"):
        read_table("bad.csv", text)
