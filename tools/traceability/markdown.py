"""Tables and links of the generated pages."""

from collections.abc import Iterable
from itertools import chain, zip_longest

from tools.traceability.proofs import Proof

SHOWN_AT_MOST = 5


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def links(tests: list[Proof]) -> str:
    """The tests as links of one table cell."""
    return "<br>".join(f"[{proof.test.removeprefix('test_').replace('_', ' ')}](../{proof.file})" for proof in tests)


def few_links(tests: list[Proof]) -> str:
    """Some of the tests as links, of as many files as can be, and how many there are besides."""
    by_file: dict[str, list[Proof]] = {}
    for proof in tests:
        by_file.setdefault(proof.file, []).append(proof)
    spread = [each for each in chain.from_iterable(zip_longest(*by_file.values())) if each]
    more = len(spread) - SHOWN_AT_MOST
    return links(spread[:SHOWN_AT_MOST]) + (f"<br>and {more} more" if more > 0 else "")
