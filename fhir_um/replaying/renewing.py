"""Makes a captured request new: other names of the sender's own, and numbers that the server gave this time.

A repeat with the same names would be the same request for a payer, and be answered from memory. What a payer gave then
(ids, numbers) is replaced by what it gave now, so that what follows speaks of the new request. Must not send anything.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from fhir_um.replaying.capture import Capture, as_json, as_text
from profiles.canonicals import EXT_ADMINISTRATION_REFERENCE_NUMBER, EXT_AUTHORIZATION_NUMBER

_LONGEST_ID = 64
_SHORTEST_LEARNED = 2
_LONG = 8
_UUID_LETTERS = 36
_NAME = re.compile(r"[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*")
"""What may be a name within a text."""

_UUID = re.compile(r"(urn:uuid:)?[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBERS = frozenset(
    {
        EXT_ADMINISTRATION_REFERENCE_NUMBER,
        EXT_AUTHORIZATION_NUMBER,
        "number",
        "coverage-assertion-id",
        "satisfied-pa-id",
    }
)
"""Extensions whose value is a number that a payer gave; `number` stands in a review action."""

_NAMED_BY = ("id", "preAuthRef", "uuid", "authorizationNumber", "administrativeReference")
"""Members in which a server gives ids and numbers; `id` only of what servers make, and of what is no resource."""

_MADE = frozenset({"ClaimResponse", "CommunicationRequest", "Task", "Subscription", "Bundle"})
"""What a payer makes, and gives ids to."""


class Renewer:
    """What is called otherwise in this run. `mark` tells runs apart; empty: the sender's own names stay."""

    def __init__(self, mark: str) -> None:
        self._mark = mark
        self._exact: dict[str, str] = {}
        self._parts: dict[str, str] = {}

    def renewed(self, capture: Capture) -> Capture:
        """The request as it is sent now."""
        content = as_json(capture.body)
        path = self._within(capture.path)
        if not isinstance(content, dict):
            return replace(
                capture, path=path, body=self._within(capture.body.decode("latin-1")).encode("latin-1", "replace")
            )
        if self._mark:
            self._name_anew(content)
        return replace(capture, path=path, body=as_text(self._changed(content)).encode())

    def expected(self, recorded: Any) -> Any:
        """The recorded answer in the names of this run."""
        return self._changed(recorded)

    def learn(self, recorded: Any, now: Any) -> None:
        """Takes up what the server calls the same things now."""
        then = dict(_given(recorded))
        for place, value in _given(now):
            old = then.get(place, "")
            if len(old) >= _SHORTEST_LEARNED and old != value:
                self._parts[old] = value

    def _name_anew(self, content: dict[str, Any]) -> None:
        for name in _own_names(content):
            if name not in self._exact:
                new = self._exact[name] = self._new_name(name)
                last = name.rpartition("/")[2]
                if len(last) >= _LONG:
                    self._parts[last] = new.rpartition("/")[2]

    def _new_name(self, name: str) -> str:
        if match := _UUID.fullmatch(name):
            return f"{match[1] or ''}{uuid5(NAMESPACE_URL, f'{name}/{self._mark}')}"
        head, slash, id = name.rpartition("/")
        return f"{head}{slash}{id[: _LONGEST_ID - len(self._mark) - 1]}-{self._mark}"

    def _changed(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._changed(one) for one in value]
        if isinstance(value, dict):
            changed = {key: self._changed(one) for key, one in value.items()}
            if self._mark and changed.get("resourceType") == "Claim" and f"Claim/{value.get('id')}" in self._exact:
                changed["id"] = self._exact[f"Claim/{value['id']}"].removeprefix("Claim/")
            return changed
        return self._exact.get(value) or self._within(value) if isinstance(value, str) else value

    def _within(self, text: str) -> str:
        """The text with every old name in it replaced by the new one."""
        return _NAME.sub(lambda found: self._now_called(found, text), text)

    def _now_called(self, found: re.Match[str], text: str) -> str:
        """A long name changes wherever it stands, also with something behind its UUID; a short one, which may mean
        other things, only as a whole or at the end of a path."""
        name = found[0]
        if len(name) >= _LONG:
            head = name[:_UUID_LETTERS]
            return self._parts.get(name) or (self._parts[head] + name[_UUID_LETTERS:] if head in self._parts else name)
        stands_alone = name == text or text[: found.start()].endswith("/")
        return self._parts.get(name, name) if stands_alone else name


def _own_names(content: dict[str, Any]) -> Iterator[str]:
    """What the sender calls this request: of a Bundle with a Claim its names, of a hook call its instance."""
    if isinstance(content.get("hookInstance"), str):
        yield content["hookInstance"]
    if content.get("resourceType") != "Bundle":
        return
    claims = [entry for entry in content.get("entry", ()) if entry.get("resource", {}).get("resourceType") == "Claim"]
    if not claims:
        return
    yield from _values(content.get("identifier"))
    for entry in claims:
        claim = entry["resource"]
        yield from (str(entry[name]) for name in ("fullUrl",) if name in entry)
        if "id" in claim:
            yield f"Claim/{claim['id']}"
        yield from _values(claim.get("identifier"))


def _values(identifiers: Any) -> Iterator[str]:
    rows = identifiers if isinstance(identifiers, list) else [identifiers]
    yield from (str(each["value"]) for each in rows if isinstance(each, dict) and "value" in each)


def _given(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Ids and numbers that a server gave, by where they stand in its answer."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _given(one, f"{place}[{number}]")
    elif isinstance(value, dict):
        kind = str(value.get("resourceType", ""))
        for name in _NAMED_BY:
            if isinstance(value.get(name), str) and (name != "id" or kind in _MADE or not kind):
                yield f"{place}.{name}", value[name]
        if value.get("url") in _NUMBERS and isinstance(value.get("valueString"), str):
            yield f"{place}.valueString", value["valueString"]
        for name, one in value.items():
            yield from _given(one, f"{place}.{name}")
