"""Makes checks out of definitions, each combination once: elements in force -> one compiled check.

Knows no message. The compiled checks live as long as the compiler, one per guide and process.
"""

from profiles.library import Definition, Element, Library
from profiles.primitives import PRIMITIVES
from profiles.suppressions import KnownDefects
from profiles.validating.bindings import binding_checks
from profiles.validating.coding import Codes
from profiles.validating.invariants import Rules, rules_of
from profiles.validating.lists import list_step
from profiles.validating.members import Merged, Nodes, element_at, merge
from profiles.validating.plain import plain_step, primitive_check, sibling_step
from profiles.validating.references import reference_check
from profiles.validating.resources import ResourceCheck, entry_check
from profiles.validating.run import Check, Place, Run, Source
from profiles.validating.shapes import Shape, Step
from profiles.validating.single import choice_step, chosen_step, forbidden_step, single_step
from profiles.validating.slicing import title_of, type_slices
from profiles.validating.written import either_profile, value_checks

_MOST_KEPT = 4_000
_INLINE = ("BackboneElement", "Element")


class Compiler:
    """The checks of one guide, made when first needed."""

    def __init__(self, library: Library, guide: str, codes: Codes, defects: KnownDefects) -> None:
        self.library = library
        self.guide = guide
        self.codes = codes
        self.defects = defects
        self._shapes: dict[tuple[Nodes, str], Shape] = {}
        self._checks: dict[tuple[Nodes, str], Check] = {}
        self._rules: dict[tuple[Nodes, str], Rules] = {}

    def structure(self, canonical: str) -> Definition | None:
        """The definition a canonical means to this guide."""
        return self.library.structure(canonical, self.guide)

    def shape(self, nodes: Nodes, type_name: str) -> Shape:
        """The walk over one object with these elements in force."""
        key = (nodes, type_name)
        if key not in self._shapes:
            self._make_room()
            self._shapes[key] = Shape(self, nodes, type_name, _type_path(nodes, type_name))
        return self._shapes[key]

    def _make_room(self) -> None:
        """Forgets everything when messages have made more combinations of profiles than any traffic needs."""
        if len(self._shapes) >= _MOST_KEPT:
            for kept in (self._shapes, self._checks, self._rules):
                kept.clear()

    def check(self, nodes: Nodes, type_name: str) -> Check:
        """Everything about one value of that type, `nodes` being all elements that speak of it but its type's own."""
        key = (nodes, type_name)
        if key not in self._checks:
            self._checks[key] = self._made(nodes, type_name)
        return self._checks[key]

    def rules(self, nodes: Nodes, type_name: str, type_path: str) -> Rules:
        """The invariants of these elements, compiled."""
        key = (nodes, type_name)
        if key not in self._rules:
            self._rules[key] = rules_of(self, nodes, type_path)
        return self._rules[key]

    def step(self, shape: Shape, name: str, merged: Merged, type_name: str) -> Step:
        """The check of one property of an object."""
        taken = _taken_away(name, merged, type_name)
        if taken is not None:
            return self._forbidden(shape, name, merged, type_name, *taken)
        return self._allowed(shape, name, merged, type_name)

    def _allowed(self, shape: Shape, name: str, merged: Merged, type_name: str) -> Step:
        if merged.many:
            return list_step(self, shape, name, merged, type_name)
        nodes = merged.nodes + (type_slices(merged, type_name) if merged.is_choice else ())
        if type_name in PRIMITIVES:
            return plain_step(self, shape, name, merged, nodes, type_name)
        return single_step(self, name, merged, nodes, type_name)

    def _forbidden(self, shape: Shape, name: str, merged: Merged, type_name: str, text: str, source: Source) -> Step:
        of_fhir = merge(merged.name, tuple(node for node in merged.nodes if not node.definition.is_profile))
        inner = self._allowed(shape, name, of_fhir or merged, type_name)
        shape.plain.pop(name, None)
        return forbidden_step(name, text, source, inner)

    def sibling_step(self, name: str, merged: Merged, type_name: str) -> Step:
        """The check of `_name`, which carries what a primitive says besides its value."""
        nodes = merged.nodes + (type_slices(merged, type_name) if merged.is_choice else ())
        inner = sibling_step(self, name, merged, self.elements(nodes, type_name), type_name)
        own = name.removeprefix("_")
        alone = inner
        taken = _taken_away(own, merged, type_name)
        if taken is not None:
            alone = forbidden_step(own, *taken, inner)
        alone = chosen_step(alone, choice_step(self, own, merged, type_name))
        return lambda value, place, run, node: (inner if own in node else alone)(value, place, run, node)

    def elements(self, nodes: Nodes, type_name: str) -> Nodes:
        """All elements in force on a value: its type, the elements that speak of it, the one profile each names."""
        found = [row.root for row in self.library.lineage(type_name)]
        for node in nodes:
            found.append(_same(node) or node)
            named = self.profiles(node, type_name)
            if len(named) == 1:
                found.extend(self.in_force(named[0]))
        return tuple(dict.fromkeys(found))

    def in_force(self, definition: Definition) -> Nodes:
        """The elements a definition puts in force; facts are whole, so that its parents need not be read."""
        return (definition.root,) if definition.is_profile else ()

    def of_profile(self, definition: Definition, type_name: str = "") -> Nodes:
        """All elements in force on a value that must meet a definition and nothing else."""
        roots = [row.root for row in self.library.lineage(type_name or definition.type)]
        return tuple(dict.fromkeys([*roots, definition.root]))

    def conforms(self, resource: object, definition: Definition, run: Run) -> bool:
        """True when a resource meets a definition; asked on trial, nothing is told.

        A resource that leads back to itself while it is asked is taken to meet it, so that every question ends.
        """
        if type(resource) is not dict or not self.library.is_a(str(resource.get("resourceType")), definition.type):
            return False
        key = (id(resource), definition)
        if key not in run.met:
            run.met[key] = True
            shape = self.shape(self.of_profile(definition), definition.type)
            run.met[key] = not run.trial(shape, resource, (None, definition.type, -1))
        return run.met[key]

    def profiles(self, node: Element, type_name: str) -> tuple[Definition, ...]:
        """The profiles an element asks of a value of that type; the value must meet one of them."""
        named = node.facts.get("types", {}).get(type_name, {}).get("as", ())
        found = (self.structure(canonical) for canonical in named)
        return tuple(definition for definition in found if definition is not None)

    def missing_slice(self, piece: Element, place: Place, run: Run) -> None:
        """Tells of a slice that must be there and is not."""
        source = Source(f"slice {piece.slice_name}", piece.definition)
        number = piece.facts["min"]
        text = f"'{piece.name.removesuffix('[x]')}' has no {title_of(piece)}; {piece.definition.title} wants {number}"
        run.fault("required", f"{text}.", place, source)

    def _made(self, nodes: Nodes, type_name: str) -> Check:
        if type_name in PRIMITIVES:
            return primitive_check(self, nodes, type_name)
        if self.library.is_a(type_name, "Resource"):
            return ResourceCheck(self, nodes)
        elements = self.elements(nodes, type_name)
        shape = self.shape(elements, type_name)
        more = [*value_checks(elements, type_name), *binding_checks(self, elements, type_name)]
        more += [
            either_profile(self, named, type_name) for node in nodes if len(named := self.profiles(node, type_name)) > 1
        ]
        if type_name == "Reference":
            more.append(reference_check(self, nodes))
        whole = entry_check(shape) if shape.type_path == "Bundle.entry" else shape
        if not more:
            return whole
        steps = tuple(more)

        def check(value: object, place: Place, run: Run) -> None:
            whole(value, place, run)
            if type(value) is dict:
                for step in steps:
                    step(value, place, run)

        return check


def _taken_away(name: str, merged: Merged, type_name: str) -> tuple[str, Source] | None:
    """What to say of a property that a profile does not allow, and which; None when it may be there."""
    if merged.most.number == 0:
        return f"'{name}' must not be here", merged.most.source
    if type_name in merged.forbidden:
        may = " or ".join(sorted(f"'{key}'" for key, kind in merged.ways.types.items() if kind not in merged.forbidden))
        return f"'{name}' must not be here, only {may} may" if may else f"'{name}' must not be here", merged.forbidden[
            type_name
        ]
    return None


def _same(node: Element) -> Element | None:
    """The element whose content this one has (contentReference)."""
    return element_at(node.definition, node.facts["same"]) if "same" in node.facts else None


def _type_path(nodes: Nodes, type_name: str) -> str:
    """The type as invariants know it: a backbone element goes by its path."""
    if type_name not in _INLINE:
        return type_name
    inline = [node.path for node in nodes if not node.definition.is_profile and "." in node.path and node.children]
    return inline[-1] if inline else type_name
