"""What one check of one message remembers: the faults, what stands where, and which profiles are in force.

Knows no definition's content.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Optional

from profiles.bundle import Resolver
from profiles.fhirpath.environment import Environment
from profiles.library import Definition
from profiles.suppressions import KnownDefects

Place = tuple[Optional["Place"], str, int]
"""Where the walk stands: the place above, the element's name, its index in a list or -1. Rendered only for a fault."""

Check = Callable[[Any, Place, "Run"], None]
"""A compiled check of one value: faults go to the run."""

MOST_FINDINGS = 1000
"""A message with more faults is wrong throughout; the walk ends there."""

THE_REST = ("", "")
"""What stands for warnings and for things that could not be checked, beyond `MOST_FINDINGS` of either."""

_LONGEST_NAME = 64


class TooManyFindings(Exception):
    """The walk was ended: nobody reads that many."""


class Source(NamedTuple):
    """The rule behind a finding: its key in the definition (`min`, `pattern`, `crd-ci-q1`) and the definition."""

    rule: str
    definition: Definition | None


OURS = Source("", None)


@dataclass(slots=True)
class Finding:
    """One fault, or one thing that could not be checked; `severity` as in an OperationOutcome."""

    code: str
    text: str
    place: Place
    source: Source
    severity: str = "error"


class Link(NamedTuple):
    """One literal reference: the entry it stands in (-1: none), its place, and what it says.

    Those of a Bundle inside a Bundle are its own affair and not among them.
    """

    entry: int
    place: Place
    reference: str


@dataclass(frozen=True, slots=True)
class Holder:
    """A Bundle entry as the resolver of references wants it."""

    full_url: str
    resource: dict[str, Any]


class Scope:
    """Where references are looked up: the entries of a Bundle, and the Bundle around it."""

    __slots__ = ("outer", "resolver")

    def __init__(self, bundle: dict[str, Any], outer: Optional["Scope"]) -> None:
        entries = bundle.get("entry")
        self.resolver = Resolver([held for row in entries if (held := _held(row))] if type(entries) is list else [])
        self.outer = outer

    def resolve(self, reference: str, container: Holder) -> dict[str, Any] | None:
        """The resource a reference means, or None."""
        scope: Scope | None = self
        while scope is not None:
            found = scope.resolver.resolve(reference, container)
            if found is not None:
                return found.resource
            scope = scope.outer
        return None


def _held(row: Any) -> Holder | None:
    if type(row) is not dict:
        return None
    url, resource = row.get("fullUrl"), row.get("resource")
    return Holder(url, resource) if type(url) is str and url and type(resource) is dict else None


NOWHERE = Holder("", {})


class Home(NamedTuple):
    """Where a resource was walked: its place, and where its references are looked up."""

    place: Place
    scope: Scope | None
    container: Holder
    full_url: str


class Run:
    """One check under way."""

    __slots__ = (
        "again",
        "container",
        "defects",
        "demanded",
        "either",
        "entry",
        "environment",
        "findings",
        "full_url",
        "homes",
        "in_force",
        "inside",
        "is_trial",
        "links",
        "met",
        "milder",
        "scope",
        "unchecked",
    )

    def __init__(self, environment: Environment, defects: KnownDefects) -> None:
        self.defects = defects
        self.findings: list[Finding] = []
        self.milder = 0
        self.unchecked: dict[tuple[str, str], tuple[Place, int]] = {}
        self.environment = environment
        self.scope: Scope | None = None
        self.full_url = ""
        self.container = NOWHERE
        self.demanded: dict[int, list[Definition]] = {}
        self.in_force: dict[int, frozenset[Definition]] = {}
        self.inside: dict[int, dict[str, dict[str, Any]]] = {}
        self.homes: dict[int, Home] = {}
        self.again: list[tuple[dict[str, Any], Place, Definition]] = []
        self.either: list[tuple[dict[str, Any], Place, tuple[Definition, ...]]] = []
        self.links: list[Link] = []
        self.entry = -1
        self.met: dict[tuple[int, Definition], bool] = {}
        self.is_trial = False

    def fault(
        self, code: str, text: str, place: Place, source: Source, severity: str = "error", about: str = ""
    ) -> None:
        """Remembers one fault, unless it is known to come from a defect of the guide; `about`: the code or type meant.

        Raises: TooManyFindings to end the walk after `MOST_FINDINGS` errors; of warnings no more than that are kept.
        """
        profile = source.definition.canonical if source.definition else ""
        left = self.defects.left_of(source.rule, profile, about, severity)
        if not left:
            return
        if left != "error" and self.milder == MOST_FINDINGS:
            self.unchecked.setdefault(THE_REST, (place, 1))
            return
        self.milder += left != "error"
        self.findings.append(Finding(code, text, place, source, left))
        if len(self.findings) - self.milder > MOST_FINDINGS:
            raise TooManyFindings

    def cannot_check(self, kind: str, what: str, place: Place) -> None:
        """Remembers that something could not be checked: the first place, and how often."""
        if len(self.unchecked) >= MOST_FINDINGS and (kind, what) not in self.unchecked:
            kind, what = THE_REST
        first, times = self.unchecked.get((kind, what), (place, 0))
        self.unchecked[(kind, what)] = (first, times + 1)

    @property
    def is_nested(self) -> bool:
        """True inside a Bundle that is itself an entry of a Bundle."""
        return self.scope is not None and self.scope.outer is not None

    def resolve(self, reference: str) -> dict[str, Any] | None:
        """The resource a reference in the resource being walked means: contained, or an entry of the Bundle."""
        if reference.startswith("#"):
            return self._contained(reference[1:])
        return self.scope.resolve(reference, self.container) if self.scope else None

    def _contained(self, wanted: str) -> dict[str, Any] | None:
        if not wanted:
            return self.container.resource
        container = self.container.resource
        inside = self.inside.get(id(container))
        if inside is None:
            inside = self.inside[id(container)] = _by_id(container.get("contained"))
        return inside.get(wanted)

    def trial(self, check: Check, value: Any, place: Place) -> list[Finding]:
        """The errors a check would find; nothing of it is kept."""
        kept = (self.findings, self.milder, self.unchecked, self.is_trial)
        self.findings, self.milder, self.unchecked, self.is_trial = [], 0, {}, True
        try:
            check(value, place, self)
        except TooManyFindings:
            pass
        finally:
            found = self.findings
            self.findings, self.milder, self.unchecked, self.is_trial = kept
        return [finding for finding in found if finding.severity == "error"]


def _by_id(rows: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows if type(rows) is list else ():
        if type(row) is dict and type(row.get("id")) is str:
            found.setdefault(row["id"], row)
    return found


def environment_for(now: datetime) -> Environment:
    """The surroundings of invariants; the walk fills in the resource it stands in."""
    return Environment(now=now)


def path_of(place: Place) -> str:
    """A place as FHIRPath.

    >>> path_of(((None, "Bundle", -1), "entry", 0))
    'Bundle.entry[0]'
    """
    steps: list[str] = []
    here: Place | None = place
    while here is not None:
        here, name, index = here
        is_plain = len(name) <= _LONGEST_NAME and name.isascii() and name.isidentifier()
        shown = name if is_plain else f"`{name[:_LONGEST_NAME]}`"
        steps.append(shown if index < 0 else f"{shown}[{index}]")
    return ".".join(reversed(steps))


def names_of(place: Place) -> str:
    """The element names from the innermost resource down, without indexes: `item.extension.valueReference`."""
    names: list[str] = []
    step: Place | None = place
    while step is not None and step[1] not in ("resource", "contained"):
        names.append(step[1])
        step = step[0]
    return ".".join(reversed(names))
