"""The table of legal moves: who may do what, and that software and non-physicians can never deny clinically."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.cases.asked import Party
from fhir_um.cases.deciders import Decider
from fhir_um.cases.lifecycle import ENGINE_MOVES, MOVES, Ruling, RulingAction, move_for
from fhir_um.cases.model import DENIED, PENDED, Authorized, Course, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import PHYSICIANS, Role
from fhir_um.errors import IllegalMove, RoleNotAllowed
from fhir_um.words import Code, Concept, Period, Quantity
from tests.builders import HCPCS, case_of

TEXT = "The treatment log shows no trial of conservative care."


def _decider(role: Role, npi: str = "1999999992") -> Decider:
    return Decider("r-1", role, human=True, npi=npi)


def _pended():
    return case_of(Course.PEND_REVIEW).lines[0]


def test_every_course_has_an_engine_move() -> None:
    assert set(ENGINE_MOVES) == set(Course)


def test_engine_has_no_clinical_denial_and_no_reduction() -> None:
    reached = {state for state, _ in ENGINE_MOVES.values()}

    assert LineState.DENIED_CLINICAL not in reached
    assert LineState.MODIFIED not in reached


def test_every_action_has_rows_from_pended_states_only() -> None:
    assert set(MOVES) == set(RulingAction)
    assert all(row.from_states <= PENDED for rows in MOVES.values() for row in rows)


@given(
    role=st.sampled_from(sorted(Role)),
    action=st.sampled_from(sorted(RulingAction)),
    state=st.sampled_from(sorted(PENDED)),
)
def test_only_a_physician_reaches_a_clinical_denial_or_a_reduction(role, action, state) -> None:
    line = case_of(next(c for c, (s, _) in ENGINE_MOVES.items() if s is state)).lines[0]
    less = None if action is RulingAction.APPROVE else Authorized(quantity=Quantity(Decimal(4), "units"))
    ruling = Ruling(1, action, Reason.NOT_NECESSARY, TEXT, less)

    try:
        move = move_for(line, ruling, _decider(role), member_known=True, path="lines[0]")
    except (IllegalMove, RoleNotAllowed):
        return

    if move.to_state in {LineState.DENIED_CLINICAL, LineState.MODIFIED}:
        assert role in PHYSICIANS


def test_nurse_approves_a_line_in_nurse_review() -> None:
    move = move_for(_pended(), Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, ""), _decider(Role.NURSE), True, "")

    assert move.to_state is LineState.APPROVED


def test_nurse_is_told_which_role_may_deny() -> None:
    ruling = Ruling(1, RulingAction.DENY_CLINICAL, Reason.NOT_NECESSARY, TEXT)

    with pytest.raises(RoleNotAllowed) as refused:
        move_for(_pended(), ruling, _decider(Role.NURSE), True, "")

    assert "physician" in refused.value.issues[0].text


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"text": "No."}, "specific reason"),
        ({"reason": "because"}, "Unknown reason"),
        ({"reason": Reason.NOT_COVERED}, "does not fit"),
    ],
)
def test_denial_is_refused_when_something_is_missing(change, says) -> None:
    given_ = {"sequence": 1, "action": RulingAction.DENY_CLINICAL, "reason": Reason.NOT_NECESSARY, "text": TEXT}

    with pytest.raises(IllegalMove) as refused:
        move_for(_pended(), Ruling(**(given_ | change)), _decider(Role.PHYSICIAN), True, "lines[0]")

    assert says in refused.value.issues[0].text
    assert refused.value.issues[0].path == "lines[0]"


def test_denial_needs_the_physicians_npi() -> None:
    ruling = Ruling(1, RulingAction.DENY_CLINICAL, Reason.NOT_NECESSARY, TEXT)

    with pytest.raises(IllegalMove, match="invalid"):
        move_for(_pended(), ruling, _decider(Role.PHYSICIAN, npi=""), True, "")


def test_reduction_needs_what_is_authorized_instead() -> None:
    ruling = Ruling(1, RulingAction.MODIFY, Reason.QUANTITY_REDUCED, TEXT)

    with pytest.raises(IllegalMove) as refused:
        move_for(_pended(), ruling, _decider(Role.PHYSICIAN), True, "")

    assert "authorized instead" in refused.value.issues[0].text


def test_approval_needs_an_established_member() -> None:
    ruling = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "")

    with pytest.raises(IllegalMove) as refused:
        move_for(_pended(), ruling, _decider(Role.NURSE), False, "")

    assert "intake" in refused.value.issues[0].text


def test_decided_line_cannot_be_ruled_again() -> None:
    approved = case_of(Course.APPROVE).lines[0]

    with pytest.raises(IllegalMove) as refused:
        move_for(approved, Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, ""), _decider(Role.NURSE), True, "")

    assert "no longer pended" in refused.value.issues[0].text


def test_denied_states_are_reached_by_denials_only() -> None:
    denials = {RulingAction.DENY_CLINICAL, RulingAction.DENY_ADMINISTRATIVE}
    reaching = {action for action, rows in MOVES.items() for row in rows if row.to_state in DENIED}

    assert reaching == denials


@pytest.mark.parametrize(
    "granted",
    [
        Authorized(quantity=Quantity(Decimal(12))),
        Authorized(quantity=Quantity(Decimal(30))),
        Authorized(period=Period(date(2026, 3, 10), date(2026, 4, 10))),
        Authorized(service=Concept((Code(HCPCS, "E1391"),))),
    ],
)
@pytest.mark.parametrize("role", [Role.NURSE, Role.PHYSICIAN])
def test_an_approval_cannot_hide_a_reduction(role, granted) -> None:
    line = _pended()
    asked = replace(line, request=replace(line.request, quantity=Quantity(Decimal(20))))
    ruling = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "", granted)

    with pytest.raises(IllegalMove) as refused:
        move_for(asked, ruling, _decider(role), True, "")

    assert "a physician rules modify" in refused.value.issues[0].text


def test_an_approval_may_say_what_the_sender_left_open() -> None:
    granted = Authorized(quantity=Quantity(Decimal(4), "units"), period=Period(date(2026, 3, 1), date(2026, 12, 31)))
    ruling = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "", granted)

    assert move_for(_pended(), ruling, _decider(Role.NURSE), True, "").to_state is LineState.APPROVED


def test_an_approval_does_not_carry_the_reason_of_a_denial() -> None:
    ruling = Ruling(1, RulingAction.APPROVE, Reason.NOT_NECESSARY, TEXT)

    with pytest.raises(IllegalMove) as refused:
        move_for(_pended(), ruling, _decider(Role.PHYSICIAN), True, "")

    assert "does not fit approve" in refused.value.issues[0].text


OXYGEN = Concept((Code(HCPCS, "E1390"),))
RENTED = Concept((Code(HCPCS, "RR"),), "rental")
DAYS = Period(date(2026, 3, 10), date(2026, 6, 10))


def _visits(number: int | str, unit: str = "visits") -> Authorized:
    return Authorized(quantity=Quantity(Decimal(number), unit))


TWENTY = Quantity(Decimal(20), "visits")


def _asked(quantity: Quantity | None = TWENTY):
    line = _pended()
    return replace(line, request=replace(line.request, quantity=quantity, modifiers=(RENTED,)))


def _modify(line, granted: Authorized, reason: Reason = Reason.NOT_NECESSARY):
    return move_for(line, Ruling(1, RulingAction.MODIFY, reason, TEXT, granted), _decider(Role.PHYSICIAN), True, "")


@pytest.mark.parametrize(
    "granted",
    [
        Authorized(),
        _visits("20.00"),
        _visits(20, ""),
        Authorized(service=OXYGEN, modifiers=(Concept(RENTED.codes),), period=DAYS),
    ],
)
def test_a_modification_that_changes_nothing_is_an_approval(granted) -> None:
    with pytest.raises(IllegalMove) as refused:
        _modify(_asked(), granted)

    assert "this is an approval" in refused.value.issues[0].text


@pytest.mark.parametrize(
    "granted",
    [
        _visits(19),
        _visits(30),
        _visits(20, "weeks"),
        Authorized(period=Period(date(2026, 3, 10), date(2026, 4, 10))),
        Authorized(service=Concept((Code(HCPCS, "E1391"),))),
        Authorized(modifiers=()),
        Authorized(provider=Party(name="Another clinic")),
    ],
)
def test_a_modification_changes_something(granted) -> None:
    assert _modify(_asked(), granted).to_state is LineState.MODIFIED


@pytest.mark.parametrize(
    "granted",
    [
        _visits(20),
        _visits(30),
        _visits(12, "weeks"),
        Authorized(period=Period(date(2026, 3, 10), date(2026, 4, 10))),
    ],
)
def test_a_reduced_amount_is_below_the_one_asked(granted) -> None:
    with pytest.raises(IllegalMove) as refused:
        _modify(_asked(), granted, Reason.QUANTITY_REDUCED)

    text = refused.value.issues[0].text
    assert "below the one asked" in text or "this is an approval" in text


@pytest.mark.parametrize("asked", [TWENTY, Quantity(Decimal(20)), None])
def test_an_amount_may_be_reduced_or_limited(asked) -> None:
    assert _modify(_asked(asked), _visits(12), Reason.QUANTITY_REDUCED).to_state is LineState.MODIFIED


@pytest.mark.parametrize("asked", [Quantity(Decimal(20)), None])
@pytest.mark.parametrize("action", [RulingAction.APPROVE, RulingAction.MODIFY])
@pytest.mark.spec("pas:prof-2")
def test_an_amount_without_any_unit_is_refused(asked, action) -> None:
    reason = Reason.CRITERIA_MET if action is RulingAction.APPROVE else Reason.NOT_NECESSARY
    amount = Authorized(quantity=Quantity(Decimal(20 if action is RulingAction.APPROVE else 12)))

    with pytest.raises(IllegalMove) as refused:
        move_for(_asked(asked), Ruling(1, action, reason, TEXT, amount), _decider(Role.PHYSICIAN), True, "lines[0]")

    assert "give a unit" in refused.value.issues[0].text


def test_an_approval_cannot_hide_another_unit() -> None:
    ruling = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "", _visits(20, "minutes"))

    with pytest.raises(IllegalMove):
        move_for(_asked(), ruling, _decider(Role.PHYSICIAN), True, "")


def test_an_approval_repeats_modifiers_without_the_senders_words() -> None:
    ruling = Ruling(1, RulingAction.APPROVE, Reason.CRITERIA_MET, "", Authorized(modifiers=(Concept(RENTED.codes),)))

    assert move_for(_asked(), ruling, _decider(Role.NURSE), True, "").to_state is LineState.APPROVED
