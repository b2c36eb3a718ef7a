"""Authorized with changes: a line that is A6, and the addItem that says what was authorized (PAS 2.2.1)."""

from collections.abc import Iterable, Iterator

from fhir_um.conformance.model import Check, Exchange, Fault, Session, Strength, Whole
from fhir_um.conformance.pas import answered
from fhir_um.conformance.pas.answered import Line, Placed, actions, claim_responses, lines, part, review_parts
from fhir_um.conformance.pas.decisions import SAID, SCENES, nobody_decides
from fhir_um.conformance.pas.looking import each_line, each_response
from fhir_um.conformance.pas.tests_of_suites import INQUIRE_VALID, SUBMIT_VALID

_SUITES = (*SUBMIT_VALID, *INQUIRE_VALID)


def _modified_has_added(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    added = [one.sequences for one in lines(response, "addItem")]
    for line in lines(response):
        if line.action == answered.MODIFIED and [line.sequence] not in added:
            text_ = f"Line {line.sequence} is A6, and no addItem with that itemSequence says what was authorized."
            yield response.fault(text_, ".addItem")


def _added_is_of_modified(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    plain = {line.sequence for line in lines(response) if line.action != answered.MODIFIED}
    for line in lines(response, "addItem"):
        for sequence in set(line.sequences) & plain:
            yield line.at.fault(
                f"It belongs to line {sequence}, which is not authorized with changes.", ".itemSequence"
            )


def _all_added(session: Session) -> Iterable[Fault] | None:
    concerned = [one for one in session.exchanges if _has_added(one)]
    faults = [
        Fault(f"{one.key}: {fault.text}", fault.path)
        for one in concerned
        for response in claim_responses(one)
        for fault in _added_is_of_modified(response, one)
    ]
    return faults if concerned else None


def _added_once(line: Line) -> Iterator[Fault]:
    if len(line.sequences) != 1:
        yield line.at.fault("An addItem has exactly one itemSequence.", ".itemSequence")


def _added_says_what(line: Line) -> Iterator[Fault]:
    if not part(line.at.content, "productOrService"):
        yield line.at.fault("It does not say which service was authorized.", ".productOrService")


def _added_decided(line: Line) -> Iterator[Fault]:
    if not review_parts(line.at):
        yield line.at.fault("What was authorized instead carries no reviewAction.", ".adjudication")


def _is_newer(exchange: Exchange) -> bool:
    return exchange.version != "2.0.1"


def _has_modified(exchange: Exchange) -> bool:
    return _is_newer(exchange) and answered.MODIFIED in actions(exchange)


def _has_added(exchange: Exchange) -> bool:
    return _is_newer(exchange) and any(lines(one, "addItem") for one in claim_responses(exchange))


CHECKS = (
    Check(
        "pas.added.one-sequence",
        "Each addItem belongs to one line (PAS 2.2.1)",
        Strength.SHALL,
        each_line(_added_once, name="addItem", of=_has_added),
        public=_SUITES,
        omitted=nobody_decides,
    ),
    Check(
        "pas.added.service",
        "Each addItem says which service was authorized (PAS 2.2.1)",
        Strength.SHALL,
        each_line(_added_says_what, name="addItem", of=_has_added),
        public=_SUITES,
        omitted=nobody_decides,
    ),
    Check(
        "pas.added.decided",
        "Each addItem has a review action (PAS 2.2.1)",
        Strength.EXPECTED,
        each_line(_added_decided, name="addItem", of=_has_added),
        omitted=nobody_decides,
    ),
    Check(
        "pas.modified.added",
        "For a line authorized with changes an addItem says what was authorized (PAS 2.2.1)",
        Strength.SHALL,
        each_response(_modified_has_added, of=_has_modified),
        ("pas:spec-37",),
        rests_on=(*SAID, "pas.modified.decision", "pas.added.one-sequence"),
        omitted=nobody_decides,
    ),
    Check(
        "pas.added.only-changed",
        "An addItem belongs to a line authorized with changes, or to a new one (PAS 2.2.1)",
        Strength.EXPECTED,
        Whole((), _all_added),
        ("pas:spec-36",),
        rests_on=(*SAID, *SCENES, "pas.modified.decision", "pas.added.one-sequence"),
        omitted=nobody_decides,
    ),
)
