"""Checks of feedback: what became of cards is taken, in any number, for any card. Services need not offer it.

Source: CDS Hooks 3.0.0-ballot, feedback.
"""

from collections.abc import Iterator

from fhir_um.conformance import marks
from fhir_um.conformance.crd.making import EachFault, answer_check
from fhir_um.conformance.crd.marks import SEVERAL_CARDS, UNKNOWN_CARD, WRONG_FEEDBACK
from fhir_um.conformance.crd.transport import status_in
from fhir_um.conformance.model import Check, Exchange, Fault, Strength


def _taken(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status // 100 != 2:
        yield Fault(f"Feedback was answered with {exchange.status or 'nothing'}; asked for is 2xx.")


_ROWS = (
    ("accepted", "That a suggestion was taken is heard", marks.ACCEPTED),
    ("overridden", "That a card was passed over is heard", marks.OVERRIDDEN),
    ("several", "Feedback is heard of several cards, and again", SEVERAL_CARDS),
    ("unknown-card", "Feedback of a card nobody knows is no error", UNKNOWN_CARD),
)


def checks() -> tuple[Check, ...]:
    """The checks of feedback."""
    return (
        *(_row(name, title, mark, _taken, Strength.SHOULD, "114") for name, title, mark in _ROWS),
        _row(
            "wrong",
            "Feedback without its substance is refused",
            WRONG_FEEDBACK,
            status_in(400, 422),
            Strength.MAY,
            "115",
        ),
    )


def _row(name: str, title: str, mark: str, faults: EachFault, strength: Strength, line: str) -> Check:
    return answer_check(
        f"crd.feedback.{name}",
        title,
        faults,
        strength,
        (f"crd-check:{line}", "hooks:feedback"),
        rests_on=("crd.transport.no-redirect",),
        marks=(marks.FEEDBACK, mark),
        of=lambda _: True,
    )
