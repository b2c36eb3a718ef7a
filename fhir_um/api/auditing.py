"""Writes the row of each request into the audit log: with what it changed, or before its answer leaves.

Must not know any route. One request leaves one row. A row that is written along with a change says that it was done;
when the answer then turns out otherwise, or tells of more than that row says, a second one follows.
Source: um-domain SEC9.
"""

from dataclasses import dataclass, replace
from threading import Lock

from flask import Request, has_request_context, request

from fhir_um.api.trail import Trail, current_trail
from fhir_um.cases.auditing import ANSWERED, Act, AuditEntry, Purpose, Subject, as_word, payer_of
from fhir_um.clock import Clock
from fhir_um.deps import Deps, Work

_ACTS = {"GET": Act.READ, "HEAD": Act.READ, "PUT": Act.UPDATE, "DELETE": Act.DELETE}
_HOOKS = "/cds-services"
_LOOKS = ("/_search", "/disclosures")
"""A POST there looks: what is looked for stands in its form."""

_FIRST_REFUSAL = 400
_HUNDRED = 100
_SHED = frozenset({429, 503})
"""A caller was sent away because there is too much to do. One more thing to write would make it worse."""

_CHOOSING = Lock()
"""A hook call asks its desk in several threads; one of their transactions writes the row."""


@dataclass(frozen=True, slots=True)
class RequestWitness:
    """Writes the row of the current request into its first transaction that changes anything."""

    clock: Clock

    def sign(self, work: Work) -> None:
        """See `Witness.sign`."""
        if not has_request_context() or not work.has_turn:
            return
        trail = current_trail()
        trail.seen.update(work.about)
        with _CHOOSING:
            if trail.signer is not None or not trail.is_noted:
                return
            trail.signer = work
        trail.signed = entry_of(trail, request, self.clock, trail.success, ANSWERED)
        work.audit.add(trail.signed)

    def kept(self, work: Work) -> None:
        """See `Witness.kept`."""
        if has_request_context() and current_trail().signer is work:
            current_trail().is_kept = True


def write_row(deps: Deps, http: Request, status: int) -> None:
    """The row of the current request, unless one that says the same was written along with what it changed.

    Raises: as `Deps.open_work`.
    """
    trail = current_trail()
    if not _is_due(trail, status):
        return
    entry = entry_of(trail, http, deps.clock, status, trail.outcome)
    if trail.is_kept and trail.signed is not None and _says_the_same(trail.signed, entry):
        return
    trail.signer = entry
    with deps.open_work(alone=True) as work:
        work.concern(entry.subjects)
        work.audit.add(replace(entry, subjects=tuple(sorted(work.about))))


def entry_of(trail: Trail, http: Request, clock: Clock, status: int, outcome: str) -> AuditEntry:
    """What the audit log says of a request that ended so."""
    caller, subjects = trail.caller, tuple(sorted(trail.seen))
    is_person = caller is not None and caller.is_person
    roles = ",".join(sorted(caller.roles)) if caller is not None and is_person else ""
    return AuditEntry(
        at=clock(),
        action=as_word(trail.action or f"{trail.method} {trail.route}"),
        act=_act(http.method, trail),
        outcome=outcome,
        status=status,
        payer_id=payer_of(subjects, caller),
        client_id=as_word(trail.client_id),
        person=as_word(trail.person or (trail.client_id if is_person else "")),
        role=as_word(trail.role or roles),
        on_behalf_of=as_word(caller.organisation) if caller is not None else "",
        detail=as_word(trail.detail),
        request_id=trail.request_id,
        remote=as_word(trail.remote),
        purpose=_purpose(trail, subjects),
        emergency=as_word(caller.emergency) if caller is not None else "",
        body_hash=trail.body_hash,
        subjects=subjects,
    )


def _is_due(trail: Trail, status: int) -> bool:
    if status in _SHED:
        return trail.is_kept
    return trail.is_noted or status >= _FIRST_REFUSAL


def _says_the_same(kept: AuditEntry, entry: AuditEntry) -> bool:
    """A row that was written with a change could not know which success it would be."""
    return _gist(kept) == _gist(entry) and _whom(entry) <= _whom(kept)


def _gist(entry: AuditEntry) -> tuple[object, ...]:
    return entry.action, entry.client_id, entry.person, entry.outcome, entry.status // _HUNDRED


def _whom(entry: AuditEntry) -> set[Subject]:
    return {Subject(each.payer_id, each.member_id, each.case_id) for each in entry.subjects}


def _act(method: str, trail: Trail) -> Act:
    """A `POST` to an operation has it executed, any other makes something new. Source: FHIR R4 3.1.0."""
    if method in _ACTS and not trail.action:
        return _ACTS[method]
    if trail.route.endswith(_LOOKS) and not trail.action:
        return Act.READ
    is_new = not trail.action and "$" not in trail.route and _HOOKS not in trail.route
    return Act.CREATE if is_new and method == "POST" else Act.EXECUTE


def _purpose(trail: Trail, subjects: tuple[Subject, ...]) -> str:
    if not subjects:
        return ""
    if trail.caller is not None and trail.caller.emergency:
        return Purpose.EMERGENCY.value
    is_asked_by_provider = bool(trail.guide) or _HOOKS in trail.route
    return (Purpose.AUTHORIZATION if is_asked_by_provider else Purpose.OPERATIONS).value
