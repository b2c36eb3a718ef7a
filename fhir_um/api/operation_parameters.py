"""What an operation is given: in the query of a GET, or as Parameters of a POST. Must not know what it means.

Source: FHIR R4 3.2.0 (operations that change nothing may be asked by GET).
"""

from collections.abc import Collection
from typing import Any

from werkzeug.datastructures import MultiDict

from fhir_um.api.content import read_message
from fhir_um.api.exchange import Asked
from fhir_um.api.negotiation import demand_fhir_json
from fhir_um.api.query import demand_known
from fhir_um.errors import Issue, Kind, Refusal
from profiles.reading import read_json

Given = dict[str, tuple[str, ...]]
_FORMATS = ("_format", "_pretty")


def given_to(asked: Asked, known: Collection[str], often: Collection[str] = ()) -> Given:
    """The values of each parameter, in order; one that was left out is not there.

    A parameter that may come `often` may also have several values with commas between.

    Raises: Refusal INVALID for one that is not known, comes too often or has no plain value; as `read_message`.
    """
    if asked.http.method == "POST":
        demand_known(asked.http.args, _FORMATS)
        return _in_body(asked, known, often)
    demand_fhir_json(asked.http)
    return values_of(asked.http.args, known, often)


def values_of(given: MultiDict[str, str], known: Collection[str], often: Collection[str] = ()) -> Given:
    """The same of a query or a form. Raises: Refusal INVALID."""
    demand_known(given, (*known, *_FORMATS), often)
    rows = {name: given.getlist(name) for name in known}
    return {name: tuple(_split(values, name in often)) for name, values in rows.items() if values}


def _split(values: list[str], is_list: bool) -> list[str]:
    return [part for value in values for part in value.split(",")] if is_list else values


def _in_body(asked: Asked, known: Collection[str], often: Collection[str]) -> Given:
    body = read_json(read_message(asked.http, asked.house.settings), asked.house.limits)
    if not isinstance(body, dict) or body.get("resourceType") != "Parameters":
        raise Refusal.of(Kind.UNREADABLE, "structure", "The body is not a Parameters resource.", "resourceType")
    rows = body.get("parameter", [])
    return _collected(rows if isinstance(rows, list) else [], known, often)


def _collected(rows: list[Any], known: Collection[str], often: Collection[str]) -> Given:
    given: dict[str, list[str]] = {}
    faults = []
    for index, row in enumerate(rows):
        name, value = _named(row), _value(row)
        path = f"Parameters.parameter[{index}]"
        if name not in known:
            faults.append(Issue("not-supported", "There is no parameter of that name.", f"{path}.name"))
        elif value is None:
            faults.append(Issue("required", "The parameter has no plain value.", path))
        elif name in given and name not in often:
            faults.append(Issue("not-supported", "The parameter may be given once.", path))
        else:
            given.setdefault(name, []).append(value)
    if faults:
        raise Refusal(Kind.INVALID, tuple(faults))
    return {name: tuple(values) for name, values in given.items()}


def _named(row: Any) -> str:
    name = row.get("name") if isinstance(row, dict) else None
    return name if isinstance(name, str) else ""


def _value(row: Any) -> str | None:
    found = [value for key, value in row.items() if key.startswith("value")] if isinstance(row, dict) else []
    return str(found[0]) if len(found) == 1 and isinstance(found[0], str | int) else None
