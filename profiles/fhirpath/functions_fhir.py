"""Functions that need a resource, a tree or the caller: children, resolve, memberOf, iif, today and their kin.

Source: FHIRPath N1 (2.0.0), tree navigation, utility functions, aggregates; FHIR R4 4.0.1, FHIRPath, functions.
"""

from collections.abc import Callable
from typing import Any

from profiles.fhirpath.code import BOOLEAN, Code, several, single, system_one, truth
from profiles.fhirpath.environment import Element, Environment, EvaluationFault
from profiles.fhirpath.functions_filtering import type_of
from profiles.fhirpath.invocation import Invocation, Table, text_of
from profiles.fhirpath.narrative import is_basic_html
from profiles.fhirpath.navigation import children_of, descendants_of
from profiles.fhirpath.operators import alike
from profiles.fhirpath.syntax import FhirPathFault
from profiles.fhirpath.temporal import parse_temporal
from profiles.fhirpath.types import ABSTRACT
from profiles.fhirpath.values import bare


def _children(invocation: Invocation) -> Code:
    source, types = invocation.source, invocation.types
    return several(lambda this, env: list(children_of(source.many(this, env), source.type, types)), None)


def _descendants(invocation: Invocation) -> Code:
    source, types = invocation.source, invocation.types
    return several(lambda this, env: descendants_of(source.many(this, env), source.type, types), None)


def _resolve(invocation: Invocation) -> Code:
    many = invocation.source.many

    def resolved(this: Any, env: Environment) -> list[Any]:
        found = (_target(item, env) for item in many(this, env))
        return [resource for resource in found if resource is not None]

    return several(resolved, None)


def _target(item: Any, env: Environment) -> dict[str, Any] | None:
    value = bare(item)
    reference = value.get("reference") if value.__class__ is dict else value
    if reference.__class__ is not str:
        return None
    return _contained(reference[1:], env) if reference.startswith("#") else env.resolve(reference)


def _contained(name: str, env: Environment) -> dict[str, Any] | None:
    container = env.root_resource or env.resource
    if container is None or name == "":
        return container
    listed = container.get("contained")
    if env.inside[0] is not listed:
        env.inside = (listed, _by_id(listed))
    return env.inside[1].get(name)


def _by_id(listed: Any) -> dict[str, dict[str, Any]]:
    """Of those with the same id the first."""
    found: dict[str, dict[str, Any]] = {}
    for resource in listed if isinstance(listed, list) else ():
        if isinstance(resource, dict) and isinstance(resource.get("id"), str):
            found.setdefault(resource["id"], resource)
    return found


def _member_of(invocation: Invocation) -> Code:
    source, types, value_set = invocation.source, invocation.types, invocation.value(0)
    many, static = source.many, source.type

    def member(this: Any, env: Environment) -> bool | None:
        items, url = many(this, env), value_set(this, env)
        if len(items) != 1 or url is None:
            return None
        return env.member_of(bare(items[0]), static or type_of(items[0], types), text_of(url))

    return single(member, BOOLEAN)


def _conforms_to(invocation: Invocation) -> Code:
    one, profile = invocation.source.one, invocation.value(0)

    def conforms(this: Any, env: Environment) -> bool | None:
        item, url = bare(one(this, env)), profile(this, env)
        return None if item.__class__ is not dict or url is None else env.conforms_to(item, text_of(url))

    return single(conforms, BOOLEAN)


def _html_checks(invocation: Invocation) -> Code:
    one = system_one(invocation.source, invocation.types)

    def checked(this: Any, env: Environment) -> bool | None:
        text = one(this, env)
        return None if text is None else is_basic_html(text_of(text))

    return single(checked, BOOLEAN)


def _type(invocation: Invocation) -> Code:
    source, types = invocation.source, invocation.types
    static = None if source.type in ABSTRACT else source.type

    def told(item: Any) -> dict[str, str]:
        name = static if static is not None and item.__class__ is not Element else type_of(item, types)
        namespace, _, rest = name.partition(".") if name.startswith("System.") else ("FHIR", "", name)
        return {"namespace": namespace, "name": rest}

    return several(lambda this, env: [told(item) for item in source.many(this, env)], None)


def _trace(invocation: Invocation) -> Code:
    """Nobody watches: what is traced is what it was, but what would be traced must make sense."""
    for index in range(len(invocation.call.arguments)):
        invocation.body(index)
    return invocation.source


def _iif(invocation: Invocation) -> Code:
    condition = truth(invocation.branch(0))
    yes, no = _branches(invocation)
    source = invocation.source

    def chosen(this: Any, env: Environment) -> list[Any]:
        items = source.many(this, env)
        branch = yes if condition(items, env) else no
        return branch.many(items, env) if branch is not None else []

    return several(chosen, yes.type)


def _branches(invocation: Invocation) -> tuple[Code, Code | None]:
    yes = invocation.branch(1)
    if len(invocation.call.arguments) == 2:
        return yes, None
    return alike(yes, invocation.branch(2), invocation.types)


def _aggregate(invocation: Invocation) -> Code:
    many, step = invocation.source.many, invocation.body(0)
    start = invocation.argument(1).many if len(invocation.call.arguments) > 1 else None

    def total(this: Any, env: Environment) -> list[Any]:
        outer = env.total
        try:
            env.total = start(this, env) if start is not None else []
            for item in many(this, env):
                env.total = step.many(item, env)
            return env.total
        finally:
            env.total = outer

    return several(total, None)


def _moment(pattern: str) -> Callable[[Invocation], Code]:
    def build(invocation: Invocation) -> Code:
        if invocation.call.source is not None:
            raise FhirPathFault(f"{invocation.call.name}() is asked of nothing", invocation.call.position)

        def moment(_this: Any, env: Environment) -> Any:
            if env.now is None:
                raise EvaluationFault("Nobody told the time")
            text = env.now.isoformat(timespec="milliseconds")
            return parse_temporal({"date": text[:10], "time": text[11:23]}.get(pattern, text))

        return single(moment, f"System.{'DateTime' if pattern == 'now' else pattern.capitalize()}")

    return build


FUNCTIONS: Table = {
    "children": (0, 0, _children),
    "descendants": (0, 0, _descendants),
    "resolve": (0, 0, _resolve),
    "memberOf": (1, 1, _member_of),
    "conformsTo": (1, 1, _conforms_to),
    "htmlChecks": (0, 0, _html_checks),
    "type": (0, 0, _type),
    "trace": (1, 2, _trace),
    "iif": (2, 3, _iif),
    "aggregate": (1, 2, _aggregate),
    "today": (0, 0, _moment("date")),
    "timeOfDay": (0, 0, _moment("time")),
    "now": (0, 0, _moment("now")),
}
