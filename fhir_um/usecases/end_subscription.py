"""A sender ends its subscription: nothing more is sent, not even what was owed. Its events stay in the store."""

from dataclasses import replace

from fhir_um.cases.caller import Caller
from fhir_um.deps import Deps
from fhir_um.subscribers.model import Standing
from fhir_um.usecases.own_subscription import Versions, demand_version, own_subscription, told_when_overtaken


def end_subscription(deps: Deps, caller: Caller, guide: str, id: str, versions: Versions = None) -> None:
    """It is gone for its sender.

    Raises: Refusal NOT_FOUND; OUTDATED when it is at none of the `versions`; CONFLICT when somebody was faster.
    """
    at = deps.clock()
    with told_when_overtaken(), deps.open_work(alone=True) as work:
        found = own_subscription(work, caller, guide, id)
        demand_version(found, versions)
        ended = replace(found, standing=Standing.OFF, changed_at=at, version=found.version + 1)
        work.subscribers.remove(ended, found.version)
