"""Holds what was said against the checks of a suite. Must not know where the exchanges come from."""

from collections.abc import Iterable, Sequence

from fhir_um.conformance.model import INSISTED, Check, Each, Found, Outcome, Session, Verdict, Whole

WHOLE = ""
"""The key of faults that belong to no exchange alone."""


def judge(checks: Sequence[Check], session: Session) -> tuple[Outcome, ...]:
    """The outcome of every check, in their order; a check stands after those it rests on."""
    clouds: dict[str, frozenset[str]] = {}
    outcomes = []
    for check in checks:
        cloud = frozenset[str]().union(*(clouds[base] for base in check.rests_on))
        outcome = _judged(check, session, cloud)
        clouds[check.id] = cloud | {found.key for found in outcome.found}
        outcomes.append(outcome)
    return tuple(outcomes)


def _judged(check: Check, session: Session, cloud: frozenset[str]) -> Outcome:
    if why := check.omitted(session.tester):
        return Outcome(check, Verdict.OMITTED, why=why)
    if isinstance(check.judge, Whole):
        return _judged_together(check, check.judge, session, cloud)
    return _judged_one_by_one(check, check.judge, session, cloud)


def _judged_one_by_one(check: Check, each: Each, session: Session, cloud: frozenset[str]) -> Outcome:
    concerned = [exchange for exchange in session.marked(*each.marks) if each.of(exchange)]
    seen = [exchange for exchange in concerned if exchange.key not in cloud]
    if not seen:
        return Outcome(check, Verdict.SKIPPED, why=_why_nothing(check, session, bool(concerned)))
    found = [Found(exchange.key, tuple(each.faults(exchange))) for exchange in seen]
    return _ended(check, (exchange.key for exchange in seen), [one for one in found if one.faults])


def _judged_together(check: Check, whole: Whole, session: Session, cloud: frozenset[str]) -> Outcome:
    """What is judged together is not judged at all while one part of it is known to be wrong."""
    concerned = session.marked(*whole.marks)
    if not concerned or WHOLE in cloud or any(exchange.key in cloud for exchange in concerned):
        return Outcome(check, Verdict.SKIPPED, why=_why_nothing(check, session, bool(concerned)))
    faults = whole.faults(session)
    if faults is None:
        return Outcome(check, Verdict.SKIPPED, why=_why_nothing(check, session, was_there=False))
    told = tuple(faults)
    return _ended(check, (exchange.key for exchange in concerned), [Found(WHOLE, told)] if told else [])


def _ended(check: Check, keys: Iterable[str], found: list[Found]) -> Outcome:
    if not found:
        return Outcome(check, Verdict.PASSED, tuple(keys))
    verdict = Verdict.FAILED if check.strength in INSISTED else Verdict.WARNED
    return Outcome(check, verdict, tuple(keys), tuple(found))


def _why_nothing(check: Check, session: Session, was_there: bool) -> str:
    if was_there:
        return f"not judged: it makes sense only where these hold: {', '.join(check.rests_on)}"
    broken = "; ".join(f"{scene}: {why}" for scene, why in session.broken_off.items())
    return "there was no exchange to judge" + (f" ({broken})" if broken else "")
