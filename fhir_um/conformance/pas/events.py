"""Events: what a notification says has changed, with which number, and what comes along with it."""

import re
from collections.abc import Iterable, Iterator

from fhir_um.conformance.marks import EVENT, FINAL, INQUIRE, NOTIFICATION, SUBMIT
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Session, Strength, Whole
from fhir_um.conformance.pas.answered import (
    Placed,
    actions,
    claim_responses,
    kind_of,
    lines,
    part,
    parts,
    text,
)
from fhir_um.conformance.pas.decisions import DECIDED, final_lines, nobody_decides, undecided
from fhir_um.conformance.pas.notifications import events, heard, parameters, status_is, subscription_id
from fhir_um.conformance.pas.tests_of_suites import CONTENT, NOTIFIED, WHOLE_ANSWER
from fhir_um.conformance.pas.tests_of_suites import EVENT as EVENT_TESTS

_NUMBER = re.compile(r"[1-9][0-9]*")


def _rest(exchange: Exchange) -> list[Json]:
    return parts(exchange.asked, "entry")[1:]


def _active(exchange: Exchange) -> Iterator[Fault]:
    yield from status_is("active", exchange)


def _event_came(session: Session) -> Iterable[Fault] | None:
    return heard(EVENT, session)


def _numbered(exchange: Exchange) -> Iterator[Fault]:
    if not events(exchange):
        yield Fault("There is no notification-event.", "Bundle.entry[0].resource.parameter")
    for event in events(exchange):
        number = text(event.get("event-number", {}), "valueString")
        if not _NUMBER.fullmatch(number):
            yield Fault(
                f"The event's number is {number!r}, which is no whole number from 1.",
                "Bundle.entry[0].resource.parameter",
            )


def _with_focus(exchange: Exchange) -> Iterator[Fault]:
    for event in events(exchange):
        if not _focus(event):
            yield Fault("The event has no focus.", "Bundle.entry[0].resource.parameter")


def _focus(event: dict[str, Json]) -> str:
    return text(part(event.get("focus", {}), "valueReference"), "reference")


def _number(exchange: Exchange) -> int:
    numbers = [text(event.get("event-number", {}), "valueString") for event in events(exchange)]
    return max((int(one) for one in numbers if _NUMBER.fullmatch(one)), default=0)


def _rising(session: Session) -> Iterator[Fault]:
    """The same event may come again, if nobody said that it had come."""
    last: dict[str, int] = {}
    for exchange in session.marked(NOTIFICATION, EVENT):
        before, now = last.get(subscription_id(exchange), 0), _number(exchange)
        if now not in (before, before + 1) or now == 0:
            yield Fault(f"{exchange.key}: event {now} follows event {before}; numbers rise by one.")
        last[subscription_id(exchange)] = now


def _counted(exchange: Exchange) -> Iterator[Fault]:
    said = text(parameters(exchange).get("events-since-subscription-start", {}), "valueString")
    if said and said.isdecimal() and int(said) < _number(exchange):
        text_ = f"{said} events are counted since the start, and this is event {_number(exchange)}."
        yield Fault(text_, "Bundle.entry[0].resource.parameter")


def _all_counted(session: Session) -> Iterator[Fault]:
    for exchange in session.marked(NOTIFICATION, EVENT):
        for fault in _counted(exchange):
            yield Fault(f"{exchange.key}: {fault.text}", fault.path)


def _final(session: Session) -> Iterable[Fault] | None:
    left_out = undecided(session)
    concerned = [
        one for one in session.marked(NOTIFICATION, EVENT, FINAL) if actions(one) and one.scene not in left_out
    ]
    told = [Fault(f"{one.key}: {fault.text}", fault.path) for one in concerned for fault in final_lines(one)]
    return told if concerned else None


def _id_only(exchange: Exchange) -> Iterator[Fault]:
    for number, entry in enumerate(_rest(exchange), 1):
        if "resource" in entry:
            yield Fault("Content id-only carries no resources.", f"Bundle.entry[{number}].resource")
        if not text(entry, "fullUrl"):
            yield Fault("The entry has no fullUrl.", f"Bundle.entry[{number}].fullUrl")


def _focus_entry(exchange: Exchange, focus: str) -> Json:
    for entry in _rest(exchange):
        resource = part(entry, "resource")
        name = f"{kind_of(resource)}/{text(resource, 'id')}"
        if text(entry, "fullUrl") == focus or (not focus.startswith("urn:") and focus.endswith(name)):
            return resource
    return {}


def _focus_resolves(exchange: Exchange) -> Iterator[Fault]:
    for event in events(exchange):
        if not _focus_entry(exchange, _focus(event)):
            yield Fault(f"The focus {_focus(event)} leads to no entry of the notification.", "Bundle.entry")


def _whole_answer(exchange: Exchange) -> Iterator[Fault]:
    for event in events(exchange):
        found = _focus_entry(exchange, _focus(event))
        kinds = [kind_of(part(entry, "resource")) for entry in parts(found, "entry")]
        if kind_of(found) != "Bundle" or "ClaimResponse" not in kinds:
            yield Fault(f"The focus is {kind_of(found)}; PAS wants the whole response Bundle.", "Bundle.entry")


def _about_ours(session: Session) -> Iterable[Fault] | None:
    """Whether the event carries an answer or only names it, it is one that was given in this run."""
    ours = {text(one.content, "id") for sent in session.marked(SUBMIT) for one in claim_responses(sent)}
    told = [each for each in session.marked(NOTIFICATION, EVENT) if any(events(each))]
    return _not_of(ours, told) if ours and told else None


def _not_of(ours: set[str], told_of: Iterable[Exchange]) -> Iterator[Fault]:
    for exchange in told_of:
        told = {text(one.content, "id") for one in claim_responses(exchange)} or {
            _focus(event).rpartition("/")[2] for event in events(exchange)
        }
        if not told & ours:
            yield Fault(f"{exchange.key}: it tells of {', '.join(sorted(told))}, which was not answered in this run.")


Told = dict[int | None, tuple[str, str]]


def _told_of(response: Placed) -> Told:
    return {line.sequence: (line.action, line.number) for line in lines(response)}


def _same_as_inquiry(session: Session) -> Iterable[Fault] | None:
    """What the last event of a scene said, the inquiry after it says too."""
    told: dict[tuple[str, str], Told] = {}
    compared = False
    faults: list[Fault] = []
    for exchange in session.exchanges:
        for response in claim_responses(exchange):
            key, said = (exchange.scene, text(response.content, "id")), _told_of(response)
            if NOTIFICATION in exchange.marks or (SUBMIT in exchange.marks and key in told):
                told[key] = said
            elif exchange.marks >= {INQUIRE, FINAL} and key in told:
                compared = True
                if told[key] != said:
                    faults.append(Fault(f"{exchange.key}: notified was {told[key]}, the inquiry says {said}."))
    return faults if compared else None


def _is_full(exchange: Exchange) -> bool:
    return exchange.version != "2.0.1"


_HISTORY = ("pas.notification.history", "pas.notification.status-first")
_EVENTS = (*_HISTORY, "pas.event.numbered")
_CONTENT = (*_EVENTS, "pas.event.focus", "pas.event.focus-resolves", "pas.event.whole-answer")


CHECKS = (
    Check(
        "pas.event.came",
        "When an answer changes, its sender is notified",
        Strength.SHALL,
        Whole((), _event_came),
        ("pas:spec-60", "pas:spec-51"),
        NOTIFIED,
        ("pas.handshake.came", "pas.attachment.taken", *DECIDED),
    ),
    Check(
        "pas.event.status",
        "An event says active",
        Strength.SHALL,
        Each((NOTIFICATION, EVENT), _active),
        public=EVENT_TESTS,
        rests_on=_HISTORY,
    ),
    Check(
        "pas.event.numbered",
        "An event has a number",
        Strength.SHALL,
        Each((NOTIFICATION, EVENT), _numbered),
        public=CONTENT,
        rests_on=_HISTORY,
    ),
    Check(
        "pas.event.rising",
        "Numbers of events rise by one",
        Strength.SHALL,
        Whole((NOTIFICATION, EVENT), _rising),
        rests_on=(
            *_EVENTS,
            "pas.notification.subscription",
            "pas.subscription.id",
            "pas.subscription.body",
            "pas.event.came",
        ),
    ),
    Check(
        "pas.event.counted",
        "The count of events includes the one told",
        Strength.SHALL,
        Whole((NOTIFICATION, EVENT), _all_counted),
        rests_on=(*_EVENTS, "pas.event.rising"),
    ),
    Check(
        "pas.event.focus",
        "An event names what it is about",
        Strength.SHALL,
        Each((NOTIFICATION, EVENT), _with_focus),
        public=CONTENT,
        rests_on=_EVENTS,
    ),
    Check(
        "pas.event.id-only",
        "An event of content id-only carries no resources (PAS 2.0.1)",
        Strength.SHALL,
        Each((NOTIFICATION, EVENT), _id_only, lambda exchange: not _is_full(exchange)),
        public=CONTENT,
        rests_on=_EVENTS,
    ),
    Check(
        "pas.event.focus-resolves",
        "What an event is about comes along (PAS 2.2.1)",
        Strength.SHALL,
        Each((NOTIFICATION, EVENT), _focus_resolves, _is_full),
        ("pas:spec-62",),
        CONTENT,
        (*_EVENTS, "pas.event.focus"),
    ),
    Check(
        "pas.event.whole-answer",
        "What comes along is the whole response Bundle (PAS 2.2.1)",
        Strength.SHALL,
        Each((NOTIFICATION, EVENT), _whole_answer, _is_full),
        ("pas:spec-61",),
        WHOLE_ANSWER,
        (*_EVENTS, "pas.event.focus", "pas.event.focus-resolves"),
    ),
    Check(
        "pas.event.ours",
        "An event is about a request of the subscriber",
        Strength.SHALL,
        Whole((), _about_ours),
        ("pas:spec-58", "pas:spec-59"),
        rests_on=(*_CONTENT, "pas.bundle.entries"),
    ),
    Check(
        "pas.event.final",
        "The event after the decision tells the decision (PAS 2.2.1)",
        Strength.SHALL,
        Whole((), _final),
        ("pas:spec-51", "pas:spec-61"),
        rests_on=(*_CONTENT, *DECIDED),
        omitted=nobody_decides,
    ),
    Check(
        "pas.event.same-as-inquiry",
        "What was notified is what an inquiry tells (PAS 2.2.1)",
        Strength.EXPECTED,
        Whole((), _same_as_inquiry),
        ("pas:spec-46", "pas:spec-61"),
        rests_on=(
            *_CONTENT,
            "pas.event.final",
            *DECIDED,
            "pas.lines.numbered",
            "pas.inquiry.found",
            "pas.inquiry.current",
        ),
        omitted=nobody_decides,
    ),
)
