"""Broken invariants: wherever a definition in force has a rule that the table knows how to break."""

from collections.abc import Iterator
from typing import Any

from tools.mutants.changes import Change, Edit, Gone, Told
from tools.mutants.finders import Finder
from tools.mutants.recipes import ALIKE, OBJECTS, PRIMITIVES, Recipe
from tools.mutants.walking import Thing

_CODED = ("Quantity", "Duration")
"""Types that are bound to units, which one without a system cannot be of."""


def _breaking(key: str, recipes: list[Recipe]) -> Finder:
    """Where the rule stands on an object."""

    def find(thing: Thing) -> Iterator[Change]:
        expression = thing.rules.get(key)
        for recipe in recipes if expression else ():
            if recipe.says in str(expression) and recipe.when(thing.value):
                yield from _change(thing, recipe)

    return find


def _change(thing: Thing, recipe: Recipe) -> Iterator[Change]:
    put = recipe.put if isinstance(recipe.put, dict) else recipe.put(thing.value)
    if not _fits(thing, put):
        return
    edits: list[Edit] = []
    for name, value in put.items():
        if name in thing.value or not isinstance(value, Gone):
            edits.append(((*thing.steps, name), value))
    if edits and len(edits) < len(thing.value) + 1:
        follows = [Told(thing.path, "invariant", key) for key in recipe.follows]
        if thing.type_name in _CODED:
            follows.append(Told(thing.path, "code-invalid"))
        yield Change(
            tuple(edits), _told(thing, recipe.key), (*follows, *_now_missing(thing, put)), thing.elements[-1].path
        )


def _told(thing: Thing, key: str) -> tuple[Told, ...]:
    """The rule, or one that says the same under another key."""
    rules = thing.rules
    return tuple(Told(thing.path, "invariant", other) for other, text in rules.items() if text == rules[key])


def _now_missing(thing: Thing, put: dict[str, Any]) -> Iterator[Told]:
    """What was taken out and is required as well."""
    for name, value in put.items():
        member = thing.members[name]
        if isinstance(value, Gone) and (member.least or any(piece.facts.get("min") for piece in member.slices)):
            yield Told(thing.at(member.stem), "required")


def _fits(thing: Thing, put: dict[str, Any]) -> bool:
    """The object may have these elements, with those types and in that number."""
    for name, value in put.items():
        member = thing.members.get(name)
        if member is None:
            return False
        if not isinstance(value, Gone) and (member.most == 0 or not member.is_allowed()):
            return False
    return True


def _breaking_value(key: str, value: str) -> Finder:
    """Where the rule stands on a primitive."""

    def find(thing: Thing) -> Iterator[Change]:
        for member in thing.present:
            if member.many or not member.type_name[0].islower():
                continue
            elements = member.elements + thing.walk.slices(member, thing.value)
            own = thing.walk.opened(elements, member.type_name)
            if any(key in element.facts.get("rules", {}) for element in own):
                told = [Told(thing.at(member.key), "invariant", one) for one in _alike(key)]
                backwards = (Told(thing.path, "invariant", "per-1"),) if thing.type_name == "Period" else ()
                yield Change((((*thing.steps, member.key), value),), tuple(told), backwards, member.path)

    return find


def _alike(key: str) -> tuple[str, ...]:
    """Keys of rules that say the same."""
    return next((keys for keys in ALIKE if key in keys), (key,))


def _by_key() -> dict[str, list[Recipe]]:
    found: dict[str, list[Recipe]] = {}
    for recipe in OBJECTS:
        found.setdefault(recipe.key, []).append(recipe)
    return found


FINDERS: dict[str, Finder] = {
    **{f"rule-{key}": _breaking(key, recipes) for key, recipes in _by_key().items()},
    **{f"rule-{key}": _breaking_value(key, value) for key, value in PRIMITIVES.items()},
}
