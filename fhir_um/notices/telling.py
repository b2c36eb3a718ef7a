"""What parts of a letter tell from the lines of a case: reasons, criteria, facts, who decided. Must not know templates'
places or how a letter looks.

Source: um-domain 2.6; 42 CFR 422.568(e), 438.404(b); 29 CFR 2560.503-1(g)(1); Tex. Ins. Code 4201.303.
"""

from collections.abc import Callable, Iterator, Mapping

from fhir_um.cases.basis import REQUEST
from fhir_um.cases.credentials import Credential
from fhir_um.cases.findings import Truth
from fhir_um.cases.model import DENIED, Line, LineState
from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.notices import wording
from fhir_um.notices.templates import Fill, Need

Deciders = Mapping[str, Credential]
_JUDGED = "We have no written rule of our own for this care. A physician judged it by accepted medical practice."


def told(fill: Fill, lines: tuple[Line, ...], need: Need, deciders: Deciders) -> tuple[str, ...]:
    """What the lines have to tell for that part, each sentence once; several lines are told apart by their numbers."""
    rows = [(line.sequence, text) for line in lines for text in _TELLERS[fill](line, need, deciders) if text]
    of_line: dict[str, list[int]] = {}
    for sequence, text in rows:
        of_line.setdefault(text, []).append(sequence)
    if len(lines) == 1:
        return tuple(of_line)
    return tuple(text if len(of) == len(lines) else f"{_named(of)}: {text}" for text, of in of_line.items())


def _named(sequences: list[int]) -> str:
    return f"Line {sequences[0]}" if len(sequences) == 1 else f"Lines {', '.join(map(str, sequences))}"


def said_of(line: Line, recipient: Recipient) -> str:
    """What was said of a line; members need no sentence of our software beside what the letter says is approved."""
    decision = line.decision
    is_by_rule = line.state is LineState.APPROVED and not decision.decider.human
    return "" if is_by_rule and recipient is Recipient.MEMBER else decision.text


def _reasons(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    yield said_of(line, need.recipient)


def _criteria(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    basis = line.decision.basis
    for finding in line.findings:
        yield f"{finding.title} ({finding.policy_id}, version {finding.policy_version})"
    if basis and basis.policy and not line.findings:
        yield basis.policy
    if basis and basis.rule:
        yield basis.rule
    is_named = bool(line.findings or (basis and (basis.policy or basis.rule)))
    if need.kind in {NoticeKind.DENIAL, NoticeKind.PARTIAL} and not is_named:
        yield _JUDGED


def _facts(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    """Addresses of evidence by the criterion they were read for; what else was weighed is counted."""
    basis = line.decision.basis
    labels = {ref: c.label for finding in line.findings for c in finding.criteria for ref in c.evidence}
    considered = basis.considered if basis else ()
    if REQUEST in considered:
        yield "The request and what came with it."
    yield from (
        f"We looked at: {label}." for label in dict.fromkeys(labels[ref] for ref in considered if ref in labels)
    )
    others = [ref for ref in considered if ref != REQUEST and ref not in labels]
    if others:
        yield f"We looked at {len(others)} more record{'s' if len(others) > 1 else ''} sent to us."
    for finding in line.findings:
        yield from (f"Not met: {c.label}." for c in finding.criteria if c.truth is Truth.UNMET)
        yield from (f"Not found in what we have: {c.label}." for c in finding.criteria if c.truth is Truth.UNKNOWN)
    yield from (f"Missing: {what}." for what in (basis.missing if basis else ()))


def _alternatives(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    if line.decision.basis:
        yield line.decision.basis.alternative


def _decider(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    decision = line.decision
    if not decision.decider.human:
        return
    yield f"{wording.decider(decision, deciders.get(decision.decider.npi))}."
    if decision.basis and decision.basis.attested:
        yield "Nobody pays this person to say no, and this person has no ties to this case."


def _documents(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    is_provider = need.recipient is Recipient.PROVIDER
    for needed in line.documents:
        yield f"{needed.label} (LOINC {needed.loinc})" if is_provider else needed.label


def _software(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    decision = line.decision
    tool = decision.basis.software_used if decision.basis else ""
    if tool:
        yield f"A software tool helped the person who decided: {tool}. The person made the decision."
    if decision.decider.human:
        return
    if line.state in DENIED:
        yield "Our software checked the request by the written rules of the plan. No medical need was judged."
    else:
        yield "Our software checked the request by written rules. It can say yes. Only a person can say no."


def _effective(line: Line, need: Need, deciders: Deciders) -> Iterator[str]:
    if line.decision.basis and line.decision.basis.effective_on:
        yield f"The change starts on {wording.day(line.decision.basis.effective_on)}."


_TELLERS: dict[Fill, Callable[[Line, Need, Deciders], Iterator[str]]] = {
    Fill.REASONS: _reasons,
    Fill.CRITERIA: _criteria,
    Fill.FACTS: _facts,
    Fill.ALTERNATIVES: _alternatives,
    Fill.DECIDER: _decider,
    Fill.DOCUMENTS: _documents,
    Fill.SOFTWARE: _software,
    Fill.EFFECTIVE: _effective,
}
