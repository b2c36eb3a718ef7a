"""The coverage policies as the payer's own people and systems read them. Changes nothing."""

from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.policy.model import Policy


def see_policies(deps: Deps) -> tuple[Policy, ...]:
    """Every version of every policy, by id, newest first."""
    newest_first = sorted(deps.policies.policies, key=_number, reverse=True)
    return tuple(sorted(newest_first, key=lambda policy: policy.id))


def read_policy(deps: Deps, policy_id: str, version: str = "") -> Policy:
    """The newest version of a policy, or the one that is named.

    Raises: Refusal NOT_FOUND.
    """
    found = deps.policies.version(policy_id, version) if version else deps.policies.policy(policy_id)
    if found is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such policy here.")
    return found


def _number(policy: Policy) -> tuple[int, ...]:
    return tuple(map(int, policy.version.split(".")))
