"""What a policy says beyond the determination: rows of advice compiled, checked, and chosen by what was found.

Must not know how advice travels or who reads it.
"""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from fhir_um.cases.findings import Truth
from fhir_um.cases.model import Course, Determination
from fhir_um.policy.determine import GRANTED, weigh
from fhir_um.policy.evaluate import not_shown
from fhir_um.policy.model import (
    AdviceKind,
    AdviceTopic,
    AskedLine,
    Misfit,
    Moment,
    Policy,
    PolicyAdvice,
    Proposed,
    Urgency,
)
from fhir_um.policy.schema import AdviceFile, PolicyFile, ProposedFile
from fhir_um.policy.systems import same_code, short_code
from fhir_um.words import Code

LONGEST_TITLE = 139
"""Characters; what shows a title cuts longer ones. Source: CDS Hooks 2.0, card summary."""

OWN_PAGES = "/um/v1/pa-list"
PROPOSING = frozenset({AdviceKind.ALTERNATIVE, AdviceKind.COMPANION, AdviceKind.PREREQUISITE})
LINKING = frozenset({AdviceKind.REFERENCE, AdviceKind.APP})
ALTERNATIVES = frozenset({AdviceTopic.ALTERNATIVES_OPTIONAL, AdviceTopic.ALTERNATIVES_REQUIRED})
WHILE_DRAFT = frozenset({Moment.CHOOSING, Moment.SIGNING})
"""Only an order that is not out yet can be replaced or joined by another."""


# --- compiling --------------------------------------------------------------------------------------------------------


def compile_advice(row: AdviceFile, file: PolicyFile, path: str) -> PolicyAdvice:
    """A row of advice ready to be chosen.

    Raises: Misfit for a topic or a code system nobody knows.
    """
    kind = AdviceKind(row.kind)
    moments = frozenset(map(Moment, row.moments)) or (WHILE_DRAFT if kind in PROPOSING else frozenset(Moment))
    return PolicyAdvice(
        policy_id=file.policy,
        policy_version=file.version,
        id=row.id,
        kind=kind,
        topic=_topic(row.topic, f"{path}.topic"),
        urgency=Urgency(row.urgency),
        title=row.title,
        text=row.text,
        url=row.url,
        proposed=_proposed(row.propose, f"{path}.propose") if row.propose else None,
        truths=frozenset(map(Truth, row.when)),
        lacking=frozenset(row.lacking),
        codes=frozenset(_code(text, f"{path}.codes") for text in row.codes),
        moments=moments,
    )


def _topic(text: str, path: str) -> AdviceTopic:
    try:
        return AdviceTopic(text)
    except ValueError:
        raise Misfit(path, f"{text!r} is not one of {', '.join(AdviceTopic)}") from None


def _proposed(file: ProposedFile, path: str) -> Proposed:
    return Proposed(_code(file.code, path), file.label, file.what)


def _code(text: str, path: str) -> Code:
    try:
        return same_code(short_code(text, "hcpcs"))
    except ValueError as fault:
        raise Misfit(path, str(fault)) from None


# --- checking ---------------------------------------------------------------------------------------------------------


def faults_of_advice(policy: Policy, file: PolicyFile) -> Iterator[Misfit]:
    """Every row that does not fit its kind, names what the policy does not have, or stands in no worked example."""
    triggers = frozenset(trigger.code for trigger in policy.triggers)
    shown = {row_id for test in file.tests for row_id in test.advice or ()}
    names = Counter(row.id for row in policy.advice)
    for row in policy.advice:
        path = f"advice[{row.id}]"
        if names[row.id] > 1:
            yield Misfit(path, f"appears {names[row.id]} times")
        if row.id not in shown:
            yield Misfit(path, "is advised in no worked example")
        for fact in sorted(row.lacking - policy.facts.keys()):
            yield Misfit(f"{path}.lacking", f"fact {fact!r} is not declared")
        for code in sorted(c.code for c in row.codes - triggers):
            yield Misfit(f"{path}.codes", f"{code} is not among applies_to")
        for what in (*_faults_of_row(row), *_faults_of_form(row, policy)):
            yield Misfit(path, what)


def _faults_of_row(row: PolicyAdvice) -> Iterator[str]:
    if not 0 < len(row.title) <= LONGEST_TITLE:
        yield f"needs a title of at most {LONGEST_TITLE} characters"
    if row.urgency is Urgency.CRITICAL and row.topic is not AdviceTopic.CONTRAINDICATION:
        yield "critical is for contraindications: no rule of a payer endangers a patient"
    if bool(row.url) is not (row.kind in LINKING):
        yield "a reference has a url, and an app has, nothing else does"
    if row.url and not _is_public(row.url):
        yield f"{row.url} is neither a whole https address nor {OWN_PAGES}"
    if row.kind is AdviceKind.APP and row.url.startswith("/"):
        yield f"{row.url} is a page of ours, which no EHR can launch"
    if row.kind is AdviceKind.INSTRUCTIONS and not row.text:
        yield "instructions need a text"
    if bool(row.proposed) is not (row.kind in PROPOSING):
        yield "an alternative, companion or prerequisite proposes something, nothing else does"
    if (row.topic in ALTERNATIVES) is not (row.kind is AdviceKind.ALTERNATIVE):
        yield f"an alternative has one of the topics {', '.join(sorted(ALTERNATIVES))}, nothing else does"
    if row.kind in PROPOSING and not row.moments <= WHILE_DRAFT:
        yield f"can be proposed only when {' or '.join(sorted(WHILE_DRAFT))}"


def _faults_of_form(row: PolicyAdvice, policy: Policy) -> Iterator[str]:
    """Where documents are asked for the answer names the form, and DTR has it. Source: CRD 2.2.1 resp-59."""
    if row.kind is not AdviceKind.FORM:
        return
    if not policy.form:
        yield "hands out a form, and the policy has none"
    if row.truths != {Truth.MET}:
        yield "a form is handed out when the criteria are met: where they are not, the answer names it"


def _is_public(url: str) -> bool:
    parts = urlsplit(url)
    if not parts.netloc:
        return url == OWN_PAGES or url.startswith(f"{OWN_PAGES}?")
    return parts.scheme == "https"


# --- choosing ---------------------------------------------------------------------------------------------------------


def advice_of(policy: Policy, asked: AskedLine, determination: Determination) -> tuple[PolicyAdvice, ...]:
    """What the policy says about this line, given what became of it.

    A service that goes through lacks nothing. One that is no benefit gets only what is said whatever was found.
    """
    if not policy.advice:
        return ()
    truth, lacking = _weighed(policy, asked, determination)
    rows = rows_for(policy, truth, lacking)
    return tuple(row for row in rows if not row.codes or not row.codes.isdisjoint(asked.codes))


def rows_for(policy: Policy, truth: Truth | None, lacking: frozenset[str]) -> tuple[PolicyAdvice, ...]:
    """The rows for that truth of the criteria (None: not weighed) when those facts were not shown."""
    return tuple(
        row
        for row in policy.advice
        if (not row.truths or truth in row.truths) and (not row.lacking or not row.lacking.isdisjoint(lacking))
    )


def _weighed(policy: Policy, asked: AskedLine, determination: Determination) -> tuple[Truth | None, frozenset[str]]:
    if determination.course in GRANTED:
        return Truth.MET, frozenset()
    if determination.course is Course.DENY_BENEFIT or policy.criteria is None:
        return None, frozenset()
    finding = determination.finding
    leaves = [leaf.id for leaf in policy.criteria.leaves]
    if finding is None or finding.policy_id != policy.id or [c.id for c in finding.criteria] != leaves:
        finding = weigh(asked, policy, policy.criteria)
    return finding.truth, not_shown(policy.criteria.root, [c.truth for c in finding.criteria])
