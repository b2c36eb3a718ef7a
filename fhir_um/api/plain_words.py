"""What of a decision a member will find hard to read. It is kept as it was written: this is advice and no refusal."""

from collections.abc import Iterable, Iterator
from typing import Any

from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.notices.reading_grade import MOST_FOR_MEMBERS, grade_of

_BETWEEN_REVIEWERS = frozenset({RulingAction.REFER_NURSE, RulingAction.REFER_PHYSICIAN, RulingAction.REFER_SPECIALIST})


def hard_to_read(rulings: Iterable[Ruling]) -> list[dict[str, Any]]:
    """Each text above the grade that letters to members keep to, with its place in the decision."""
    return [
        {"path": path, "text": f"This reads at grade {grade}; members should not need more than {MOST_FOR_MEMBERS:g}."}
        for path, text in _said(rulings)
        if (grade := grade_of(text)) > MOST_FOR_MEMBERS
    ]


def _said(rulings: Iterable[Ruling]) -> Iterator[tuple[str, str]]:
    """What letters will say in these very words."""
    for index, ruling in enumerate(rulings):
        if ruling.action not in _BETWEEN_REVIEWERS:
            yield f"lines[{index}].text", ruling.text
            yield f"lines[{index}].basis.alternative", ruling.basis.alternative
