"""Writes the tables of moves and of problems into `docs/um.md`: `python -m tools.um_page`. Must not know any row."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from fhir_um.cases.model import OVER, PENDED, LineState
from fhir_um.cases.move_shapes import Means, Move
from fhir_um.cases.move_table import TABLE
from fhir_um.cases.roles import CLINICIANS, PHYSICIANS, Role
from profiles.issues import Kind
from profiles.outcome import ON_THE_WIRE, PROBLEM_TYPE

PAGE = Path(__file__).resolve().parents[1] / "docs" / "um.md"
_PLACE = re.compile(r"(<!-- (moves|problems): [^\n]*-->\n)(.*?)(<!-- end of \2 -->)", re.DOTALL)
_GROUPS: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(LineState), "any state"),
    (frozenset(PENDED), "any pended"),
    (frozenset(LineState) - OVER, "any but cancelled, withdrawn, voided"),
)
_PEOPLE: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset(CLINICIANS), "clinicians"),
    (frozenset(CLINICIANS - PHYSICIANS), "clinicians that are no physicians"),
    (frozenset(PHYSICIANS), "physicians"),
)
_NO_CALLER_MEETS = frozenset({Kind.MISSING_PREFETCH})


def with_tables(page: str) -> str:
    """The page with both tables as the program has them now.

    Raises: ValueError when the page has no place for them.
    """
    made = {"moves": _moves, "problems": _problems}
    if len(_PLACE.findall(page)) != len(made):
        raise ValueError("the page has no place for its tables")
    return _PLACE.sub(lambda found: f"{found[1]}{made[found[2]]()}{found[4]}", page)


def _moves() -> str:
    heads = ("", "Move", "From", "To", "Who", "What it takes", "X12 306")
    return _table(heads, (_row(move) for move in TABLE))


def _row(move: Move) -> tuple[str, ...]:
    said = f"`{move.action.value}`" if move.action else {Means.MACHINE: "its own requests"}.get(move.means, "")
    needs = ", ".join(filter(None, (said, *sorted(move.needs))))
    title = f"{move.title} (waits for {move.waits_for})" if move.waits_for else move.title
    to = _words(move.to, _GROUPS) or "stays"
    return (move.name, title, _words(move.origin, _GROUPS), to, _who(move), needs, move.emits)


def _who(move: Move) -> str:
    return "software" if move.roles == {Role.ENGINE} else _words(move.roles, _PEOPLE)


def _words(found: Iterable[str], groups: tuple[tuple[frozenset[str], str], ...]) -> str:
    """The words in order, with a word for the whole of a group in place of its own; the largest group wins."""
    rest, told = {str(word) for word in found}, []
    for members, name in sorted(groups, key=lambda group: -len(group[0])):
        names = {str(member) for member in members}
        if names <= rest:
            told.append(name)
            rest -= names
    return ", ".join([*told, *sorted(rest)])


def _problems() -> str:
    return _table(("Type", "Status", "Title"), _kinds())


def _kinds() -> Iterator[tuple[str, ...]]:
    for kind, (status, title) in ON_THE_WIRE.items():
        if kind not in _NO_CALLER_MEETS:
            yield (f"`{PROBLEM_TYPE}{kind.value}`", str(status), title)


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *(f"| {' | '.join(row)} |" for row in rows)]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
