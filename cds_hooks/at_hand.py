"""Everything a call brought along or that was fetched for it, found by `Type/id` whatever key or Bundle it came in.

Must not know hooks, or what a resource means. Names of prefetch keys are never trusted (CRD 2.2.1 found-30); values may
be a resource, a Bundle, a list, null or an OperationOutcome (CDS Hooks 3.0.0-ballot, prefetch).
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from cds_hooks.codings import each
from cds_hooks.desk import Json
from cds_hooks.request import HookCall
from profiles.bundle import relative

_SKIPPED = frozenset({"OperationOutcome", "Bundle", "Parameters"})


class AtHand:
    """The resources of one call. What came first stands; a second version of it is only noted."""

    def __init__(self) -> None:
        self.by_ref: dict[str, Json] = {}
        """By `Type/id`. A resource without an id has a key no reference can be: `Observation#2`."""
        self.contradicting: set[str] = set()
        """References under which two different resources came."""
        self.incomplete: list[str] = []
        """Addresses of further pages of Bundles that were cut."""
        self.counts: Counter[tuple[str, bool]] = Counter()
        """How many of a type, prefetched or fetched."""
        self._by_address: dict[str, str] = {}
        self._by_type: dict[str, list[str]] = {}

    def add(self, value: Any, prefetched: bool) -> None:
        """Takes in whatever was sent: a resource, a Bundle with or without its type, a list of them, or nothing."""
        if isinstance(value, list):
            for item in value:
                self.add(item, prefetched)
        elif isinstance(value, dict):
            kind = value.get("resourceType")
            if kind == "Bundle" or (kind is None and "entry" in value):
                self._add_bundle(value, prefetched)
            elif isinstance(kind, str) and kind and kind not in _SKIPPED:
                self._keep(kind, value, "", prefetched)

    def of_type(self, kind: str) -> list[Json]:
        """All resources of a type, in the order they came."""
        return [self.by_ref[ref] for ref in self._by_type.get(kind, ())]

    def refs_of_type(self, kind: str) -> tuple[str, ...]:
        """The keys of all resources of a type, in the order they came."""
        return tuple(self._by_type.get(kind, ()))

    def resolve(self, reference: Any, container: Json | None = None) -> Json | None:
        """What a reference means: a text or a Reference, relative, absolute, versioned, `urn:uuid:` or contained.

        `container` is the resource the reference stands in.
        """
        text = reference.get("reference") if isinstance(reference, dict) else reference
        if not isinstance(text, str) or not text:
            return None
        if text.startswith("#"):
            inside = (container or {}).get("contained")
            return next((part for part in each(inside) if part.get("id") == text[1:]), None)
        return self.by_ref.get(self.ref_of(text))

    def ref_of(self, reference: str) -> str:
        """The key a reference leads to, known or not.

        >>> AtHand().ref_of("https://ehr.example.org/r4/Patient/1/_history/2")
        'Patient/1'
        """
        address = reference.partition("/_history/")[0]
        return self._by_address.get(address) or relative(address)

    def _add_bundle(self, bundle: Json, prefetched: bool) -> None:
        for link in each(bundle.get("link")):
            if link.get("relation") == "next" and isinstance(link.get("url"), str):
                self.incomplete.append(link["url"])
        for entry in each(bundle.get("entry")):
            resource = entry.get("resource", entry if "resourceType" in entry else None)
            address = entry.get("fullUrl")
            for part in _flat(resource):
                self._keep(part["resourceType"], part, address if isinstance(address, str) else "", prefetched)

    def _keep(self, kind: str, resource: Json, address: str, prefetched: bool) -> None:
        ref = self._ref(kind, resource, address)
        known = self.by_ref.get(ref)
        if known is None:
            self.by_ref[ref] = resource
            self._by_type.setdefault(kind, []).append(ref)
            self.counts[kind, prefetched] += 1
        elif _content(known) != _content(resource):
            self.contradicting.add(ref)
        if address:
            self._by_address.setdefault(address, ref)

    def _ref(self, kind: str, resource: Json, address: str) -> str:
        id = resource.get("id")
        if isinstance(id, str) and id:
            return f"{kind}/{id}"
        named = relative(address)
        return named if named.startswith(f"{kind}/") else f"{kind}#{len(self._by_type.get(kind, ())) + 1}"


def collect(call: HookCall) -> AtHand:
    """Everything in a call. What is being ordered comes first, so that a prefetched copy of it never stands for it.

    It is not counted: only what came beside it.
    """
    at_hand = AtHand()
    for value in call.context.values():
        at_hand.add(value, prefetched=False)
    at_hand.counts.clear()
    for value in call.prefetch.values():
        at_hand.add(value, prefetched=True)
    return at_hand


def _content(resource: Json) -> Json:
    """What a resource says, without what a server notes about it."""
    return {name: value for name, value in resource.items() if name not in ("meta", "text")}


def _flat(resource: Any) -> Iterator[Json]:
    """The resource of an entry, or those of a Bundle inside it; what is no resource is passed over."""
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        return
    if resource["resourceType"] == "Bundle":
        for entry in each(resource.get("entry")):
            yield from _flat(entry.get("resource"))
    elif resource["resourceType"] not in _SKIPPED:
        yield resource
