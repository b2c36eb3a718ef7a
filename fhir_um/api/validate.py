"""`$validate`: holds a resource against FHIR and its profiles, and answers with what it finds. Nothing is kept.

Source: FHIR R4 OperationDefinition Resource-validate; its modes update, delete and profile are about stored instances
and are not offered. The address without a type is that of later versions.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fhir_um.api.content import read_message
from fhir_um.api.exchange import Answer, Asked, fhir
from fhir_um.api.query import demand_known
from fhir_um.errors import Issue, Kind, Refusal
from profiles.library import shipped_library
from profiles.locating import with_places
from profiles.outcome import operation_outcome
from profiles.reading import Limits, read_json, write_json
from profiles.validating.validator import UnknownProfile

_QUERY = ("profile", "mode", "_format", "_pretty")
_MODES = ("create",)
_CLEAN = Issue("informational", "No errors and no warnings.", severity="information")
_PROFILE_VALUES = ("valueUri", "valueCanonical", "valueUrl", "valueString")
_MODE_VALUES = ("valueCode", "valueString")
_MOST_PROFILES = 20


@dataclass(frozen=True, slots=True)
class _Question:
    """What is to be checked: a resource, where in the body it stands, and the profiles it must meet besides its own."""

    resource: dict[str, Any]
    within: str
    profiles: tuple[str, ...]


def validate(asked: Asked, type_name: str = "") -> Answer:
    """`POST [base]/$validate` and `POST [base]/[type]/$validate`: 200 with an OperationOutcome, whatever is found.

    Raises: Refusal when there is nothing to check, or not as it is asked.
    """
    _demand_type(type_name)
    demand_known(asked.http.args, _QUERY, often=("profile",))
    body = read_message(asked.http, asked.house.settings)
    query = asked.http.args
    question = _question(read_json(body, asked.house.limits), query.getlist("profile"), query.getlist("mode"))
    _demand_resource(question, type_name, asked.house.limits)
    _demand_few(question.profiles)
    issues = with_places(_issues(asked, question), body, question.within)
    return fhir(write_json(operation_outcome(_told(issues))))


def _issues(asked: Asked, question: _Question) -> list[Issue]:
    validator = asked.house.validator(asked.guide)
    try:
        return validator.check(question.resource, question.profiles, asked.deps.clock())
    except UnknownProfile as unknown:
        text = "A profile that is asked for is not known here, so nothing was checked."
        raise Refusal.of(Kind.INVALID, "not-found", text, "profile") from unknown


def _told(issues: tuple[Issue, ...]) -> tuple[Issue, ...]:
    is_clean = all(issue.severity == "information" for issue in issues)
    return (_CLEAN, *issues) if is_clean else issues


def _question(body: Any, profiles: list[str], modes: list[str]) -> _Question:
    """Parameters with a parameter `resource` are the operation's; any other resource is what is to be checked."""
    if not isinstance(body, dict) or not isinstance(body.get("resourceType"), str):
        raise Refusal.of(Kind.UNREADABLE, "structure", "The body is not a FHIR resource: no resourceType.")
    rows = tuple(_parameters(body))
    held = [(index, row["resource"]) for index, name, row in rows if name == "resource" and "resource" in row]
    if not held:
        _demand_mode(modes)
        return _Question(body, "", tuple(filter(None, profiles)))
    profiles = [*profiles, *_values(rows, "profile", _PROFILE_VALUES)]
    _demand_mode([*modes, *_values(rows, "mode", _MODE_VALUES)])
    index, resource = held[0]
    return _Question(resource, f"Parameters.parameter[{index}].resource", tuple(filter(None, profiles)))


def _parameters(body: dict[str, Any]) -> Iterator[tuple[int, Any, dict[str, Any]]]:
    rows = body.get("parameter") if body["resourceType"] == "Parameters" else None
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            yield index, row.get("name"), row


def _values(rows: tuple[tuple[int, Any, dict[str, Any]], ...], wanted: str, types: tuple[str, ...]) -> Iterator[str]:
    for index, name, row in rows:
        if name == wanted:
            value = next((row[key] for key in types if isinstance(row.get(key), str)), None)
            if value is None:
                text = f"The parameter {wanted!r} has no value; give it as {types[0]}."
                raise Refusal.of(Kind.INVALID, "required", text, f"Parameters.parameter[{index}]")
            yield value


def _demand_mode(modes: list[str]) -> None:
    for mode in modes:
        if mode not in _MODES:
            text = "This mode is not offered; leave it out, or say 'create'."
            raise Refusal.of(Kind.INVALID, "not-supported", text, "mode")


def _demand_few(profiles: tuple[str, ...]) -> None:
    if len(profiles) > _MOST_PROFILES:
        text = f"{len(profiles)} profiles are asked for, at most {_MOST_PROFILES} are taken."
        raise Refusal.of(Kind.INVALID, "too-costly", text, "profile")


def _demand_type(name: str) -> None:
    definition = shipped_library().type(name) if name else None
    if name and (definition is None or definition.kind != "resource" or definition.is_abstract):
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "The address names no type of resource of FHIR R4.")


def _demand_resource(question: _Question, type_name: str, limits: Limits) -> None:
    resource = question.resource
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    path = question.within or "resourceType"
    if not isinstance(kind, str):
        raise Refusal.of(Kind.UNREADABLE, "structure", "What is to be checked has no resourceType.", path)
    if type_name and kind != type_name:
        text = f"The address says {type_name}, the resource is of another type."
        raise Refusal.of(Kind.INVALID, "value", text, path)
    entries = resource.get("entry")
    if isinstance(entries, list) and len(entries) > limits.max_entries:
        text = f"The Bundle has {len(entries)} entries, at most {limits.max_entries} are taken."
        raise Refusal.of(Kind.TOO_BIG, "too-costly", text, "Bundle.entry")
