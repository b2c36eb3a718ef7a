"""The closed vocabulary of policies: every kind of fact, and how its declaration becomes a way to find it.

Must not know criteria or outcomes.
"""

from collections.abc import Callable

from fhir_um.policy import chart, records
from fhir_um.policy.model import AskedLine, Fact, FindFact, Found, Source
from fhir_um.policy.schema import FactFile

_BUILDERS: tuple[tuple[str, Callable[..., Source]], ...] = (
    ("observation", chart.from_observation),
    ("condition", chart.from_condition),
    ("procedure", chart.from_procedure),
    ("medication", chart.from_medication),
    ("document", chart.from_document),
    ("order", records.from_order),
    ("line", records.from_line),
    ("member", records.from_member),
    ("provider", records.from_provider),
    ("payer", records.from_payer),
    ("expedited", records.from_expedited),
)


def compile_fact(fact_id: str, file: FactFile) -> Fact:
    """A fact ready to be looked for.

    Raises: ValueError when it has no source or two sources of record, when record and answer differ in type, or when
    a code is not written well.
    """
    sources = _sources_of(file)
    if len(sources) > 1:
        raise ValueError("has more than one source of record")
    record = sources[0] if sources else None
    within = file.observation.within_days if file.observation else None
    answer = chart.from_answer(file.answer, within) if file.answer else None
    if record and answer and record.type is not answer.type:
        raise ValueError(f"is {record.type} in the record and {answer.type} in the answer")
    first = record or answer
    if first is None:
        raise ValueError("has no source")
    return Fact(
        id=fact_id,
        label=file.label,
        type=first.type,
        find=_first_known(record.find, answer.find) if record and answer else first.find,
        links=tuple(file.answer.links) if file.answer else (),
        clinical=first.clinical,
        always_known=first.always_known,
        only_shown=first.only_shown and answer is None,
        from_history=first.from_history,
        sought=record.sought if record else None,
    )


def _first_known(record: FindFact, answer: FindFact) -> FindFact:
    def find(asked: AskedLine) -> Found | None:
        found = record(asked)
        return answer(asked) if found is None else found

    return find


def _sources_of(file: FactFile) -> list[Source]:
    given = ((getattr(file, name), build) for name, build in _BUILDERS)
    return [build(part) for part, build in given if part]
