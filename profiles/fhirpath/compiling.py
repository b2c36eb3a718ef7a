"""Expression -> function, compiled once and run on plain JSON as often as wanted. Knows no profile and no message.

Source: FHIRPath N1 (2.0.0); FHIR R4 4.0.1, FHIRPath.
"""

from collections.abc import Callable
from typing import Any

from profiles.fhirpath import (
    functions_conversion,
    functions_existence,
    functions_fhir,
    functions_filtering,
    functions_math,
    functions_text,
)
from profiles.fhirpath.arithmetic import ARITHMETIC, negative
from profiles.fhirpath.code import NOTHING, STRING, Code, Operator, constant, focus, several, single, truth
from profiles.fhirpath.environment import Environment, EvaluationFault
from profiles.fhirpath.functions_filtering import is_type, item_test, of_type
from profiles.fhirpath.invocation import Invocation, Scope, Table, follows_focus, mentions
from profiles.fhirpath.navigation import step
from profiles.fhirpath.operators import BINARY, at_index, contained_in, lasting
from profiles.fhirpath.parsing import parse
from profiles.fhirpath.quantities import UCUM
from profiles.fhirpath.syntax import (
    Binary,
    Call,
    FhirPathFault,
    Indexer,
    Literal,
    Node,
    Nothing,
    Step,
    TypeName,
    TypeOperation,
    Unary,
    Variable,
)
from profiles.fhirpath.types import ABSTRACT, Types, known

Expression = Callable[[Any, Environment], list[Any]]
"""Focus and environment -> the items found: JSON values, System values, or `Element`s that say their type.

Raises: EvaluationFault when there is no answer for this data.
"""
Invariant = Callable[[Any, Environment], bool]

_FUNCTIONS: Table = {
    **functions_existence.FUNCTIONS,
    **functions_filtering.FUNCTIONS,
    **functions_text.FUNCTIONS,
    **functions_conversion.FUNCTIONS,
    **functions_math.FUNCTIONS,
    **functions_fhir.FUNCTIONS,
}
_OPERATORS: dict[str, Operator] = {**BINARY, **ARITHMETIC}
_AROUND = ("%context", "%resource", "%rootResource")
_URLS = {"%ucum": UCUM, "%sct": "http://snomed.info/sct", "%loinc": "http://loinc.org"}
_FOLDERS = {
    "%vs-": "http://hl7.org/fhir/ValueSet/",
    "%ext-": "http://hl7.org/fhir/StructureDefinition/",
}
_NO_ANSWER = (EvaluationFault, ArithmeticError, RecursionError)


def compile_expression(text: str, type_path: str, types: Types) -> Expression:
    """An expression for a focus of that type: `Claim`, `Claim.item`, `HumanName`, `date`.

    The focus is its JSON value; a primitive with a `_name` sibling is an `Element`. Give the same `KnownTypes` to
    every compilation, so that what was asked once is remembered.

    Raises: FhirPathFault when it cannot be compiled.
    """
    code, prepare = _compiled(text, type_path, types)

    def evaluate(node: Any, env: Environment) -> list[Any]:
        prepare(node, env)
        try:
            return list(code.many(node, env))
        except (ArithmeticError, RecursionError) as fault:
            raise EvaluationFault("There is no answer for this data") from fault

    return evaluate


def compile_invariant(text: str, type_path: str, types: Types) -> Invariant:
    """A rule for a focus of that type: whether it holds, that is, whether its result is true.

    An empty result is no true one, and neither is that of data the expression has no answer for.

    Raises: FhirPathFault when it cannot be compiled.
    """
    code, prepare = _compiled(text, type_path, types)
    condition = truth(code)

    def holds(node: Any, env: Environment) -> bool:
        prepare(node, env)
        try:
            return condition(node, env) is True
        except _NO_ANSWER:
            return False

    return holds


def _compiled(text: str, type_path: str, types: Types) -> tuple[Code, Callable[[Any, Environment], None]]:
    tree = parse(text)
    remembered = known(types)
    head = type_path.partition(".")[0]
    resource_type = head if head not in ABSTRACT and remembered.is_resource(head) else None
    scope = Scope(focus(type_path), remembered, resource_type, type_path)
    return _compile(tree, scope), _preparing(tree)


def _preparing(tree: Node) -> Callable[[Any, Environment], None]:
    """What an expression needs done to its environment beforehand; most need nothing."""
    if not any(mentions(tree, name) for name in _AROUND):
        return _unprepared

    def prepare(node: Any, env: Environment) -> None:
        env.context = node
        env.memo = {}

    return prepare


def _unprepared(_node: Any, _env: Environment) -> None:
    return None


def _compile(node: Node, scope: Scope) -> Code:
    return _COMPILE[type(node)](node, scope)


def _literal(node: Literal, _scope: Scope) -> Code:
    return constant((node.value,), node.type)


def _nothing(_node: Nothing, _scope: Scope) -> Code:
    return NOTHING


def _step(node: Step, scope: Scope) -> Code:
    if node.source is not None:
        return _lasting(node, step(_compile(node.source, scope), node.name, scope.types))
    if node.name[:1].isupper() and _names_type(node.name, scope):
        return _only_of_type(node.name, scope)
    return step(scope.focus, node.name, scope.types)


def _names_type(name: str, scope: Scope) -> bool:
    own = scope.focus.type
    return scope.types.is_known(name) and (own is None or scope.types.member(own, name) is None)


def _only_of_type(name: str, scope: Scope) -> Code:
    """A path may begin with the type of its focus. Source: FHIRPath N1 (2.0.0), path selection."""
    own, wanted = scope.focus.type, TypeName("", name)
    if own is not None and own not in ABSTRACT:
        return scope.focus if scope.types.matches(own, wanted) else NOTHING
    matches, many = item_test(scope.focus, wanted, scope.types), scope.focus.many
    return several(lambda this, env: [item for item in many(this, env) if matches(item)], own)


def _call(node: Call, scope: Scope) -> Code:
    if node.name not in _FUNCTIONS:
        raise FhirPathFault(f"There is no function {node.name}()", node.position)
    fewest, most, function = _FUNCTIONS[node.name]
    if not fewest <= len(node.arguments) <= most:
        raise FhirPathFault(f"{node.name}() has {fewest} to {most} arguments", node.position)
    source = scope.focus if node.source is None else _compile(node.source, scope)
    return _lasting(node, function(Invocation(node, source, scope, _compile)))


def _lasting(node: Step | Call, code: Code) -> Code:
    """A list that is the same for every focus of one evaluation is found once: `%resource.snapshot.element`."""
    return code if code.single or follows_focus(node) else lasting(code)


def _indexer(node: Indexer, scope: Scope) -> Code:
    return at_index(_compile(node.source, scope), _compile(node.index, scope), scope.types)


def _unary(node: Unary, scope: Scope) -> Code:
    operand = _compile(node.operand, scope)
    return negative(operand, scope.types) if node.operator == "-" else operand


def _binary(node: Binary, scope: Scope) -> Code:
    left, right = _compile(node.left, scope), _compile(node.right, scope)
    if node.operator == "in":
        return contained_in(left, right, scope.types, remember=not follows_focus(node.right))
    if node.operator == "contains":
        return contained_in(right, left, scope.types, remember=not follows_focus(node.left))
    return _OPERATORS[node.operator](left, right, scope.types)


def _type_operation(node: TypeOperation, scope: Scope) -> Code:
    operand = _compile(node.operand, scope)
    operation = is_type if node.operator == "is" else of_type
    return operation(operand, node.type, scope.types)


def _variable(node: Variable, scope: Scope) -> Code:
    if node.name == "$this":
        return scope.focus
    if node.name in _VARIABLES:
        return _VARIABLES[node.name](scope)
    if node.name in _URLS:
        return constant((_URLS[node.name],), STRING)
    for prefix, folder in _FOLDERS.items():
        if node.name.startswith(prefix):
            return constant((folder + node.name.removeprefix(prefix),), STRING)
    raise FhirPathFault(f"There is no variable {node.name}", node.position)


def _root_resource(_this: Any, env: Environment) -> Any:
    return env.resource if env.root_resource is None else env.root_resource


_VARIABLES: dict[str, Callable[[Scope], Code]] = {
    "$index": lambda _scope: single(lambda _this, env: env.index, "System.Integer"),
    "$total": lambda _scope: several(lambda _this, env: env.total, None),
    "%context": lambda scope: single(lambda _this, env: env.context, scope.context_type),
    "%resource": lambda scope: single(lambda _this, env: env.resource, scope.resource_type),
    "%rootResource": lambda _scope: single(_root_resource, None),
}

_COMPILE: dict[type, Callable[[Any, Scope], Code]] = {
    Literal: _literal,
    Nothing: _nothing,
    Step: _step,
    Call: _call,
    Indexer: _indexer,
    Unary: _unary,
    Binary: _binary,
    TypeOperation: _type_operation,
    Variable: _variable,
}
