"""The guides' own lists of requirements (FHIR `Requirements`), and which of their statements are a payer's duty.

Read only to hold our lists against them; nothing of their text goes anywhere.
"""

import json
from pathlib import Path
from typing import Any

from tools.traceability.guides import STRENGTHS, Guide, read_otherwise

Statement = dict[str, Any]


def statements(folder: Path, guide: Guide) -> dict[str, Statement]:
    """Every statement of a guide by its key."""
    published = json.loads((folder / guide.published).read_text("utf-8"))["statement"]
    return {each["key"]: each for each in published}


def actors(statement: Statement) -> str:
    """The actors a statement is tagged with, as our lists write them."""
    tags = (each for each in statement.get("extension", ()) if each["url"].endswith("statementactor"))
    return " ".join(sorted(each.get("valueId", "") for each in tags)) or "none"


def strength(statement: Statement) -> str:
    """What the statement demands at most. Where nothing is tagged it is a SHALL NOT, which the tags do not know."""
    tagged = [each.replace("-", " ") for each in statement.get("conformance", ())]
    return next((each for each in STRENGTHS if each in tagged), "MAY" if tagged else "SHALL NOT")


def duties(folder: Path, guide: Guide) -> dict[str, tuple[str, str]]:
    """Key -> strength and actors of every SHALL and SHOULD of a payer, by the tags and by our readings of them."""
    found = {}
    added, forbidden = read_otherwise("actor"), read_otherwise("strength")
    for key, statement in statements(folder, guide).items():
        ours = guide.actors & set(actors(statement).split()) or f"{guide.prefix}:{key}" in added
        asked = "SHALL NOT" if f"{guide.prefix}:{key}" in forbidden else strength(statement)
        if ours and asked in STRENGTHS:
            found[key] = (asked, actors(statement))
    return found
