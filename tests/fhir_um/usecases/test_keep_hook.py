"""What is kept of a hook call, for how long, and who may ask for it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cds_hooks.desk import Assertion, Coding, Covered, Feedback, PaNeeded, ReasonCode, Told, Why
from fhir_um.api.hook_desk import HookDesk
from fhir_um.api.hook_views import explanation_view
from fhir_um.cases.model import PayerId
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Settings
from fhir_um.usecases.explain_hook import explain_hook
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import AT
from tests.fhir_um.asking_hooks import COPD, CPT, order, question, saturation
from tests.fhir_um.usecases.asking import a_caller, ask, sent

CARD = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def desk(deps):
    return HookDesk(deps, Settings(hook_retention_days=30))


def told_of(asked, answered, at=AT, **changes):
    """What the counter keeps of that exchange."""
    whole = Told(
        instance=asked.instance,
        hook=asked.hook,
        service=asked.hook,
        client="ehr-1",
        version="2.2",
        received_at=at,
        answered_at=at + timedelta(milliseconds=12),
        http_status=200,
        issues=(),
        token_use="not-used",
        resources=(("Patient", True, 1), ("Observation", False, 2)),
        orders=tuple(("ServiceRequest", o.codes) for o in asked.orders),
        assertions=answered.assertions,
        cards=((CARD, "guideline", "lumbar-spine-mri"),),
    )
    return replace(whole, **changes)


def kept(desk, *orders, chart=(), **changes):
    """An exchange, kept; the question and its answer."""
    asked = question(*orders, chart=chart)
    answered = desk.answer(asked)
    desk.keep(told_of(asked, answered, **changes))
    return asked, answered


def explained(desk, name, caller=None):
    return explanation_view(explain_hook(desk.deps, caller or a_caller(), name))


@pytest.mark.spec("crd:found-11", "crd-check:92", "crd-check:119", "crd-check:123")
@pytest.mark.spec("crd:found-37")
@pytest.mark.spec("crd:found-38")
@pytest.mark.parametrize("by", ["instance", "assertion"])
def test_a_call_is_explained_by_its_instance_and_by_what_it_was_told(desk, by):
    asked, answered = kept(desk, order("72148", CPT))
    ((only,),) = answered.assertions.values()

    view = explained(desk, asked.instance if by == "instance" else only.id)

    assert (view["invocation"]["hookInstance"], view["invocation"]["milliseconds"]) == (asked.instance, 12)
    (row,) = view["assertions"]
    policy = desk.deps.policies.policy("lumbar-spine-mri")
    assert (row["id"], row["course"]) == (only.id, "pend-documents")
    assert row["policy"] == {"id": policy.id, "version": policy.version, "hash": policy.content_hash}
    assert "symptom-weeks" in row["missing"]
    assert row["told"]["questionnaires"] == list(only.questionnaires)
    assert [card["uuid"] for card in view["cardsShown"]] == [CARD]


@pytest.mark.spec("crd:found-11")
def test_what_was_told_is_kept_before_the_call_is(desk):
    """A number that was told can never be lost: it is written with the case that has it."""
    answered = desk.answer(question(order(), chart=(COPD, saturation())))
    ((only,),) = answered.assertions.values()

    view = explained(desk, only.id)

    assert view["invocation"] is None
    assert view["assertions"][0]["told"]["satisfied_pa_id"] == only.satisfied_pa_id


def test_what_the_counter_said_by_itself_is_kept_too(desk):
    asked = question()
    why = Why("Later.", ReasonCode.TECHNICAL)
    alone = Assertion("alone", AT.date(), Covered.INDETERMINATE, PaNeeded.INDETERMINATE, reasons=(why,))
    answered = replace(desk.answer(replace(asked, orders=())), assertions={"ServiceRequest/o1": (alone,)})

    desk.keep(told_of(asked, answered))

    (row,) = explained(desk, "alone")["assertions"]
    assert (row["policy"], row["told"]["covered"]) == (None, "indeterminate")


def test_a_refused_call_is_kept_without_assertions(desk):
    asked = question()
    desk.keep(
        told_of(asked, replace(desk.answer(asked), assertions={}), http_status=422, issues=("required",), cards=())
    )

    view = explained(desk, asked.instance)

    assert (view["invocation"]["status"], view["invocation"]["issues"], view["assertions"]) == (422, ["required"], [])


@pytest.mark.spec("crd:resp-35")
def test_an_answer_given_again_is_explained_at_both_calls(desk):
    url = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/ext-coverage-information"
    _, answered = kept(desk, order("G0399"))
    ((only,),) = answered.assertions.values()
    parts = [
        {"url": "coverage", "valueReference": {"reference": "Coverage/cov"}},
        {"url": "coverage-assertion-id", "valueString": only.id},
    ]
    again, _ = kept(desk, order("G0399", resource={"extension": [{"url": url, "extension": parts}]}), cards=())

    assert [row["id"] for row in explained(desk, again.instance)["assertions"]] == [only.id]


@pytest.mark.spec("crd:found-38", "crd-check:119")
def test_nobody_elses_call_is_explained(desk):
    asked, _ = kept(desk, order("G0399"))

    with pytest.raises(Refusal) as refused:
        explained(desk, asked.instance, a_caller("other", "prairie"))

    assert refused.value.kind is Kind.NOT_FOUND


@pytest.mark.spec("crd-check:122")
@pytest.mark.spec("crd:sec-6")
def test_no_clinical_value_and_no_name_is_kept(desk):
    asked, answered = kept(desk, order(), chart=(COPD, saturation("86.25")))
    ((only,),) = answered.assertions.values()

    with desk.deps.open_reading() as work:
        found = work.explained(PayerId("harbor"), asked.instance)
    text = found.invocation.document + found.guidance[0].document
    assert only.id in text
    assert not any(word in text for word in ("86.25", "Whitfield", "H1001-6103", "1961"))


@pytest.mark.spec("crd-check:122")
@pytest.mark.spec("crd:sec-6")
def test_what_was_kept_long_enough_goes(desk):
    asked, answered = kept(desk, order("G0399"))
    ((only,),) = answered.assertions.values()
    desk.feedback("ehr-1", "order-sign", (Feedback(CARD, "accepted", (), None, "", None),), AT)

    kept(desk, order("72148", CPT), at=AT + timedelta(days=31), cards=())

    with desk.deps.open_reading() as work:
        found = work.explained(PayerId("harbor"), asked.instance)
        assert (found.invocation, found.guidance, work.cards("ehr-1", (CARD,))) == (None, (), ())
        assert work.guidance(PayerId("harbor"), (only.id,)) == ()


@pytest.mark.spec("hooks:feedback", "crd-check:114", "crd-check:116")
@pytest.mark.spec("crd:metric-1")
def test_feedback_is_kept_per_card_and_policy_and_shows_as_engagement(desk):
    asked, _ = kept(desk, order("72148", CPT))
    reason = Coding("urn:reasons", "no", "No")
    rows = (
        Feedback(CARD, "accepted", ("s1",), None, "", AT),
        Feedback(CARD, "overridden", (), reason, "not for her", None),
        Feedback("unknown", "accepted", (), None, "", None),
    )

    desk.feedback("ehr-1", "order-sign", rows, AT)

    view = explained(desk, asked.instance)
    said = view["cardsShown"][0]["feedback"]
    assert [(row["outcome"], row["policy"]) for row in said] == [
        ("accepted", "lumbar-spine-mri"),
        ("overridden", "lumbar-spine-mri"),
    ]
    assert said[1]["reason"] == {"system": "urn:reasons", "code": "no"}
    shown = {"type": "guideline", "focus": ["ServiceRequest"], "engagement": "override"}
    assert shown in view["metric"]["request"][0]["response"]


@pytest.mark.spec("crd-check:121")
@pytest.mark.spec("crd:metric-1")
def test_a_call_is_exported_as_the_guides_metric(desk):
    asked, answered = kept(desk, order("72148", CPT), order("G0399", id="o2"))

    metric = explained(desk, asked.instance)["metric"]

    assert (metric["source"], metric["hookType"], metric["httpResponse"]) == ("payer-src", "order-sign", 200)
    told = [r["response"][0]["coverageInfo"][0] for r in metric["request"]]
    assert [(row["covered"], row["paNeeded"]) for row in told] == [("covered", "auth-needed"), ("covered", "no-auth")]
    assert {row["assertionId"] for row in told} == {row[0].id for row in answered.assertions.values()}
    assert {"type": "Observation", "count": 2, "prefetch": False} in metric["resources"]


@pytest.mark.spec("crd:found-11")
def test_a_submission_that_names_an_assertion_is_tied_to_it(desk):
    asked, answered = kept(desk, order("72148", CPT))
    ((only,),) = answered.assertions.values()

    case = submit_claim(desk.deps, a_caller(), sent(ask(coverage_assertions=(only.id, "unknown"))))

    assert case.request.coverage_assertions == (only.id, "unknown")
    assert explained(desk, asked.instance)["assertions"][0]["submittedAs"] == case.id


def test_another_members_submission_is_not_tied_to_it(desk):
    asked, answered = kept(desk, order("72148", CPT))
    ((only,),) = answered.assertions.values()
    stranger = replace(ask().member, identifiers=(), family="Nobody")

    submit_claim(desk.deps, a_caller(), sent(ask(member=stranger, coverage=None, coverage_assertions=(only.id,))))

    assert explained(desk, asked.instance)["assertions"][0]["submittedAs"] is None


@pytest.mark.spec("crd:metric-1")
def test_feedback_counts_from_the_ehr_the_card_was_shown_to(desk):
    asked, _ = kept(desk, order("72148", CPT))

    desk.feedback("ehr-2", "order-sign", (Feedback(CARD, "overridden", (), None, "not mine", None),), AT)

    assert explained(desk, asked.instance)["cardsShown"][0]["feedback"] == []
