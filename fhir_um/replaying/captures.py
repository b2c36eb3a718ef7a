"""Reads captures: a file, a folder, a HAR, or a report of the conformance runner. Must not send anything.

Formats of a JSON file: one exchange, a list of them, or one on each line (JSON Lines). An exchange is either
`{"request": {"method", "path" or "url", "headers", "body"}, "response": {"status", "headers", "body"}}` or flat,
`{"method", "url", "sent_headers", "sent", "status", "headers", "body"}`; bodies are JSON or text. HAR 1.2 is what
browsers and proxies export.
"""

import base64
import binascii
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fhir_um.replaying.capture import Capture, Unreadable, as_json, as_text, made
from fhir_um.replaying.report_texts import read_report_text

_ENDINGS = (".json", ".jsonl", ".ndjson", ".har", ".txt")
_REPORT = "report.json"


def read_captures(path: Path) -> list[Capture]:
    """Every capture below a path, in the order they took place as far as that can be told.

    Raises: Unreadable when there is nothing there, or something that is no capture.
    """
    if not path.exists():
        raise Unreadable(f"There is no {path}.")
    found = [capture for file in _files(path) for capture in _of_file(file)]
    if not found:
        raise Unreadable(f"There are no captured requests in {path}.")
    return found


def _files(path: Path) -> list[Path]:
    """The files of a path; the report that tells the order of exchanges goes before the exchanges themselves."""
    if not path.is_dir():
        return [path]
    for report in (path / _REPORT, path.parent / _REPORT):
        if report.is_file() and (path == report.parent or path.name == "exchanges"):
            return [report]
    return sorted(each for each in path.rglob("*") if each.suffix in _ENDINGS)


def _of_file(file: Path) -> Iterator[Capture]:
    try:
        text = file.read_bytes()
    except OSError as fault:
        raise Unreadable(f"{file}: {fault.strerror}.") from fault
    if file.suffix == ".txt":
        yield from _one_or_none(read_report_text(text.decode(errors="replace"), file.name))
        return
    content = _content(text, file)
    try:
        yield from _of_content(content, file)
    except (LookupError, TypeError, AttributeError, ValueError) as fault:
        raise Unreadable(f"{file} is no capture that can be read: {type(fault).__name__} at {fault}.") from fault


def _one_or_none(capture: Capture | None) -> Iterator[Capture]:
    if capture is not None:
        yield capture


def _content(text: bytes, file: Path) -> Any:
    """The JSON of a file; of JSON Lines, the list of all lines."""
    whole = as_json(text)
    if whole is not None:
        return whole
    lines = [line for line in text.splitlines() if line.strip()]
    rows = [as_json(line) for line in lines]
    if not rows or None in rows:
        number = rows.index(None) + 1 if None in rows else 1
        raise Unreadable(f"{file} is neither JSON nor JSON Lines (line {number}).")
    return rows


def _of_content(content: Any, file: Path) -> Iterator[Capture]:
    if isinstance(content, dict) and "log" in content:
        yield from _of_har(content["log"]["entries"], file)
    elif isinstance(content, dict) and "suites" in content:
        yield from _of_report(content, file)
    else:
        rows = content if isinstance(content, list) else [content]
        for number, row in enumerate(rows, start=1):
            name = file.name if len(rows) == 1 else f"{file.name}:{number}"
            if not row.get("came_in"):
                yield _of_row(row, str(row.get("key") or row.get("name") or name))


def _of_report(report: dict[str, Any], file: Path) -> Iterator[Capture]:
    """What the runner sent, in its order; what came in to it is not sent again."""
    for suite in report["suites"]:
        for exchange in suite["exchanges"]:
            if not exchange.get("cameIn"):
                name = f"{suite['name']}/{exchange['key']}"
                yield from _one_or_none(read_report_text(_text(file.parent / exchange["file"], file.parent), name))


def _text(file: Path, folder: Path) -> str:
    """The text of a file below a folder: a report names no others. Raises: Unreadable."""
    if not file.resolve().is_relative_to(folder.resolve()):
        raise Unreadable(f"{file} is not below {folder}: that is no report of the runner.")
    try:
        return file.read_text("utf-8")
    except OSError as fault:
        raise Unreadable(f"{file}: {fault.strerror}.") from fault


def _of_row(row: dict[str, Any], name: str) -> Capture:
    if "request" in row:
        asked, told = row["request"], row["response"]
        url, sent, headers = asked.get("url") or asked["path"], asked.get("body"), asked.get("headers")
        method = asked.get("method", "GET")
    else:
        told = row
        url, sent, headers, method = (
            row.get("url") or row["path"],
            row.get("sent"),
            row.get("sent_headers"),
            row["method"],
        )
    answered = told.get("headers") or {}
    return made(name, method, url, headers or {}, _body(sent), int(told["status"]), _body(told.get("body")), answered)


def _body(value: Any) -> bytes:
    """A body as bytes: JSON as it stands, text as it is, nothing as nothing."""
    if value is None:
        return b""
    return value.encode() if isinstance(value, str) else as_text(value).encode()


def _of_har(entries: list[dict[str, Any]], file: Path) -> Iterator[Capture]:
    """Source: HTTP Archive 1.2, entries by the time they started."""
    ordered = sorted(entries, key=lambda each: str(each.get("startedDateTime", "")))
    for number, entry in enumerate(ordered, start=1):
        asked, told = entry["request"], entry["response"]
        if not str(asked["url"]).startswith("http"):
            continue
        yield made(
            f"{file.name}:{number}",
            asked["method"],
            asked["url"],
            _pairs(asked.get("headers")),
            _har_sent(asked.get("postData")),
            int(told["status"]),
            _har_text(told.get("content")),
            _pairs(told.get("headers")),
        )


def _pairs(headers: list[dict[str, str]] | None) -> dict[str, str]:
    return {each["name"]: each["value"] for each in headers or () if not each["name"].startswith(":")}


def _har_sent(posted: dict[str, Any] | None) -> bytes:
    if not posted:
        return b""
    if "text" in posted:
        return _har_text(posted)
    from_form = posted.get("params") or ()
    return "&".join(f"{each['name']}={each.get('value', '')}" for each in from_form).encode()


def _har_text(content: dict[str, Any] | None) -> bytes:
    text = str((content or {}).get("text", ""))
    if (content or {}).get("encoding") != "base64":
        return text.encode()
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as fault:
        raise ValueError(f"a body that is not base64: {fault}") from fault
