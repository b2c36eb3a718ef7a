"""What a ruling lacks: everything at once, each with its place, and nothing when it is whole."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.cases.asked import Party
from fhir_um.cases.basis import Basis, Licence, Reopening
from fhir_um.cases.credentials import Credential, LicenceHeld
from fhir_um.cases.deciders import Decider
from fhir_um.cases.determining import Standpoint, Weighed, faults_in, is_approved_admission, pinned
from fhir_um.cases.findings import CriterionResult, Finding, Truth
from fhir_um.cases.lifecycle import Reading, Ruling, RulingAction, move_for
from fhir_um.cases.model import Authorized, Course, LineState, PayerId, ReviewType
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import Role
from fhir_um.words import Code, Concept, Period, Quantity
from tests.builders import HCPCS, ON, case_of
from tests.fhir_um.deciding import BASIS, EXCEPTION, RULE, TEXT, approval, denial

DAYS = Period(date(2026, 1, 1), date(2026, 12, 31))
CREDENTIAL = Credential(
    PayerId("payer-1"), "1910200405", "Simone Prober", "MD", (), (LicenceHeld("MD", "D1", DAYS),), DAYS
)
PHYSICIAN = Decider("dr-1", Role.PHYSICIAN, human=True, npi="1910200405")
NURSE = Decider("rn-1", Role.NURSE, human=True)
FINDING = Finding("p", "2.0", "hash", "Policy", Truth.UNMET, (CriterionResult("c", "C", Truth.UNMET, ("ref-1",)),))
UNMET = Weighed(FINDING, Truth.UNMET, ("c",))
MET = Weighed(FINDING, Truth.MET)
TWENTY = Quantity(Decimal(20), "visits")
RENTED = Concept((Code(HCPCS, "RR"),), "rental")
OXYGEN = Concept((Code(HCPCS, "E1390"),))
SERVICED = Period(date(2026, 3, 10), date(2026, 6, 10))


def standpoint(decider=PHYSICIAN, quantity=TWENTY, **changes) -> Standpoint:
    """A line of twenty visits in a nurse's queue, seen by somebody who opened it and has their credentials on file."""
    case = case_of(Course.PEND_REVIEW)
    asked = replace(case.lines[0].request, quantity=quantity, modifiers=(RENTED,))
    line = replace(case.lines[0], request=asked, findings=(FINDING,))
    whole = Standpoint(case, line, decider, ON, frozenset({"ref-1"}), True, CREDENTIAL, (UNMET,))
    return replace(whole, **changes)


def lacks(ruling: Ruling, given: Standpoint | None = None) -> dict[str, str]:
    given = given or standpoint()
    move = move_for(given.line, ruling, given.decider, "x")
    return {issue.path.removeprefix("x."): issue.text for issue in faults_in(given, ruling, move, "x")}


def modify(granted: Authorized, reason: Reason = Reason.NOT_NECESSARY) -> Ruling:
    return Ruling(1, RulingAction.MODIFY, reason, TEXT, granted, basis=BASIS)


def visits(number: int | str, unit: str = "visits") -> Authorized:
    return Authorized(quantity=Quantity(Decimal(number), unit))


def test_what_is_whole_lacks_nothing() -> None:
    assert lacks(denial()) == {}
    assert lacks(modify(visits(12))) == {}
    assert lacks(approval()) == {}
    assert lacks(approval(basis=Basis()), standpoint(NURSE, weighed=(MET,))) == {}


PARTS = {
    "text": "x.text",
    "considered": "x.basis.considered",
    "alternative": "x.basis.alternative",
    "attested": "x.basis.attestation",
    "npi": "reviewer.npi",
    "opened": "x",
}


@settings(max_examples=60, deadline=None)
@given(left_out=st.sets(st.sampled_from(sorted(PARTS))))
def test_exactly_what_is_left_out_is_told(left_out) -> None:
    basis = Basis(
        () if "considered" in left_out else ("request", "ref-1"),
        alternative="" if "alternative" in left_out else "A trial is covered.",
        attested="attested" not in left_out,
    )
    ruling = Ruling(
        1, RulingAction.DENY_CLINICAL, Reason.NOT_NECESSARY, "No." if "text" in left_out else TEXT, basis=basis
    )
    who = replace(PHYSICIAN, npi="") if "npi" in left_out else PHYSICIAN
    given_ = standpoint(who, has_opened="opened" not in left_out)

    faults = faults_in(given_, ruling, move_for(given_.line, ruling, who, "x"), "x")

    assert [fault.path for fault in faults] == sorted({fault.path for fault in faults}, key=_order(faults))
    assert {fault.path for fault in faults} == {PARTS[part] for part in left_out}


@pytest.mark.parametrize("ruling", [denial(), modify(visits(12))], ids=["denial", "modify"])
def test_nobody_denies_while_a_conversation_is_awaited(ruling) -> None:
    assert "hold it, or note that it was declined" in lacks(ruling, standpoint(awaits_call=True))["x"]
    assert lacks(approval(), standpoint(awaits_call=True)) == {}


def _order(faults):
    return [fault.path for fault in faults].index


@pytest.mark.parametrize(
    ("credential", "says"),
    [
        (None, "on file about"),
        (replace(CREDENTIAL, kind="RN"), "physician"),
        (replace(CREDENTIAL, licences=()), "licence"),
        (replace(CREDENTIAL, licences=(LicenceHeld("MD", "D1", Period(date(2026, 3, 3), None)),)), "licence"),
        (replace(CREDENTIAL, attested=Period(date(2025, 1, 1), date(2026, 3, 1))), "no reward"),
        (replace(CREDENTIAL, attested=Period()), "no reward"),
    ],
)
def test_adverse_decisions_take_credentials_that_hold_that_day(credential, says) -> None:
    for ruling in (denial(), modify(visits(12))):
        assert says in lacks(ruling, standpoint(credential=credential))["reviewer.npi"]


def test_an_approval_takes_no_credentials() -> None:
    assert lacks(approval(), standpoint(credential=None)) == {}


def test_without_a_policy_the_criteria_are_cited() -> None:
    bare = standpoint()
    bare = replace(bare, line=replace(bare.line, findings=()), weighed=())
    ruling = replace(denial(), basis=replace(BASIS, missing=()))

    assert set(lacks(ruling, bare)) == {"basis.rule"}
    assert lacks(replace(ruling, basis=replace(BASIS, rule="House criteria 2026.1")), bare) == {}


def test_what_was_missing_is_named_when_that_is_the_reason() -> None:
    ruling = denial(reason=Reason.INFORMATION_NOT_RECEIVED, basis=BASIS)

    assert set(lacks(ruling)) == {"basis.missing"}


@pytest.mark.parametrize(
    ("change", "place", "says"),
    [
        ({"reason": "because"}, "reason", "Unknown reason"),
        ({"reason": Reason.NOT_COVERED}, "reason", "does not fit"),
        ({"text": "No."}, "text", "specific reason"),
    ],
)
def test_a_reason_fits_the_ruling(change, place, says) -> None:
    assert says in lacks(replace(denial(), **change))[place]


def test_an_administrative_denial_cites_a_rule() -> None:
    ruling = Ruling(1, RulingAction.DENY_ADMINISTRATIVE, Reason.NOT_COVERED, TEXT)

    assert set(lacks(ruling, standpoint(NURSE))) == {"basis.rule"}
    assert lacks(replace(ruling, basis=RULE), standpoint(NURSE)) == {}


# --- criteria ---------------------------------------------------------------------------------------------------------


def test_a_nurse_does_not_approve_beside_the_criteria() -> None:
    told = lacks(approval(), standpoint(NURSE))["criteria"]

    assert "p 2.0" in told
    assert "c" in told
    assert "refer the line to a physician" in told


def test_unknown_is_not_met_either() -> None:
    unknown = Weighed(FINDING, Truth.UNKNOWN, ("c",))

    assert "criteria" in lacks(approval(basis=Basis()), standpoint(weighed=(unknown,)))


def test_a_nurse_does_not_approve_what_a_physician_waits_for() -> None:
    waits = standpoint(NURSE, weighed=(MET,))
    decision = replace(waits.line.decision, decider=PHYSICIAN)
    waits = replace(waits, line=replace(waits.line, state=LineState.PENDED_INFO, reviewed=True, decision=decision))

    assert any("A physician asked" in text for text in lacks(approval(basis=Basis()), waits).values())
    assert lacks(approval(basis=Basis()), replace(waits, decider=PHYSICIAN)) == {}


def test_a_short_exception_is_none() -> None:
    assert "exception" in lacks(approval(basis=Basis(exception="needed")))["criteria"]


def test_a_line_no_policy_names_is_approved_with_words() -> None:
    bare = standpoint(NURSE, weighed=())

    assert "text" in lacks(approval(), bare)
    assert lacks(approval(text=TEXT), bare) == {}


@pytest.mark.parametrize(
    ("readings", "place"),
    [
        ((Reading("z", Truth.MET, "Seen in the letter."),), "criteria[0].id"),
        ((Reading("c", Truth.MET, "Seen."),), "criteria[0].reason"),
        ((Reading("c", Truth.MET, "Seen in the letter."),) * 2, "criteria[1].id"),
        ((Reading("c", Truth.MET, "Seen in the letter.", ("ref-2",)),), "criteria[0].evidence[0]"),
    ],
)
def test_a_reading_is_whole_too(readings, place) -> None:
    assert set(lacks(approval(readings=readings))) == {place}


# --- what is granted --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "granted",
    [
        visits(12),
        visits(30),
        visits(20, "minutes"),
        Authorized(period=Period(date(2026, 3, 10), date(2026, 4, 10))),
        Authorized(service=Concept((Code(HCPCS, "E1391"),))),
    ],
)
def test_an_approval_cannot_hide_a_reduction(granted) -> None:
    assert "a physician rules modify" in lacks(approval(authorized=granted))["authorized"]


@pytest.mark.parametrize(
    "granted",
    [Authorized(period=Period(date(2026, 3, 1), date(2026, 12, 31))), Authorized(modifiers=(Concept(RENTED.codes),))],
)
def test_an_approval_may_say_what_the_sender_left_open(granted) -> None:
    assert lacks(approval(authorized=granted)) == {}


@pytest.mark.parametrize(
    "granted",
    [
        Authorized(),
        visits("20.00"),
        visits(20, ""),
        Authorized(service=OXYGEN, modifiers=(Concept(RENTED.codes),), period=SERVICED),
    ],
)
def test_a_modification_that_changes_nothing_is_an_approval(granted) -> None:
    assert "this is an approval" in lacks(modify(granted))["authorized"]


@pytest.mark.parametrize(
    "granted",
    [
        visits(19),
        visits(30),
        visits(20, "weeks"),
        Authorized(period=Period(date(2026, 3, 10), date(2026, 4, 10))),
        Authorized(service=Concept((Code(HCPCS, "E1391"),))),
        Authorized(modifiers=()),
        Authorized(provider=Party(name="Another clinic")),
    ],
)
def test_a_modification_changes_something(granted) -> None:
    assert lacks(modify(granted)) == {}


@pytest.mark.parametrize("granted", [visits(20), visits(30), visits(12, "weeks"), Authorized(period=DAYS)])
def test_a_reduced_amount_is_below_the_one_asked(granted) -> None:
    assert lacks(modify(granted, Reason.QUANTITY_REDUCED))


@pytest.mark.parametrize("asked", [TWENTY, Quantity(Decimal(20)), None])
def test_an_amount_may_be_reduced_or_limited(asked) -> None:
    assert lacks(modify(visits(12), Reason.QUANTITY_REDUCED), standpoint(quantity=asked)) == {}


@pytest.mark.parametrize("asked", [Quantity(Decimal(20)), None])
@pytest.mark.spec("pas:prof-2")
def test_an_amount_without_any_unit_is_refused(asked) -> None:
    amount = Authorized(quantity=Quantity(Decimal(12)))

    assert "give a unit" in lacks(modify(amount), standpoint(quantity=asked))["authorized.quantity.unit"]


def test_a_modification_says_what_instead() -> None:
    ruling = Ruling(1, RulingAction.MODIFY, Reason.QUANTITY_REDUCED, TEXT, basis=BASIS)

    assert set(lacks(ruling)) == {"authorized"}


def test_nothing_is_granted_to_nobody() -> None:
    nobody = replace(standpoint(), case=replace(case_of(Course.PEND_REVIEW), member_id=""))

    assert any("intake" in text for text in lacks(approval(), nobody).values())


# --- opened again -----------------------------------------------------------------------------------------------------


def _admission(**changes):
    case = replace(case_of(Course.APPROVE), line_of_business="MA")
    asked = replace(case.lines[0].request, request_type=Code("https://codesystem.x12.org/005010/1525", "AR"))
    return replace(case, **changes), replace(case.lines[0], request=asked)


def test_an_approved_admission_stands_in_medicare_advantage_only_and_only_before_and_during_the_stay() -> None:
    case, line = _admission()

    assert is_approved_admission(case, line)
    assert not is_approved_admission(replace(case, line_of_business="COMM"), line)
    assert not is_approved_admission(replace(case, review_type=ReviewType.RETROSPECTIVE), line)
    assert not is_approved_admission(case, replace(line, state=LineState.DENIED_CLINICAL))
    assert not is_approved_admission(case, replace(line, request=replace(line.request, request_type=None)))


@pytest.mark.parametrize("why", [None, *Reopening])
def test_why_a_line_is_opened_again(why) -> None:
    case, line = _admission()
    ruling = Ruling(1, RulingAction.REOPEN, Reason.REOPENED, TEXT, basis=Basis(reopening=why))
    given_ = standpoint(case=case, line=line)

    is_taken = why in {Reopening.OBVIOUS_ERROR, Reopening.FRAUD}
    assert set(lacks(ruling, given_)) == (set() if is_taken else {"basis.reopening"})


# --- what is pinned ---------------------------------------------------------------------------------------------------


def test_an_adverse_decision_pins_policy_and_person() -> None:
    basis = pinned(standpoint(), denial())

    assert (basis.policy, basis.policy_hash) == ("p 2.0", "hash")
    assert (basis.licence, basis.credential, basis.name) == (Licence("MD", "D1"), "MD", "Simone Prober")
    assert basis.considered == ("request",)
    assert "Policy" in basis.software_used


def test_the_licence_of_the_plans_state_comes_first() -> None:
    two = replace(CREDENTIAL, licences=(*CREDENTIAL.licences, LicenceHeld("VA", "V1", DAYS)))

    assert pinned(standpoint(credential=two, plan_state="VA"), denial()).licence == Licence("VA", "V1")


def test_an_exception_pins_the_policy_and_nobodys_licence() -> None:
    basis = pinned(standpoint(), approval())

    assert (basis.policy, basis.exception, basis.licence) == ("p 2.0", EXCEPTION, None)


def test_what_determines_nothing_has_no_basis() -> None:
    assert pinned(standpoint(), Ruling(1, RulingAction.REFER_PHYSICIAN, Reason.MEDICAL_REVIEW, "")) is None


@pytest.mark.parametrize("action", [RulingAction.DENY_CLINICAL, RulingAction.REFER_PHYSICIAN])
def test_what_grants_nothing_names_nothing_granted(action) -> None:
    assert "authorized" in lacks(replace(denial(), action=action, authorized=visits(1)))


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (RulingAction.REFER_PHYSICIAN, Reason.NOT_NECESSARY),
        (RulingAction.REQUEST_INFORMATION, Reason.EXPERIMENTAL),
        (RulingAction.REFER_PHYSICIAN, Reason.NOT_COVERED),
        (RulingAction.REFER_PHYSICIAN, Reason.CRITERIA_MET),
    ],
)
def test_nobody_sounds_like_deciding_who_only_sends_on(action, reason) -> None:
    assert "does not fit" in lacks(Ruling(1, action, reason, TEXT), standpoint(NURSE))["reason"]


def test_a_dismissal_is_not_about_necessity() -> None:
    manager = replace(NURSE, role=Role.OPERATIONS_MANAGER)
    assert set(lacks(Ruling(1, RulingAction.DISMISS, Reason.NOT_NECESSARY, TEXT), standpoint(manager))) == {"reason"}
    assert lacks(Ruling(1, RulingAction.DISMISS, Reason.DUPLICATE, TEXT), standpoint(manager)) == {}


def test_a_reduction_counts_from_today_on_at_the_earliest() -> None:
    yesterday, today = (replace(denial().basis, effective_on=day) for day in (date(1, 1, 1), ON))
    assert set(lacks(denial(basis=yesterday))) == {"basis.effectiveOn"}
    assert lacks(denial(basis=today)) == {}
