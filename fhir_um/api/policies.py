"""`/um/v1/policies`: the coverage policies, as data that people can read. Must not know how they are weighed."""

from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.policy_views import policy_row, policy_view
from fhir_um.api.query import demand_known
from fhir_um.usecases.see_policies import read_policy, see_policies


def list_all(asked: Asked) -> Answer:
    """Every version of every coverage policy."""
    demand_known(asked.http.args, ())
    return plain({"policies": [policy_row(policy) for policy in see_policies(asked.deps)]})


def show(asked: Asked, policy_id: str) -> Answer:
    """One policy: criteria, the facts they rest on, what follows; the newest version, or the one named (`version`)."""
    demand_known(asked.http.args, ("version",))
    policy = read_policy(asked.deps, policy_id, asked.http.args.get("version", ""))
    return plain(policy_view(policy))
