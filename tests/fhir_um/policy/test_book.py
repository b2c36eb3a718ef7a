"""Every outcome the house has, from the shipped policies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.cases.evidence import Answer, Condition, Document, Evidence, Observation
from fhir_um.cases.findings import Truth
from fhir_um.cases.model import Course
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import BenefitLimit, GoldCard, LineOfBusiness, Provider, UsedService
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.load import shipped_policies
from fhir_um.policy.model import LineContext
from fhir_um.words import Code, Concept, Period
from profiles.canonicals import CPT, HCPCS, ICD10_CM, ICD10_PCS, LOINC, PLACE_OF_SERVICE, RXNORM, X12_SERVICE_TYPE

Ask = Callable[..., LineContext]
TODAY = date(2026, 3, 1)
NPI = "1999999984"


def saturation(value: str, on: date = TODAY, unit: str = "%", status: str = "final") -> Observation:
    return Observation(f"urn:spo2-{value}", (Code(LOINC, "59408-5"),), status, Decimal(value), unit, on)


def answers(**values: Decimal | str | bool | date) -> tuple[Answer, ...]:
    return tuple(Answer(f"urn:qr#{k}", "", k.replace("_", "-"), v, TODAY) for k, v in values.items())


def used(code: str, units: str, kind: str = "approved", system: str = HCPCS, days_ago: int = 10) -> UsedService:
    day = TODAY - timedelta(days=days_ago)
    return UsedService(kind, (Code(system, code),), Period(day, TODAY), Decimal(units), "AUTH1")


def oxygen(ask: Ask, *observations: Observation, **parts: object) -> LineContext:
    return ask("E1390", icd=("J44.9",), evidence=Evidence(observations=observations), **parts)


def test_oxygen_is_approved_when_saturation_is_low(book: PolicyBook, ask: Ask) -> None:
    found = book.determine(oxygen(ask, saturation("86")))

    assert (found.course, found.reason) == (Course.APPROVE, Reason.CRITERIA_MET)
    assert found.authorized is not None
    assert found.authorized.period == Period(TODAY, TODAY + timedelta(days=364))
    assert found.finding is not None
    assert found.finding.policy_id == "home-oxygen"
    assert len(found.finding.policy_hash) == 64
    assert found.finding.evidence == ("urn:uuid:claim#diagnosis-1", "urn:spo2-86")


def test_oxygen_asks_for_the_measurement_when_none_came(book: PolicyBook, ask: Ask) -> None:
    found = book.determine(oxygen(ask))

    assert found.course is Course.PEND_DOCUMENTS
    assert "an oxygen saturation measured in the last 30 days" in found.text
    assert [d.loinc for d in found.documents] == ["11502-2", "34117-2"]


def test_oxygen_goes_to_a_clinician_when_not_shown_to_be_needed(book: PolicyBook, ask: Ask) -> None:
    pao2 = Observation("urn:pao2", (Code(LOINC, "2703-7"),), "final", Decimal(80), "mm[Hg]", TODAY)

    found = book.determine(oxygen(ask, saturation("93"), pao2))

    assert (found.course, found.reason) == (Course.PEND_REVIEW, Reason.MEDICAL_REVIEW)


@pytest.mark.parametrize(
    "unusable",
    [
        saturation("86", on=TODAY - timedelta(days=31)),
        saturation("86", on=TODAY + timedelta(days=1)),
        saturation("86", unit="mm[Hg]"),
        saturation("86", unit=""),
        saturation("86", status="preliminary"),
        replace(saturation("86"), on=None),
    ],
    ids=["too old", "in the future", "other unit", "no unit", "preliminary", "undated"],
)
def test_unusable_evidence_is_as_good_as_none(book: PolicyBook, ask: Ask, unusable: Observation) -> None:
    found = book.determine(oxygen(ask, unusable))

    assert found.finding is not None
    assert found.finding.truth is Truth.UNKNOWN


@pytest.mark.spec("pas:spec-21")
def test_a_missing_document_that_came_is_read_by_a_person(book: PolicyBook, ask: Ask) -> None:
    came = tuple(Document(f"urn:{c}", Concept((Code(LOINC, c),)), "", TODAY) for c in ("11502-2", "34117-2"))

    found = book.determine(ask("E1390", evidence=Evidence(documents=came)))

    assert found.course is Course.PEND_REVIEW


def test_more_than_the_limit_is_reviewed_and_never_reduced(book: PolicyBook, ask: Ask) -> None:
    found = book.determine(oxygen(ask, saturation("86"), quantity="13"))

    assert found.course is Course.PEND_REVIEW
    assert found.authorized is None
    assert "13 units are requested" in found.text


def test_a_limit_counts_what_is_on_file(book: PolicyBook, ask: Ask) -> None:
    history = (replace(used("E1390", "12", "service"), period=Period(TODAY - timedelta(days=90), TODAY)),)

    assert book.determine(oxygen(ask, saturation("86"), history=history)).course is Course.PEND_REVIEW


def test_a_line_without_quantity_is_not_guessed_to_be_within_the_limit(book: PolicyBook, ask: Ask) -> None:
    assert book.determine(oxygen(ask, saturation("86"), quantity=None)).course is Course.PEND_REVIEW
    assert book.determine(ask("81420", CPT, quantity=None)).course is Course.PEND_REVIEW
    assert book.determine(oxygen(ask, quantity=None)).course is Course.PEND_DOCUMENTS


def test_a_period_longer_than_the_policy_gives_is_reviewed(book: PolicyBook, ask: Ask) -> None:
    serviced = Period(TODAY, TODAY + timedelta(days=400))

    assert book.determine(oxygen(ask, saturation("86"), serviced=serviced)).course is Course.PEND_REVIEW


@pytest.mark.parametrize("kind", ["approved", "pended"])
def test_the_same_service_on_the_same_days_goes_to_intake(book: PolicyBook, ask: Ask, kind: str) -> None:
    found = book.determine(oxygen(ask, saturation("86"), history=(used("E1390", "1", kind),)))

    assert (found.course, found.reason) == (Course.PEND_INTAKE, Reason.DUPLICATE)
    assert found.finding is not None
    assert found.finding.evidence == ("authorization:AUTH1",)


def test_a_power_wheelchair_is_never_automatic(book: PolicyBook, ask: Ask) -> None:
    said = answers(
        limited_at_home=True,
        lesser_aids_ruled_out=True,
        can_operate=True,
        home_accessible=True,
        face_to_face_date=TODAY,
    )

    found = book.determine(ask("K0823", icd=("G35",), evidence=Evidence(answers=said)))

    assert found.finding is not None
    assert found.finding.truth is Truth.MET
    assert (found.course, found.specialty) == (Course.PEND_PHYSICIAN, "durable-equipment")


def test_an_experimental_service_goes_to_a_physician(book: PolicyBook, ask: Ask) -> None:
    assert book.determine(ask("S8948")).course is Course.PEND_PHYSICIAN


def test_an_exclusion_is_denied_only_where_the_plan_lets_software(book: PolicyBook, ask: Ask) -> None:
    context = ask("A9300")
    letting = replace(context, plan=replace(context.plan, administrative_denials=True))

    assert book.determine(context).course is Course.PEND_INTAKE
    assert (book.determine(letting).course, book.determine(letting).reason) == (Course.DENY_BENEFIT, Reason.NOT_COVERED)


def test_a_code_the_plan_excludes_is_a_benefit_decision(book: PolicyBook, ask: Ask) -> None:
    context = oxygen(ask, saturation("86"))
    plan = replace(context.plan, excluded=(Code(HCPCS, "E1390"),), administrative_denials=True)

    assert book.determine(replace(context, plan=plan)).course is Course.DENY_BENEFIT


@pytest.mark.parametrize(
    ("on_file", "course"), [("10", Course.DENY_BENEFIT), ("9", Course.PEND_INTAKE), ("5", Course.APPROVE)]
)
def test_a_benefit_is_denied_when_used_up_and_looked_at_when_partly_left(
    book: PolicyBook, ask: Ask, on_file: str, course: Course
) -> None:
    context = oxygen(ask, saturation("86"), quantity="2", history=(used("E1390", on_file, "service"),))
    limit = BenefitLimit("oxygen", (Code(HCPCS, "E1390"),), Decimal(10), 12, "Oxygen months")
    plan = replace(context.plan, limits=(limit,), administrative_denials=True)

    assert book.determine(replace(context, plan=plan)).course is course


def test_a_gold_card_frees_the_provider_from_asking(book: PolicyBook, ask: Ask) -> None:
    card = GoldCard("g1", "payer-1", NPI, "imaging", Period(date(2026, 1, 1), date(2026, 12, 31)))
    context = ask("72148", CPT, gold_cards=(card,))

    assert book.determine(context).reason == Reason.GOLD_CARD
    assert book.determine(replace(context, on=date(2027, 1, 1))).reason != Reason.GOLD_CARD
    assert book.determine(replace(context, gold_cards=(replace(card, npi="1"),))).reason != Reason.GOLD_CARD
    assert book.determine(replace(context, gold_cards=(replace(card, payer_id="x"),))).reason != Reason.GOLD_CARD


@pytest.mark.parametrize(("spent", "course"), [("4", Course.NO_AUTHORIZATION), ("10", Course.PEND_DOCUMENTS)])
def test_first_visits_need_no_authorization(book: PolicyBook, ask: Ask, spent: str, course: Course) -> None:
    history = (used("97140", spent, "service", CPT),)

    assert book.determine(ask("97110", CPT, quantity="6", history=history)).course is course


def test_a_second_prenatal_screen_is_reviewed(book: PolicyBook, ask: Ask) -> None:
    first = book.determine(ask("81420", CPT))
    second = book.determine(ask("81420", CPT, history=(used("81420", "1", "service", CPT),)))

    assert first.course is Course.NO_AUTHORIZATION
    assert second.course is Course.PEND_REVIEW


def test_a_pharmacy_drug_is_sent_to_who_administers_it(book: PolicyBook, ask: Ask) -> None:
    home = Concept((Code(PLACE_OF_SERVICE, "12"),))

    found = book.determine(ask("327361", RXNORM, location=home))

    assert (found.course, found.reason) == (Course.CONTACT_PAYER, Reason.CONTACT_OTHER)
    assert "pharmacy benefit manager" in found.text


def test_the_no_authorization_file_answers_also_for_cpt_under_the_hcpcs_address(book: PolicyBook, ask: Ask) -> None:
    assert book.determine(ask("99212", HCPCS, on=date(2005, 5, 10))).course is Course.NO_AUTHORIZATION
    assert book.determine(ask("99212", CPT)).reason == Reason.NO_AUTHORIZATION_REQUIRED


@pytest.mark.parametrize(("code", "system"), [("Z9999", HCPCS), ("E1390", "http://example.org/own"), ("E1390", "")])
def test_an_unknown_service_is_never_guessed(book: PolicyBook, ask: Ask, code: str, system: str) -> None:
    found = book.determine(ask(code, system))

    assert (found.course, found.reason) == (Course.PEND_REVIEW, Reason.UNKNOWN_SERVICE)


def test_a_policy_not_in_force_that_day_leaves_the_line_to_a_person(book: PolicyBook, ask: Ask) -> None:
    found = book.determine(ask("E1390", on=date(2005, 5, 10)))

    assert (found.course, found.reason) == (Course.PEND_REVIEW, Reason.PENDING_REVIEW)


def test_the_strictest_policy_of_a_range_holds(book: PolicyBook, ask: Ask) -> None:
    end = Concept((Code(HCPCS, "E1392"),))

    assert book.determine(ask("G0398", service_end=Concept((Code(HCPCS, "G0400"),)))).course is Course.NO_AUTHORIZATION
    assert book.determine(ask("E1390", service_end=end)).course is Course.PEND_DOCUMENTS
    assert book.determine(ask("E1390", service_end=Concept((Code(HCPCS, "Z1"),)))).reason == Reason.UNKNOWN_SERVICE


def test_a_code_without_a_policy_in_force_holds_back_its_whole_range(book: PolicyBook, ask: Ask) -> None:
    ended = Period(None, date(2025, 12, 31))
    sleep = [replace(p, effective=ended) if p.id == "pap-device" else p for p in book.policies]
    older = PolicyBook.of(tuple(sleep), ())
    service = Concept((Code(HCPCS, "E0601"), Code(HCPCS, "E1390")))

    found = older.determine(oxygen(ask, saturation("86"), service=service))

    assert (found.course, found.reason) == (Course.PEND_REVIEW, Reason.PENDING_REVIEW)


def test_a_consultation_is_approved_for_a_provider_in_network(book: PolicyBook, ask: Ask) -> None:
    clinic = Provider(NPI, "payer-1", "Invented Clinic", "organization", "", ("plan-comm",), Period())
    context = ask("3", X12_SERVICE_TYPE, quantity=None, icd=("G89.4",))

    assert book.determine(replace(context, providers=(clinic,))).course is Course.APPROVE
    assert book.determine(context).course is Course.PEND_REVIEW


def test_only_the_diagnoses_a_line_points_to_count(book: PolicyBook, ask: Ask) -> None:
    context = oxygen(ask, saturation("86"))
    pointing_elsewhere = replace(context, line=replace(context.line, diagnosis_sequences=(2,)))

    assert book.determine(pointing_elsewhere).course is Course.PEND_DOCUMENTS


def test_a_resolved_condition_does_not_count(book: PolicyBook, ask: Ask) -> None:
    lung = Condition("urn:lung", (Code(ICD10_CM, "J44.9"),), "active", TODAY)
    low = saturation("86")

    active = ask("E1390", evidence=Evidence(observations=(low,), conditions=(lung,)))
    resolved = Evidence(observations=(low,), conditions=(replace(lung, clinical_status="resolved"),))

    assert book.determine(active).course is Course.APPROVE
    assert book.determine(replace(active, evidence=resolved)).course is Course.PEND_DOCUMENTS


def test_history_is_asked_for_only_where_it_matters(book: PolicyBook, ask: Ask) -> None:
    plan = ask("E1390").plan

    assert book.needs_history(ask("97110", CPT).line, plan)
    assert book.needs_history(ask("E1390").line, plan)
    assert not book.needs_history(ask("3", X12_SERVICE_TYPE).line, plan)
    assert not book.needs_history(ask("99212", CPT).line, plan)


def test_the_public_list_has_no_text_of_others(book: PolicyBook, ask: Ask) -> None:
    rows = book.pa_list(ask("E1390").plan)

    assert len(rows) > 400
    assert all(row.label == "" for row in rows if row.system in (CPT, X12_SERVICE_TYPE))
    assert all(row.label for row in rows if row.system in (HCPCS, ICD10_PCS, RXNORM))
    assert {r.outcome for r in rows if r.policy_id == "home-health"} == {"after 6 units in 60 days"}


def test_the_public_list_of_a_plan_leaves_out_other_business(book: PolicyBook, ask: Ask) -> None:
    only_ma = tuple(
        replace(p, lines_of_business=frozenset({LineOfBusiness.MEDICARE_ADVANTAGE})) for p in book.policies[:1]
    )

    assert PolicyBook.of(only_ma, ()).pa_list(ask("E1390").plan) == ()


CODES = sorted((c.system, c.code) for c in shipped_policies().by_code)
NUMBERS = st.decimals(0, 200, places=1)
OBSERVATIONS = st.builds(
    lambda code, value, unit: Observation(f"urn:{code}", (Code(LOINC, code),), "final", value, unit, TODAY),
    st.sampled_from(["59408-5", "2703-7", "69990-0", "39156-5", "2339-0"]),
    NUMBERS,
    st.sampled_from(["%", "mm[Hg]", "/h", "kg/m2", "mg/dL"]),
)
LINKS = sorted({link for p in shipped_policies().policies for f in p.facts.values() for link in f.links})
ANSWERS = st.builds(
    lambda link, value: Answer(f"urn:qr#{link}", "", link, value, TODAY),
    st.sampled_from(LINKS),
    st.booleans() | NUMBERS | st.sampled_from(["none", "other", "wound", "dialysis"]) | st.just(TODAY),
)
EVIDENCE = st.builds(
    Evidence,
    observations=st.lists(OBSERVATIONS, max_size=4).map(tuple),
    answers=st.lists(ANSWERS, max_size=8).map(tuple),
)


@given(st.sampled_from(CODES), EVIDENCE, st.booleans(), st.sampled_from(["J44.9", "C18.9", "E11.9", "F32.9"]))
def test_software_denies_nothing_but_explicit_exclusions(
    ask_by_code: Ask, code: tuple[str, str], evidence: Evidence, may_deny: bool, icd: str
) -> None:
    context = ask_by_code(code[1], code[0], icd=(icd,), evidence=evidence)
    context = replace(context, plan=replace(context.plan, administrative_denials=may_deny))

    found = shipped_policies().determine(context)

    assert found.course is not Course.DENY_BENEFIT or (may_deny and code[1] == "A9300")


@pytest.mark.spec("hrex:conf-4")
@given(st.sampled_from(CODES))
def test_without_evidence_no_chart_criterion_is_unmet(ask_by_code: Ask, code: tuple[str, str]) -> None:
    book = shipped_policies()
    policy = book.by_code[Code(*code)][0]
    empty = book.determine(ask_by_code(code[1], code[0], evidence=Evidence()))

    clinical = [
        c for c in (empty.finding.criteria if empty.finding else ()) if c.fact and policy.facts[c.fact].clinical
    ]

    assert all(c.truth is Truth.UNKNOWN for c in clinical)


@given(EVIDENCE)
def test_evidence_taken_away_from_one_kind_never_decides_more(ask_by_code: Ask, evidence: Evidence) -> None:
    book = shipped_policies()
    more = book.determine(ask_by_code("E1390", icd=("J44.9",), evidence=evidence)).finding
    less = book.determine(ask_by_code("E1390", icd=("J44.9",), evidence=Evidence())).finding

    assert more is not None
    assert less is not None
    assert less.truth in (Truth.UNKNOWN, more.truth)
