"""Presets: the inputs of a public test suite in one file, in the form its runner loads.

Form as of Inferno core 1.4: title, id, test_suite_id, and a list of inputs with a text value each. Must not know which
stories the values come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

TEXT, AREA, RADIO = "text", "textarea", "radio"


@dataclass(frozen=True, slots=True)
class Input:
    """One input. `value` is text also where it holds JSON; `choices` are the values of a radio input."""

    name: str
    title: str
    value: str
    kind: str = AREA
    description: str = ""
    is_optional: bool = False
    choices: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """As it stands in the file; what is not said is left out."""
        told: dict[str, Any] = {"name": self.name, "title": self.title, "type": self.kind}
        if self.description:
            told["description"] = self.description
        if self.is_optional:
            told["optional"] = True
        if self.choices:
            told["options"] = {"list_options": [{"label": each, "value": each} for each in self.choices]}
        return told | {"value": self.value}


@dataclass(frozen=True, slots=True)
class Preset:
    """The inputs of one suite; `version` is that of the guide the suite tests."""

    title: str
    id: str
    suite: str
    version: str
    inputs: tuple[Input, ...]

    @property
    def file_name(self) -> str:
        """Under which name it is written."""
        return f"{self.id.replace('-', '_')}.json"

    def as_bytes(self) -> bytes:
        """The file."""
        content = {
            "title": self.title,
            "id": self.id,
            "test_suite_id": self.suite,
            "inputs": [each.as_json() for each in self.inputs],
        }
        return msgspec.json.format(msgspec.json.encode(content)) + b"\n"


def values_of(preset: bytes) -> Mapping[str, str]:
    """Input name -> value, of a preset file. Raises: msgspec.MsgspecError when it is none."""
    read = msgspec.json.decode(preset, type=_File)
    return {each.name: each.value or "" for each in read.inputs}


class _Input(msgspec.Struct):
    name: str
    value: str | None = None


class _File(msgspec.Struct):
    title: str
    id: str
    test_suite_id: str
    inputs: list[_Input]
