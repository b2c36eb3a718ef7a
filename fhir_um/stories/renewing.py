"""What makes a request of a story a new one: names with the mark of a run, days moved with the calendar.

Must not know stories.
"""

import re
from datetime import date, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

_UUID = "urn:uuid:"
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(T.*)?")


def own_names(content: dict[str, Any], run: str) -> dict[str, str]:
    """What must be new in every run: the names of a submission, the instance of a hook call; of others nothing."""
    if "hookInstance" in content:
        return _marked_call(content, run)
    return _marked(content, run) if content.get("resourceType") == "Bundle" else {}


def _marked(bundle: dict[str, Any], run: str) -> dict[str, str]:
    """The sender's own identifiers of a submission, each with the mark of the run."""
    claims = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] == "Claim"]
    names = [bundle["identifier"]["value"]]
    for entry in claims:
        claim = entry["resource"]
        names += [claim["id"], f"Claim/{claim['id']}", entry["fullUrl"]]
        names += [identifier["value"] for identifier in claim.get("identifier", ())]
    return {name: _with_mark(name, run) for name in names}


def _with_mark(name: str, run: str) -> str:
    """A name with the mark of the run; of a UUID another one, for no other letters may stand in it."""
    if name.startswith(_UUID):
        return f"{_UUID}{uuid5(NAMESPACE_URL, f'{name}/{run}')}"
    return f"{name}-{run}"


def _marked_call(call: dict[str, Any], run: str) -> dict[str, str]:
    """A hook instance is an id of one call: another for every run."""
    instance = call["hookInstance"]
    return {instance: str(uuid5(NAMESPACE_URL, f"{instance}/{run}"))}


def renewed(value: Any, changes: dict[str, str], shift: timedelta) -> Any:
    """The value with other names, and every day but that of a birth moved."""
    if isinstance(value, dict):
        return {key: one if key == "birthDate" else renewed(one, changes, shift) for key, one in value.items()}
    if isinstance(value, list):
        return [renewed(one, changes, shift) for one in value]
    if not isinstance(value, str):
        return value
    if day := _DAY.fullmatch(value):
        return f"{date.fromisoformat(day[1]) + shift}{day[2] or ''}"
    return changes.get(value, value)
