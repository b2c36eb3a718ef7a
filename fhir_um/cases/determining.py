"""Whether a person's ruling is complete: everything it lacks is told at once, each with its place.

Pure. Must not know policies, SQL or HTTP: what the policies say with a person's readings comes in as `Weighed`.
Source: um-domain 2.3 T11-T18, 2.6, 2.11 I1, I4, I5, I15; 42 CFR 422.566(d), 422.568(e), 438.210(b)(3).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from fhir_um.cases.basis import REQUEST, Basis, Licence, Reopening
from fhir_um.cases.credentials import Credential
from fhir_um.cases.deciders import Decider
from fhir_um.cases.findings import Finding, Truth
from fhir_um.cases.granting import as_asked, has_unit, in_full, is_less
from fhir_um.cases.independence import conflicts
from fhir_um.cases.lifecycle import Ruling, waits_for_physician
from fhir_um.cases.model import AUTHORIZED, Case, Line, LineState, ReviewType
from fhir_um.cases.moves import Move, Need, RulingAction
from fhir_um.cases.reasons import Reason
from fhir_um.cases.roles import PHYSICIANS
from fhir_um.cases.steps import SHORTEST_REASON_CHARACTERS, is_reason
from fhir_um.errors import Issue

_SHORTEST_WORD_CHARACTERS = 4
_SHORTEST_READING_CHARACTERS = 10
_ADMISSION_REVIEW = "AR"
"""X12 1525: the request is about an admission."""

_GOOD_CAUSE = frozenset({Reopening.OBVIOUS_ERROR, Reopening.FRAUD})
_CLINICALLY_ADVERSE = frozenset({RulingAction.MODIFY, RulingAction.DENY_CLINICAL})
_ADVERSE = _CLINICALLY_ADVERSE | {RulingAction.DENY_ADMINISTRATIVE}
_GRANTS = frozenset({RulingAction.APPROVE, RulingAction.MODIFY})


@dataclass(frozen=True, slots=True)
class Weighed:
    """What a finding comes to with the readings of people.

    `open` are its criteria that stand in the way of an approval. `is_pinned` is false when the version of the policy it
    was made with is no longer there: then nothing but readings of every criterion counts.
    """

    finding: Finding
    truth: Truth
    open: tuple[str, ...] = ()
    is_pinned: bool = True


@dataclass(frozen=True, slots=True)
class Standpoint:
    """What is known when somebody rules on a line.

    `evidence` holds the addresses a ruling may name, `has_opened` says whether the decider saw all that is there now,
    `awaits_call` whether the ordering side asked to talk about it and was not talked to,
    `credential` is what is on file about them, `on` the payer's day, `plan_state` the state of the member's plan.
    """

    case: Case
    line: Line
    decider: Decider
    on: date
    evidence: frozenset[str]
    has_opened: bool
    credential: Credential | None
    weighed: tuple[Weighed, ...]
    plan_state: str = ""
    awaits_call: bool = False


def faults_in(given: Standpoint, ruling: Ruling, move: Move, path: str) -> tuple[Issue, ...]:
    """Everything that keeps the ruling from being made, each once, in the order people read a decision."""
    return tuple(
        dict.fromkeys(
            [
                *_reason_faults(ruling, move, path),
                *_opening_faults(given, move, path),
                *_person_faults(given, move, path),
                *_call_faults(given, ruling, path),
                *_content_faults(given, ruling, move, path),
                *_reading_faults(given, ruling, path),
                *(_criteria_faults(given, ruling, move, path) if Need.CRITERIA in move.needs else ()),
                *(_credential_faults(given) if Need.CREDENTIAL in move.needs else ()),
                *(_basis_faults(given, ruling, path) if Need.BASIS in move.needs else ()),
                *(_rule_faults(ruling, path) if Need.RULE in move.needs else ()),
                *(_reopening_faults(given, ruling, path) if Need.REOPENING in move.needs else ()),
                *_reference_faults(given, ruling, path),
            ]
        )
    )


def _fault(text: str, path: str) -> Issue:
    return Issue("business-rule", text, path)


def _reason_faults(ruling: Ruling, move: Move, path: str) -> Iterator[Issue]:
    place = f"{path}.reason"
    if ruling.reason not in set(Reason):
        yield _fault(f"Unknown reason code; use one of: {', '.join(sorted(Reason))}.", place)
    elif move.reasons is not None and ruling.reason not in move.reasons:
        fitting = ", ".join(sorted(move.reasons))
        yield _fault(f"The reason {ruling.reason} does not fit {ruling.action}; use one of: {fitting}.", place)


def _opening_faults(given: Standpoint, move: Move, path: str) -> Iterator[Issue]:
    if Need.OPENED in move.needs and not given.has_opened:
        yield _fault(
            "Open the evidence before deciding (POST …/openings, decide --open), and again when something new came in.",
            path,
        )


def _person_faults(given: Standpoint, move: Move, path: str) -> Iterator[Issue]:
    if Need.OPENED in move.needs:
        is_specialist = move.origin == {LineState.SPECIALIST_REVIEW}
        yield from conflicts(given.case, given.line, given.decider, is_specialist, path)


def _call_faults(given: Standpoint, ruling: Ruling, path: str) -> Iterator[Issue]:
    if given.awaits_call and ruling.action in _CLINICALLY_ADVERSE:
        yield _fault(
            "A peer-to-peer conversation about this line was asked for: hold it, or note that it was declined "
            "(POST …/peer-to-peers/…).",
            path,
        )


def _content_faults(given: Standpoint, ruling: Ruling, move: Move, path: str) -> Iterator[Issue]:
    asked, granted = given.line.request, ruling.authorized
    amount = granted.quantity if granted else None
    is_given = {
        Need.AUTHORIZED: granted is not None,
        Need.IN_FULL: in_full(asked, granted, given.case.request.team_npis(asked)),
        Need.TEXT: is_reason(ruling.text),
        Need.MEMBER: bool(given.case.member_id),
        Need.CHANGED: granted is None or not as_asked(asked, granted),
        Need.LESS: ruling.reason != Reason.QUANTITY_REDUCED or granted is None or is_less(asked.quantity, amount),
    }
    for need, (place, what) in _CONTENT.items():
        if need in move.needs and not is_given[need]:
            yield _fault(f"{ruling.action} on line {ruling.sequence}: {what}", path + place)
    if granted is not None and ruling.action not in _GRANTS:
        yield _fault(f"{ruling.action} grants nothing: leave out what is authorized.", f"{path}.authorized")
    if amount is not None and not has_unit(amount) and not has_unit(asked.quantity):
        text = "give a unit for the amount; the request has none (authorized.quantity.unit)."
        yield _fault(f"{ruling.action} on line {ruling.sequence}: {text}", f"{path}.authorized.quantity.unit")


_CONTENT = {
    Need.AUTHORIZED: (".authorized", "say what is authorized instead (authorized)."),
    Need.IN_FULL: (
        ".authorized",
        "an approval grants what was asked; to grant something else or less, a physician rules modify.",
    ),
    Need.TEXT: (".text", f"give the specific reason in plain words, at least {SHORTEST_REASON_CHARACTERS} characters."),
    Need.MEMBER: ("", "the member is not established; complete the intake first."),
    Need.CHANGED: (
        ".authorized",
        "this is an approval: it grants exactly what was asked. Say what is authorized instead, or approve.",
    ),
    Need.LESS: (
        ".authorized.quantity",
        f"the reason {Reason.QUANTITY_REDUCED} takes an amount below the one asked, in its unit.",
    ),
}


def _reading_faults(given: Standpoint, ruling: Ruling, path: str) -> Iterator[Issue]:
    known = {criterion.id for finding in given.line.findings for criterion in finding.criteria}
    seen: set[str] = set()
    for index, reading in enumerate(ruling.readings):
        place = f"{path}.criteria[{index}]"
        if reading.criterion_id not in known:
            yield _fault("No finding of this line has that criterion; the worksheet lists them.", f"{place}.id")
        elif reading.criterion_id in seen:
            yield _fault("That criterion is read twice.", f"{place}.id")
        if len(reading.reason.strip()) < _SHORTEST_READING_CHARACTERS:
            text = f"Say why you read it so, in at least {_SHORTEST_READING_CHARACTERS} characters."
            yield _fault(text, f"{place}.reason")
        seen.add(reading.criterion_id)


def _criteria_faults(given: Standpoint, ruling: Ruling, move: Move, path: str) -> Iterator[Issue]:
    """Nobody approves beside the criteria: each is met, or read as met, or a physician says why not this time (T15)."""
    is_physician = move.roles <= PHYSICIANS
    if not is_physician and waits_for_physician(given.line):
        yield _fault("A physician asked for what this line waits for, and decides it with or without that.", path)
    if is_physician and is_reason(ruling.basis.exception):
        return
    instead = (
        f", or say why an exception is made (basis.exception, at least {SHORTEST_REASON_CHARACTERS} characters)"
        if is_physician
        else ", or refer the line to a physician"
    )
    if not given.weighed and not is_reason(ruling.text):
        text = f"No policy was weighed: say why it is approved, in at least {SHORTEST_REASON_CHARACTERS} characters"
        yield _fault(f"{text}{instead if is_physician else ''}.", f"{path}.text")
    for weighed in given.weighed:
        if weighed.truth is not Truth.MET:
            yield _fault(_not_met(weighed) + f"{instead}.", f"{path}.criteria")


def _not_met(weighed: Weighed) -> str:
    finding = weighed.finding
    which = f"{finding.policy_id} {finding.policy_version}".strip()
    left = ", ".join(weighed.open)
    if not weighed.is_pinned:
        return f"The version decided on ({which}) is no longer at hand: read every criterion yourself; open: {left}"
    return f"The criteria of {which} are not met: {left}. Read yourself what you find otherwise, with a reason"


def _credential_faults(given: Standpoint) -> Iterator[Issue]:
    place, credential = "reviewer.npi", given.credential
    if not given.decider.npi:
        yield _fault("Give the deciding physician's NPI (reviewer.npi).", place)
    elif credential is None:
        yield _fault("Nothing is on file about a reviewer with this NPI; have their credentials put on file.", place)
    else:
        if not credential.is_physician:
            yield _fault("The credentials on file are not those of a physician.", place)
        if credential.valid_licence(given.on) is None:
            yield _fault(f"No licence on file is valid on {given.on}.", place)
        if not credential.attested_on(given.on):
            text = f"No statement of no reward and no conflict of interest is on file that covers {given.on}."
            yield _fault(text, place)


def _basis_faults(given: Standpoint, ruling: Ruling, path: str) -> Iterator[Issue]:
    basis = ruling.basis
    if not basis.considered:
        yield _fault("Name the facts you considered: addresses of evidence, or request.", f"{path}.basis.considered")
    if ruling.reason == Reason.INFORMATION_NOT_RECEIVED and not basis.missing:
        yield _fault("Say which facts were missing.", f"{path}.basis.missing")
    if len(basis.alternative.strip()) < _SHORTEST_WORD_CHARACTERS:
        yield _fault("Say what would be covered instead, or that nothing would.", f"{path}.basis.alternative")
    if basis.effective_on and basis.effective_on < given.on and given.case.review_type is not ReviewType.RETROSPECTIVE:
        text = "What was not decided yet cannot have counted: give a day from today on, or none."
        yield _fault(text, f"{path}.basis.effectiveOn")
    if not basis.attested:
        text = "State that nothing rewards you for denials and that you have no interest in this case."
        yield _fault(text, f"{path}.basis.attestation")
    if not given.line.findings and len(basis.rule.strip()) < _SHORTEST_WORD_CHARACTERS:
        text = "No policy was weighed: cite the criteria you decide by, with their version."
        yield _fault(text, f"{path}.basis.rule")


def _rule_faults(ruling: Ruling, path: str) -> Iterator[Issue]:
    if len(ruling.basis.rule.strip()) < _SHORTEST_WORD_CHARACTERS:
        yield _fault("Cite the rule of the contract or the benefit that is applied.", f"{path}.basis.rule")


def _reopening_faults(given: Standpoint, ruling: Ruling, path: str) -> Iterator[Issue]:
    place, why = f"{path}.basis.reopening", ruling.basis.reopening
    if why is None:
        yield _fault(f"Say why it is opened again, one of: {', '.join(Reopening)}.", place)
    elif is_approved_admission(given.case, given.line) and why not in _GOOD_CAUSE:
        yield _fault(
            "An approved inpatient admission in Medicare Advantage is opened again for an obvious error or for fraud "
            "only (42 CFR 422.138(c), 422.616).",
            place,
        )


def is_approved_admission(case: Case, line: Line) -> bool:
    """True for an inpatient admission that a Medicare Advantage plan approved before or during the stay.

    Source: 42 CFR 422.138(c); um-domain 2.11 I8.
    """
    asked = line.request.request_type
    return (
        line.state in AUTHORIZED
        and case.line_of_business == "MA"
        and case.review_type is not ReviewType.RETROSPECTIVE
        and asked is not None
        and asked.code == _ADMISSION_REVIEW
    )


def _reference_faults(given: Standpoint, ruling: Ruling, path: str) -> Iterator[Issue]:
    """What a ruling names as evidence is evidence of this case."""
    named = [(f"{path}.basis.considered", ruling.basis.considered)]
    named += [(f"{path}.criteria[{index}].evidence", r.evidence) for index, r in enumerate(ruling.readings)]
    for place, refs in named:
        for index, ref in enumerate(refs):
            if ref != REQUEST and ref not in given.evidence:
                text = "No evidence of this case has that address; the worksheet lists them, request is the request."
                yield _fault(text, f"{place}[{index}]")


def pinned(given: Standpoint, ruling: Ruling) -> Basis | None:
    """What the ruling rests on, with what the house pins to it; None for a ruling that determines nothing.

    Call it for a ruling without faults. Of an adverse decision the licence, the degree and the name are those on file
    that day; the policy is the one the finding was made with, whatever came after it.
    """
    is_adverse = ruling.action in _ADVERSE
    if not is_adverse and ruling.action not in {RulingAction.APPROVE, RulingAction.REOPEN}:
        return None
    findings = given.line.findings
    basis = replace(
        ruling.basis,
        policy="; ".join(f"{each.policy_id} {each.policy_version}".strip() for each in findings),
        policy_hash="; ".join(each.policy_hash for each in findings if each.policy_hash),
        software_used="; ".join(f"criteria of {each.title}, weighed by rules" for each in findings),
    )
    licence = given.credential.valid_licence(given.on, given.plan_state) if given.credential else None
    if not is_adverse or given.credential is None or licence is None:
        return basis
    held = Licence(licence.state, licence.number)
    return replace(basis, licence=held, credential=given.credential.kind, name=given.credential.name)
