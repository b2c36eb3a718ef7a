"""References of a request: each must hit one entry, of the right type, and not run in a circle.

Must not know what a Claim means. Source: PAS 2.2.1 spec-13, spec-14, spec-65 to spec-67; FHIR R4 Bundle.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from profiles import rules
from profiles.bundle import Resolver
from profiles.issues import Issue
from profiles.reading import Entry
from profiles.validating.run import Link, names_of, path_of


class _Hit(NamedTuple):
    """A reference and what it hit; `what` is its type and path, `Claim.insurance.coverage`."""

    link: Link
    what: str
    targets: tuple[Entry, ...]
    is_inside: bool
    """True when it means a resource contained in its own."""

    @property
    def leads_up(self) -> bool:
        """True for a link that must not run in a circle."""
        return self.what.partition(".")[2] in rules.HIERARCHIES

    @property
    def path(self) -> str:
        """The place of the reference as FHIRPath."""
        return path_of((self.link.place, "reference", -1))


def link_issues(entries: tuple[Entry, ...], links: list[Link], version: str, inquiry: bool) -> Iterator[Issue]:
    """Every fault of reference, and a warning for each entry that nothing leads to.

    Only what can be reached from the first entry has to be complete.
    """
    resolver = Resolver(entries)
    inside = [frozenset(_contained_ids(entry)) for entry in entries]
    hits = [_hit(link, entries[link.entry], inside[link.entry], resolver) for link in links if link.entry >= 0]
    reached = _reached(hits)
    for hit in hits:
        yield from _wrong_target(hit)
        if hit.link.entry in reached:
            yield from _not_one(hit, version, inquiry)
    yield from _circles(hits)
    for entry in entries:
        if entry.index not in reached and entry.resource:
            text = "Nothing in the request refers to this resource (PAS spec-20)."
            yield Issue("informational", text, f"Bundle.entry[{entry.index}]", "warning")


def _contained_ids(entry: Entry) -> Iterator[str]:
    """The references by which the resource may name itself and what it contains."""
    yield "#"
    contained = entry.resource.get("contained")
    for resource in contained if isinstance(contained, list) else ():
        if isinstance(resource, dict):
            yield f"#{resource.get('id')}"


def _hit(link: Link, container: Entry, inside: frozenset[str], resolver: Resolver[Entry]) -> _Hit:
    what = f"{container.resource.get('resourceType', '')}.{names_of(link.place)}"
    if link.reference.startswith("#"):
        return _Hit(link, what, (), link.reference in inside)
    return _Hit(link, what, resolver.matches(link.reference, container), False)


def _reached(hits: list[_Hit]) -> set[int]:
    leads: dict[int, set[int]] = defaultdict(set)
    for hit in hits:
        leads[hit.link.entry].update(target.index for target in hit.targets)
    return _closure(0, leads) | {0}


def _closure(start: int, leads: dict[int, set[int]]) -> set[int]:
    """Everything one can get to from `start` by at least one step."""
    found: set[int] = set()
    ahead = list(leads.get(start, ()))
    while ahead:
        index = ahead.pop()
        if index not in found:
            found.add(index)
            ahead.extend(leads.get(index, ()))
    return found


def _not_one(hit: _Hit, version: str, inquiry: bool) -> Iterator[Issue]:
    if len(hit.targets) > 1:
        text = f"The reference hits {len(hit.targets)} entries; a resource may be in the Bundle only once."
        yield Issue("multiple-matches", text, hit.path)
    elif not hit.targets and not hit.is_inside:
        tolerance = _tolerance(hit, version, inquiry)
        if tolerance is None:
            text = (
                "The reference hits no entry of the Bundle. Include the resource, with a fullUrl equal to this "
                "reference (a relative one is read against the server in the fullUrl of its own entry)."
            )
            yield Issue("not-found", text, hit.path)
        elif tolerance.warn:
            yield Issue("not-found", "The reference hits no entry of the Bundle.", hit.path, "warning")


def _tolerance(hit: _Hit, version: str, inquiry: bool) -> rules.Tolerance | None:
    for row in rules.TOLERATED:
        if hit.what not in row.links or version not in row.versions:
            continue
        if (inquiry or not row.of_inquiry) and (hit.link.entry > 0 or not row.of_prior_claim):
            return row
    return None


def _wrong_target(hit: _Hit) -> Iterator[Issue]:
    allowed = rules.TARGETS.get(hit.what)
    if allowed is None:
        return
    for target in hit.targets[:1]:
        found = target.resource.get("resourceType")
        if isinstance(found, str) and found not in allowed:
            text = f"{hit.what} must refer to {' or '.join(sorted(allowed))}; it refers to something else."
            yield Issue("value", text, hit.path)


def _circles(hits: list[_Hit]) -> Iterator[Issue]:
    leads: dict[int, set[int]] = defaultdict(set)
    for hit in hits:
        if hit.leads_up:
            leads[hit.link.entry].update(target.index for target in hit.targets)
    above = {index: _closure(index, leads) for index in leads}
    for hit in hits:
        own = hit.link.entry
        aims = {target.index for target in hit.targets}
        if own in aims:
            yield Issue("invalid", "The resource refers to itself.", hit.path)
        elif hit.leads_up and any(own in above.get(aim, ()) for aim in aims):
            yield Issue("invalid", "The reference leads back to its own resource: a circle.", hit.path)
