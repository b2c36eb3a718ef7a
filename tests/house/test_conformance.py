"""`docs/conformance.md` is what the lists and the marks say now; no requirement of a payer is passed over."""

import os
import re
from pathlib import Path

import pytest

from tools.conformance import PAGE, is_silent, page, proven
from tools.traceability.guides import (
    GUIDES,
    IN_PART,
    STANDINGS,
    STRENGTHS,
    Guide,
    others,
    readings,
    requirements,
)
from tools.traceability.proofs import marked
from tools.traceability.published import duties, statements
from tools.traceability.runner_checks import checks

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("FHIR_UM_REQUIREMENTS", ROOT.parent / "shared" / "requirements"))
LISTS_OF_OUR_OWN = ("crd-check:", "hooks:")
"""Marks that name a line of our own checklist, or a part of CDS Hooks, which has no numbers."""
SAME_WORDS = 8

of_each_guide = pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.prefix)


def listed() -> set[str]:
    return {f"{guide.prefix}:{each.id}" for guide in GUIDES for each in requirements(guide)}


def test_page_is_current() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: make docs"


@of_each_guide
def test_every_requirement_has_a_test_or_a_reason(guide: Guide) -> None:
    assert [each.id for each in requirements(guide) if is_silent(guide, each)] == []


@of_each_guide
def test_what_has_tests_is_called_shown_or_shown_in_part_and_nothing_else(guide: Guide) -> None:
    """A requirement with tests needs no excuse; one with an excuse and tests has outlived it."""
    for each in requirements(guide):
        has_tests = bool(proven(guide, each))
        assert not (has_tests and each.standing) or each.kind == IN_PART, f"{each.id} has tests and is {each.kind}"
        assert has_tests or each.kind != IN_PART, f"no test shows the part of {each.id}"


@of_each_guide
def test_requirements_are_listed_once_in_known_terms_and_few_words(guide: Guide) -> None:
    rows = requirements(guide)

    assert len({each.id for each in rows}) == len(rows) > 40
    assert {each.strength for each in rows} <= set(STRENGTHS)
    assert {each.kind for each in rows} <= {"", *STANDINGS}
    assert [each.id for each in rows if each.standing and not each.reason] == []
    assert [each.id for each in rows if not 3 <= len(each.words.split()) <= 15] == []


def test_marks_name_requirements_that_are_listed() -> None:
    named = {each for each in marked() if not each.startswith(LISTS_OF_OUR_OWN)}

    assert named - listed() - {each.id for each in others()} == set()


def test_other_statements_are_no_duties_and_have_tests() -> None:
    ids = [each.id for each in others()]

    assert len(set(ids)) == len(ids)
    assert set(ids) & listed() == set()
    assert set(ids) - set(marked()) == set()


def test_readings_are_about_listed_requirements() -> None:
    assert {each for reading in readings() for each in reading.ids} - listed() == set()
    assert {reading.what for reading in readings()} == {"actor", "strength", "words"}


def test_counts_are_those_of_the_published_tags() -> None:
    """61, 68 and 58 by the tags; the organization behind a CRD server has one more."""
    told = re.sub(r"\s+", " ", page())

    assert "a payer has 61 SHALLs in PAS, 68 in CRD" in told
    assert "and 1 more as the organization behind it, and 58 in DTR: 188." in told


@pytest.fixture
def published() -> Path:
    if not SHARED.is_dir():
        pytest.skip("no lists of requirements beside the checkout")
    return SHARED


@of_each_guide
def test_every_duty_of_a_payer_is_listed_with_its_strength_and_nothing_else(guide: Guide, published: Path) -> None:
    ours = {each.id: (each.strength, each.actor) for each in requirements(guide)}

    assert ours == duties(published, guide)
    assert [each.id for each in requirements(guide)] == list(duties(published, guide)), "not in the guide's order"


def test_other_statements_are_the_guides(published: Path) -> None:
    known = {f"{guide.prefix}:{key}" for guide in GUIDES for key in statements(published, guide)}

    assert {each.id for each in others()} <= known


def test_checks_of_any_server_name_requirements_of_the_guides(published: Path) -> None:
    known = {f"{guide.prefix}:{key}" for guide in GUIDES for key in statements(published, guide)}

    assert {each for each in checks() if each.partition(":")[0] in {guide.prefix for guide in GUIDES}} <= known


@of_each_guide
def test_words_are_not_the_guides(guide: Guide, published: Path) -> None:
    texts = {key: words_of(each["requirement"]) for key, each in statements(published, guide).items()}

    for each in requirements(guide):
        ours, theirs = words_of(each.words), " ".join(texts[each.id])
        runs = (" ".join(ours[start : start + SAME_WORDS]) for start in range(len(ours) - SAME_WORDS + 1))
        assert not any(run in theirs for run in runs), each.id


def words_of(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
