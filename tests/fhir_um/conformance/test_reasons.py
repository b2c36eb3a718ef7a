"""Why a check was not judged."""

from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import Check, Each, Fault, Outcome, Session, Strength
from fhir_um.conformance.reasons import reasoned
from tests.fhir_um.conformance.playing_for import TESTER, check, exchange


def outcomes(*checks: Check, broken: dict[str, str] | None = None) -> tuple[Outcome, ...]:
    session = Session("tiny", "2.2.1", TESTER, (exchange("a/b", "submit"),), broken or {})
    return reasoned(judge(checks, session), session)


def faulty(check_id: str, **changes: object) -> Check:
    return check(check_id, judge=Each(("submit",), lambda _exchange: [Fault("It is wrong.")]), **changes)


def test_only_the_checks_that_found_something_are_named_at_any_depth() -> None:
    *_, last = outcomes(
        faulty("t.a.wrong", strength=Strength.SHOULD),
        check("t.a.right"),
        check("t.a.between", rests_on=("t.a.wrong",)),
        check("t.a.last", rests_on=("t.a.between", "t.a.right")),
    )

    assert last.why == "not judged: it looks at the same answers, where a fault is told by t.a.wrong"


def test_scenes_that_broke_off_are_named_up_to_three() -> None:
    unheard = check(judge=Each(("notification",), lambda _exchange: []))
    (one,) = outcomes(unheard, broken={"pended": "no handshake came"})
    (many,) = outcomes(unheard, broken={str(number): "why" for number in range(5)})
    (none,) = outcomes(unheard)

    assert one.why == "there was no exchange to judge (pended broke off: no handshake came)"
    assert many.why.endswith("2 broke off: why; and 2 more scenes)")
    assert none.why == "there was no exchange to judge"


def test_what_was_judged_keeps_its_outcome() -> None:
    (passed,) = outcomes(check())

    assert passed.why == ""
    assert passed.looked_at == ("a/b",)
