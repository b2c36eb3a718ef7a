"""Rows of figures, each with what it is held against."""

import sys
from statistics import median

from bench.load import Result

HEAD = "| what | connections | answers/s | p50 ms | p95 ms | p99 ms | throughput ratio |\n|---|---|---|---|---|---|---|"


def row(name: str, connections: int, results: list[Result], others: list[Result], against: str) -> None:
    """Prints the middle round, and the median of the ratios to the rounds of the others."""
    middle = sorted(results, key=lambda r: r.per_second)[len(results) // 2]
    ratio = "1"
    if others:
        ratio = f"{median(m.per_second / o.per_second for m, o in zip(results, others, strict=True)):.2f} {against}"
    cells = [name, str(connections), f"{middle.per_second:,.0f}"]
    cells += [f"{middle.percentile_ms(p):.1f}" for p in (50, 95, 99)]
    print("| " + " | ".join([*cells, ratio]) + " |", flush=True)


def say(text: str) -> None:
    """Tells what is going on, beside the figures."""
    print(text, file=sys.stderr, flush=True)


def kind_of(database_url: str) -> str:
    """The kind of a database as tables name it.

    >>> kind_of("postgresql+psycopg://localhost/bench")
    'postgresql'
    """
    return database_url.split(":", 1)[0].split("+", 1)[0]
