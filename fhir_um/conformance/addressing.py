"""What a request is by its address: the marks every exchange gets. Must not judge, or look at answers."""

import re
from typing import Any

from fhir_um.conformance import marks

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("POST", r"Claim/\$submit", marks.SUBMIT),
    ("POST", r"Claim/\$inquire", marks.INQUIRE),
    ("POST", r"\$submit-attachment", marks.ATTACHMENT),
    ("", r"Subscription(/.*)?", marks.SUBSCRIPTION),
    ("GET", r"metadata", marks.METADATA),
    ("GET", r"(ClaimResponse|Claim)(/[^$]*)?", marks.READ),
    ("POST", r"(ClaimResponse|Claim)/_search", marks.READ),
)
"""Method (any when empty), address below the FHIR base, mark."""

_HOOK_ROWS: tuple[tuple[str, str, str], ...] = (
    ("GET", r"", marks.DISCOVERY),
    ("POST", r"[^/]+/feedback", marks.FEEDBACK),
    ("POST", r"[^/]+", marks.HOOK),
)
"""The same below the base of hooks."""


def marks_of(method: str, url: str, asked: Any, base: str, hooks: str) -> frozenset[str]:
    """The marks of a request; a hook call also gets the name of its hook."""
    path = url.partition("?")[0]
    for root, rows in ((base, _ROWS), (hooks, _HOOK_ROWS)):
        if root and (path == root or path.startswith(f"{root}/")):
            below = path.removeprefix(root).strip("/")
            found = {mark for verb, form, mark in rows if verb in ("", method) and re.fullmatch(form, below)}
            return frozenset(found | _hook(found, asked))
    return frozenset()


def _hook(found: set[str], asked: Any) -> set[str]:
    if marks.HOOK not in found or not isinstance(asked, dict) or not isinstance(asked.get("hook"), str):
        return set()
    return {asked["hook"]}
