"""Puts the tester's members, providers, payers and codes in place of the invented ones. Must not know stories or steps.

A row of a table is found by the value the story writes; the row `*` stands for all that have none. A person's or an
organization's own resource gets the row's name and dates as well; everywhere else only the number is another.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fhir_um.conformance.tester import ANYBODY, Code, Member, Party, Tester
from profiles.canonicals import NPI

Json = dict[str, Any]
Row = Member | Party
_IN_CRITERION = re.compile(r"(?<=[=|,])[^=|,&]+")


def adapted(content: Any, tester: Tester) -> Any:
    """The same content with the tester's values."""
    rows = dict(_rows_met(content, tester))
    if not rows and not tester.codes:
        return content
    return _put(content, rows, tester.codes)


def _rows_met(content: Any, tester: Tester) -> Iterator[tuple[str, Row]]:
    """Number written in the story -> what stands in its place, for all that this content speaks of."""
    for table, _ in _TABLES:
        yield from ((value, row) for value, row in table(tester).items() if value != ANYBODY)
    for resource in _resources(content):
        for table, counts in _TABLES:
            rows = table(tester)
            for identifier in _identifiers(resource) if ANYBODY in rows else ():
                if identifier["value"] not in rows and counts(resource, identifier):
                    yield identifier["value"], rows[ANYBODY]


def _identifiers(resource: Json) -> list[Json]:
    written = resource.get("identifier")
    rows = written if isinstance(written, list) else []
    return [one for one in rows if isinstance(one, dict) and isinstance(one.get("value"), str)]


def _is_member_number(resource: Json, identifier: Json) -> bool:
    is_only = len(_identifiers(resource)) == 1
    return resource["resourceType"] == "Patient" and (is_only or "MB" in _codes(identifier.get("type")))


def _is_payer_number(resource: Json, _identifier: Json) -> bool:
    return resource["resourceType"] == "Organization" and _is_payer(resource)


def _is_provider_number(resource: Json, identifier: Json) -> bool:
    is_provider = resource["resourceType"] in {"Organization", "Practitioner"} and not _is_payer(resource)
    return is_provider and identifier.get("system") == NPI


def _is_payer(resource: Json) -> bool:
    types = [code for concept in resource.get("type") or () for code in _codes(concept)]
    marked = [code for one in _identifiers(resource) for code in _codes(one.get("type"))]
    return not _PAYER_TYPES.isdisjoint(types) or "payerid" in marked


def _codes(concept: Any) -> set[str]:
    codings = concept.get("coding", ()) if isinstance(concept, dict) else ()
    return {str(coding.get("code")) for coding in codings if isinstance(coding, dict)}


_PAYER_TYPES = frozenset({"pay", "ins", "PR"})
"""Of an Organization: HL7 organization-type, and X12 98."""

_TABLES: tuple[tuple[Callable[[Tester], Mapping[str, Row]], Callable[[Json, Json], bool]], ...] = (
    (lambda tester: tester.members, _is_member_number),
    (lambda tester: tester.payers, _is_payer_number),
    (lambda tester: tester.providers, _is_provider_number),
)
"""The tables, and which numbers the row of anybody stands for."""


def _resources(content: Any) -> Iterator[Json]:
    if isinstance(content, list):
        for one in content:
            yield from _resources(one)
    elif isinstance(content, dict):
        if "resourceType" in content:
            yield content
        for one in content.values():
            yield from _resources(one)


# --- putting in -------------------------------------------------------------------------------------------------------


def _put(content: Any, rows: Mapping[str, Row], codes: Mapping[str, Code]) -> Any:
    if isinstance(content, list):
        return [_put(one, rows, codes) for one in content]
    if isinstance(content, str):
        return _text(content, rows)
    if not isinstance(content, dict):
        return content
    if isinstance(content.get("value"), str) and content["value"] in rows:
        return _identifier(content, rows[content["value"]])
    if isinstance(content.get("code"), str) and content["code"] in codes and "system" in content:
        return _coding(content, codes[content["code"]])
    put = {key: _put(one, rows, codes) for key, one in content.items()}
    if "resourceType" in content and (row := _own_row(content, rows)):
        return put | _described(put, row)
    return put


def _own_row(resource: Json, rows: Mapping[str, Row]) -> Row | None:
    return next((rows[one["value"]] for one in _identifiers(resource) if one["value"] in rows), None)


def _identifier(identifier: Json, row: Row) -> Json:
    return identifier | {"value": row.value} | ({"system": row.system} if row.system else {})


def _coding(coding: Json, code: Code) -> Json:
    """The display is that of the old code, so it goes."""
    kept = {key: one for key, one in coding.items() if key != "display"}
    return kept | {"code": code.code} | ({"system": code.system} if code.system else {})


def _described(resource: Json, row: Row) -> Json:
    """What else the resource says of whom it is about; a Coverage carries a member's number and none of that."""
    kind = resource["resourceType"]
    if kind == "Organization":
        return {"name": row.name} if isinstance(row, Party) and row.name else {}
    if kind != ("Patient" if isinstance(row, Member) else "Practitioner"):
        return {}
    names: Json = ({"family": row.family} if row.family else {}) | ({"given": [row.given]} if row.given else {})
    told: Json = {"name": [first | names for first in resource.get("name", [{}])[:1]]} if names else {}
    if isinstance(row, Member):
        told |= {"birthDate": row.birth_date} if row.birth_date else {}
        told |= {"gender": row.gender} if row.gender else {}
    return told


def _text(text: str, rows: Mapping[str, Row]) -> str:
    """A number as it stands alone, or within a criterion such as `org-identifier=1910010010`."""
    if text in rows:
        return rows[text].value
    if "=" in text or "|" in text:
        return _IN_CRITERION.sub(lambda found: rows[found[0]].value if found[0] in rows else found[0], text)
    return text
