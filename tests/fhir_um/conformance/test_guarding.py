"""A check or scene that meets a form nobody thought of."""

from typing import Any

from fhir_um.conformance.guarding import guarded
from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import Each, Fault, Session, Verdict, Whole
from tests.fhir_um.conformance.playing_for import TESTER, check, exchange

SAID = Session("tiny", "2.2.1", TESTER, (exchange("a/b", "submit", body=b'{"item": 7}'),))


def reads_items(exchange: Any) -> list[Fault]:
    return [Fault("x") for item in exchange.answer["item"] if item]


def test_an_answer_a_check_cannot_read_is_a_fault_of_the_answer() -> None:
    (outcome,) = judge([guarded(check(judge=Each(("submit",), reads_items)))], SAID)

    assert outcome.verdict is Verdict.FAILED
    assert "a form that cannot be read here (TypeError" in outcome.found[0].faults[0].text


def test_an_answer_that_cannot_be_told_to_concern_a_check_does() -> None:
    each = Each(("submit",), lambda _exchange: [], of=lambda exchange: bool(exchange.answer["none"]))

    (outcome,) = judge([guarded(check(judge=each))], SAID)

    assert outcome.verdict is Verdict.FAILED
    assert "a form that cannot be read here (KeyError" in outcome.found[0].faults[0].text


def test_a_check_of_a_whole_session_is_guarded_as_well() -> None:
    def read(session: Session) -> Any:
        return reads_items(session.exchanges[0])

    found = judge([guarded(check(judge=Whole(("submit",), read)))], SAID)[0]
    skipped = judge([guarded(check(judge=Whole(("submit",), lambda _session: None)))], SAID)[0]
    passed = judge([guarded(check(judge=Whole(("submit",), lambda _session: ())))], SAID)[0]

    assert [found.verdict, skipped.verdict, passed.verdict] == [Verdict.FAILED, Verdict.SKIPPED, Verdict.PASSED]
