"""Cases of the demo's people that wait for somebody, and the people who act on them."""

from fhir_um.cases.caller import Caller
from fhir_um.cases.clocks import Clock, ClockKind
from fhir_um.cases.deciders import Decider
from fhir_um.cases.history import rebuild
from fhir_um.cases.lifecycle import Ruling, RulingAction
from fhir_um.cases.model import Case
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import REVIEWERS, Role
from fhir_um.deps import Deps
from fhir_um.usecases.decide_case import decide_case
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.words import Code
from tests.builders import line_request
from tests.fhir_um.usecases.asking import a_caller, ask, sent

DESK = Caller("desk", "desk", ("harbor",), frozenset(), frozenset(REVIEWERS))
INTAKE = Decider("in-1", Role.INTAKE, human=True)
NURSE = Decider("rn-1", Role.NURSE, human=True)
DOCTOR = Decider("dr-1", Role.PHYSICIAN, human=True, npi="1910200405")
SPECIALIST = Decider("dr-2", Role.PEER, human=True, npi="1999999980", specialty=Code("s", "rehabilitation"))
MANAGER = Decider("om-1", Role.OPERATIONS_MANAGER, human=True)
OFFICER = Decider("cp-1", Role.COMPLIANCE_PRIVACY, human=True)


def waiting_case(deps: Deps) -> Case:
    """Two lines that wait for a nurse."""
    return submit_claim(deps, a_caller(), sent(ask(line_request(1, "E0601"), line_request(2, "G0299"))))


def referred_case(deps: Deps) -> Case:
    """The same, the first line with a physician."""
    case = waiting_case(deps)
    ruling = Ruling(1, RulingAction.REFER_PHYSICIAN, Reason.MEDICAL_REVIEW, "The criteria are not met on paper.")
    return decide_case(deps, a_caller(), case.id, case.version, NURSE, (ruling,))


def clock_of(deps: Deps, case: Case, kind: ClockKind, sequence: int = 1) -> Clock | None:
    """The clock of that kind on a line."""
    with deps.open_reading() as reading:
        clocks = reading.clocks_of(case.payer_id, case.id)
    return next((clock for clock in clocks if (clock.kind, clock.sequence) == (kind, sequence)), None)


def assert_rebuilds(deps: Deps, case: Case) -> None:
    """The history alone gives the case, and every row beside it says the same."""
    with deps.open_reading() as reading:
        assert rebuild(reading.events_of(case.payer_id, case.id)) == case
    assert list(deps.store.verify().faults) == []
