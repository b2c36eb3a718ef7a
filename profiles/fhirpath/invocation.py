"""A function asked of a compiled piece, as those who compile functions see it. Must not know any single function."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from profiles.fhirpath.code import Code, One, Truth, focus, focus_collection, system_one, truth
from profiles.fhirpath.environment import Environment, EvaluationFault
from profiles.fhirpath.syntax import Call, FhirPathFault, Literal, Node, Step, TypeName, Variable
from profiles.fhirpath.types import KnownTypes


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a piece of an expression stands: its focus, the types, and the type of `%resource` and `%context`."""

    focus: Code
    types: KnownTypes
    resource_type: str | None
    context_type: str | None


@dataclass(frozen=True, slots=True)
class Invocation:
    """One call, its source compiled, its arguments not yet: each function knows what they are evaluated on."""

    call: Call
    source: Code
    scope: Scope
    compile: Callable[[Node, Scope], Code]

    @property
    def types(self) -> KnownTypes:
        return self.scope.types

    def argument(self, index: int) -> Code:
        """An argument evaluated where the whole call stands."""
        return self.compile(self.call.arguments[index], self.scope)

    def value(self, index: int) -> One:
        """An argument that is one System value."""
        return system_one(self.argument(index), self.types)

    def body(self, index: int) -> Code:
        """An argument evaluated once for each item of the source."""
        return self.compile(self.call.arguments[index], self._on(focus(self.source.type)))

    def branch(self, index: int) -> Code:
        """An argument evaluated once, on the whole source."""
        return self.compile(self.call.arguments[index], self._on(focus_collection(self.source.type)))

    def criteria(self, index: int) -> Truth:
        return truth(self.body(index))

    def counts(self, index: int) -> bool:
        """Whether an argument asks for `$index`, anywhere."""
        return mentions(self.call.arguments[index], "$index")

    def text(self, index: int) -> str | None:
        """An argument that is written as a text, else None."""
        argument = self.call.arguments[index]
        return argument.value if isinstance(argument, Literal) and isinstance(argument.value, str) else None

    def type_name(self, index: int) -> TypeName:
        """An argument that is a type.

        Raises: FhirPathFault when it is anything else.
        """
        argument = self.call.arguments[index]
        if isinstance(argument, Step) and argument.source is None:
            return TypeName("", argument.name)
        if isinstance(argument, Step) and isinstance(argument.source, Step) and argument.source.source is None:
            return TypeName(argument.source.name, argument.name)
        raise FhirPathFault(f"{self.call.name}() needs a type", argument.position)

    def _on(self, source: Code) -> Scope:
        return Scope(source, self.types, self.scope.resource_type, self.scope.context_type)


Function = Callable[[Invocation], Code]
Table = dict[str, tuple[int, int, Function]]
"""Name -> fewest arguments, most arguments, how it is compiled."""


def mentions(node: Node | None, variable: str) -> bool:
    """Whether a variable occurs anywhere in a tree."""
    return any(getattr(part, "name", None) == variable for part in parts(node))


def follows_focus(tree: Node) -> bool:
    """Whether a piece may have another value for another focus: it uses one, or begins with a name or a function."""
    for part in parts(tree):
        if isinstance(part, Variable) and part.name.startswith("$"):
            return True
        if isinstance(part, Step | Call) and part.source is None:
            return True
    return False


def parts(node: Node | None) -> Iterator[Node]:
    """A node and everything below it."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if part is not None:
            yield part
            for field in ("source", "left", "right", "operand", "index"):
                waiting.append(getattr(part, field, None))
            waiting.extend(getattr(part, "arguments", ()))


def counted(items: Iterable[Any], env: Environment) -> Iterator[Any]:
    """Items one by one, `$index` being the number of each meanwhile."""
    outer = env.index
    try:
        for number, item in enumerate(items):
            env.index = number
            yield item
    finally:
        env.index = outer


def text_of(value: Any) -> str:
    """A value that must be a text.

    Raises: EvaluationFault when it is none.
    """
    if value.__class__ is not str:
        raise EvaluationFault("A text was expected")
    return value


def whole_of(value: Any) -> int:
    """A value that must be a whole number.

    Raises: EvaluationFault when it is none.
    """
    if value.__class__ is not int:
        raise EvaluationFault("A whole number was expected")
    return value
