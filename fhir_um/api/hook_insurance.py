"""The insurance on an EHR's record held against the payer's own: a card that corrects the Coverage.

Must not know orders or policies, or at which hooks such a card is welcome. A plan the EHR does not name is no fault of
its record; a last day it does not name says that there is none. Source: CRD 2.0.1
and 2.2.1, update of coverage records.
"""

from collections.abc import Iterator
from datetime import date

from cds_hooks.codings import as_object, each
from cds_hooks.desk import Action, Advice, AdviceKind, Indicator, Json, Question, Suggestion, Topic
from cds_hooks.markdown import escaped
from fhir_um.cases.ordered import Insured

_WHOLE_DAY = len("2026-01-31")
_PLAN = "plan"


def corrections(question: Question, insured: Insured | None) -> Iterator[Advice]:
    """At most one card, with everything that differs in it."""
    coverage = question.coverage
    if coverage is None or insured is None:
        return
    corrected, told = dict(coverage), list[str]()
    for correct in (_plan_corrected, _end_corrected):
        words = correct(corrected, insured)
        if words:
            told.append(f"- {words}")
    if told:
        title = "Correct the insurance on record"
        yield Advice(
            kind=AdviceKind.COVERAGE_UPDATE,
            topic=Topic.INSURANCE,
            indicator=Indicator.INFO,
            summary=f"{title}: the plan is {insured.plan_name}" if _names_another_plan(coverage, insured) else title,
            detail="\n".join(told),
            about=(question.coverage_ref,),
            suggestions=(Suggestion(title, (Action("update", title, corrected),)),),
        )


def _is_plan(part: Json) -> bool:
    return any(coding.get("code") == _PLAN for coding in each(as_object(part.get("type")).get("coding")))


def _is_of_another_plan(part: Json, insured: Insured) -> bool:
    written, ours = part.get("value"), (insured.plan_id, insured.plan_name)
    return _is_plan(part) and isinstance(written, str) and written not in ours and part.get("name") not in ours


def _names_another_plan(coverage: Json, insured: Insured) -> bool:
    return any(_is_of_another_plan(part, insured) for part in each(coverage.get("class")))


def _plan_corrected(coverage: Json, insured: Insured) -> str:
    """Puts the plan in force in the place of another one."""
    if not _names_another_plan(coverage, insured):
        return ""
    old = next(part["value"] for part in each(coverage["class"]) if _is_of_another_plan(part, insured))
    right = {"value": insured.plan_id, "name": insured.plan_name}
    coverage["class"] = [
        part | right if _is_of_another_plan(part, insured) else part for part in each(coverage["class"])
    ]
    return f"Plan: {escaped(insured.plan_name)} ({escaped(insured.plan_id)}), not {escaped(old)}."


def _end_corrected(coverage: Json, insured: Insured) -> str:
    """Puts the last day known here in the place of another one."""
    period = as_object(coverage.get("period"))
    written = _day(period.get("end"))
    if written == insured.ends or (written is None and "end" in period):
        return ""
    rest = {name: value for name, value in period.items() if name != "end"}
    if insured.ends is None:
        coverage["period"] = rest
        return "Last day: none is known, the insurance goes on."
    coverage["period"] = rest | {"end": insured.ends.isoformat()}
    return f"Last day: {insured.ends.isoformat()}."


def _day(written: object) -> date | None:
    """A day that is written whole; None for anything less."""
    if not isinstance(written, str) or len(written) < _WHOLE_DAY:
        return None
    try:
        return date.fromisoformat(written[:_WHOLE_DAY])
    except ValueError:
        return None
