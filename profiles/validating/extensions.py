"""Extensions: each goes by its URL to the slices that ask for it and to its own definition.

Source: FHIR R4 4.0.1 Extensibility; PAS 2.2.1 spec-25 for modifier extensions that are not understood.
"""

from typing import TYPE_CHECKING, Any

from profiles.library import Definition, Element
from profiles.validating.members import Merged, Nodes
from profiles.validating.run import OURS, Check, Place, Run, Source
from profiles.validating.slicing import url_of

if TYPE_CHECKING:
    from profiles.validating.compiler import Compiler
    from profiles.validating.shapes import Shape

_LONGEST_SHOWN = 200
_EVERYWHERE = "Element"


class Extensions:
    """The check of the extensions of one list; what is known of a URL is looked up once."""

    def __init__(self, compiler: "Compiler", shape: "Shape", name: str, merged: Merged) -> None:
        self._compiler = compiler
        self._nodes = merged.nodes
        self._is_modifier = name == "modifierExtension"
        self._owner = shape
        self._known: dict[str, tuple[Check, tuple[Element, ...]]] = {}
        self._other = compiler.check(merged.nodes, "Extension")
        self._closed = [
            Source("slicing", node.definition)
            for node in merged.nodes
            if node.facts.get("slicing", {}).get("rules") == "closed"
        ]
        self._is_described = shape.type_name != "Extension" or any(
            node.definition.is_profile and "extension" in node.children for node in shape.nodes
        )
        self._pieces: dict[str, list[Element]] = {}
        for node in merged.nodes:
            for piece in node.slices.values():
                url = url_of(compiler, piece)
                if url is not None:
                    self._pieces.setdefault(url, []).append(piece)

    def __call__(self, item: Any, place: Place, run: Run) -> tuple[Element, ...]:
        """Checks one extension; the slices it belongs to."""
        url = item.get("url") if type(item) is dict else None
        if type(url) is not str:
            self._other(item, place, run)
            return ()
        known = self._known.get(url) or self._learn(url)
        if known is None:
            self._stranger(url, place, run)
            self._other(item, place, run)
            return ()
        known[0](item, place, run)
        return known[1]

    def _learn(self, url: str) -> tuple[Check, tuple[Element, ...]] | None:
        """What is known of a URL; nothing is kept of one nobody knows."""
        pieces = tuple(self._pieces.get(url, ()))
        named = self._compiler.structure(url) if ":" in url else None
        definition = named if named is not None and named.type == "Extension" else None
        if not pieces and definition is None:
            return None
        asked = {row.url for piece in pieces for row in self._compiler.profiles(piece, "Extension")}
        roots: Nodes = (definition.root,) if definition is not None and definition.url not in asked else ()
        check = self._compiler.check(self._nodes + pieces + roots, "Extension")
        misplaced = self._misplaced(definition) if definition is not None and not pieces else None
        for besides in (misplaced, self._misused(definition) if definition is not None else None):
            if besides is not None:
                check = _both(besides, check)
        known = self._known[url] = (check, pieces)
        return known

    def _misplaced(self, definition: Definition) -> Check | None:
        """A check that tells of an extension in a place its definition does not name; None in a right place."""
        contexts = definition.head.get("context", ())
        here = self._places()
        if not contexts or any(
            kind != "element" or expression in (*here, _EVERYWHERE) for kind, expression in contexts
        ):
            return None
        source = Source("context", definition)
        name = definition.url.rpartition("/")[2]
        where = ", ".join(expression for _, expression in contexts)
        carrier = self._owner.type_path

        def check(value: Any, place: Place, run: Run) -> None:
            text = f"The extension {name} belongs on {where}, not on {carrier}."
            run.fault("extension", text, place, source, about=carrier)

        return check

    def _misused(self, definition: Definition) -> Check | None:
        """A check that tells of a modifier among other extensions, or of another among modifiers; None if in place.

        Source: FHIR R4 4.0.1 Extensibility, modifier extensions.
        """
        is_modifier = definition.root.facts.get("isModifier", False)
        if is_modifier is self._is_modifier:
            return None
        source = Source("isModifier", definition)
        name = definition.url.rpartition("/")[2]
        text = (
            f"The extension {name} changes the meaning of what it stands in; move it to 'modifierExtension'."
            if is_modifier
            else f"The extension {name} is no modifier extension; move it to 'extension'."
        )

        def check(value: Any, place: Place, run: Run) -> None:
            run.fault("extension", text, place, source)

        return check

    def _places(self) -> set[str]:
        """Every name under which the element that carries the extensions may be given as a context."""
        bases = [node for node in self._owner.nodes if not node.definition.is_profile]
        return {node.path for node in bases} | {node.definition.type for node in bases if "." not in node.path}

    def _stranger(self, url: str, place: Place, run: Run) -> None:
        for source in self._closed:
            title = source.definition.title if source.definition else ""
            run.fault("extension", f"The extension is none of those {title} allows here.", place, source)
        if self._is_modifier:
            text = (
                "The modifier extension is not understood here. It changes the meaning of what it stands in, "
                "so it cannot be ignored; leave it out."
            )
            run.fault("extension", text, place, OURS)
        elif ":" in url:
            run.cannot_check("extension", url[:_LONGEST_SHOWN], place)
        elif self._is_described:
            text = "The extension is none that may be here, and its URL is not absolute; take it out."
            run.fault("extension", text, place, OURS)


def _both(first: Check, second: Check) -> Check:
    def check(value: Any, place: Place, run: Run) -> None:
        first(value, place, run)
        second(value, place, run)

    return check
