"""How the advice of the shipped policies is worded: mostly as information, with every link where clients show links."""

import pytest

from fhir_um.policy.load import shipped_policies
from fhir_um.policy.model import Urgency

ROWS = [row for policy in shipped_policies().policies for row in policy.advice]


@pytest.mark.spec("crd:resp-2")
def test_most_advice_is_information():
    assert sum(row.urgency is Urgency.INFO for row in ROWS) > 0.75 * len(ROWS)


@pytest.mark.spec("crd:resp-10")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.policy_id}/{row.id}")
def test_an_address_stands_among_the_links_and_not_in_the_text_alone(row):
    assert "](" not in row.text and "://" not in row.text and "www." not in row.text
