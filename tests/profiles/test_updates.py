"""An update brings everything it refers to: the Claim before it, and whatever either of them names."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from profiles.issues import Issue

Raw = dict[str, Any]
Find = Callable[..., tuple[Issue, ...]]
CHAIN = Path(__file__).parents[2] / "fixtures/stories/update-chain"
UPDATE = json.loads((CHAIN / "02-add-portable.request.json").read_bytes())
BROUGHT = [entry["resource"]["resourceType"] for entry in UPDATE["entry"][1:]]
ONLY_WARNED_OF = {"Practitioner"}
"""Whoever stands behind a PractitionerRole: senders in use leave them out, and the role says enough."""


def errors_in(issues: tuple[Issue, ...]) -> list[Issue]:
    return [issue for issue in issues if issue.severity == "error"]


def test_a_whole_update_is_in_order(issues_of: Find) -> None:
    assert errors_in(issues_of(UPDATE)) == []


@pytest.mark.spec("pas:spec-65", "pas:spec-67")
@pytest.mark.parametrize("number", range(1, len(UPDATE["entry"])), ids=BROUGHT)
def test_nothing_an_update_refers_to_may_be_left_out(number: int, issues_of: Find) -> None:
    less = copy.deepcopy(UPDATE)
    kind = less["entry"].pop(number)["resource"]["resourceType"]

    told = {issue.severity for issue in issues_of(less) if issue.path.startswith("Bundle.entry[")}

    assert ("error" in told) is (kind not in ONLY_WARNED_OF)
    assert told
