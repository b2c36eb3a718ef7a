"""The stories and their people, renamed: every name, number, address, text and secret in them holds one planted word.

Nobody who writes a log line could have that word from anywhere else. Birth dates stay, for they are looked for as such.
"""

import base64
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MARK = "zyxqv"
"""In everything that is planted, in lower case."""

SECRET = f"Bearer {MARK}-secret-of-a-subscriber"
TOKEN = f"{MARK}-token-of-an-ehr"
_NARRATIVE = {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">Tells of {MARK}-pain.</div>'}
_OF_PEOPLE = frozenset({"Patient", "Coverage"})
_HEADS = {"application/pdf": b"%PDF-1.4\n"}


def plant(fixtures: Path, folder: Path) -> frozenset[str]:
    """Copies stories and people into the folder, renamed; the birth dates that stand in them."""
    shutil.copytree(fixtures / "stories", folder / "stories")
    shutil.copytree(fixtures / "people", folder / "people")
    files = sorted((folder / "stories").glob("*/*.json"))
    said = [word for file in files for word in _telling(json.loads(file.read_text("utf-8")))]
    names = {word: f"{MARK}-{number}-x" for number, word in enumerate(sorted(set(said)), start=10)}
    for file in (*files, *(folder / "stories").glob("*/*.yaml"), *(folder / "people").glob("*.yaml")):
        file.write_text(_renamed(file.read_text("utf-8"), names), "utf-8")
    for file in files:
        document = json.loads(file.read_text("utf-8"))
        _add_to(document)
        file.write_text(json.dumps(document), "utf-8")
    return frozenset(re.findall(r"birth_date: (\S+)", (folder / "people" / "members.yaml").read_text("utf-8")))


def _renamed(text: str, names: dict[str, str]) -> str:
    words = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.sub(rf"(?<![\w-])(?:{words})(?![\w-])", lambda found: names[found[0]], text)


def _resources(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "resourceType" in node:
            yield node
        for child in node.values():
            yield from _resources(child)
    elif isinstance(node, list):
        for child in node:
            yield from _resources(child)


def _telling(document: Any) -> Iterator[str]:
    """Names, numbers and ids of members, as they stand in a request."""
    for resource in _resources(document):
        if resource["resourceType"] in _OF_PEOPLE:
            yield resource["id"]
            yield from (row["value"] for row in resource.get("identifier", ()))
            for name in resource.get("name", ()):
                yield from (name["family"], *name["given"])
        for row in resource.get("parameter", ()):
            if row["name"] == "MemberId":
                yield row["valueIdentifier"]["value"]


def _add_to(document: dict[str, Any]) -> None:
    """What no story says and real senders do: addresses, telephones, narratives, a token; and other documents."""
    if "hook" in document:
        document["fhirServer"] = "http://127.0.0.1:9/fhir"
        document["fhirAuthorization"] = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300}
    for resource in _resources(document):
        kind = resource["resourceType"]
        if kind == "Patient":
            resource["address"] = [{"line": [f"12 {MARK} Street"], "city": MARK.title(), "postalCode": f"{MARK}-1"}]
            resource["telecom"] = [{"system": "phone", "value": f"+1 555 {MARK}"}]
        if kind in {"Patient", "Claim", "QuestionnaireResponse", "Condition"}:
            resource["text"] = _NARRATIVE
        if kind == "Condition":
            resource["code"]["text"] = f"{MARK} of the lung"
        if kind == "Subscription":
            resource["channel"]["header"] = [f"Authorization: {SECRET}"]
        for row in (row for row in resource.get("content", ()) if "data" in row["attachment"]):
            row["attachment"] |= _other_document(row["attachment"]["contentType"])


def _other_document(media: str) -> dict[str, str]:
    content = _HEADS.get(media, b"") + f"The report says {MARK}-86 percent.".encode()
    return {"title": f"{MARK} report", "data": base64.b64encode(content).decode()}


def found_in(text: str | bytes, birth_dates: frozenset[str] = frozenset()) -> list[str]:
    """What of it all stands in a text: the word itself, encoded, or a birth date."""
    told = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    lower = told.lower()
    words = [word for word in (MARK, MARK.encode().hex(), MARK[::-1]) if word in lower]
    words += [word for word in _encoded() if word in told]
    return words + [day for day in birth_dates if day in told or day.replace("-", "") in told]


def _encoded() -> Iterator[str]:
    """The middle of the word in base64, wherever in three bytes it begins."""
    for word in (MARK, MARK.title(), MARK.upper()):
        for before in range(3):
            text = base64.b64encode(b"\0" * before + word.encode() + b"\0\0").decode()
            start = (before * 8 + 5) // 6
            yield text[start : (before + len(word)) * 8 // 6]
