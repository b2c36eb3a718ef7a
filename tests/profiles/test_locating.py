"""Lines and columns, held against the text itself: what is read at a place is what the path means."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.issues import Issue
from profiles.locating import locate, with_places

CLAIM = b"""{
  "resourceType": "Claim",
  "_created": {"extension": [{"url": "a"}, {"url": "b"}]},
  "item": [
    {"sequence": 1},
    {"productOrService": {"text": "\xf0\x9f\xa9\xba oxygen"}, "unit\\u0050rice": {"value": 1.00}}
  ]
}"""


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ("Claim", (1, 1)),
        ("Claim.resourceType", (2, 3)),
        ("Claim._created.extension[1].url", (3, 45)),
        ("Claim.item", (4, 3)),
        ("Claim.item[1]", (6, 5)),
        ("Claim.item[1].unitPrice", (6, 48)),
        ("Claim.item[1].unitPrice.value", (6, 67)),
        ("Claim.`item`[0].`sequence`", (5, 6)),
    ],
)
def test_place_of_what_is_there(path: str, position: tuple[int, int]) -> None:
    assert locate(CLAIM, [path]) == {path: position}


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ("Claim.patient", (1, 1)),
        ("Claim.item[1].sequence", (6, 5)),
        ("Claim.item[7].sequence", (4, 3)),
        ("Claim.item.sequence", (4, 3)),
        ("Claim.resourceType[0].x", (2, 3)),
        ("Claim.item[1].unitPrice.currency.extension[0]", (6, 48)),
    ],
)
def test_what_is_missing_has_the_place_of_what_is_around_it(path: str, position: tuple[int, int]) -> None:
    assert locate(CLAIM, [path])[path] == position


def test_byte_order_mark_is_no_column() -> None:
    assert locate(b"\xef\xbb\xbf" + b'{"a": 1}', ["X.a"]) == {"X.a": (1, 2)}


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_both_line_ends_count_once(line_end: str) -> None:
    assert locate(line_end.join(['{"a":', "1,", ' "b":2}']).encode(), ["X.b"]) == {"X.b": (3, 2)}


def test_within_a_larger_text() -> None:
    body = b'{"resourceType": "Parameters", "parameter": [{"name": "resource", "resource":\n' + CLAIM + b"}]}"

    assert locate(body, ["Claim.item[1].unitPrice"], "Parameters.parameter[0].resource") == {
        "Claim.item[1].unitPrice": (7, 48)
    }


def test_issues_get_their_places_and_keep_the_rest() -> None:
    issues = (
        Issue("required", "A.", "Claim.item[0].sequence", "warning", "min", "urn:p|1"),
        Issue("structure", "B."),
    )

    assert with_places(issues, CLAIM) == (
        Issue("required", "A.", "Claim.item[0].sequence", "warning", "min", "urn:p|1", 5, 6),
        Issue("structure", "B."),
    )
    assert with_places((), b"not read") == ()


NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,6}", fullmatch=True) | st.text(
    st.characters(exclude_characters="`", exclude_categories=["Cs"]), min_size=1, max_size=5
)
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.decimals(allow_nan=False, places=2).map(float)
)
TREES = st.recursive(
    LEAVES,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(NAMES, below, max_size=4),
    max_leaves=20,
)


def _paths(value: Any, path: str = "X") -> list[tuple[str, Any]]:
    found = [(path, value)]
    if isinstance(value, dict):
        for name, below in value.items():
            found += _paths(below, f"{path}.`{name}`")
    if isinstance(value, list):
        for index, below in enumerate(value):
            found += _paths(below, f"{path}[{index}]")
    return found


@given(tree=TREES, indent=st.sampled_from([None, 0, 1, "\t"]), plain=st.booleans())
def test_what_stands_at_a_place_is_what_the_path_means(tree: Any, indent: int | str | None, plain: bool) -> None:
    text = json.dumps(tree, indent=indent, ensure_ascii=plain)
    wanted = _paths(tree)
    lines = text.split("\n")

    places = locate(text.encode(), [path for path, _ in wanted])

    for path, value in wanted:
        line, column = places[path]
        rest = "\n".join([lines[line - 1][column - 1 :], *lines[line:]])
        read, end = json.JSONDecoder().raw_decode(rest)
        if path.endswith("`"):
            assert read == path.removesuffix("`").rpartition("`")[2]
            read, _ = json.JSONDecoder().raw_decode(rest[end:].lstrip().removeprefix(":").lstrip())
        assert read == value


@given(tree=TREES, steps=st.lists(NAMES.map("`{}`".format) | st.integers(0, 9).map("[{}]".format), max_size=5))
def test_any_path_has_a_place(tree: Any, steps: list[str]) -> None:
    path = ".".join(["X", *steps])

    line, column = locate(json.dumps(tree).encode(), [path])[path]

    assert line == 1 and 1 <= column <= len(json.dumps(tree))


def test_many_paths_in_a_long_line_take_one_pass() -> None:
    """Each path by itself would look at two million characters again; 20,000 of them never end."""
    body = json.dumps({"a": [{"b": Decimal("1.0").__str__()}] * 150_000}).encode()
    paths = [f"X.a[{index}].c" for index in range(0, 150_000, 7)]

    places = locate(body, paths)

    assert places["X.a[149996].c"] == (1, 8 + 149996 * len('{"b": "1.0"}, '))


def test_numbers_of_any_length_are_passed_over() -> None:
    assert locate(b'{"a": ' + b"9" * 10_000 + b', "b": 1e9999}', ["X.b"]) == {"X.b": (1, 10_009)}
