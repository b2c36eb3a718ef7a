"""A resource wherever one may stand: its type, the profiles it claims, those asked of it, and its Bundle if it is one.

Knows no profile by name. Source: FHIR R4 4.0.1 Resource.meta.profile, Bundle.
"""

from typing import TYPE_CHECKING, Any

from profiles.library import Definition, is_patch_of
from profiles.validating.members import ANY_RESOURCE, Nodes
from profiles.validating.run import OURS, Check, Finding, Holder, Home, Place, Run, Scope, Source

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

_MOST_KEPT = 2000
MOST_CLAIMED = 100
"""Profiles one resource may claim; the list of more is told, and they are not looked at."""

_Asked = tuple[Definition, ...]


def entry_check(inner: Check) -> Check:
    """The check of a Bundle entry: while it runs, references are read against the entry's own address."""

    def check(value: Any, place: Place, run: Run) -> None:
        kept = (run.full_url, run.entry)
        url = value.get("fullUrl") if type(value) is dict else None
        run.full_url = url if type(url) is str else ""
        if run.scope is not None and run.scope.outer is None:
            run.entry = place[2]
        try:
            inner(value, place, run)
        finally:
            run.full_url, run.entry = kept

    return check


def _answers_for(definition: Definition, canonical: str) -> bool:
    """True when a definition may stand for the version claimed: the same, none named, or only another patch of it."""
    asked = canonical.partition("|")[2]
    return not asked or is_patch_of(definition.version, asked)


def _canonical(definition: Definition) -> str:
    """What profiles are put in order by, so that every order of the same ones is compiled once."""
    return definition.canonical


class ResourceCheck:
    """The check of a resource in one place of the definitions; `nodes` are the elements that speak of that place."""

    def __init__(self, compiler: "Compiler", nodes: Nodes) -> None:
        self._compiler = compiler
        self._nodes = nodes
        self._shapes: dict[tuple[str, _Asked], Check] = {}
        self._asked: dict[str, list[_Asked]] = {}

    def __call__(self, value: Any, place: Place, run: Run) -> None:
        """Every fault of a resource."""
        if type(value) is not dict:
            run.fault("structure", f"'{place[1]}' must be a resource.", place, OURS)
            return
        kind = value.get("resourceType")
        if type(kind) is not str or kind in ANY_RESOURCE or not self._compiler.library.is_a(kind, "Resource"):
            shown = (
                "The resourceType is none of FHIR R4."
                if type(kind) is str
                else "The resource has no resourceType; say of which type it is."
            )
            run.fault("structure", shown, (place, "resourceType", -1), OURS)
            return
        self._check_as(kind, value, place, run)

    def once_more(self, definition: Definition, value: dict[str, Any], run: Run) -> list[Finding]:
        """The errors of a resource that was walked before, under one more definition; nothing of it is kept."""
        home = run.homes.get(id(value))
        if home is None:
            return []
        kept = (run.scope, run.container, run.full_url, run.environment.root_resource)
        run.scope, run.container, run.full_url = home.scope, home.container, home.full_url
        run.environment.root_resource = home.container.resource
        try:
            return run.trial(self._alone(definition), value, home.place)
        finally:
            run.scope, run.container, run.full_url, run.environment.root_resource = kept

    def _check_as(self, kind: str, value: dict[str, Any], place: Place, run: Run) -> None:
        for node in self._nodes:
            allowed = node.facts.get("types", {})
            if allowed and not any(self._compiler.library.is_a(kind, name) for name in allowed):
                text = f"{kind} is here; {node.definition.title} wants {' or '.join(allowed)}."
                run.fault("structure", text, place, Source("types", node.definition))
        in_force = [*self._claimed(kind, value, place, run), *self._demanded(kind, value, place, run)]
        for options in self._options(kind):
            if not any(option in in_force for option in options):
                in_force.append(self._best(options, value, place, run))
        definitions = tuple(sorted(set(in_force), key=_canonical))
        if not run.is_trial:
            run.homes.setdefault(id(value), Home(place, run.scope, run.container, run.full_url))
            run.in_force[id(value)] = run.in_force.get(id(value), frozenset()) | frozenset(definitions)
        self._walk(kind, definitions, value, place, run)

    def _walk(self, kind: str, definitions: _Asked, value: dict[str, Any], place: Place, run: Run) -> None:
        environment = run.environment
        kept = (run.scope, run.container, environment.resource, environment.root_resource)
        is_contained = place[1] == "contained"
        environment.resource = value
        if not is_contained:
            environment.root_resource = value
            run.container = Holder(run.full_url, value)
        if kind == "Bundle":
            run.scope = Scope(value, run.scope)
        try:
            self._shape(kind, definitions)(value, place, run)
        finally:
            run.scope, run.container, environment.resource, environment.root_resource = kept

    def _shape(self, kind: str, definitions: _Asked) -> Check:
        key = (kind, definitions)
        if key not in self._shapes:
            if len(self._shapes) >= _MOST_KEPT:
                self._shapes.clear()
            roots = [row.root for row in self._compiler.library.lineage(kind)]
            nodes = (*roots, *self._nodes, *(definition.root for definition in definitions))
            self._shapes[key] = self._compiler.shape(tuple(dict.fromkeys(nodes)), kind)
        return self._shapes[key]

    def _claimed(self, kind: str, value: dict[str, Any], place: Place, run: Run) -> list[Definition]:
        """The profiles the resource says it meets; of one nobody here has, only that it cannot be checked."""
        meta = value.get("meta")
        told = meta.get("profile") if type(meta) is dict else None
        rows = told if type(told) is list else []
        if len(rows) > MOST_CLAIMED:
            text = f"The resource claims {len(rows)} profiles, at most {MOST_CLAIMED} are looked at; name fewer."
            run.fault("too-costly", text, ((place, "meta", -1), "profile", -1), OURS)
        found = []
        for index, canonical in enumerate(rows[:MOST_CLAIMED]):
            definition = self._compiler.structure(canonical) if type(canonical) is str else None
            here = ((place, "meta", -1), "profile", index)
            if definition is None or not _answers_for(definition, canonical):
                if type(canonical) is str:
                    run.cannot_check("profile", canonical[:200], here)
            elif self._suits(kind, definition, here, run) and definition.is_profile:
                found.append(definition)
        return found

    def _demanded(self, kind: str, value: dict[str, Any], place: Place, run: Run) -> list[Definition]:
        """The profiles that were asked of this resource from outside and can be met by one of its type."""
        return [row for row in run.demanded.get(id(value), ()) if self._suits(kind, row, place, run)]

    def _suits(self, kind: str, definition: Definition, place: Place, run: Run) -> bool:
        is_one = self._compiler.library.is_a(kind, definition.type)
        if not is_one:
            text = f"{definition.title} is about {definition.type}, not about {kind}."
            run.fault("value", text, place, Source("type", definition))
        return is_one

    def _options(self, kind: str) -> list[_Asked]:
        """For each element that speaks of this place, the profiles of which a resource of that type must meet one."""
        if kind not in self._asked:
            found = (self._compiler.profiles(node, kind) for node in self._nodes)
            self._asked[kind] = [tuple(row for row in options if row.is_profile) for options in found if options]
        return [options for options in self._asked[kind] if options]

    def _best(self, options: _Asked, value: dict[str, Any], place: Place, run: Run) -> Definition:
        """The profile with the fewest faults, so that a sender is told the least there is to mend."""
        if len(options) == 1:
            return options[0]
        return min(options, key=lambda option: len(run.trial(self._alone(option), value, place)))

    def _alone(self, definition: Definition) -> Check:
        def check(value: Any, place: Place, run: Run) -> None:
            self._walk(str(value["resourceType"]), (definition,), value, place, run)

        return check
