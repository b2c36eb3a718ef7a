"""How the findings are told: lines that people and editors read, or one JSON document for programs."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, TextIO

from profiles.commands.judging import Judged, State
from profiles.issues import Issue
from profiles.outcome import rule_of
from profiles.reading import write_json

SEVERITIES = ("error", "warning", "information")
SHOWN = {"errors": SEVERITIES[:1], "warnings": SEVERITIES[:2], "all": SEVERITIES}
"""What `--show` may say, and the severities it means."""

_STATES = {State.CLEAN: "clean", State.FAULTY: "faulty", State.UNREADABLE: "unreadable"}
_NAMES = {"error": ("error", "errors"), "warning": ("warning", "warnings"), "information": ("note", "notes")}


FINDING = {State.CLEAN: "clean", State.FAULTY: "", State.UNREADABLE: "not readable"}
REFUSAL = {State.CLEAN: "taken", State.FAULTY: "refused", State.UNREADABLE: "refused, not readable"}
"""What became of a message, in a word: by itself, and as a request to the server."""


def lines_of(judged: Judged, shown: tuple[str, ...], words: dict[State, str]) -> Iterator[str]:
    """One message: a verdict, then what is shown of its issues, each beginning like a compiler's."""
    yield f"{judged.name}: {verdict(judged, shown, words)}"
    for issue in judged.issues:
        if issue.severity in shown:
            yield from _issue_lines(judged.name, issue)


def verdict(judged: Judged, shown: tuple[str, ...], words: dict[State, str]) -> str:
    """What became of a message in a few words; says how much is found, also what is not shown."""
    if judged.state is State.UNREADABLE:
        return words[judged.state]
    counts = [_counted(judged.count(severity), severity) for severity in SEVERITIES if judged.count(severity)]
    is_hiding = any(judged.count(severity) for severity in SEVERITIES if severity not in shown)
    return ", ".join(filter(None, [words[judged.state], *counts])) + (" (--show all)" if is_hiding else "")


def _counted(number: int, severity: str) -> str:
    return f"{number} {_NAMES[severity][number != 1]}"


def _issue_lines(name: str, issue: Issue) -> Iterator[str]:
    place = f"{name}:{issue.line}:{issue.column}" if issue.line else name
    yield f"{place}: {_NAMES[issue.severity][0]}: {issue.text}"
    if issue.path:
        yield f"    at {issue.path}"
    if rule_of(issue):
        yield f"    {rule_of(issue)}"


class Totals:
    """What all messages come to."""

    def __init__(self) -> None:
        self._states: Counter[State] = Counter()
        self._issues: Counter[str] = Counter()
        self._milliseconds = 0.0

    def add(self, judged: Judged) -> None:
        """Counts one message."""
        self._states[judged.state] += 1
        self._issues.update(issue.severity for issue in judged.issues)
        self._milliseconds += judged.milliseconds

    @property
    def exit_code(self) -> int:
        """2 when a message could not be read, else 1 when one has an error, else 0."""
        return 2 if self._states[State.UNREADABLE] else 1 if self._states[State.FAULTY] else 0

    def as_row(self) -> dict[str, Any]:
        """The figures by name."""
        states = {name: self._states[state] for state, name in _STATES.items()}
        issues = {_NAMES[severity][1]: self._issues[severity] for severity in SEVERITIES}
        return {"files": self._states.total(), **states, **issues, "ms": round(self._milliseconds, 1)}

    def lines(self) -> Iterator[str]:
        """A small table."""
        row = {name: f"{figure:,}" for name, figure in self.as_row().items()}
        widths = [max(len(name), len(figure)) for name, figure in row.items()]
        yield "  ".join(name.rjust(width) for name, width in zip(row, widths, strict=True))
        yield "  ".join(figure.rjust(width) for figure, width in zip(row.values(), widths, strict=True))


class JsonReport:
    """One JSON document, written as the messages are checked, so that any number of them fits."""

    def __init__(self, out: TextIO, about: dict[str, Any]) -> None:
        self._out = out
        self._between = ""
        self._out.write(f"{_json(about)[:-1]},\n")
        self._out.write(' "files": [\n')

    def add(self, judged: Judged) -> None:
        """One message with all of its issues."""
        self._out.write(f"{self._between}  {_json(_row(judged))}")
        self._between = ",\n"

    def end(self, totals: Totals) -> None:
        """The figures, and the end."""
        self._out.write(f'\n ],\n "totals": {_json(totals.as_row())}}}\n')


def _row(judged: Judged) -> dict[str, Any]:
    issues = [_issue_row(issue) for issue in judged.issues]
    return {"file": judged.name, "state": judged.state, "ms": round(judged.milliseconds, 2), "issues": issues}


def _issue_row(issue: Issue) -> dict[str, Any]:
    row = {"severity": issue.severity, "code": issue.code, "text": issue.text, "path": issue.path}
    place = {"line": issue.line, "column": issue.column} if issue.line else {}
    return row | place | {name: value for name in ("rule", "profile") if (value := getattr(issue, name))}


def _json(value: Any) -> str:
    return write_json(value).decode()
