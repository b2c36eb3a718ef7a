"""Scopes as clients write them: never more than they say, never more than was registered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.auth.scopes import ALL, Scope
from fhir_um.auth.smart_scopes import compact, granted, meant

CLAIM = {f"system/Claim.{letter}" for letter in "crs"}
OF_SYSTEM = {scope for scope in ALL if scope.startswith("system/")}
WORDS = st.sampled_from(
    sorted(ALL)
    + ["system/*.cruds", "system/*.rs", "system/*.read", "system/*.*", "system/Claim.*", "system/claim.write"]
    + ["system/Subscription.cruds", "system/subscription.u", "system/Patient.rs", "um/*", "public", "openid"]
)


@pytest.mark.parametrize(
    ("written", "single"),
    [
        ("system/Claim.cruds", CLAIM),
        ("system/Claim.crs", CLAIM),
        ("system/claim.rs", {"system/Claim.r", "system/Claim.s"}),
        ("system/Claim.read", {"system/Claim.r", "system/Claim.s"}),
        ("system/Claim.write", {"system/Claim.c"}),
        ("system/Claim.*", CLAIM),
        ("system/*.cruds", OF_SYSTEM),
        ("system/*.*", OF_SYSTEM),
        ("system/*.s", {scope for scope in OF_SYSTEM if scope.endswith(".s")}),
        ("um/cases.read", {"um/cases.read"}),
    ],
)
def test_a_word_stands_for_single_scopes(written: str, single: set[str]) -> None:
    assert meant([written]) == single


@pytest.mark.parametrize(
    "written",
    ["", "public", "openid", "*", "system/*", "system/Claim", "system/Claim.", "system/Claim.x", "system/Claim.sr"]
    + ["system/Claim.rr", "system/Claim.RS", "SYSTEM/Claim.rs", "user/Claim.rs", "patient/*.rs", "system/Patient.rs"]
    + ["system/Claim.rs?status=active", "system/Claim.$submit", "um/*", "um/CASES.read", "um/cases", "system/Claim.r\n"]
    + ["system/\u212alaim.r", " system/Claim.r"],
)
def test_what_is_no_scope_here_stands_for_nothing(written: str) -> None:
    assert meant([written]) == frozenset()


def test_public_routes_need_no_scope_and_none_is_granted() -> None:
    assert Scope.PUBLIC.value not in meant(["public", "system/*.cruds"])


@given(st.lists(WORDS, max_size=4), st.lists(WORDS, max_size=4))
def test_what_is_granted_was_both_asked_for_and_registered(asked: list[str], registered: list[str]) -> None:
    got = set(granted(" ".join(asked), registered))

    assert got == {
        scope for scope in ALL if any(scope in meant([a]) and scope in meant([r]) for a in asked for r in registered)
    }


@given(st.text(max_size=60), st.lists(WORDS, max_size=4))
def test_no_text_widens_what_was_registered(asked: str, registered: list[str]) -> None:
    assert set(granted(asked, registered)) <= meant(registered) <= ALL


@given(st.sets(st.sampled_from(sorted(ALL))))
def test_the_compact_form_says_the_same(scopes: set[str]) -> None:
    assert meant(compact(scopes).split()) == scopes


def test_letters_stand_in_their_order() -> None:
    assert compact(f"system/Subscription.{letter}" for letter in "sducr") == "system/Subscription.cruds"
