"""How two answers differ, so that a person sees what changed: new, missing, changed, each with its path.

What is new in every answer is not compared but for being there: ids, numbers, times. Lists whose order means nothing
are paired by what their rows are about. Must not know HTTP, or which answer is right.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fhir_um.replaying.capture import SECRET_MEMBERS
from fhir_um.replaying.guarding import HIDDEN, hidden

IGNORED = {
    "id": "resource ids",
    "uuid": "ids of cards and suggestions",
    "versionId": "versions",
    "lastUpdated": "times",
    "timestamp": "times",
    "created": "times",
    "date": "the day of an answer",
    "issued": "times",
    "authoredOn": "times",
    "Bundle.identifier": "identifiers of Bundles",
    "preAuthRef": "authorization numbers",
    "number": "authorization numbers",
    "coverage-assertion-id": "ids of statements about coverage",
    "satisfied-pa-id": "authorization numbers",
    "expiry-date": "the last day of an answer",
    "extension-administrationReferenceNumber": "reference numbers",
    "extension-authorizationNumber": "authorization numbers",
    "extension-itemPreAuthIssueDate": "the day of an answer",
    "authorizationNumber": "authorization numbers",
    "administrativeReference": "reference numbers",
    "operationoutcome-issue-line": "where a fault stands in the text that was sent",
    "operationoutcome-issue-col": "where a fault stands in the text that was sent",
    "CommunicationRequest.identifier": "control numbers",
    "Task.identifier": "control numbers",
}
"""What is not compared by name: a member, or the last part of an extension's url; and what it holds."""

IGNORED_SHAPES = (
    "UUIDs, instants, and server addresses within any text; ids at the end of references to what servers make"
)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?")
_IN_TEXT = re.compile(r"line \d+, column \d+")
_ORIGIN = re.compile(r"https?://[^/\s\"'<>]+")
_MADE_BY_SERVERS = re.compile(
    r"\b(ClaimResponse|CommunicationRequest|Task|OperationOutcome|Bundle|Subscription)/[A-Za-z0-9.-]{1,64}"
)
_LONGEST_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference. `kind` is new, missing or changed; values are shortened for people, secrets left out."""

    kind: str
    path: str
    recorded: str = ""
    now: str = ""

    def __str__(self) -> str:
        if self.kind == "changed":
            return f"changed  {self.path}: {self.recorded} → {self.now}"
        return f"{self.kind:8} {self.path}: {self.now or self.recorded}"


def differences(recorded: Any, now: Any, ignored: Sequence[str] = ()) -> list[Difference]:
    """Where two answers differ. `ignored`: paths that are left out, names that must occur in that order."""
    patterns = [_names(pattern) for pattern in ignored]
    found = _compared(recorded, now, _root(recorded))
    return [each for each in found if not any(_is_under(_names(each.path), pattern) for pattern in patterns)]


def _root(value: Any) -> str:
    return str(value.get("resourceType", "answer")) if isinstance(value, dict) else "answer"


def _names(path: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9_-]+", path)


def _is_under(names: list[str], pattern: list[str]) -> bool:
    rest = iter(names)
    return bool(pattern) and all(any(name == wanted for name in rest) for wanted in pattern)


def _compared(recorded: Any, now: Any, path: str) -> Iterator[Difference]:
    if isinstance(recorded, dict) and isinstance(now, dict):
        if recorded.get("resourceType") == now.get("resourceType"):
            yield from _members(recorded, now, path)
        else:
            yield Difference("changed", path, shown(recorded, path), shown(now, path))
    elif isinstance(recorded, list) and isinstance(now, list):
        yield from _rows(recorded, now, path)
    elif _plain(recorded) != _plain(now):
        yield Difference("changed", path, shown(recorded, path), shown(now, path))


def _members(recorded: dict[str, Any], now: dict[str, Any], path: str) -> Iterator[Difference]:
    owner = recorded.get("resourceType") or ""
    ends = _is_new_each_time(str(recorded.get("url", "")).rpartition("/")[2])
    for name in dict.fromkeys((*recorded, *now)):
        place = f"{path}.{name}"
        if name not in now:
            yield Difference("missing", place, recorded=shown(recorded[name], place))
        elif name not in recorded:
            yield Difference("new", place, now=shown(now[name], place))
        elif not (_is_new_each_time(name, owner) or (ends and name.startswith("value"))):
            yield from _compared(recorded[name], now[name], place)


def _is_new_each_time(name: str, owner: str = "") -> bool:
    return f"{owner}.{name}" in IGNORED or name in IGNORED


def _rows(recorded: list[Any], now: list[Any], path: str) -> Iterator[Difference]:
    """Rows paired by what they are about; where several are about the same, by their ids, then in their order."""
    key = _KEYS.get(path.rpartition(".")[2].partition("[")[0], _by_place)
    left, right = _keyed(recorded, key), _keyed(now, key)
    for name in dict.fromkeys((*left, *right)):
        pairs = list(_pairs(left.get(name, []), right.get(name, [])))
        for number, (before, after) in enumerate(pairs, start=1):
            place = f"{path}[{name}]" if len(pairs) == 1 else f"{path}[{name} {number}]".replace("[ ", "[")
            if after is _NOTHING:
                yield Difference("missing", place, recorded=shown(before, place))
            elif before is _NOTHING:
                yield Difference("new", place, now=shown(after, place))
            else:
                yield from _compared(before, after, place)


Key = Callable[[Any], str]
_NOTHING = object()


def _keyed(rows: list[Any], key: Key) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for number, row in enumerate(rows):
        name = (key(row) if isinstance(row, dict) else "") or str(number)
        found.setdefault(name, []).append(row)
    return found


def _pairs(left: list[Any], right: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Rows about the same: first those with the same id, the others in their order."""
    if len(left) == len(right) == 1:
        yield left[0], right[0]
        return
    rest, named = list(right), [(row, _id_in(row)) for row in left]
    found: list[tuple[Any, Any]] = []
    for row, id in named:
        same = next((each for each in rest if id and _id_in(each) == id), _NOTHING)
        if same is not _NOTHING:
            rest = [each for each in rest if each is not same]
        found.append((row, same))
    for before, after in found:
        yield before, after if after is not _NOTHING else (rest.pop(0) if rest else _NOTHING)
    yield from ((_NOTHING, each) for each in rest)


def _id_in(row: Any) -> str:
    """The id of the resource in a row; of a Bundle, that of its first resource."""
    resource = row.get("resource") if isinstance(row, dict) else None
    if isinstance(resource, dict) and resource.get("resourceType") == "Bundle":
        return next((_id_in(entry) for entry in resource.get("entry", ())), "")
    return str(resource.get("id", "")) if isinstance(resource, dict) else ""


def _by_place(_row: Any) -> str:
    return ""


def _by(*members: str) -> Key:
    def key(row: Any) -> str:
        return "|".join(str(_plain(row[member])) for member in members if member in row)

    return key


def _by_url(row: Any) -> str:
    return str(row.get("url", "")).rpartition("/")[2].removeprefix("extension-")


def _by_resource(row: Any) -> str:
    return str((row.get("resource") or {}).get("resourceType", ""))


def _by_order(row: Any) -> str:
    resource = row.get("resource") or {}
    return f"{resource.get('resourceType', '')}/{resource.get('id', '')}"


def _by_coding(row: Any) -> str:
    return str(row.get("system", "")).rpartition("/")[2] + "|" + str(row.get("code", ""))


_KEYS: dict[str, Key] = {
    "extension": _by_url,
    "modifierExtension": _by_url,
    "entry": _by_resource,
    "parameter": _by("name"),
    "part": _by("name"),
    "item": _by("itemSequence", "sequence", "linkId"),
    "addItem": _by("itemSequence"),
    "coding": _by_coding,
    "identifier": _by("system"),
    "telecom": _by("system"),
    "link": _by("relation"),
    "systemActions": _by_order,
    "cards": _by("summary"),
    "issue": _by("code", "severity"),
    "services": _by("hook", "id"),
    "processNote": _by("number"),
}
"""Lists that are paired by what their rows are about, whatever their order. All others are compared place by place."""


def _plain(value: Any) -> Any:
    """A value without what is new each time."""
    if not isinstance(value, str):
        return value
    text = _ORIGIN.sub("", value) if "://" in value and not _is_canonical(value) else value
    text = _IN_TEXT.sub("(place)", _INSTANT.sub("(time)", _UUID.sub("(uuid)", text)))
    return _MADE_BY_SERVERS.sub(r"\1/(id)", text)


def _is_canonical(value: str) -> bool:
    """True for names of the specifications, which are no addresses of a server."""
    return bool(re.match(r"https?://(hl7\.org|terminology\.hl7\.org|loinc\.org|codesystem\.x12\.org|www\.)", value))


def shown(value: Any, path: str = "") -> str:
    """A value for people: on one line, shortened, never a secret."""
    if _names(path)[-1:] and _names(path)[-1].lower() in SECRET_MEMBERS:
        return HIDDEN
    text = _summary(value) if isinstance(value, dict | list) else _quoted(value)
    text = hidden(text)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


def _quoted(value: Any) -> str:
    return f'"{" ".join(value.split())}"' if isinstance(value, str) else str(value)


def _said(outcome: dict[str, Any]) -> str:
    """What the first issue of an OperationOutcome says; nothing for anything else."""
    issues = outcome.get("issue")
    first = issues[0] if isinstance(issues, list) and issues and isinstance(issues[0], dict) else {}
    details = first.get("details")
    text = details.get("text") if isinstance(details, dict) else first.get("diagnostics")
    return f" ({' '.join(str(text).split())})" if text else ""


def _summary(value: Any) -> str:
    """What a member with members is, without all that is in it."""
    if isinstance(value, list):
        return f"a list of {len(value)}"
    kind = value.get("resourceType")
    if kind:
        return f"{'an' if str(kind)[:1] in 'AEIOU' else 'a'} {kind}" + _said(value)
    inside = [f"{name} {_quoted(one)}" for name, one in value.items() if isinstance(one, str | int | float | bool)]
    safe = [each for each in inside if each.partition(" ")[0].lower() not in SECRET_MEMBERS]
    return ", ".join(safe) or f"with {', '.join(value)}"
