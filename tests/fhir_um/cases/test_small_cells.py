"""Small counts stay hidden, also from those who can subtract."""

from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.small_cells import SMALLEST_SHOWN, hidden_cells

TABLES = st.lists(st.lists(st.integers(0, 60), min_size=2, max_size=4), min_size=1, max_size=4).filter(
    lambda rows: len({len(row) for row in rows}) == 1
)


def table(rows: list[list[int]]) -> tuple[dict[tuple[int, int], int], list[list[tuple[int, int]]]]:
    """Counts with a total for each row and each column, and what is the sum of what; row and column 0 are totals."""
    width = len(rows[0])
    counts = {(r, c): rows[r - 1][c - 1] for r in range(1, len(rows) + 1) for c in range(1, width + 1)}
    for r in range(1, len(rows) + 1):
        counts[r, 0] = sum(rows[r - 1])
    for c in range(width + 1):
        counts[0, c] = sum(counts[r, c] for r in range(1, len(rows) + 1))
    sums = [[(r, c) for c in range(width + 1)] for r in range(len(rows) + 1)]
    sums += [[(r, c) for r in range(len(rows) + 1)] for c in range(width + 1)]
    return counts, sums


@settings(max_examples=60)
@given(TABLES)
def test_every_small_count_is_hidden_and_no_sum_has_a_single_gap(rows: list[list[int]]) -> None:
    counts, sums = table(rows)

    hidden = hidden_cells(counts, sums)

    assert {cell for cell, count in counts.items() if 0 < count < SMALLEST_SHOWN} <= hidden
    for relation in sums:
        gaps = [cell for cell in relation if cell in hidden]
        visible = [cell for cell in relation if cell not in hidden and counts[cell]]
        assert len(gaps) != 1 or not visible


def test_a_table_of_large_counts_is_shown_whole() -> None:
    counts, sums = table([[11, 40], [25, 0]])

    assert hidden_cells(counts, sums) == frozenset()


def test_the_first_of_a_sum_is_kept_as_long_as_it_can_be() -> None:
    counts = {"decided": 95, "approved": 90, "denied": 5}

    assert hidden_cells(counts, [("decided", "approved", "denied")]) == {"approved", "denied"}
