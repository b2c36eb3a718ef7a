"""What cards of this house may never be: a way to a portal, or a launch in place of a form; and the same twice."""

from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from cds_hooks.desk import AdviceKind
from fhir_um.api.hook_advice import Addresses, advice_out
from fhir_um.api.hook_desk import HookDesk
from fhir_um.policy.load import shipped_policies
from fhir_um.policy.model import AdviceKind as PolicyAdviceKind
from fhir_um.settings import Settings
from tests.fhir_um.asking_hooks import COPD, CPT, order, question, saturation

ADVICE = [row for policy in shipped_policies().policies for row in policy.advice]
_OF_PORTALS = ("portal", "log in", "login", "sign in", "signin", "submit", "prior auth request")
AT = Addresses("https://payer.example.org", "https://payer.example.org/fhir/Questionnaire")
ORDERS = {"met": (COPD, saturation()), "unknown": ()}


@pytest.mark.spec("crd:resp-17", "crd:resp-23", "crd-check:102", "crd-check:103")
@pytest.mark.parametrize("row", ADVICE, ids=lambda row: f"{row.policy_id}/{row.id}")
def test_no_advice_sends_anybody_to_a_portal(row):
    said = f"{row.title} {row.text} {row.url}".lower()

    assert not any(word in said for word in _OF_PORTALS)
    assert row.url.startswith("/um/v1/pa-list") or urlsplit(row.url).scheme in ("https", "")


@pytest.mark.spec("crd-check:110")
@pytest.mark.parametrize("kind", PolicyAdviceKind)
def test_nothing_but_an_app_is_launched(kind):
    """Forms are named in coverage information, where DTR finds them; no app is one."""
    row = replace(ADVICE[0], kind=kind)

    (card,) = advice_out([("ServiceRequest/o1", row)], question(), AT)

    assert (card.kind is AdviceKind.SMART_LAUNCH) is (kind is PolicyAdviceKind.APP)


@pytest.mark.spec("crd-check:110")
def test_no_app_is_there_to_fill_in_forms():
    """Source: CRD 2.2.1, launching SMART applications: DTR is reached by coverage information alone."""
    apps = [row for row in ADVICE if row.kind is PolicyAdviceKind.APP]

    assert apps
    assert not [row for row in apps if "form" in f"{row.title} {row.url}" or "questionnaire" in row.text.lower()]


@pytest.mark.spec("crd-check:92")
@pytest.mark.parametrize("chart", ORDERS)
def test_same_question_is_answered_the_same(lite, chart):
    desk = HookDesk(lite, Settings(public_url="https://payer.example.org"))
    asked = question(order("72148", CPT), order("G0399", id="o2"), chart=ORDERS[chart], determine=False)

    one, other = desk.answer(asked), desk.answer(asked)

    assert one.advice == other.advice
    for ref, (told,) in one.assertions.items():
        (again,) = other.assertions[ref]
        assert replace(again, id=told.id) == told
