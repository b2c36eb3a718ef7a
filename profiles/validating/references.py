"""References: is what they point to of a type, and of a profile, that may be there?

Whether anything is hit at all is a rule of a guide, not of FHIR. Source: FHIR R4 4.0.1 References.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from profiles.bundle import RESTFUL
from profiles.library import Definition, Element, Facts
from profiles.validating.members import Nodes
from profiles.validating.run import Check, Link, Place, Run, Source

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler

_LONGEST_URL = 2048


def reference_check(compiler: "Compiler", nodes: Nodes) -> Check:
    """The check of one Reference against the targets that the elements allow."""
    targets = [_Targets(compiler, node) for node in nodes if "to" in _detail(node)]
    held = [_held(node) for node in nodes if "held" in _detail(node)]

    def check(value: Any, place: Place, run: Run) -> None:
        reference = value.get("reference") if type(value) is dict else None
        if type(reference) is not str:
            _aimed(value, targets, place, run)
            return
        if not run.is_trial and not run.is_nested:
            run.links.append(Link(run.entry, place, reference))
        if not targets and not held:
            return
        resource = run.resolve(reference)
        for way in held:
            way(reference, resource, place, run)
        kind = resource.get("resourceType") if resource is not None else _type_in(reference)
        _hit(kind, resource, targets, (place, "reference", -1), run)

    return check


def _aimed(value: Any, targets: list["_Targets"], place: Place, run: Run) -> None:
    """A reference without an address may say of which type its target is."""
    if targets and type(value) is dict and "type" in value:
        _hit(value["type"], None, targets, (place, "type", -1), run)


def _hit(kind: Any, resource: dict[str, Any] | None, targets: list["_Targets"], place: Place, run: Run) -> None:
    for one in reversed(targets):
        if not one.check(kind, resource, place, run):
            return  # one wrong target is one fault: the narrowest definition tells it


def _detail(node: Element) -> Facts:
    found: Facts = node.facts.get("types", {}).get("Reference", {})
    return found


def _held(node: Element) -> Callable[[str, dict[str, Any] | None, Place, Run], None]:
    """Where the target must be: contained, in the Bundle, or elsewhere. Source: ElementDefinition.type.aggregation."""
    allowed, source = _detail(node)["held"], Source("aggregation", node.definition)

    def check(reference: str, resource: dict[str, Any] | None, place: Place, run: Run) -> None:
        way = "contained" if reference.startswith("#") else "bundled" if resource is not None else "referenced"
        if way not in allowed and not (way == "bundled" and "referenced" in allowed):
            text = f"The target is {way}; {node.definition.title} wants it {' or '.join(allowed)}."
            run.fault("value", text, (place, "reference", -1), source)

    return check


def _type_in(reference: str) -> str | None:
    """The type that the address of a resource on a server says it has."""
    if len(reference) > _LONGEST_URL:
        return None
    kind = reference.partition("/")[0]
    if kind.isalpha() and "/" in reference:
        return kind
    found = RESTFUL.fullmatch(reference.partition("/_history/")[0])
    return found["type"] if found else None


class _Targets:
    """The targets one element allows: by type, the profiles of which one must be met."""

    def __init__(self, compiler: "Compiler", node: Element) -> None:
        self._compiler = compiler
        self._source = Source("target", node.definition)
        names = node.facts["types"]["Reference"]["to"]
        found = [(canonical, compiler.structure(canonical)) for canonical in names]
        self._definitions = [definition for _, definition in found if definition is not None]
        self._is_whole = all(definition is not None for _, definition in found)
        self._unknown = [canonical for canonical, definition in found if definition is None]
        self._by_type: dict[str, tuple[Definition, ...]] = {}
        self.names = " or ".join(dict.fromkeys(definition.type for definition in self._definitions))

    def check(self, kind: Any, resource: dict[str, Any] | None, place: Place, run: Run) -> bool:
        """Tells when the target is of a wrong type, and answers False; asks for its profile where only one will do."""
        if type(kind) is not str or not self._compiler.library.is_a(kind, "Resource"):
            return True
        fitting = self._by_type.get(kind)
        if fitting is None:
            fitting = self._by_type[kind] = tuple(
                definition for definition in self._definitions if self._compiler.library.is_a(kind, definition.type)
            )
        if not fitting:
            return self._unfit(kind, place, run)
        if resource is not None and not run.is_trial and all(definition.is_profile for definition in fitting):
            self._demand(fitting, resource, place, run)
        return True

    def _unfit(self, kind: str, place: Place, run: Run) -> bool:
        """True when it cannot be said, because a profile is not known here."""
        if not self._is_whole:
            for canonical in self._unknown:
                run.cannot_check("profile", canonical, place)
            return True
        title = self._source.definition.title if self._source.definition else ""
        text = f"It refers to {kind}; {title} wants {self.names} here."
        run.fault("value", text, place, self._source)
        return False

    def _demand(self, fitting: tuple[Definition, ...], resource: dict[str, Any], place: Place, run: Run) -> None:
        if len(fitting) > 1:
            run.either.append((resource, place, fitting))
            return
        known = run.in_force.get(id(resource))
        if known is None:
            run.demanded.setdefault(id(resource), []).append(fitting[0])
        elif fitting[0] not in known:
            run.again.append((resource, place, fitting[0]))
