"""What hook calls may rely on: one address for every coverage, profiled records only, and answers without padding."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from fhir_um.api.hook_desk import HookDesk
from fhir_um.coverage.model import Member, Plan
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from profiles.canonicals import EXT_COVERAGE_INFORMATION
from tests.fhir_um.asking_hooks import COVERAGE, NPI, PATIENT, PAYOR, order, question
from tests.fhir_um.doors import NOW, open_doors
from tests.people import people

CALLED = "/cds-services/order-sign"
PROFILED = {
    *("AllergyIntolerance", "Condition", "DiagnosticReport", "DocumentReference", "Encounter", "Immunization"),
    *("MedicationDispense", "MedicationRequest", "Observation", "Procedure", "QuestionnaireResponse", "ServiceRequest"),
}
"""Records that US Core and CRD have profiles for, beyond the people and the orders themselves."""


@pytest.fixture(scope="module")
def client(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    copied = shutil.copy(sqlite_template, tmp_path_factory.mktemp("reach") / "fhir-um.db")
    with open_doors(f"sqlite:///{copied}") as opened:
        yield opened


def insured() -> Iterator[tuple[Plan, Member]]:
    """One living member of each kind of business, insured today."""
    plans = {plan.id: plan for plan in people().plans}
    seen = set()
    for member in people().members:
        plan = plans.get(member.plan_on(NOW.date()))
        if plan and member.identifiers and not member.death_date and plan.line_of_business not in seen:
            seen.add(plan.line_of_business)
            yield plan, member


def call(plan: Plan, member: Member) -> str:
    """Signs an order of home oxygen for them."""
    payer = next(each for each in people().payers if each.id == plan.payer_id)
    number = member.identifiers[0]
    patient = PATIENT | {
        "identifier": [{"system": number.system, "value": number.value}],
        "name": [{"family": member.family, "given": [member.given]}],
        "birthDate": member.birth_date.isoformat(),
    }
    payor = PAYOR | {"identifier": [{"system": NPI, "value": payer.identifiers[0].value}]}
    at_hand = (patient, COVERAGE | {"subscriberId": number.value}, payor)
    signed = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": dict(order().resource)}]}
    sent = {
        "hook": "order-sign",
        "hookInstance": f"00000000-0000-4000-9000-{plan.line_of_business.name:0>12}",
        "context": {"userId": "Practitioner/1", "patientId": "nora", "draftOrders": signed},
        "prefetch": {each["resourceType"].lower(): each for each in at_hand},
    }
    return json.dumps(sent)


@pytest.mark.spec("crd:found-15")
@pytest.mark.parametrize(("plan", "member"), [*insured()], ids=lambda each: each.id)
def test_one_address_answers_for_every_coverage(client: FlaskClient, plan: Plan, member: Member) -> None:
    answer = client.post(CALLED, data=call(plan, member), content_type="application/json")

    assert answer.status_code == 200, answer.text
    (action,) = answer.json["systemActions"]
    (told,) = (each for each in action["resource"]["extension"] if each["url"] == EXT_COVERAGE_INFORMATION)
    assert {"url": "covered", "valueCode": "covered"} in told["extension"]


@pytest.mark.spec("crd:found-40")
@pytest.mark.parametrize("path", ["/cds-services", CALLED])
def test_no_needless_white_space_is_sent(client: FlaskClient, path: str) -> None:
    body = call(*next(insured()))
    answer = client.post(path, data=body, content_type="application/json") if path == CALLED else client.get(path)

    raw = answer.get_data().decode()

    assert answer.status_code == 200
    assert raw == json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":"))


@pytest.mark.spec("crd:conf-7", "crd:conf-9", "crd:hook-22")
def test_nothing_is_asked_for_that_has_no_profile(sqlite_url: str) -> None:
    """Determination and advice read the same facts, and what facts are read from is told by the desk."""
    deps = make_deps(Settings(database_url=sqlite_url, mode=Mode.SANDBOX))
    with closing(deps.store):
        desk = HookDesk(deps, Settings())
        orders = [order(each.code, each.system) for each in deps.policies.by_code]

        kinds = {kind for each in orders for kind, _ in desk.needs(question(each)).searches}

    assert "Observation" in kinds
    assert kinds <= PROFILED
