"""What the compiler asks about types: the door to somebody's definitions, a memory in front of it, and System types.

Must not know where definitions come from.
"""

from dataclasses import dataclass
from typing import Protocol

from profiles.fhirpath.syntax import TypeName


@dataclass(frozen=True, slots=True)
class Member:
    """A child element: its type names (a backbone's is its path, `Claim.item`), several or all of a choice."""

    types: tuple[str, ...]
    many: bool
    is_choice: bool = False


class Types(Protocol):
    """What is known about types, by their names: `Claim`, `Claim.item`, `HumanName`, `date`."""

    def member(self, type_path: str, name: str) -> Member | None:
        """The child of that name (a choice without `[x]`), or None when there is none."""
        ...

    def is_a(self, type_name: str, ancestor: str) -> bool:
        """Whether a type is another or is derived from it; False for names nobody knows."""
        ...


PRIMITIVES = frozenset(
    {
        *("base64Binary", "boolean", "canonical", "code", "date", "dateTime", "decimal", "id", "instant", "integer"),
        *("markdown", "oid", "positiveInt", "string", "time", "unsignedInt", "uri", "url", "uuid", "xhtml"),
    }
)
ABSTRACT = frozenset({"Resource", "DomainResource", "Element", "BackboneElement"})
"""Types of which no item is only that: what an item really is, it says itself."""

SYSTEM = "System."
_SYSTEM_URL = "http://hl7.org/fhirpath/"
_SYSTEM_OF = {
    "boolean": "Boolean",
    "date": "Date",
    "dateTime": "DateTime",
    "decimal": "Decimal",
    "instant": "DateTime",
    "integer": "Integer",
    "positiveInt": "Integer",
    "time": "Time",
    "unsignedInt": "Integer",
}
TEMPORAL = frozenset({"date", "dateTime", "instant", "time"})


def plain_name(type_name: str) -> str:
    """A type as it is called here: `http://hl7.org/fhirpath/System.String` is `System.String`."""
    return type_name.removeprefix(_SYSTEM_URL)


def is_primitive(type_name: str | None) -> bool:
    """Whether items of a type are values: a FHIR primitive, or a System type."""
    return type_name in PRIMITIVES or (type_name is not None and type_name.startswith(SYSTEM))


def key_of(name: str, type_name: str) -> str:
    """The JSON name of a choice in one of its types: `value` and `string` are `valueString`."""
    return name + type_name[:1].upper() + type_name[1:]


class KnownTypes:
    """Definitions with what was asked before remembered; give the same one to every compilation."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._members: dict[tuple[str, str], Member | None] = {}
        self._children: dict[tuple[str, str], str | None] = {}

    def member(self, type_path: str, name: str) -> Member | None:
        """As `Types.member`, for names that come from expressions."""
        key = (type_path, name)
        if key not in self._members:
            self._members[key] = self._asked(type_path, name)
        return self._members[key]

    def is_a(self, type_name: str, ancestor: str) -> bool:
        return type_name == ancestor or self._types.is_a(type_name, ancestor)

    def is_resource(self, type_name: str) -> bool:
        return self._types.is_a(type_name, "Resource")

    def is_known(self, type_name: str) -> bool:
        """Whether anybody has defined a type, or the type a backbone belongs to."""
        head = type_name.partition(".")[0]
        return self._types.is_a(head, "Element") or self._types.is_a(head, "Resource")

    def child(self, type_path: str, key: str) -> str | None:
        """The type of the child under a JSON name, choices included; None when there is none.

        Names come from data here, so only those that exist are remembered.
        """
        asked = (type_path, key)
        known = self._children.get(asked)
        if known is None:
            known = self._found(type_path, key)
            if known is not None:
                self._children[asked] = known
        return known

    def matches(self, type_name: str, wanted: TypeName) -> bool:
        """Whether an item of a type is of the type written in an expression.

        Guides write `Boolean` or `DateTime` for the FHIR primitives of that name; without a namespace they mean those.
        Source: FHIR R4 4.0.1, FHIRPath, "Using FHIR types in expressions"; FHIRPath N1, type specifiers.
        """
        if type_name.startswith(SYSTEM):
            return wanted.namespace in ("", "System") and type_name == SYSTEM + wanted.name
        if wanted.namespace == "System":
            return False
        primitive = wanted.name[:1].lower() + wanted.name[1:]
        if wanted.namespace == "" and primitive in PRIMITIVES:
            return self.is_a(type_name, primitive)
        return self.is_a(type_name, wanted.name)

    def _asked(self, type_path: str, name: str) -> Member | None:
        member = self._types.member(type_path, name)
        if member is None:
            return None
        return Member(tuple(map(plain_name, member.types)), member.many, member.is_choice)

    def _found(self, type_path: str, key: str) -> str | None:
        member = self._asked(type_path, key)
        if member is not None:
            return None if member.is_choice or len(member.types) != 1 else member.types[0]
        for position, letter in enumerate(key):
            if position and letter.isupper():
                choice = self._asked(type_path, key[:position])
                if choice is not None and choice.is_choice:
                    return next((t for t in choice.types if key_of(key[:position], t) == key), None)
        return None


def known(types: Types) -> KnownTypes:
    """Definitions with a memory, unless they have one."""
    return types if isinstance(types, KnownTypes) else KnownTypes(types)


def system_type(type_name: str) -> str:
    """The System type a FHIR primitive converts to."""
    return SYSTEM + _SYSTEM_OF.get(type_name, "String")
