"""A person rules on lines of a case: legality and completeness checked, history written, subscribers owed the news.

One transaction; nothing is sent here, so nothing can be lost here. Source: PAS 2.2.1 spec-36, spec-37, spec-60;
um-domain 2.3, 2.6.
"""

from dataclasses import dataclass, fields

from fhir_um.cases.administrative_denials import may_deny
from fhir_um.cases.attachments import Attachment, ReadChart
from fhir_um.cases.basis import REQUEST
from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.determining import Standpoint, faults_in, pinned
from fhir_um.cases.evidence import Evidence
from fhir_um.cases.lifecycle import Move, Ruling, RulingAction, move_for
from fhir_um.cases.model import Case, CaseId, EventKind, Line, LineState
from fhir_um.cases.moves import Need
from fhir_um.cases.openings import has_opened, last_document_at, to_be_seen_since
from fhir_um.cases.peer_to_peers import awaits_call
from fhir_um.cases.placing import rule
from fhir_um.cases.readings import as_overrides
from fhir_um.cases.review import Review
from fhir_um.cases.steps import Lacking
from fhir_um.deps import Deps, Work
from fhir_um.errors import IllegalMove, Issue, RoleNotAllowed
from fhir_um.usecases.attach_documents import chart_of
from fhir_um.usecases.changing_case import Change, change_case
from fhir_um.usecases.locks import demand_unlocked
from fhir_um.usecases.rereading import weigh_again
from fhir_um.usecases.stopping_clocks import Place, clocks_after, due_after, fresh_deadline


@dataclass(frozen=True, slots=True)
class _Ruled:
    """One ruling with its line and its row of the table, and where it stands in the decision."""

    line: Line
    ruling: Ruling
    move: Move
    path: str


def decide_case(
    deps: Deps,
    caller: Caller,
    case_id: CaseId,
    expected_version: int,
    decider: Decider,
    rulings: tuple[Ruling, ...],
    read_chart: ReadChart | None = None,
) -> Case:
    """The case after the rulings; all of them hold or none.

    `read_chart` reads the request for evidence a ruling names; without it only what the findings, the request's list of
    papers and the attachments name is known.
    Raises: VersionConflict when the case changed since the decider read it; RoleNotAllowed; IllegalMove, with all that
    is missing; Refusal NOT_FOUND.
    """
    with change_case(deps, caller, case_id, expected_version, decider) as change:
        ruled = _legal(deps, change.before, rulings, decider)
        lines = frozenset(each.line.sequence for each in ruled)
        demand_unlocked(change.work, change.before, decider, change.at, lines)
        standpoints = _standpoints(change, ruled, read_chart)
        _demand_complete(ruled, standpoints)
        for each, standpoint in zip(ruled, standpoints, strict=True):
            _take(change, each, standpoint)
        place = Place(change.zone, change.plan_state)
        change.clocks += clocks_after(deps, place, change.before, change.case, change.kept_clocks, change.at)
    return change.case


def _legal(deps: Deps, case: Case, rulings: tuple[Ruling, ...], decider: Decider) -> list[_Ruled]:
    if not rulings:
        raise IllegalMove("A decision needs at least one line.", "lines")
    seen: set[int] = set()
    ruled: list[_Ruled] = []
    for index, ruling in enumerate(rulings):
        path = f"lines[{index}]"
        line = case.line(ruling.sequence)
        if line is None or ruling.sequence in seen:
            what = "is ruled twice" if line else "does not exist in this case"
            raise IllegalMove(f"Line {ruling.sequence} {what}.", f"{path}.sequence")
        seen.add(ruling.sequence)
        ruled.append(_Ruled(line, ruling, move_for(line, ruling, decider, path), path))
        if ruling.action is RulingAction.DENY_ADMINISTRATIVE:
            _demand_denier(deps, case, decider)
    return ruled


def _demand_denier(deps: Deps, case: Case, decider: Decider) -> None:
    roles = may_deny(deps.denial_roles, case.line_of_business)
    if decider.role not in roles:
        whose = case.line_of_business or "coverage that is not established"
        raise RoleNotAllowed(
            f"The role {decider.role} may not deny administratively for {whose}; it takes one of: "
            f"{', '.join(sorted(roles))}."
        )


def _standpoints(change: Change, ruled: list[_Ruled], read_chart: ReadChart | None) -> list[Standpoint]:
    """What is known about each of the lines ruled on."""
    case, work, by = change.before, change.work, change.by
    needs_credential = by.npi and any(Need.CREDENTIAL in each.move.needs for each in ruled)
    credential = work.reviewers.by_npi(case.payer_id, by.npi) if needs_credential else None
    attached = work.attachments.of_case(case.payer_id, case.id)
    documents_at = last_document_at(attached)
    evidence = _evidence(work, case, attached, _named(ruled), read_chart)
    return [
        Standpoint(
            case=case,
            line=each.line,
            decider=by,
            on=change.today,
            evidence=evidence,
            has_opened=has_opened(case.review, by.id, to_be_seen_since(each.line, documents_at)),
            credential=credential,
            plan_state=change.plan_state,
            weighed=weigh_again(change.deps.policies, case, each.line, each.ruling.readings),
            awaits_call=awaits_call(case, each.line.sequence, change.at),
        )
        for each in ruled
    ]


def _named(ruled: list[_Ruled]) -> frozenset[str]:
    """What the rulings name as evidence."""
    considered = {ref for each in ruled for ref in each.ruling.basis.considered}
    return frozenset(considered | {ref for each in ruled for r in each.ruling.readings for ref in r.evidence})


def _evidence(
    work: Work, case: Case, attached: tuple[Attachment, ...], named: frozenset[str], read_chart: ReadChart | None
) -> frozenset[str]:
    """The addresses a ruling may name. The request is read only when something is named that is not known without."""
    found = {ref for line in case.lines for finding in line.findings for ref in finding.evidence}
    found |= {info.ref for info in case.request.supporting_info if info.ref}
    found |= {row.address for row in attached}
    if read_chart is None or named <= found | {REQUEST}:
        return frozenset(found)
    _, chart = chart_of(work, case, read_chart)
    found |= _addresses(chart.evidence.beside(work.attachments.evidence(case.payer_id, case.id)))
    return frozenset(found)


def _addresses(evidence: Evidence) -> set[str]:
    """Of every record, and of the resource around an answer."""
    refs = {row.ref for kind in fields(evidence) for row in getattr(evidence, kind.name)}
    return refs | {ref.partition("#")[0] for ref in refs}


def _demand_complete(ruled: list[_Ruled], standpoints: list[Standpoint]) -> None:
    faults: list[Issue] = []
    for each, standpoint in zip(ruled, standpoints, strict=True):
        faults += faults_in(standpoint, each.ruling, each.move, each.path)
    if faults:
        raise Lacking(tuple(dict.fromkeys(faults)))


def _take(change: Change, ruled: _Ruled, given: Standpoint) -> None:
    """The readings first: the move rests on them."""
    line, ruling, by, at = ruled.line, ruled.ruling, given.decider, change.at
    read = as_overrides(line, ruling.readings, by, at)
    if read:
        change.journal.review(EventKind.CRITERIA_READ, Review(overrides=read))
    due_at = due_after(change.kept_clocks, line, LineState.PENDED_INFO in ruled.move.to, at)
    if ruling.action is RulingAction.REOPEN and due_at is None:
        due_at = fresh_deadline(change.deps, Place(change.zone, change.plan_state), given.case, line, at).due_at
    moved = rule(line, ruling, ruled.move, by, change.numbers, at, given.on, pinned(given, ruling), due_at)
    change.move(moved, (ruled.move.name,))
