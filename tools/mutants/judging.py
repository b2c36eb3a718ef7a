"""Holds what a checker says about a mutant against what it must say. Knows no checker."""

from collections.abc import Iterable

from profiles.issues import Issue
from tools.mutants.changes import Mutant


def complaints(mutant: Mutant, issues: Iterable[Issue]) -> list[str]:
    """What is wrong with the answer; nothing when the fault is told and nothing else."""
    errors = [issue for issue in issues if issue.severity == "error"]
    change = mutant.change
    missed = not any(told.covers(e.path, e.code, e.rule) for told in change.expected for e in errors)
    found = [f"missed: {' or '.join(map(str, change.expected))}"] if missed else []
    allowed = (*change.expected, *change.companions)
    for error in errors:
        if not any(told.covers(error.path, error.code, error.rule) for told in allowed):
            found.append(f"noise: {error.path} {error.code} {error.rule} {error.profile}: {error.text[:200]}")
    return found
