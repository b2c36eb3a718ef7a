"""What anybody may know of the payer's reference data: which payers answer here, and what needs authorization."""

from fhir_um.cases.model import PayerId
from fhir_um.coverage.model import Plan
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.policy.model import PaListRow


def payers_on_file(deps: Deps) -> tuple[PayerId, ...]:
    """The payers this server answers for, home payer first."""
    with deps.open_reading() as work:
        return tuple(PayerId(payer.id) for payer in work.directory().payers)


def home_payer_name(deps: Deps) -> str:
    """The name of the payer that answers when nobody names one; empty while none is on file."""
    with deps.open_reading() as work:
        return next((payer.name for payer in work.directory().payers), "")


def zone_of(deps: Deps, payer_id: PayerId) -> str:
    """The time zone of a payer, whose days its figures are cut by. Raises: Refusal NOT_FOUND when it is not on file."""
    with deps.open_reading() as work:
        payer = work.directory().payer(payer_id)
    if payer is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "No such payer.", "payer")
    return payer.time_zone


def plans_on_file(deps: Deps) -> tuple[Plan, ...]:
    """Every plan of every payer, for those who choose one, by name."""
    with deps.open_reading() as work:
        return tuple(sorted(work.directory().plans, key=lambda plan: plan.name))


def public_list(deps: Deps, plan_id: str) -> tuple[PaListRow, ...]:
    """Every code that needs authorization, for one plan or (empty id) for all.

    Raises: Refusal NOT_FOUND for a plan that is not on file.
    """
    return deps.policies.pa_list(_plan(deps, plan_id) if plan_id else None)


def _plan(deps: Deps, plan_id: str) -> Plan:
    with deps.open_reading() as work:
        plan = work.directory().plan(plan_id)
    if plan is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "No such plan.", "plan")
    return plan
