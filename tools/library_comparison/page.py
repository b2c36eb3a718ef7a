"""Writes what was measured as a page of the documentation. Must not measure and must not round in our favour."""

import os
import platform
import statistics
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tools.library_comparison.running import Answer

_HEAD = """# Ours beside the other libraries

The libraries that a Python or Node.js program can install to check FHIR R4 JSON, as far as we found them, asked about
the same messages, each in a process of its own, one after the other.
Measured on {day}: {machine}.
To do it again (the libraries come from PyPI, by the extra `comparison`, and from npm):

```sh
{command}
```

- **Faults found** of {mutants} messages with one fault each, one of every kind that `tools/mutants` makes from the
  examples of PAS 2.2.1. Found means: an error that the intact message does not have, so that noise earns nothing.
- **False errors**: how many errors the {bundles} example Bundles of PAS 2.2.1 get, and in how many of them. The
  publisher's own checks find none.
- **ms per Bundle**: median over these Bundles, each the fastest of {times} runs (others used the machine too).
- **Ready**: seconds to load everything and to have checked each Bundle once.
- **Memory**: the most the process ever had, without the messages themselves.

"""

_COLUMNS = ("Library", "Version", "Knows", "Faults found", "False errors", "ms per Bundle", "Ready, s", "Memory, MB")

_FOOT = """
How to read it: the faults and our checker come from the same house, and the checker was mended until it found every
one of them. The first row shows that it does what we ask of it, not that nothing is left to find. A library that knows
the base types only cannot find what only a profile forbids. One that raised instead of answering has not found the
fault. The official Java validator is missing: it cannot be installed from a package index.
"""


def page(answers: Sequence[Answer], command: str, day: str, times: int) -> str:
    """The whole page."""
    measured = next(answer.report for answer in answers if answer.report)
    head = _HEAD.format(
        command=command,
        day=day,
        machine=machine(),
        mutants=len(measured["after"]),
        bundles=len(measured["errors"]),
        times=times,
    )
    rows = [_COLUMNS, ("---",) * len(_COLUMNS), *(_cells(answer) for answer in answers)]
    return head + "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n" + _FOOT


def found(answer: Answer) -> list[str]:
    """The mutants in which a library finds an error that the intact message does not have, or more of one it has."""
    before = answer.report["before"]
    after = answer.report["after"]
    return [name for name, texts in after.items() if Counter(texts or ()) - Counter(before[name] or ())]


def machine() -> str:
    """What it was measured on."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{os.cpu_count()} cores {platform.machine()}, {pages / 2**30:.0f} GiB, Python {platform.python_version()}"


def write(text: str, file: Path) -> None:
    """Puts the page where the documentation is."""
    file.write_text(text, "utf-8")


def _cells(answer: Answer) -> tuple[str, ...]:
    candidate = answer.candidate
    if not answer.report:
        return (candidate.name, "", candidate.knows, answer.why_not, "", "", "", "")
    report = answer.report
    wrong = [texts for texts in report["errors"].values() if texts is None or texts]
    number = sum(len(texts) if texts is not None else 1 for texts in wrong)
    return (
        candidate.name,
        report["version"],
        candidate.knows,
        f"{len(found(answer))} of {len(report['after'])}",
        f"{number} in {len(wrong)} of {len(report['errors'])}",
        f"{statistics.median(report['milliseconds'].values()):.2f}",
        f"{report['ready_seconds']:.1f}",
        f"{report['megabytes']:.0f}",
    )
