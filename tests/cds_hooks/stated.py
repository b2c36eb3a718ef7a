"""What coverage-information has to keep, read off the wire by hand: its rules say more than their FHIRPath.

Source: CRD 2.2.1 and 2.0.1, ext-coverage-information and value sets.
"""

import re
from collections.abc import Iterator
from typing import Any

URL = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
_TEMP = "http://hl7.org/fhir/us/davinci-crd/CodeSystem/temp"

CODES: dict[str, dict[str, set[str]]] = {
    "2.2": {
        "covered": {"covered", "not-covered", "conditional", "indeterminate"},
        "pa-needed": {"no-auth", "auth-needed", "satisfied", "performpa", "conditional", "indeterminate"},
        "doc-needed": {"clinical", "admin", "patient", "conditional", "indeterminate"},
        "doc-purpose": {"withpa", "withclaim", "withorder", "retain-doc", "OTH"},
        "info-needed": {"performer", "location", "timeframe", "contract-window", "detail-code", "OTH"},
        "reason": {
            "gold-card",
            "no-member-found",
            "no-active-coverage",
            "coverage-not-found",
            "auth-out-network",
            "technical",
        },
    },
    "2.0": {
        "covered": {"covered", "not-covered", "conditional"},
        "pa-needed": {"no-auth", "auth-needed", "satisfied", "performpa", "conditional"},
        "doc-needed": {"clinical", "admin", "both", "conditional"},
        "doc-purpose": {"withpa", "withclaim", "withorder", "retain-doc", "OTH"},
        "info-needed": {"performer", "location", "timeframe", "contract-window", "OTH"},
        "reason": {"gold-card", "detail-code"},
    },
}
DETAILS = {
    "allowed-quantity": ("cat-limitation", "valueQuantity"),
    "allowed-period": ("cat-limitation", "valuePeriod"),
    "in-network-copay": ("cat-decisional", "valueQuantity"),
    "out-network-copay": ("cat-decisional", "valueQuantity"),
    "concurrent-review": ("cat-decisional", "valueBoolean"),
    "appropriate-use-needed": ("cat-decisional", "valueBoolean"),
    "policy-link": ("cat-other", "valueUrl"),
    "instructions": ("", "valueString"),
}
"""Code of a detail -> its category, empty for any, and the type of its value. Source: CRD 2.2.1 crd-coverage-detail."""

_ONCE = ("coverage", "covered", "date", "coverage-assertion-id")


def extensions(resource: Any) -> list[Any]:
    """The coverage-information on a resource."""
    return [item for item in resource.get("extension", ()) if item["url"] == URL]


def parts(extension: Any, url: str) -> list[Any]:
    """The values of its elements of one name, bare."""
    return [
        next((value for name, value in part.items() if name.startswith("value")), part.get("extension"))
        for part in extension["extension"]
        if part["url"] == url
    ]


def faults(extension: Any, version: str) -> list[str]:
    """Everything wrong with one coverage-information."""
    checks = (_shape, _codes, _rules, _new_rules if version == "2.2" else _old_rules)
    return [fault for check in checks for fault in check(extension, version)]


def _shape(extension: Any, version: str) -> Iterator[str]:
    for url in _ONCE:
        if len(parts(extension, url)) != 1:
            yield f"{url} is not there once"
    for url in ("pa-needed", "satisfied-pa-id", "expiry-date"):
        if len(parts(extension, url)) > 1:
            yield f"{url} is there twice"
    for date in parts(extension, "date") + parts(extension, "expiry-date"):
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
            yield "no date"
    for reason in parts(extension, "reason"):
        if not reason.get("text"):
            yield "a reason without words"


def _codes(extension: Any, version: str) -> Iterator[str]:
    for url, codes in CODES[version].items():
        if url != "reason":
            yield from (f"{url} {code}" for code in parts(extension, url) if code not in codes)
    for reason in parts(extension, "reason"):
        for coding in reason.get("coding", ()):
            if coding["system"] != _TEMP or coding["code"] not in CODES[version]["reason"]:
                yield f"reason {coding}"


def _rules(extension: Any, version: str) -> Iterator[str]:
    said = {url: parts(extension, url) for url in ("covered", "pa-needed", "doc-needed", "doc-purpose", "info-needed")}
    answers = said["covered"] + said["pa-needed"] + said["doc-needed"]
    if parts(extension, "questionnaire") and not said["doc-needed"]:
        yield "q1"
    if ("conditional" in answers) != bool(said["info-needed"]):
        yield "q3"
    settled = said["covered"] == ["not-covered"] or said["pa-needed"] in (["no-auth"], ["satisfied"])
    if settled and "withpa" in said["doc-purpose"]:
        yield "q4"
    if (said["pa-needed"] == ["satisfied"]) != bool(parts(extension, "satisfied-pa-id")):
        yield "q5"


def _new_rules(extension: Any, version: str) -> Iterator[str]:
    if parts(extension, "covered") == ["not-covered"] and parts(extension, "pa-needed"):
        yield "q2"
    answers = [code for url in ("covered", "pa-needed", "doc-needed") for code in parts(extension, url)]
    needs = parts(extension, "doc-purpose") or "OTH" in parts(extension, "info-needed") or "indeterminate" in answers
    if needs and not parts(extension, "reason"):
        yield "q6, q8 or q9"
    for detail in parts(extension, "detail"):
        if {part["url"] for part in detail} - {"qualification"} != {"category", "code", "value"}:
            yield "a detail without category, code or value"
            continue
        yield from _misfit(detail)


def _misfit(detail: Any) -> Iterator[str]:
    """What of a detail does not go with its code."""
    held = {part["url"]: part for part in detail}
    for coding in held["code"]["valueCodeableConcept"].get("coding", ()):
        category, kind = DETAILS[coding["code"]]
        if category not in ("", held["category"]["valueCode"]):
            yield f"{coding['code']} is {held['category']['valueCode']}"
        if kind not in held["value"]:
            yield f"{coding['code']} has {sorted(held['value'])}"


def _old_rules(extension: Any, version: str) -> Iterator[str]:
    if not parts(extension, "pa-needed"):
        yield "q2"
    if len(parts(extension, "doc-needed")) > 1 or parts(extension, "expiry-date"):
        yield "doc-needed twice, or an expiry date"
    for detail in parts(extension, "detail"):
        if {part["url"] for part in detail} - {"qualification"} != {"code", "value"}:
            yield "a detail with more than code and value"
    for contact in extension["extension"]:
        if contact["url"] == "contact" and "valueContactPoint" not in contact:
            yield "a contact that is no ContactPoint"
