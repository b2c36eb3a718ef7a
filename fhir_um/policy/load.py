"""Reads policy files, refuses what may not be used, and makes the book. The only part of the room that opens files.

Every file is checked for shape, compiled, linted, and its worked examples are run, in that order.
"""

from collections.abc import Collection, Iterable
from functools import cache
from hashlib import sha256
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, TypeVar

import msgspec
import yaml

from fhir_um.policy.book import PolicyBook
from fhir_um.policy.compiling import compile_policy, compile_triggers
from fhir_um.policy.examples import run_examples
from fhir_um.policy.lint import lint
from fhir_um.policy.model import FreeService, Misfit, Policy, PolicyFault
from fhir_um.policy.schema import FreeFile, PolicyFile
from fhir_um.words import Code

Shape = TypeVar("Shape")

NO_AUTHORIZATION_FILE = "no-authorization.yaml"

_BaseLoader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeyLoader(_BaseLoader):  # type: ignore[misc]  # the C loader is there or not, so its type is not known
    """YAML's safe loader, but a key written twice is an error and not the last one winning."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        if len(keys) != len(set(keys)):
            twice = sorted({key for key in keys if keys.count(key) > 1})
            raise yaml.constructor.ConstructorError(None, None, f"key {', '.join(twice)} is written twice")
        built: dict[Any, Any] = super().construct_mapping(node, deep)
        return built


@cache
def shipped_policies() -> PolicyBook:
    """The policies that come with the house. Raises: PolicyFault."""
    return load_policies(resources.files("fhir_um.policy") / "policies")


def load_policies(directory: Traversable) -> PolicyBook:
    """Every policy of a directory; `no-authorization.yaml` holds the services that need none.

    Raises: PolicyFault for the first file that may not be used, with the place in it.
    """
    files = sorted((f for f in directory.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    policies = tuple(_load_policy(f) for f in files if f.name != NO_AUTHORIZATION_FILE)
    free = tuple(row for f in files if f.name == NO_AUTHORIZATION_FILE for row in _load_free(f))
    _check_together(policies, free)
    return PolicyBook.of(policies, free)


def _load_policy(entry: Traversable) -> Policy:
    body = entry.read_bytes()
    file = _shape(body, entry.name, PolicyFile)
    if entry.name not in (f"{file.policy}.yaml", f"{file.policy}@{file.version}.yaml"):
        raise PolicyFault(entry.name, "policy", f"the file must be called {file.policy}.yaml")
    try:
        policy = compile_policy(file, sha256(body).hexdigest())
        _refuse_first(lint(policy, file))
        _refuse_first(run_examples(policy, file))
    except Misfit as fault:
        raise PolicyFault(entry.name, fault.path, fault.what) from None
    return policy


def _refuse_first(faults: Iterable[Misfit]) -> None:
    for fault in faults:
        raise fault


def _load_free(entry: Traversable) -> tuple[FreeService, ...]:
    body = entry.read_bytes()
    file = _shape(body, entry.name, FreeFile)
    digest = sha256(body).hexdigest()
    try:
        return tuple(
            FreeService(row.title, file.version, digest, trigger)
            for i, row in enumerate(file.no_authorization)
            for trigger in compile_triggers(row.applies_to, f"no_authorization[{i}].applies_to")
        )
    except Misfit as fault:
        raise PolicyFault(entry.name, fault.path, fault.what) from None


def _shape(body: bytes, name: str, kind: type[Shape]) -> Shape:
    try:
        # The loader is the safe one and only refuses more, which the linter cannot see.
        return msgspec.convert(yaml.load(body, Loader=_UniqueKeyLoader), kind)  # noqa: S506 a safe loader
    except yaml.YAMLError as fault:
        raise PolicyFault(name, "", f"is not readable YAML: {fault}") from None
    except msgspec.ValidationError as fault:
        what, _, path = str(fault).partition(" - at ")
        raise PolicyFault(name, path.strip("`"), what) from None


def _check_together(policies: tuple[Policy, ...], free: tuple[FreeService, ...]) -> None:
    """No version twice, no two versions of a policy on the same day, no code both under a policy and free of one."""
    for i, one in enumerate(policies):
        for other in policies[i + 1 :]:
            if one.id == other.id and (one.version == other.version or one.effective.overlaps(other.effective)):
                raise PolicyFault(f"{other.id}.yaml", "effective", f"overlaps version {one.version}")
    named = {trigger.code: policy.id for policy in policies for trigger in policy.triggers}
    for row in free:
        if row.trigger.code in named:
            owner = named[row.trigger.code]
            raise PolicyFault(NO_AUTHORIZATION_FILE, row.title, f"{row.trigger.code.code} is also under {owner}")
    _check_proposals(policies, named.keys() | {row.trigger.code for row in free})


def _check_proposals(policies: tuple[Policy, ...], known: Collection[Code]) -> None:
    """What a policy proposes to order, the house has an answer for."""
    for policy in policies:
        for row in policy.advice:
            if row.proposed and row.proposed.code not in known:
                what = f"proposes {row.proposed.code.code}, which no policy and no free service names"
                raise PolicyFault(f"{policy.id}.yaml", f"advice[{row.id}]", what)
