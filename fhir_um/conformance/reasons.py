"""Why a check was not judged, in as few words as a reader needs. Must not judge."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from fhir_um.conformance.model import Outcome, Session, Verdict

_MOST_SCENES = 3
_WRONG = frozenset({Verdict.FAILED, Verdict.WARNED})


def reasoned(outcomes: Iterable[Outcome], session: Session) -> tuple[Outcome, ...]:
    """The same outcomes; of what was skipped it is told which check stands in the way, or which scenes broke off."""
    by_id: dict[str, Outcome] = {}
    for outcome in outcomes:
        by_id[outcome.check.id] = _reasoned(outcome, by_id, session)
    return tuple(by_id.values())


def _reasoned(outcome: Outcome, before: Mapping[str, Outcome], session: Session) -> Outcome:
    if outcome.verdict is not Verdict.SKIPPED:
        return outcome
    if _saw_something(outcome, session):
        return replace(outcome, why=_behind(sorted(set(_in_the_way(outcome, before)))) or outcome.why)
    return replace(outcome, why=_unsaid(session.broken_off))


def _saw_something(outcome: Outcome, session: Session) -> bool:
    """Whether exchanges of its kind took place: then it was skipped because of what it rests on."""
    concerned = session.marked(*outcome.check.judge.marks)
    return bool(concerned) and bool(outcome.check.rests_on) and outcome.why.startswith("not judged")


def _in_the_way(outcome: Outcome, before: Mapping[str, Outcome]) -> Iterator[str]:
    """Those it rests on, at any depth, that found something."""
    open_ids, seen = list(outcome.check.rests_on), set[str]()
    while open_ids:
        base = before.get(open_ids.pop())
        if base is None or base.check.id in seen:
            continue
        seen.add(base.check.id)
        if base.verdict in _WRONG:
            yield base.check.id
        open_ids += base.check.rests_on


def _behind(ids: list[str]) -> str:
    return f"not judged: it looks at the same answers, where a fault is told by {', '.join(ids)}" if ids else ""


def _unsaid(broken: Mapping[str, str]) -> str:
    told = "; ".join(f"{scene} broke off: {why}" for scene, why in list(broken.items())[:_MOST_SCENES])
    more = f"; and {len(broken) - _MOST_SCENES} more scenes" if len(broken) > _MOST_SCENES else ""
    return "there was no exchange to judge" + (f" ({told}{more})" if told else "")
