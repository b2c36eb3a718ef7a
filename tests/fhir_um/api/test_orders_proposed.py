"""Orders that policies propose in place of the one asked about keep the profiles of CRD, and say what to do by hand."""

from dataclasses import replace
from typing import Any

import pytest

from cds_hooks.desk import AdviceKind
from fhir_um.api.hook_advice import Addresses, advice_out
from fhir_um.policy.load import shipped_policies
from fhir_um.policy.model import AdviceKind as PolicyAdviceKind
from tests.cds_hooks.orders import RESOURCES
from tests.cds_hooks.test_sweep import validator
from tests.fhir_um.asking_hooks import order, question

ROWS = [row for policy in shipped_policies().policies for row in policy.advice if row.proposed]
INSTEAD = [row for row in ROWS if row.kind is PolicyAdviceKind.ALTERNATIVE]
KINDS = {"service": "ServiceRequest", "device": "DeviceRequest", "drug": "MedicationRequest"}
PROFILE = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-"
AT = Addresses("https://payer.example.org", "https://payer.example.org/fhir/Questionnaire")


def proposed(row: Any) -> Any:
    """The one suggestion of the one card about a whole order of the kind the row proposes."""
    resource = RESOURCES[KINDS[row.proposed.what]]
    asked = question(replace(order(), resource=dict(resource)))
    ref = asked.orders[0].ref
    (card,) = advice_out([(ref, row)], asked, AT)
    (suggestion,) = card.suggestions
    return card, suggestion


def errors(resource: Any, version: str) -> set[tuple[str, str]]:
    """What is against the profile of its kind; those who sign and carry out are not at hand."""
    found = validator(version).check(resource, (PROFILE + resource["resourceType"].lower(),))
    return {(issue.path, issue.text) for issue in found if issue.severity == "error"}


def named(row: Any) -> str:
    return f"{row.policy_id}/{row.id}"


@pytest.mark.spec("crd:resp-55")
@pytest.mark.parametrize("version", ["2.2", "2.0"])
@pytest.mark.parametrize("row", INSTEAD, ids=named)
def test_an_order_proposed_instead_keeps_its_profile(row: Any, version: str):
    card, suggestion = proposed(row)

    assert card.kind is AdviceKind.ALTERNATE_REQUEST
    (action,) = suggestion.actions
    assert errors(action.resource, version) <= errors(RESOURCES[KINDS[row.proposed.what]], version)


@pytest.mark.spec("crd:resp-11")
@pytest.mark.parametrize("row", ROWS, ids=named)
def test_what_is_proposed_can_be_ordered_by_hand(row: Any):
    _, suggestion = proposed(row)

    (action,) = suggestion.actions
    assert row.proposed.label in suggestion.label
    assert row.proposed.label in action.description
