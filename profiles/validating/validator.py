"""The door of the profile checker: a resource in, every finding out. Knows no guide's own rules beyond its definitions.

>>> validator = Validator(shipped_library(), "hl7.fhir.us.davinci-pas#2.2.1")
>>> [issue.path for issue in validator.check({"resourceType": "Claim", "id": "_"}) if "value" in issue.code]
['Claim.id']
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from profiles.issues import Issue
from profiles.library import Definition, Library, shipped_library
from profiles.suppressions import KNOWN_DEFECTS, KnownDefects
from profiles.validating.coding import Codes, codings_of
from profiles.validating.compiler import Compiler
from profiles.validating.resources import ResourceCheck
from profiles.validating.run import (
    OURS,
    THE_REST,
    Finding,
    Link,
    Place,
    Run,
    Source,
    TooManyFindings,
    environment_for,
    path_of,
)

__all__ = ["Validator", "shipped_library"]

_NO_TABLES: Mapping[str, frozenset[str]] = {}
_Told = set[tuple[str, str]]
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class UnknownProfile(Exception):
    """A profile was asked for that no definition here describes."""


@dataclass(frozen=True, slots=True)
class Examination:
    """What one look at a resource found: every finding, and every literal reference."""

    issues: list[Issue]
    links: list[Link]


class Validator:
    """Checks resources as one guide means them. Safe to share: what it keeps are compiled definitions, never data."""

    def __init__(
        self,
        library: Library,
        guide: str,
        tables: Mapping[str, frozenset[str]] = _NO_TABLES,
        defects: KnownDefects = KNOWN_DEFECTS,
    ) -> None:
        """`guide`: the package whose dependencies decide what a canonical without version means."""
        self._compiler = Compiler(library, guide, Codes(library, guide, tables), defects)
        self._resource = ResourceCheck(self._compiler, ())

    def check(self, resource: Any, profiles: tuple[str, ...] = (), now: datetime = _EPOCH) -> list[Issue]:
        """Every finding about a resource: its type, the profiles it claims and those given; a Bundle with all entries.

        Raises: UnknownProfile when a given profile is not at hand.
        """
        return self.examine(resource, profiles, now).issues

    def examine(self, resource: Any, profiles: tuple[str, ...] = (), now: datetime = _EPOCH) -> Examination:
        """As `check`, with the references found on the way.

        Raises: UnknownProfile when a given profile is not at hand.
        """
        run = self._run(now)
        place: Place = (None, _root_name(resource), -1)
        run.demanded[id(resource)] = [self._asked(canonical) for canonical in profiles]
        try:
            self._resource(resource, place, run)
            self._once_more(run)
        except TooManyFindings:
            text = "There are more faults; they are not listed."
            run.findings.append(Finding("too-costly", text, place, OURS))
        return Examination(_issues(run), run.links)

    def _run(self, now: datetime) -> Run:
        run = Run(environment_for(now), self._compiler.defects)
        environment, compiler = run.environment, self._compiler
        environment.resolve = run.resolve

        def member_of(value: Any, type_name: str, canonical: str) -> bool:
            """What nobody can say does not break a rule; it is told as not checked."""
            value_set = compiler.codes.value_set(canonical)
            answers = [compiler.codes.has(value_set, system, code) for system, code in codings_of(value, type_name)]
            if True not in answers and None in answers:
                run.cannot_check("value set", canonical, (None, _root_name(environment.root_resource), -1))
            return True in answers or None in answers

        def conforms_to(value: dict[str, Any], canonical: str) -> bool:
            definition = compiler.structure(canonical)
            if definition is None:
                run.cannot_check("profile", canonical, (None, _root_name(environment.root_resource), -1))
            kept = (environment.context, environment.memo)
            try:
                return definition is None or compiler.conforms(value, definition, run)
            finally:
                environment.context, environment.memo = kept

        environment.member_of, environment.conforms_to = member_of, conforms_to
        return run

    def _asked(self, canonical: str) -> Definition:
        definition = self._compiler.structure(canonical)
        if definition is None:
            raise UnknownProfile(canonical)
        return definition

    def _once_more(self, run: Run) -> None:
        """Profiles that a reference asks of a resource which had been walked before, or of which one must be met."""
        asked = [(resource, place, (definition,)) for resource, place, definition in run.again]
        told = {(path_of(finding.place), finding.code) for finding in run.findings if finding.severity == "error"}
        known: dict[tuple[int, tuple[Definition, ...]], str] = {}
        for resource, place, options in [*asked, *run.either]:
            if run.in_force.get(id(resource), frozenset()).isdisjoint(options):
                key = (id(resource), options)
                if key not in known:
                    known[key] = self._unmet(resource, options, told, run)
                if known[key]:
                    run.fault("value", known[key], place, Source("target profile", options[0]))

    def _unmet(self, resource: dict[str, Any], options: tuple[Definition, ...], told: _Told, run: Run) -> str:
        """What to say when a resource meets none of the profiles, besides what is told of it already; may be empty."""
        trials = [
            [
                finding
                for finding in self._resource.once_more(definition, resource, run)
                if (path_of(finding.place), finding.code) not in told
            ]
            for definition in options
        ]
        if not all(trials):
            return ""
        nearest = min(trials, key=len)[0]
        titles = " or ".join(definition.title for definition in options)
        return f"What it refers to does not meet {titles}: at {path_of(nearest.place)}: {nearest.text}"


def _root_name(resource: Any) -> str:
    kind = resource.get("resourceType") if type(resource) is dict else None
    return kind if type(kind) is str and kind.isalpha() else "Resource"


def _issues(run: Run) -> list[Issue]:
    found: dict[tuple[str, str], Issue] = {}
    for finding in run.findings:
        path = path_of(finding.place)
        definition = finding.source.definition
        canonical = definition.canonical if definition else ""
        issue = Issue(finding.code, finding.text, path, finding.severity, finding.source.rule, canonical)
        found.setdefault((path, finding.text), issue)
    rest = run.unchecked.pop(THE_REST, None)
    for (kind, what), (place, times) in run.unchecked.items():
        more = f" (here and in {times - 1} more place{'s' * (times > 2)})" if times > 1 else ""
        why = f"the codes of {what} are not at hand" if kind == "value set" else f"the {kind} {what} is not known here"
        text, path = f"Not checked: {why}{more}.", path_of(place)
        found.setdefault((path, text), Issue("not-supported", text, path, "information", kind))
    if rest is not None:
        text = "There is more to tell, though no error; it is not listed."
        found["", text] = Issue("too-costly", text, path_of(rest[0]), "information")
    return list(found.values())
