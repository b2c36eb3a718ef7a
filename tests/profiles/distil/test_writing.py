"""The text form of facts: written and read back, it is the same."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.distil.membership import Members
from profiles.distil.writing import FactsFault, Sheet, Structure, read, written

names = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=8)
facts = st.dictionaries(
    names, st.one_of(st.booleans(), st.integers(-9, 9), st.text(max_size=8), st.decimals(-9, 9, places=2)), max_size=3
)
rows = st.dictionaries(st.one_of(st.just(""), names.filter(lambda name: name != ".")), facts, max_size=4)
sheets = st.builds(
    Sheet,
    names,
    facts,
    st.lists(st.builds(Structure, names, facts, rows), max_size=3, unique_by=lambda one: one.canonical),
    st.dictionaries(
        names,
        st.builds(
            Members,
            st.dictionaries(names, st.frozensets(names, min_size=1, max_size=3), max_size=2),
            st.frozensets(names, max_size=2),
            st.booleans(),
        ),
        max_size=3,
    ),
)


@given(sheets)
def test_what_is_written_is_read_again(sheet: Sheet) -> None:
    text = written(sheet)
    again = read(text.split("\n"))
    assert written(again) == text
    assert (again.package, again.head, again.codes) == (sheet.package, sheet.head, sheet.codes)
    assert again.structures == sorted(sheet.structures, key=lambda one: one.canonical)


def test_the_form() -> None:
    structure = Structure(
        "http://a/S|1", {"type": "Thing"}, {"": {"min": 1}, "part:a.value[x]": {"fixed": Decimal("1.50")}}
    )
    members = Members({"s": frozenset({"b", "a"})}, frozenset("t"), True)
    assert written(Sheet("a#1", {"depends": ["b#2"]}, [structure], {"http://a/V|1": members})) == (
        'package a#1\t{"depends":["b#2"]}\n'
        'structure http://a/S|1\t{"type":"Thing"}\n'
        ' .\t{"min":1}\n'
        ' part:a.value[x]\t{"fixed":1.50}\n'
        'codes http://a/V|1\t{"codes":{"s":["a","b"]},"open":["t"],"unknown":true}\n'
    )


def test_lines_for_people_are_passed_over() -> None:
    sheet = read(["# why", "package a#1\t{}", "", "# source: page 3", "codes v\t{}"])
    assert sheet == Sheet("a#1", {}, [], {"v": Members()})


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "nothing in it"),
        (["codes v\t{}"], "line 1: the first line"),
        (["package a#1\t{}", " part\t{}"], "line 2: 'an element'"),
        (["package a#1\t{}", "what v\t{}"], "line 2: 'what'"),
        (["package a#1\t{}", "codes v {}"], "line 2: a tab"),
        (["package a#1\t{"], "line 1: "),
    ],
)
def test_a_line_of_another_form_is_named(lines: list[str], said: str) -> None:
    with pytest.raises(FactsFault, match=said):
        read(lines)
