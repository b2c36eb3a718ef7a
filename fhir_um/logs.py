"""One JSON line per happening, with listed fields only, so that no name, member id, token or body can slip in.

Must not know requests or cases. Lines of other libraries keep their wording but lose their arguments; one that comes
without arguments may have put them in already (the web server does so with a request line), and only names its place.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

FIELDS = frozenset(
    {
        "anchor",
        "attempt",
        "bytes_in",
        "bytes_out",
        "card_count",
        "case_id",
        "case_version",
        "client_id",
        "duration_ms",
        "error_type",
        "event_number",
        "fault_count",
        "faults",
        "frames",
        "guide",
        "hook",
        "ignored",
        "kind",
        "method",
        "order_count",
        "outcome",
        "reason",
        "request_id",
        "route",
        "status",
        "subscription_id",
        "token_use",
        "version",
    }
)
"""What a line may say; anything else is left out. Adding a row here is a privacy decision."""

HOUSE = logging.getLogger("fhir_um")
"""The logger of this house; `say` writes to it."""


def say(level: int, event: str, **given: Any) -> None:
    """Writes one line; `event` is a constant name, `given` its fields."""
    if HOUSE.isEnabledFor(level):
        HOUSE.log(level, event, extra={"given": given})


def frames_of(fault: BaseException) -> list[str]:
    """Where it went wrong, innermost last: file, line and function, never the message or any value."""
    steps = traceback.extract_tb(fault.__traceback__)
    return [f"{step.filename.rpartition('site-packages/')[2]}:{step.lineno} {step.name}" for step in steps]


def _place_of(record: logging.LogRecord) -> str:
    return f"{record.pathname.rpartition('site-packages/')[2]}:{record.lineno} {record.funcName or '(none)'}"


class JsonLines(logging.Formatter):
    """Makes one JSON object of one record."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its newline."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {"at": at, "level": record.levelname.lower()}
        if record.name == HOUSE.name:
            given: dict[str, Any] = getattr(record, "given", {})
            line["event"] = record.msg
            line.update((key, value) for key, value in given.items() if key in FIELDS and value is not None)
        else:
            line.update(event="library", logger=record.name, place=_place_of(record))
            if record.args:
                line["template"] = str(record.msg)
            if record.exc_info and record.exc_info[1]:
                fault = record.exc_info[1]
                line.update(error_type=type(fault).__name__, frames=frames_of(fault))
        return json.dumps(line, ensure_ascii=False)


def handler() -> logging.Handler:
    """A handler that writes JSON lines to standard error."""
    made = logging.StreamHandler(sys.stderr)
    made.setFormatter(JsonLines())
    return made


def set_up(level: str) -> None:
    """Sends every line of the process to standard error from that level on; other libraries from warning on."""
    root = logging.getLogger()
    root.handlers = [handler()]
    root.setLevel(logging.WARNING)
    HOUSE.setLevel(level.upper())
