"""How an answer is held against what a story expects of it.

Must not know what was asked. Every difference is a sentence that names the place.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from fhir_um.stories.answers import Answer


def differences(expected: dict[str, Any], answer: Answer) -> tuple[str, ...]:
    """Where an answer differs. Only what is expected is looked at; `lines` and `added` are compared whole.

    `given` stands for anything that is there, `none` for nothing; `cases` is a number or `given`. Of a hook, `orders`
    are compared whole, and `cards` by kind, the first of each. `places` are what issues say, by their path.
    """
    first = msgspec.to_builtins(answer.case) if answer.case else {}
    seen = {**first, **msgspec.to_builtins(answer), "case_status": first.get("status"), "cases": len(answer.cases)}
    seen["cards"] = {card["kind"]: card for card in reversed(seen["cards"])}
    seen["places"] = {issue["path"]: issue["text"] for issue in seen["issues"]}
    return (answer.unreadable,) if answer.unreadable else tuple(_differences(expected, seen, ""))


def _differences(expected: Any, seen: Any, path: str) -> Iterator[str]:
    if isinstance(expected, dict):
        yield from _differences_of_parts(expected, seen if isinstance(seen, dict) else {}, path)
    elif isinstance(expected, list):
        others = seen if isinstance(seen, list | tuple) else ()
        if len(expected) != len(others):
            yield f"{path} should be {expected}, is {seen}"
            return
        for number, (one, other) in enumerate(zip(expected, others, strict=True)):
            yield from _differences(one, other, f"{path}[{number}]")
    elif not _same(expected, seen):
        yield f"{path} should be {expected}, is {seen if seen not in (None, '') else 'absent'}"


def _differences_of_parts(expected: dict[Any, Any], seen: dict[Any, Any], path: str) -> Iterator[str]:
    is_whole = path == "orders" or any(isinstance(key, int) for key in expected)
    if is_whole and set(expected) != set(seen):
        yield f"{path} should be of {sorted(expected)}, is of {sorted(seen, key=str)}"
    for key, one in expected.items():
        yield from _differences(one, seen.get(key), f"{path}.{key}" if path else str(key))


def _same(expected: Any, seen: Any) -> bool:
    if expected == "given":
        return bool(seen)
    if expected == "none":
        return not seen
    return bool(expected == seen)
