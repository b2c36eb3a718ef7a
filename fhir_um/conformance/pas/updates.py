"""Updates: lines withdrawn are answered as cancelled, and what nobody changed stays as it was."""

from collections.abc import Iterable, Iterator

from fhir_um.conformance.marks import MIXED, REPEATED, SUBMIT, UPDATE
from fhir_um.conformance.model import Check, Exchange, Fault, Json, Session, Strength, Whole
from fhir_um.conformance.pas import answered
from fhir_um.conformance.pas.answered import (
    Line,
    Placed,
    asked_claim,
    claim_responses,
    extensions,
    lines,
    part,
    parts,
    text,
)
from fhir_um.conformance.pas.looking import each_response
from fhir_um.conformance.pas.tests_of_suites import newer
from profiles.canonicals import CERTIFICATION_CANCEL, MODIFIER_INFO_CANCELLED

_AUTHORIZED = (answered.APPROVED, answered.MODIFIED)


def _is_withdrawn(node: Json) -> bool:
    """By the certification type, of the whole request or of a line, or by the flag of a line."""
    flags = [one for one in parts(node, "modifierExtension") if text(one, "url") == MODIFIER_INFO_CANCELLED]
    codings = [
        coding
        for one in extensions(node, "certificationType")
        for coding in parts(part(one, "valueCodeableConcept"), "coding")
    ]
    return any(one.get("valueBoolean") is True for one in flags) or any(
        text(coding, "code") == CERTIFICATION_CANCEL for coding in codings
    )


def withdrawn(exchange: Exchange) -> set[object]:
    """The numbers of the lines that a request takes back."""
    claim = asked_claim(exchange)
    return {one.get("sequence") for one in parts(claim, "item") if _is_withdrawn(claim) or _is_withdrawn(one)}


def _is_update(exchange: Exchange) -> bool:
    is_one = SUBMIT in exchange.marks and MIXED not in exchange.marks
    return is_one and bool(withdrawn(exchange)) and bool(claim_responses(exchange))


def _cancelled(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    """What was denied stays denied; a request that never was one to cancel may be answered with an error."""
    gone = withdrawn(exchange)
    if parts(response.content, "error"):
        return
    for line in lines(response):
        if line.sequence in gone and line.action not in (answered.CANCELLED, answered.DENIED):
            yield line.at.fault(f"Line {line.sequence} was withdrawn, and is answered {line.action}, not C.")


def _others_not_cancelled(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    """What an update with faults changes of its lines is left to the payer."""
    gone = withdrawn(exchange)
    for line in [] if parts(response.content, "error") else lines(response):
        if line.sequence not in gone and line.action == answered.CANCELLED:
            yield line.at.fault(f"Line {line.sequence} was not withdrawn, and is answered C.")


def _changed(exchange: Exchange) -> set[object]:
    claim = asked_claim(exchange)
    marked = {one.get("sequence") for one in parts(claim, "item") if extensions(one, "infoChanged")}
    return marked | withdrawn(exchange)


def _chained(session: Session) -> Iterator[tuple[Exchange, Exchange]]:
    """Each update beside the answer to the Claim it names."""
    answered_claims: dict[tuple[str, str], Exchange] = {}
    for exchange in _answered(session):
        named = text(part(part(asked_claim(exchange), "related"), "claim"), "reference").rpartition("/")[2]
        if UPDATE in exchange.marks and (exchange.scene, named) in answered_claims:
            yield answered_claims[exchange.scene, named], exchange
        answered_claims[exchange.scene, text(asked_claim(exchange), "id")] = exchange


def _said_again(session: Session) -> Iterator[tuple[Exchange, Exchange]]:
    """Each repetition beside the answer to the same Claim before."""
    answered_claims: dict[tuple[str, str], Exchange] = {}
    for exchange in _answered(session):
        key = (exchange.scene, text(asked_claim(exchange), "id"))
        if REPEATED in exchange.marks and key in answered_claims:
            yield answered_claims[key], exchange
        answered_claims[key] = exchange


def _answered(session: Session) -> Iterator[Exchange]:
    for exchange in session.marked(SUBMIT):
        if claim_responses(exchange):
            yield exchange


def _by_sequence(exchange: Exchange) -> dict[object, Line]:
    return {line.sequence: line for one in claim_responses(exchange) for line in lines(one)}


def _kept(session: Session) -> Iterable[Fault] | None:
    compared = False
    faults: list[Fault] = []
    for before, after in _chained(session):
        compared, now = True, _by_sequence(after)
        for sequence, line in _by_sequence(before).items():
            if line.action in _AUTHORIZED and sequence not in _changed(after) and sequence in now:
                faults += _differs(after, sequence, line, now[sequence])
    return faults if compared else None


def _differs(after: Exchange, sequence: object, was: Line, now: Line) -> Iterator[Fault]:
    if (was.action, was.number) != (now.action, now.number):
        change = f"it was {was.action} {was.number} and is {now.action} {now.number}"
        yield Fault(f"{after.key}: nobody changed line {sequence}; {change}.", now.at.path)


def _same(session: Session) -> Iterable[Fault] | None:
    compared = False
    faults: list[Fault] = []
    for before, after in _said_again(session):
        compared = True
        was, now = _told(before), _told(after)
        if was != now:
            faults.append(Fault(f"{after.key}: the same request was answered otherwise: {was} before, {now} now."))
    return faults if compared else None


def _told(exchange: Exchange) -> dict[object, tuple[str, ...]]:
    return {
        sequence: (line.action, line.number, *(text(one, "valueString") for one in _references(line)))
        for sequence, line in _by_sequence(exchange).items()
    }


def _references(line: Line) -> list[Json]:
    return extensions(line.at.content, "administrationReferenceNumber")


_SAID = (
    "pas.bundle.entries",
    "pas.lines.numbered",
    "pas.lines.once",
    "pas.lines.none-lost",
    "pas.review-action.there",
    "pas.review-action.known",
    "pas.approved.decision",
    "pas.denied.decision",
    "pas.pended.decision",
)

CHECKS = (
    Check(
        "pas.update.withdrawn",
        "A line that is withdrawn is answered as cancelled",
        Strength.EXPECTED,
        each_response(_cancelled, SUBMIT, of=_is_update),
        ("pas:spec-46", "pas:spec-69", "pas:spec-70"),
        newer("2.4.3.02", "2.4.4.02"),
        _SAID,
    ),
    Check(
        "pas.update.others-stay",
        "A line that is not withdrawn is not cancelled",
        Strength.EXPECTED,
        each_response(
            _others_not_cancelled,
            SUBMIT,
            of=lambda exchange: bool(claim_responses(exchange)) and bool(asked_claim(exchange)),
        ),
        ("pas:spec-46",),
        rests_on=_SAID,
    ),
    Check(
        "pas.update.unchanged-lines",
        "What an update leaves alone keeps its decision and its number",
        Strength.EXPECTED,
        Whole((SUBMIT,), _kept),
        ("pas:spec-46", "pas:spec-71"),
        rests_on=(*_SAID, "pas.update.withdrawn", "pas.update.others-stay", "pas.approved.number"),
    ),
    Check(
        "pas.repeat.same-answer",
        "The same request again gets the same decisions and numbers",
        Strength.EXPECTED,
        Whole((SUBMIT,), _same),
        rests_on=(*_SAID, "pas.update.others-stay", "pas.approved.number"),
    ),
)
