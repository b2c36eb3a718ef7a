"""Which must-support elements of a profile a pool of resources never says, computed from the definitions at hand.

Judged as the public suite judges: over a pool, by resource type; an element, slice or extension counts as soon as one
resource of the type says it. Must not know who said it or what a server ought to know.

Source: PAS 2.0.1 and 2.2.1 conf-4, conf-6 (must support); FHIR R4 Profiling, Must Support.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from profiles.canonicals import EXT_DATA_ABSENT_REASON, PAS_SD
from profiles.library import Definition, Element, shipped_library
from profiles.validating.belonging import Belonging
from profiles.validating.values import includes

_EXTENSIONS = frozenset({"extension", "modifierExtension"})
_BESIDE_VALUES = frozenset({"extension", "modifierExtension", "id"})
_PEOPLE = ("insurer", "requestor", "beneficiary", "practitioner", "practitionerrole")
_ASKED = ("coverage", "subscriber", *_PEOPLE)

SUBMIT_ANSWERS = ("pas-response-bundle", "claimresponse", "communicationrequest", *_PEOPLE, "task")
"""The profiles that answers to `$submit` are made of, as the public suite lists them, without their `profile-`."""

INQUIRY_ANSWERS = ("pas-inquiry-response-bundle", "claiminquiryresponse", *_PEOPLE, "task")
SUBMIT_REQUESTS = ("pas-request-bundle", "claim", "claim-update", "encounter", *_ASKED)
INQUIRY_REQUESTS = ("pas-inquiry-request-bundle", "claim-inquiry", *_ASKED)
ORDERS = ("devicerequest", "medicationrequest", "nutritionorder", "servicerequest")
"""What a request orders. The public suite wants one kind at least, and what is there to be complete."""

Resource = Mapping[str, Any]


class UnknownProfile(Exception):
    """No definition here describes that profile in that version."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One must-support element: its place as people write it, and the elements that lead there from the root."""

    path: str
    steps: tuple[Element, ...]


def must_support(profile: str) -> tuple[str, ...]:
    """The place of everything a profile (`url|version`) marks as must-support, slices by name: `item.extension:x`.

    Raises: UnknownProfile.
    """
    return tuple(wanted.path for wanted in _judge(profile).wanted)


def missing(profile: str, resources: Iterable[Resource]) -> tuple[str, ...]:
    """What of it no resource of the profile's type says, in the order of the definition.

    Raises: UnknownProfile.
    """
    return _judge(profile).missing(resources)


def pas_profile(name: str, version: str) -> str:
    """The canonical of a profile of PAS.

    >>> pas_profile("task", "2.2.1")
    'http://hl7.org/fhir/us/davinci-pas/StructureDefinition/profile-task|2.2.1'
    """
    return f"{PAS_SD}profile-{name}|{version}"


def pool(messages: Iterable[Any]) -> list[Resource]:
    """The Bundles of requests or answers and the resources that are their entries; also of Bundles in Parameters."""
    found: list[Resource] = []
    for message in messages:
        for bundle in _bundles(message):
            found.append(bundle)
            found += [entry["resource"] for entry in bundle.get("entry", ()) if "resource" in entry]
    return found


def _bundles(message: Any) -> Iterator[Resource]:
    if not isinstance(message, Mapping):
        return
    if message.get("resourceType") == "Bundle":
        yield message
    elif message.get("resourceType") == "Parameters":
        yield from (b for row in message.get("parameter", ()) for b in _bundles(row.get("resource")))


@cache
def _judge(profile: str) -> "_Judge":
    definition = shipped_library().structure(profile)
    if definition is None or definition.canonical != profile:
        raise UnknownProfile(profile)
    return _Judge(definition)


class _Judge:
    """A profile with what it marks."""

    def __init__(self, definition: Definition) -> None:
        self._type = definition.type
        self._root = definition.root
        self._belonging = Belonging(shipped_library(), definition)
        self.wanted = tuple(_marked(definition.root, (), ""))

    def missing(self, resources: Iterable[Resource]) -> tuple[str, ...]:
        """Resources go by type alone; what has no type (a Quantity) is taken to be of it."""
        of_type = [resource for resource in resources if resource.get("resourceType", self._type) == self._type]
        return tuple(want.path for want in self.wanted if not any(self._says(one, want) for one in of_type))

    def _says(self, resource: Resource, want: Wanted) -> bool:
        here: list[Any] = [resource]
        above = self._root
        for step in want.steps:
            here = [value for node in here for value in self._below(node, step, above)]
            above = step
        return any(_counts(value, above) for value in here)

    def _below(self, node: Any, element: Element, above: Element) -> Iterator[Any]:
        """The values of an element in a node; of a slice those alone that belong to it."""
        for value in _values(node, element) if isinstance(node, Mapping) else ():
            if not element.slice_name or self._belongs(value, element, above):
                yield value

    def _belongs(self, value: Any, piece: Element, above: Element) -> bool:
        if piece.name.endswith("[x]"):
            return True
        if piece.name in _EXTENSIONS:
            url = value.get("url") if isinstance(value, Mapping) else None
            return isinstance(url, str) and url.partition("|")[0] == self._belonging.url_of(piece)
        return self._belonging.is_of(value, above.children[piece.name], piece)


def _marked(element: Element, above: tuple[Element, ...], place: str) -> Iterator[Wanted]:
    """Every marked element below one; what a profile marks and forbids at once nobody can say."""
    for child in element.children.values():
        for one in (child, *child.slices.values()):
            path = f"{place}{one.name}" + (f":{one.slice_name}" if one.slice_name else "")
            steps = (*above, one)
            if one.facts.get("max") == "0":
                continue
            if one.facts.get("mustSupport"):
                yield Wanted(path, steps)
            yield from _marked(one, steps, f"{path}.")


def _values(node: Resource, element: Element) -> Iterator[Any]:
    """Everything a node holds under the element's name; a choice under any of its types, a slice of it under its own.

    Nothing stands for a primitive of which only an extension is there.
    """
    for key in _keys(node, element):
        written = node.get(key)
        yield from (one for one in (written if isinstance(written, list) else [written]) if one is not None)


def _keys(node: Resource, element: Element) -> list[str]:
    if not element.name.endswith("[x]"):
        return [element.name]
    stem = element.stem
    if element.slice_name:
        return [stem + name[0].upper() + name[1:] for name in element.facts.get("types", ())]
    return [key for key in node if key.startswith(stem) and key[len(stem) : len(stem) + 1].isupper()]


def _counts(value: Any, element: Element) -> bool:
    """True for a value that is more than an extension, and has the code its element demands, if any.

    Why a value is absent is no value, unless the profile marks the reason itself.
    """
    if not isinstance(value, Mapping):
        return bool(value != "")
    if element.name in _EXTENSIONS:
        return True
    demanded = element.facts.get("pattern")
    if element.facts.get("patternType") == "CodeableConcept" and not element.slice_name:
        return includes(value, demanded)
    if _is_absent(value):
        return _may_say_why_absent(element)
    return not _BESIDE_VALUES.issuperset(value)


def _is_absent(value: Resource) -> bool:
    rows = value.get("extension", ())
    return any(isinstance(row, Mapping) and row.get("url") == EXT_DATA_ABSENT_REASON for row in rows)


def _may_say_why_absent(element: Element) -> bool:
    slices = element.children["extension"].slices.values() if "extension" in element.children else ()
    named = (url for piece in slices for url in piece.facts.get("types", {}).get("Extension", {}).get("as", ()))
    return any(url.partition("|")[0] == EXT_DATA_ABSENT_REASON for url in named)
