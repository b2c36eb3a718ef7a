"""The forms by which policies ask what no chart says. Anybody may read them: nothing in them is about a person."""

from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.policy.model import Policy


def read_form(deps: Deps, form_id: str) -> Policy:
    """The policy whose form that is: `home-oxygen` names its newest version, `home-oxygen-1.0.0` a certain one.

    Raises: Refusal NOT_FOUND.
    """
    newest = deps.policies.policy(form_id)
    found = newest or next((p for p in deps.policies.policies if f"{p.id}-{p.version}" == form_id), None)
    if found is None or not found.form:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such form.")
    return found


def find_forms(deps: Deps, policy_id: str, version: str) -> tuple[Policy, ...]:
    """Policies with a form; of one policy, and of one version of it, where these are not empty."""
    return tuple(
        policy
        for policy in deps.policies.policies
        if policy.form and policy_id in ("", policy.id) and version in ("", policy.version)
    )
