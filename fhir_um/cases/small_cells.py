"""Which counts of a published table stay hidden, so that nobody of a small group can be made out.

A count of 1 to 10 is hidden; so is another one wherever the hidden one could be had by taking the shown ones from their
sum. Must not know what is counted. Source: um-domain 4.4; CMS Cell Size Suppression Policy (cells of 1 to 10).
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeVar

SMALLEST_SHOWN = 11

Cell = TypeVar("Cell", bound=Hashable)


def hidden_cells(counts: Mapping[Cell, int], sums: Iterable[Sequence[Cell]]) -> frozenset[Cell]:
    """The cells to hide. Each of `sums` names cells of which each can be worked out from all the others.

    Where just one of them is hidden, the smallest of the others goes too; the first named stays as long as it can.
    """
    relations = [tuple(relation) for relation in sums]
    hidden = {cell for cell, count in counts.items() if 0 < count < SMALLEST_SHOWN}
    is_settled = False
    while not is_settled:
        is_settled = True
        for relation in relations:
            bare = [cell for cell in relation if cell in hidden]
            shown = [cell for cell in relation if cell not in hidden and counts[cell]]
            if len(bare) == 1 and shown:
                hidden.add(min(shown, key=partial(_dearness, counts, relation[0])))
                is_settled = False
    return frozenset(hidden)


def _dearness(counts: Mapping[Cell, int], dearest: Cell, cell: Cell) -> tuple[bool, int]:
    return cell == dearest, counts[cell]
