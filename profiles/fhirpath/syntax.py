"""What an expression is once it is read: a small tree. Knows neither types nor values of a resource.

Source: FHIRPath N1 (2.0.0), grammar.
"""

from dataclasses import dataclass
from typing import Any


class FhirPathFault(Exception):
    """An expression that cannot be compiled, and where in its text."""

    def __init__(self, text: str, position: int) -> None:
        super().__init__(f"{text} (at character {position})")
        self.text = text
        self.position = position


@dataclass(frozen=True, slots=True)
class Literal:
    """A value written in the expression; `type` is its System type."""

    value: Any
    type: str
    position: int


@dataclass(frozen=True, slots=True)
class Nothing:
    """`{}`, the empty collection."""

    position: int


@dataclass(frozen=True, slots=True)
class Variable:
    """`$this`, `$index`, `$total`, or `%name` with its percent sign."""

    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Step:
    """A name: of a child of `source`, or of the focus when there is no source."""

    source: "Node | None"
    name: str
    position: int


@dataclass(frozen=True, slots=True)
class Call:
    """A function; without a source it is asked of the focus."""

    source: "Node | None"
    name: str
    arguments: tuple["Node", ...]
    position: int


@dataclass(frozen=True, slots=True)
class Indexer:
    """`source[index]`."""

    source: "Node"
    index: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`+operand` or `-operand`."""

    operator: str
    operand: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`."""

    operator: str
    left: "Node"
    right: "Node"
    position: int


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: `Quantity`, `FHIR.Quantity`, `System.String`; an empty namespace was not written."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True)
class TypeOperation:
    """`operand is type` or `operand as type`."""

    operator: str
    operand: "Node"
    type: TypeName
    position: int


Node = Literal | Nothing | Variable | Step | Call | Indexer | Unary | Binary | TypeOperation
