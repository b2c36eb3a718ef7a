"""A payer's desk made up for the tests and for docs/hooks.md: it knows no policies and remembers in lists."""

from dataclasses import replace
from datetime import date, datetime

from cds_hooks.assertions import Assertion, Covered, PaNeeded
from cds_hooks.desk import Answered, Feedback, Needs, Question, Told


class FakeDesk:
    """Everything is covered without prior authorization. Every assertion has the id of its order."""

    def __init__(self) -> None:
        self.questions: list[Question] = []
        self.told: list[Told] = []
        self.reported: list[tuple[str, Feedback]] = []
        self.wants = Needs(())

    def needs(self, question: Question) -> Needs:
        return self.wants

    def answer(self, question: Question) -> Answered:
        self.questions.append(question)
        on = question.received_at.date()
        return Answered("Example Health Plan", {o.ref: (self.assertion(o.ref, on),) for o in question.orders})

    def assertion(self, ref: str, on: date) -> Assertion:
        return Assertion(id=f"assertion-{ref}", on=on, covered=Covered.COVERED, pa_needed=PaNeeded.NO_AUTH)

    def keep(self, told: Told) -> None:
        self.told.append(told)

    def feedback(self, client: str, service: str, rows: tuple[Feedback, ...], at: datetime) -> None:
        self.reported += [(service, replace(row, at=row.at or at)) for row in rows]
