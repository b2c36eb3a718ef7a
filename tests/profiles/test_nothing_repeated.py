"""No fault repeats what was sent: a word in the wrong place may be a name. Every place of a request is tried."""

import json
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from profiles.checking import check_request
from profiles.issues import Issue, Refusal
from profiles.outcome import operation_outcome
from profiles.reading import Limits, read_bundle
from profiles.strictness import Strictness
from tests.validators import validator_for

GOOD: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures" / "broken" / "good.request.json").read_text("utf-8")
)
LIMITS = Limits(1_000_000, 64, 100)
WORD = "Zyxqv"
Place = tuple[Any, Any]


def _places(node: Any) -> Iterator[Place]:
    rows = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in list(rows):
        yield node, key
        yield from _places(child)


def _of_value(holder: Any, key: Any) -> None:
    holder[key] = WORD


def _of_url(holder: Any, key: Any) -> None:
    holder[key] = f"https://{WORD}.example.org/{WORD}|{WORD}"


def _of_name(holder: Any, key: Any) -> None:
    if isinstance(holder, dict):
        holder[f"{WORD} was here"] = holder.pop(key)


def _of_object(holder: Any, key: Any) -> None:
    holder[key] = {
        "system": WORD,
        "code": WORD,
        "reference": f"{WORD}/1",
        "url": WORD,
        "resourceType": WORD,
        WORD: WORD,
    }


def _told(document: dict[str, Any], strictness: Strictness) -> tuple[Issue, ...]:
    try:
        bundle = read_bundle(json.dumps(document).encode(), LIMITS)
        return check_request(bundle, "2.2.1", validator=validator_for("2.2.1"), strictness=strictness)
    except Refusal as refusal:
        return refusal.issues


@pytest.mark.parametrize("damage", [_of_value, _of_url, _of_name, _of_object])
def test_no_word_of_a_request_comes_back(damage: Any) -> None:
    leaks: set[str] = set()
    found = 0
    for number in range(0, sum(1 for _ in _places(GOOD)), 2):
        document = deepcopy(GOOD)
        damage(*list(_places(document))[number])
        strictness = (Strictness.STRICT, Strictness.LENIENT)[number // 2 % 2]
        issues = tuple(issue for issue in _told(document, strictness) if issue.severity != "information")
        found += len(issues)
        leaks |= {json.dumps(row) for row in operation_outcome(issues)["issue"] if WORD in json.dumps(row)}

    assert found > 150
    assert leaks == set()
