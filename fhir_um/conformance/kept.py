"""Whole exchanges as files of a report, one each, readable as they are. Must not judge."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from fhir_um.conformance.model import Exchange
from fhir_um.conformance.running import Run

FOLDER = "exchanges"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_PART = 100
"""Of a file name: a step may be called after what a server sent."""


def file_name(suite: str, exchange: Exchange) -> str:
    """Where an exchange lies, below the report's folder."""
    return f"{FOLDER}/{suite}/{_as_name(exchange.scene)}--{_as_name(exchange.step)}.txt"


def _as_name(text: str) -> str:
    return _NOT_IN_NAMES.sub("-", text).strip(".-")[:_LONGEST_PART] or "-"


def write_exchanges(run: Run, folder: Path) -> None:
    """Writes every exchange of a run below that folder."""
    for suite in run.suites:
        for exchange in suite.session.exchanges:
            path = folder / file_name(suite.suite.name, exchange)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(whole(exchange), encoding="utf-8")


def whole(exchange: Exchange) -> str:
    """The exchange as text: both sides with their headers, JSON set out in lines."""
    return "\n".join(_lines(exchange)) + "\n"


def _lines(exchange: Exchange) -> Iterator[str]:
    yield f"# {exchange.key} ({', '.join(sorted(exchange.marks)) or 'no marks'})"
    yield f"# {'the server sent this to us' if exchange.came_in else f'{exchange.milliseconds:.1f} ms'}"
    yield ""
    yield f"{exchange.method} {exchange.url}"
    yield from (f"{name}: {value}" for name, value in exchange.sent_headers.items())
    yield ""
    yield set_out(exchange.sent)
    yield ""
    yield f"{exchange.status or 'nothing came back'}"
    yield from (f"{name}: {value}" for name, value in exchange.headers.items())
    yield ""
    yield set_out(exchange.body)


def set_out(body: bytes) -> str:
    """A body as text; JSON in lines, every number as it was written."""
    try:
        msgspec.json.decode(body)
        return msgspec.json.format(body, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body.decode(errors="replace")
