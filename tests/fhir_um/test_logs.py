"""Log lines: JSON, listed fields only, nothing of a request's content."""

import json
import logging
from typing import Any

import pytest

from fhir_um.logs import HOUSE, JsonLines, frames_of


def line_of(record: logging.LogRecord) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(JsonLines().format(record))
    return content


def record_of(name: str, message: str, *args: object, **extra: Any) -> logging.LogRecord:
    record = logging.LogRecord(name, logging.INFO, __file__, 1, message, args, None)
    record.__dict__.update(extra)
    return record


def test_listed_fields_are_written() -> None:
    line = line_of(record_of(HOUSE.name, "request", given={"status": 200, "route": "/fhir/Claim/<case_id>"}))

    assert line["event"] == "request"
    assert (line["level"], line["status"], line["route"]) == ("info", 200, "/fhir/Claim/<case_id>")
    assert line["at"].endswith("+00:00")


def test_other_fields_are_left_out() -> None:
    line = line_of(record_of(HOUSE.name, "request", given={"member_name": "Mallow", "status": 200, "guide": None}))

    assert "member_name" not in line
    assert "guide" not in line


def test_lines_of_libraries_lose_their_arguments() -> None:
    line = line_of(record_of("gunicorn.error", "Invalid request from %s: %s", "10.1.2.3", "/Claim?patient=Mallow"))

    assert line["template"] == "Invalid request from %s: %s"
    assert "Mallow" not in json.dumps(line)


def test_lines_that_libraries_put_together_themselves_only_name_their_place() -> None:
    line = line_of(record_of("gunicorn.error", "Invalid HTTP request line: 'GET /Claim?patient=Mallow HTTP/1.1'"))

    assert "template" not in line
    assert line["place"].endswith(":1 (none)")
    assert "Mallow" not in json.dumps(line)


def test_frames_name_the_place_and_not_the_message() -> None:
    with pytest.raises(ValueError, match="Mallow") as caught:
        raise ValueError("Mallow")

    frames = frames_of(caught.value)

    assert "test_frames_name_the_place_and_not_the_message" in frames[-1]
    assert "Mallow" not in " ".join(frames)
