"""What every policy leads to, told of every type of order in both dialects, held against the guides' definitions."""

from decimal import Decimal

import pytest

from cds_hooks.answers import response
from cds_hooks.desk import Answered
from cds_hooks.dialects import DIALECTS
from cds_hooks.request import Options
from fhir_um.api.hook_advice import Addresses, advice_out
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.findings import Finding, Truth
from fhir_um.cases.model import ClientId, Course, Determination
from fhir_um.cases.ordered import CoverageAsked
from fhir_um.coverage.model import Payer
from fhir_um.policy.advising import rows_for
from fhir_um.policy.findings import REASONS, why_reviewed
from fhir_um.policy.load import shipped_policies
from fhir_um.policy.model import Policy
from fhir_um.translate.order_in import Loose, orders_in
from fhir_um.usecases.asserting import Weighed, assertion_of
from fhir_um.usecases.granting_orders import Granted
from fhir_um.words import Period, Quantity
from tests.builders import AT, ON
from tests.cds_hooks import stated, wire
from tests.cds_hooks.orders import RESOURCES, counted
from tests.cds_hooks.orders import order as hook_order
from tests.cds_hooks.orders import question as hook_question
from tests.cds_hooks.test_sweep import added_issues
from tests.fhir_um.asking_hooks import order, question

BASE = "https://payer.example.org"
AT_HOME = Addresses(BASE, f"{BASE}/fhir/Questionnaire")
PAYER = Payer("harbor", "Harbor", (), "UTC", "Intake, +1 555 0100")
NUMBER = Granted("PA-77", Period(ON, ON), Quantity(Decimal("1.50"), "visits"))
POLICIES = shipped_policies().policies


def outcomes(policy: Policy) -> list[tuple[Truth, Course, Granted | None]]:
    """Every truth a policy can come to and the course it takes; an approval also with its number."""
    if policy.criteria is None:
        course = Course.DENY_BENEFIT if policy.required else Course.NO_AUTHORIZATION
        return [(Truth.MET, course, None)]
    found = [(truth, course, None) for truth, course in policy.courses.items()]
    return found + [(truth, course, NUMBER) for truth, course, _ in found if course is Course.APPROVE]


def weighed(policy: Policy, truth: Truth, course: Course, granted: Granted | None) -> Weighed:
    trigger = policy.triggers[0].code
    (asked,) = orders_in(Loose.of(question(order(trigger.code, trigger.system))))
    missing = tuple(policy.facts) if truth is Truth.UNKNOWN else ()
    finding = Finding(policy.id, policy.version, policy.content_hash, policy.title, truth, (), missing)
    documents = tuple(d.needed for d in policy.documents) if course is Course.PEND_DOCUMENTS else ()
    text = why_reviewed(course, policy.title, f"By the policy {policy.title}.") or policy.title
    reason = REASONS.get(course, next(iter(REASONS.values())))
    determination = Determination(course, reason, text, finding, documents=documents, specialty=policy.specialty)
    call = CoverageAsked("order-sign", "1", ClientId("ehr-1"), "Coverage/cov", (asked,), Evidence(), AT, {})
    form = f"{BASE}/fhir/Questionnaire/{policy.id}|{policy.version}" if policy.form else ""
    return Weighed(call, asked, PAYER, determination, policy, (trigger,), granted, ON, (), form)


@pytest.mark.spec("crd-check:90", "crd:resp-29", "crd:resp-47")
@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: f"{policy.id}-{policy.version}")
def test_what_a_policy_leads_to_can_be_said_of_every_order(policy: Policy, version: str) -> None:
    broken = []
    for truth, course, granted in outcomes(policy):
        told = assertion_of(weighed(policy, truth, course, granted), "answer-1")
        for kind in sorted(set(RESOURCES) & DIALECTS[version].annotated):
            about = hook_order(kind)
            asked = hook_question(about, version=version)
            rows = [(about.ref, row) for row in rows_for(policy, truth, frozenset(policy.facts))]
            advice = tuple(advice_out(rows, asked, AT_HOME))
            answered = Answered("Harbor", {about.ref: (told,)}, advice, BASE)
            body, _ = response(asked, answered, Options(), DIALECTS[version], counted())
            (action,) = body["systemActions"]
            issues = [*wire.faults(body, version), *map(str, added_issues(action["resource"], version))]
            issues += [f for e in stated.extensions(action["resource"]) for f in stated.faults(e, version)]
            broken += [(truth, kind, issue) for issue in issues]

    assert broken == []


def test_the_sweep_covers_what_software_may_do() -> None:
    """Intake is no outcome of a policy: it is where requests with faults wait."""
    reached = {course for policy in POLICIES for _, course, _ in outcomes(policy)}

    assert reached >= set(Course) - {Course.PEND_INTAKE}
