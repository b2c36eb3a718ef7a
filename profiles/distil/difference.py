"""What an element of a definition adds to the type it stands on. Knows facts as `elements` makes them, no packages."""

from collections.abc import Iterator

from profiles.distil.elements import Facts

Rows = dict[str, Facts]

_NOTHING: Facts = {}


class BaseTypes:
    """The types of FHIR itself: every element by type name and path."""

    def __init__(self) -> None:
        self._rows: dict[str, Rows] = {}

    def add(self, type_name: str, rows: Rows) -> None:
        """Another type, with its whole snapshot."""
        self._rows[type_name] = rows

    def of(self, type_name: str) -> Rows:
        """A copy of the rows of that type; empty when there is none of that name."""
        return dict(self._rows.get(type_name, _NOTHING))

    def root_rules(self, facts: Facts) -> Iterator[str]:
        """The keys of the invariants that every element of these types has from its type."""
        for name in facts.get("types", ()):
            yield from self.root(name).get("rules", ())

    def root(self, type_name: str) -> Facts:
        """The facts of the type as a whole."""
        return self._rows.get(type_name, {}).get("", _NOTHING)

    def below(self, type_name: str, path: str, rows: Rows) -> Facts:
        """The facts of the element that `path` of `rows` stands on, in that type; empty when it is new there.

        `rows` are those of the definition itself: where the type is left, its own element says into which one.
        """
        here = self._rows.get(type_name, {})
        walked = ""
        own = ""
        for segment in path.split("."):
            name = segment.partition(":")[0]
            inner = f"{walked}.{name}" if walked else name
            if inner not in here:
                entered = self._entered(rows.get(own, _NOTHING), here.get(walked, _NOTHING), name)
                here, inner = (self._rows[entered], name) if entered else (_NOTHING, inner)
            walked = inner
            own = f"{own}.{segment}" if own else segment
        return here.get(walked, _NOTHING)

    def _entered(self, own: Facts, base: Facts, name: str) -> str | None:
        """The type that has the child: of several possible types the first that has it."""
        for type_name in own.get("types") or base.get("types") or ():
            if name in self._rows.get(type_name, {}):
                return str(type_name)
        return None


def added(type_name: str, rows: Rows, base: BaseTypes) -> Rows:
    """The rows with only what the base type does not say already; rows that add nothing are gone, slices stay.

    >>> base = BaseTypes(); base.add("Period", {"": {}, "end": {"min": 0, "max": "1"}})
    >>> added("Period", {"end": {"min": 1, "max": "1"}}, base)
    {'end': {'min': 1}}
    """
    found: Rows = {}
    for path, facts in rows.items():
        if _is_inside_primitive(path, rows):
            continue
        less = _less(facts, base.below(type_name, path, rows) if path else base.root(type_name), path, base)
        if less or _is_slice(path):
            found[path] = less
    return found


def _is_inside_primitive(path: str, rows: Rows) -> bool:
    """Whether the path leads through the `value` of a primitive, which JSON does not have."""
    segments = path.split(".")
    above = (".".join(segments[:depth]) for depth, name in enumerate(segments) if depth and name == "value")
    return any(_is_primitive(rows.get(parent, _NOTHING)) for parent in above)


def _is_primitive(facts: Facts) -> bool:
    types = facts.get("types", ())
    return bool(types) and all(name[0].islower() for name in types)


def _is_slice(path: str) -> bool:
    return ":" in path.rpartition(".")[2]


def _less(facts: Facts, under: Facts, path: str, base: BaseTypes) -> Facts:
    less = {name: value for name, value in facts.items() if under.get(name) != value and name != "rules"}
    if _is_slice(path) and not facts.get("min"):
        less.pop("min", None)
    elif _is_slice(path):
        less["min"] = facts["min"]
    if not path:
        less.pop("min", None)
        less.pop("max", None)
    known = {*under.get("rules", ()), *base.root_rules(facts)}
    rules = {key: rule for key, rule in facts.get("rules", {}).items() if key not in known}
    if rules:
        less["rules"] = rules
    return less
