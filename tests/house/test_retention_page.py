"""`docs/retention.md` tells every rule as it is in the data."""

from pathlib import Path

import pytest

from fhir_um.cases.retention import RetentionRule
from fhir_um.deps import shipped_retention_rules

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "retention.md").read_text("utf-8")


@pytest.mark.parametrize("rule", shipped_retention_rules(), ids=lambda rule: rule.id)
def test_rule_is_told(rule: RetentionRule) -> None:
    head = f"| {rule.id} |" if rule.enabled else f"| {rule.id}, off |"
    (row,) = [line for line in PAGE.splitlines() if line.startswith(head)]
    _, kinds, lines, kept, since, source = (cell.strip() for cell in row.strip("|").split("|"))

    assert set(kinds.split(", ")) == rule.kinds
    assert set(lines.split()) == rule.lines_of_business
    assert kept.rstrip("s") == f"{rule.value} {rule.unit}".rstrip("s")
    assert (since, source) == (rule.since, rule.source)
