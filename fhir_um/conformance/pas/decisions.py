"""What is said of each line: its number, its review action, numbers, reasons and references, and A6 with addItem."""

from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance.marks import (
    APPROVED,
    BUSINESS_ERROR,
    CANCELLED,
    DENIED,
    ELSEWHERE,
    INQUIRE,
    MIXED,
    MODIFIED,
    NOT_NEEDED,
    NOTIFICATION,
    PENDED,
    SUBMIT,
    UPDATE,
)
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Session, Strength, Whole
from fhir_um.conformance.pas import answered
from fhir_um.conformance.pas.answered import (
    ACTIONS,
    Line,
    Placed,
    actions,
    asked_claim,
    extensions,
    has_response,
    is_good,
    is_subset,
    lines,
    part,
    parts,
    text,
)
from fhir_um.conformance.pas.looking import each_line, each_response, listed
from fhir_um.conformance.pas.tests_of_suites import INQUIRE_VALID, SUBMIT_VALID, both, newer
from fhir_um.conformance.tester import Decisions, Tester
from profiles.canonicals import ADJUDICATION, X12_DECISION_REASON, X12_REVIEW_ACTION

_SUITES = (*SUBMIT_VALID, *INQUIRE_VALID)


# --- which lines ------------------------------------------------------------------------------------------------------


def asked_sequences(exchange: Exchange) -> set[object]:
    """The numbers of the lines that were sent."""
    return {one.get("sequence") for one in parts(asked_claim(exchange), "item")}


def _numbered(line: Line) -> Iterator[Fault]:
    if not isinstance(line.sequence, int) or line.sequence < 1:
        yield line.at.fault("The line has no itemSequence.", ".itemSequence")


def _once(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    seen: list[object] = []
    for line in lines(response):
        if line.sequence in seen:
            yield line.at.fault(f"Line {line.sequence} is answered twice.", ".itemSequence")
        seen.append(line.sequence)


def _none_invented(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    for line in lines(response):
        if line.sequence not in asked_sequences(exchange):
            yield line.at.fault(f"Line {line.sequence} was not sent; what is new stands in addItem.", ".itemSequence")


def _none_lost(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    """An answer that is nothing but an error need not tell of lines; 2.0.1 lets one tell of changed lines only."""
    is_error = response.content.get("outcome") == "error" and not lines(response)
    if is_error or (exchange.version == "2.0.1" and is_subset(response)):
        return
    answered_lines = {line.sequence for line in lines(response)}
    for sequence in sorted(asked_sequences(exchange) - answered_lines, key=str):
        yield response.fault(f"Line {sequence} was sent, and the answer does not tell of it.", ".item")


# --- what is said of a line -------------------------------------------------------------------------------------------


def _category(line: Line) -> Iterator[Fault]:
    for number, adjudication in enumerate(parts(line.at.content, "adjudication")):
        codings = parts(part(adjudication, "category"), "coding")
        if not any(text(one, "system") == ADJUDICATION and text(one, "code") == "submitted" for one in codings):
            place = f".adjudication[{number}].category"
            yield line.at.fault(f"The category is not submitted of {ADJUDICATION}.", place)


def _action_there(line: Line) -> Iterator[Fault]:
    if not line.action:
        text_ = "No adjudication of the line carries a reviewAction with its code, so nobody knows what was decided."
        yield line.at.fault(text_, ".adjudication")


def _action_system(line: Line) -> Iterator[Fault]:
    if line.action and line.system != X12_REVIEW_ACTION:
        yield line.at.fault(f"The review action is of {line.system or 'no system'}, not of {X12_REVIEW_ACTION}.")


def _action_known(line: Line) -> Iterator[Fault]:
    if line.action and line.action not in ACTIONS:
        yield line.at.fault(f"The review action is {line.action}; of a line it is {listed(ACTIONS)}.")


def _reason_system(line: Line) -> Iterator[Fault]:
    for reason in line.reasons:
        if text(reason, "system") != X12_DECISION_REASON:
            yield line.at.fault(f"The reason is of {text(reason, 'system')!r}, not of {X12_DECISION_REASON}.")


# --- what a scene must come to ----------------------------------------------------------------------------------------


_CODES = {
    APPROVED: answered.APPROVED,
    DENIED: answered.DENIED,
    MODIFIED: answered.MODIFIED,
    CANCELLED: answered.CANCELLED,
}


def final_lines(exchange: Exchange) -> Iterable[Fault]:
    """Faults unless some line tells the decision that the marks name, or any decision when they name none."""
    meant = [code for mark, code in _CODES.items() if mark in exchange.marks]
    return some_line_is(*(meant or _CODES.values()))(exchange)


def some_line_is(*wanted: str) -> Callable[[Exchange], Iterable[Fault]]:
    """Faults unless some line has one of these review actions; one line is enough, as for the public suites."""

    def faults(exchange: Exchange) -> Iterator[Fault]:
        said = actions(exchange)
        if not set(wanted) & set(said):
            yield Fault(
                f"No line is {listed(wanted)}; the lines are {', '.join(said) or 'none'}.", "ClaimResponse.item"
            )

    return faults


def _in_parts(exchange: Exchange) -> Iterator[Fault]:
    said = actions(exchange)
    if len(set(said)) < 2:
        yield Fault(f"Lines must be decided one by one, and all are {', '.join(said) or 'none'}.", "ClaimResponse.item")


def _is_plain(exchange: Exchange) -> bool:
    """What inquiries and events say of a decision is asked by checks of their own."""
    return SUBMIT in exchange.marks and has_response(exchange) and BUSINESS_ERROR not in exchange.marks


# --- numbers, references, reasons -------------------------------------------------------------------------------------


def _with_number(line: Line) -> Iterator[Fault]:
    if line.action in (answered.APPROVED, answered.MODIFIED) and not line.number:
        yield line.at.fault(f"The line is {line.action} and has no authorization number in its reviewAction.")


def _without_number(line: Line) -> Iterator[Fault]:
    if line.action in (answered.DENIED, answered.PENDED) and line.number:
        yield line.at.fault(f"The line is {line.action} and has the authorization number {line.number}.")


def _with_reason(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for line in lines(response):
        if line.action == answered.DENIED and not line.reasons and not line.at.content.get("noteNumber"):
            yield line.at.fault("The line is denied, and neither a reasonCode nor a note says why.")


def _with_reference(line: Line) -> Iterator[Fault]:
    if line.action == answered.PENDED and not extensions(line.at.content, "administrationReferenceNumber"):
        yield line.at.fault("The line waits and has no administrationReferenceNumber to ask for it by.")


def _is_faultless(exchange: Exchange) -> bool:
    """A faulty update may leave out a line, which is then told as it stands."""
    return _is_submission(exchange) and not exchange.marks >= {BUSINESS_ERROR, UPDATE}


def _is_submission(exchange: Exchange) -> bool:
    return bool(asked_sequences(exchange)) and not exchange.marks & {INQUIRE, NOTIFICATION}


_WHOLE = ("pas.bundle.entries",)
_LINES = ("pas.lines.numbered",)
SAID = ("pas.review-action.there", "pas.review-action.known")
SCENES = ("pas.approved.decision", "pas.denied.decision", "pas.pended.decision")

DECIDED = (*SAID, "pas.review-action.system", *SCENES)
"""What must hold before it makes sense to compare decisions."""


def _scene(mark: str, wanted: str, title: str, numbers: tuple[str, ...] = ()) -> Check:
    judged = Each((mark,), some_line_is(wanted), _is_plain)
    rests = (*_WHOLE, *SAID, "pas.review-action.system", "pas.lines.none-lost")
    return Check(f"pas.{mark}.decision", title, Strength.EXPECTED, judged, (), numbers, rests)


def undecided(session: Session) -> set[str]:
    """The scenes in which a person of the payer was asked for a decision, and the payer's own interface refused it."""
    return {one.scene for one in session.exchanges if one.url.endswith("/decisions") and not is_good(one)}


def nobody_decides(tester: Tester) -> str:
    """Why what takes a person of the payer does not concern a server, or nothing."""
    return "the profile says that nobody decides" if tester.decisions is Decisions.NONE else ""


def _after_all(mark: str, faults: Callable[[Exchange], Iterable[Fault]]) -> Whole:
    """What only people decide is mostly told by inquiries; judged when these tell decisions at all."""

    def all_faults(session: Session) -> Iterable[Fault] | None:
        meant = [one for one in session.marked(mark) if has_response(one) and BUSINESS_ERROR not in one.marks]
        concerned = [one for one in meant if one.scene not in undecided(session)]
        told = [Fault(f"{one.key}: {fault.text}", fault.path) for one in concerned for fault in faults(one)]
        return told if concerned else None

    return Whole((), all_faults)


CHECKS = (
    Check(
        "pas.lines.numbered",
        "Every line answered has its number",
        Strength.SHALL,
        each_line(_numbered),
        ("pas:spec-34",),
        _SUITES,
        _WHOLE,
    ),
    Check("pas.lines.once", "No line is answered twice", Strength.SHALL, each_response(_once), rests_on=_LINES),
    Check(
        "pas.lines.none-invented",
        "No line is answered that was not sent",
        Strength.SHALL,
        each_response(_none_invented, SUBMIT, of=_is_faultless),
        ("pas:spec-34",),
        newer("2.4.5.01"),
        _LINES,
    ),
    Check(
        "pas.lines.none-lost",
        "Every line that was sent is answered, cancelled ones too",
        Strength.SHALL,
        each_response(_none_lost, SUBMIT, of=_is_faultless),
        ("pas:spec-34", "pas:spec-46"),
        newer("2.4.5.02"),
        (*_WHOLE, *_LINES, "pas.lines.none-invented"),
    ),
    Check(
        "pas.adjudication.category",
        "Each adjudication of a line is of the category submitted",
        Strength.SHALL,
        each_line(_category),
        public=_SUITES,
    ),
    Check(
        "pas.review-action.there",
        "Each line says by a review action what was decided",
        Strength.SHALL,
        each_line(_action_there),
        public=_SUITES,
        rests_on=_WHOLE,
    ),
    Check(
        "pas.review-action.system",
        "The review action is of X12 306",
        Strength.SHALL,
        each_line(_action_system),
        public=_SUITES,
        rests_on=("pas.review-action.there",),
    ),
    Check(
        "pas.review-action.known",
        "The review action is one that a line can have",
        Strength.SHALL,
        each_line(_action_known),
        rests_on=("pas.review-action.there",),
    ),
    Check(
        "pas.reasons.system",
        "Reasons are of X12's list of decision reasons",
        Strength.SHALL,
        each_line(_reason_system),
    ),
    _scene(APPROVED, answered.APPROVED, "What must be approved is (A1)", both("2.1.1.04")),
    _scene(DENIED, answered.DENIED, "What must be denied is (A3)", both("2.2.1.04")),
    _scene(PENDED, answered.PENDED, "What must wait for a person does (A4)", both("2.3.1.04")),
    Check(
        "pas.modified.decision",
        "What was authorized with changes says so (A6)",
        Strength.SHALL,
        _after_all(MODIFIED, some_line_is(answered.MODIFIED)),
        ("pas:spec-36",),
        rests_on=(*DECIDED, "pas.lines.none-lost", "pas.inquiry.current"),
        omitted=nobody_decides,
    ),
    _scene(NOT_NEEDED, answered.NOT_NEEDED, "What needs no authorization says so (NA)"),
    _scene(ELSEWHERE, answered.ELSEWHERE, "What another company decides says so (CT)"),
    Check(
        "pas.mixed.decision",
        "Lines of one request are decided one by one",
        Strength.EXPECTED,
        _after_all(MIXED, _in_parts),
        rests_on=(*DECIDED, "pas.lines.none-lost", "pas.inquiry.current", "pas.modified.decision"),
    ),
    Check(
        "pas.approved.number",
        "What is authorized has an authorization number",
        Strength.EXPECTED,
        each_line(_with_number, APPROVED),
        rests_on=(*SAID, *SCENES),
    ),
    Check(
        "pas.modified.number",
        "What is authorized with changes has an authorization number",
        Strength.EXPECTED,
        each_line(_with_number, MODIFIED),
        rests_on=(*SAID, *SCENES, "pas.approved.number"),
        omitted=nobody_decides,
    ),
    Check(
        "pas.denied.no-number",
        "What is denied has no authorization number",
        Strength.EXPECTED,
        each_line(_without_number, DENIED),
        rests_on=(*SAID, *SCENES),
    ),
    Check(
        "pas.denied.reason",
        "What is denied says why",
        Strength.SHOULD,
        each_response(_with_reason, DENIED),
        rests_on=(*SAID, *SCENES),
    ),
    Check(
        "pas.pended.no-number",
        "What waits has no authorization number",
        Strength.EXPECTED,
        each_line(_without_number, PENDED),
        rests_on=(*SAID, *SCENES),
    ),
    Check(
        "pas.pended.reference",
        "What waits has a reference number to ask by",
        Strength.EXPECTED,
        each_line(_with_reference, PENDED),
        rests_on=(*SAID, *SCENES),
    ),
)
