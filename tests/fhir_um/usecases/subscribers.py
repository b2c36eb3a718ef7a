"""What the use cases of subscriptions need around them: a decided case, and a worker that delivers at once."""

from datetime import timedelta

from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import Case
from fhir_um.cases.roles import Role
from fhir_um.deps import Deps
from fhir_um.subscribers.model import Asking, Delivery, Given, Sent, Subscription, Tried
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import line_request
from tests.fhir_um import deciding
from tests.fhir_um.usecases.asking import a_caller, ask, sent

NURSE = Decider("rn-1", Role.NURSE, human=True)


def pended(deps: Deps) -> Case:
    """A case of a power wheelchair and an image of the spine, both waiting."""
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "K0823"), line_request(2, "72148"))))


def decided(deps: Deps, case: Case, line: int) -> Case:
    """The case after a physician approved one line."""
    return deciding.decided(deps, a_caller(), case.id, deciding.approval(line))


def deliver(deps: Deps, status: int = 200, gives_up: bool = False) -> list[Delivery]:
    """Everything due, tried once with that result."""
    at = deps.clock()
    tried_ones = []
    with deps.open_work(alone=True) as work:
        for lease in work.subscribers.lease(at, Asking("worker", at + timedelta(seconds=30))):
            again = None if gives_up else at + timedelta(seconds=2)
            tried = tuple(Tried(one, Sent(status), at, again) for one in lease.deliveries)
            assert work.subscribers.settle((Given(lease, tried),), at) == ()
            tried_ones += lease.deliveries
    return tried_ones


def seen(deps: Deps, one: Subscription) -> Subscription:
    """The subscription as it stands now."""
    with deps.open_reading() as work:
        found = work.subscribers.find(one.sender, (one.payer_id,), one.guide, one.id)
    assert found is not None
    return found
