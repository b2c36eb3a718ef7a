"""One hook call from end to end: what is at hand, what is fetched, what the desk says, what goes out, what is kept.

Must not know HTTP, or how any of these is done. Source: CRD 2.2.1 hook-13, hook-16, resp-43 to resp-45, found-32 to
found-34, found-37; what is unclear there is answered as docs/hooks.md tells.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import TypeVar

from cds_hooks.answers import response
from cds_hooks.asking import Heard, as_ordered, attempt, hear, indeterminate
from cds_hooks.at_hand import AtHand, collect
from cds_hooks.budget import Budget, for_call
from cds_hooks.coverages import coverages_of, names_payer
from cds_hooks.demands import demand_orders
from cds_hooks.desk import Answered, Coding, Desk, Json, Needs, NotOurs, Question, Told, Topic
from cds_hooks.dialects import CRD_2_0, Dialect
from cds_hooks.door import Door, HookClient
from cds_hooks.ehr import Ehr, EhrPolicy, Failure
from cds_hooks.fetching import complete
from cds_hooks.notes import notes
from cds_hooks.offered import Service
from cds_hooks.orders import Asked, asked
from cds_hooks.request import HookCall
from profiles.issues import Issue, Kind, Refusal
from profiles.outcome import status_of
from profiles.reading import Limits

_HELPERS = 8
"""Threads in which a process asks its desk, so that a desk that hangs delays nobody."""

_DESK_SHARE = 1 / 3
"""Of the budget, kept back from fetching for the desk."""

_KEEPING_SECONDS = 1.0
"""How long an answer that is ready waits for being kept."""

_RECORDS = frozenset(
    {
        "Condition",
        "DiagnosticReport",
        "DocumentReference",
        "MedicationDispense",
        "MedicationStatement",
        "Observation",
        "Procedure",
        "QuestionnaireResponse",
    }
)
"""What an answer may rest on."""

_LATEST_DAY = timedelta(hours=12)
"""How far behind UTC a day may still last. A Coverage is over when it is over everywhere."""

T = TypeVar("T")
Say = Callable[[str, Mapping[str, object]], None]
"""Takes one line for the log: a constant name, and fields without anything of the message."""


def _unsaid(event: str, given: Mapping[str, object]) -> None:
    """For a house that keeps no log."""


def _helpers() -> Executor:
    return ThreadPoolExecutor(_HELPERS, "desk")


@dataclass(frozen=True, slots=True)
class HookHouse:
    """Everything the counter is handed: the desk behind it, the door before it, limits, time and chance.

    `public_url` is the address as the world sees it, without a path; `ehr_policy` says which EHRs may be asked, of
    itself none; `seconds` shortens or lengthens the budget of hooks; `label` names the payer where no insurer is known;
    `usage` is told to clients in discovery; `waited_seconds` is how long the call at hand lay before it was looked at.
    Every time `now` gives is UTC.
    """

    desk: Desk
    door: Door
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    new_uuid: Callable[[], str]
    public_url: str = "http://127.0.0.1:8080"
    ehr_policy: EhrPolicy = EhrPolicy(frozenset())
    limits: Limits = Limits(max_bytes=10_000_000, max_depth=64, max_entries=500)
    default: Dialect = CRD_2_0
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    label: str = "Payer"
    usage: str = ""
    say: Say = _unsaid
    helpers: Executor = field(default_factory=_helpers)
    waited_seconds: Callable[[], float] = float


@dataclass(slots=True)
class _Errand:
    """What is known of one call while it is answered."""

    house: HookHouse
    service: Service
    call: HookCall
    client: HookClient
    received_at: datetime
    budget: Budget
    at_hand: AtHand
    ehr: Ehr
    missing: dict[str, str] = field(default_factory=dict)
    found: Asked = field(default_factory=lambda: Asked(()))
    coverage: str = ""

    def question(self) -> Question:
        """The call in the words of the desk, as far as it is known."""
        by_ref, call = self.at_hand.by_ref, self.call
        return Question(
            hook=call.hook,
            instance=call.instance,
            version=call.dialect.version,
            orders=self.found.orders,
            patient_id=call.patient_id,
            patient=by_ref.get(f"Patient/{call.patient_id}"),
            coverage=by_ref.get(self.coverage),
            coverage_ref=self.coverage,
            resources={ref: found for ref, found in by_ref.items() if not self._is_in_doubt(ref)},
            missing=self.missing,
            user=call.user,
            received_at=self.received_at,
            is_secondary=not self.service.primary,
            determine=call.options.determine,
            server=call.fhir_server,
            client=self.client.id,
        )

    def _is_in_doubt(self, ref: str) -> bool:
        """A record that came with two contents is evidence of neither."""
        return ref in self.at_hand.contradicting and ref.partition("/")[0] in _RECORDS

    def attempt(self, what: str, work: Callable[[], T], otherwise: T, budget: Budget) -> T:
        """Something of the desk's that the answer can do without; a fault is only told to the log."""
        result, fault = attempt(work, otherwise, budget, self.house.helpers)
        if fault is not None:
            self.report(what, fault)
        return result

    def report(self, what: str, fault: BaseException) -> None:
        """One line for a fault of the desk: what it was doing and the type of error, never its words."""
        self.say(what, error_type=type(fault).__name__)

    def say(self, event: str, **given: object) -> None:
        """One line for the log."""
        self.house.say(event, {"hook": self.call.hook, "client_id": self.client.id} | given)


def invoke(
    house: HookHouse, service: Service, call: HookCall, client: HookClient, spent_seconds: float = 0.0
) -> tuple[int, Json]:
    """Status and body of the answer to one call; what was told is kept.

    `spent_seconds` went by since it came: who calls had to be found out, and the call to be read.

    Raises: Refusal, for a call that cannot be answered; that is kept too.
    """
    errand = _begin(house, service, call, client, spent_seconds)
    try:
        with errand.ehr:
            body, told = _answer(errand)
    except Refusal as refusal:
        codes = tuple(issue.code for issue in refusal.issues)
        _keep(errand, replace(_told(errand), http_status=status_of(refusal), issues=codes))
        raise
    _keep(errand, told)
    return told.http_status, body


def _begin(house: HookHouse, service: Service, call: HookCall, client: HookClient, spent_seconds: float) -> _Errand:
    received_at = house.now()
    seconds = max(0.0, house.seconds.get(call.hook, for_call(call.hook)) - spent_seconds)
    budget = Budget(seconds, house.monotonic)
    fetching = budget.part(seconds, keep=seconds * _DESK_SHARE)
    ehr = Ehr(call.fhir_server, call.token, call.token_subject, house.ehr_policy, fetching)
    return _Errand(house, service, call, client, received_at, budget, collect(call), ehr)


def _answer(errand: _Errand) -> tuple[Json, Told]:
    house, call = errand.house, errand.call
    if not call.is_lenient:
        demand_orders(call)
    _gather(errand)
    heard = _heard(errand)
    question = errand.question()
    late = {o.ref: (indeterminate(o, house.new_uuid(), question),) for o in question.orders if o.ref in heard.failed}
    by_ref, given = {order.ref: order for order in question.orders}, heard.answered.assertions
    told_of = {ref: as_ordered(given[ref], by_ref[ref]) for ref in given if ref in by_ref}
    answered = replace(
        heard.answered,
        assertions={**told_of, **late},
        advice=heard.answered.advice + tuple(notes(errand.found, bool(errand.coverage))),
    )
    body, cards = response(question, answered, call.options, call.dialect, house.new_uuid)
    is_told = errand.coverage and call.options.is_on(Topic.COVERAGE_INFO)
    told = _told(errand)
    return body, replace(told, assertions=answered.assertions if is_told else {}, cards=tuple(cards))


def _gather(errand: _Errand) -> None:
    """Fetches what did not come along. What is fetched may show orders that were only named, or what an order is for.

    Those have needs too; of what was known before nothing is sought twice.
    """
    weighed: set[tuple[str, tuple[Coding, ...]]] = set()
    for is_first in (True, False):
        _look_again(errand)
        new = tuple(order for order in errand.found.orders if (order.ref, order.codes) not in weighed)
        if not (is_first or new):
            return
        weighed |= {(order.ref, order.codes) for order in new}
        ask = partial(errand.house.desk.needs, replace(errand.question(), orders=new))
        needs = errand.attempt("needs-unknown", ask, Needs(()), errand.budget)
        errand.missing |= complete(errand.call, errand.at_hand, needs, errand.ehr, errand.budget)
    _look_again(errand)


def _look_again(errand: _Errand) -> None:
    """Finds the orders and the Coverage among what is at hand by now."""
    errand.found = asked(errand.call, errand.at_hand)
    errand.coverage = next(iter(_coverages(errand)), "")


def _coverages(errand: _Errand) -> tuple[str, ...]:
    return coverages_of(errand.call.patient_id, errand.at_hand, (errand.received_at - _LATEST_DAY).date())


def _heard(errand: _Errand) -> Heard:
    """The desk's answer under the first Coverage that is of its payers; nothing where there is none.

    Raises: Refusal for a strict client that sent none, several, nobody's or another payer's.
    """
    coverages = _coverages(errand)
    if not errand.call.is_lenient:
        _demand_orders_read(errand)
        _demand_one(errand, coverages)
    house = errand.house
    for coverage in coverages:
        errand.coverage = coverage
        try:
            heard = hear(house.desk, errand.question(), errand.budget, house.helpers, house.label)
        except NotOurs:
            continue
        for fault in heard.faults:
            errand.report("desk-failed", fault)
        return heard
    errand.coverage = ""
    if coverages:
        _refuse_coverage(errand, "business-rule", "The Coverage is of no payer that is answered for here.")
    return Heard(Answered(house.label, {}))


def _demand_orders_read(errand: _Errand) -> None:
    """Source: CDS Hooks (what is needed and could not be reached: 412); CRD 2.2.1 found-32."""
    for kind in (ref.partition("/")[0] for ref in errand.found.unread):
        if kind in errand.missing:
            text = f"The {kind} that the call names was not prefetched, and {_why_not(errand, kind)}."
            raise Refusal.of(Kind.MISSING_PREFETCH, "incomplete", text, "context")


def _demand_one(errand: _Errand, coverages: tuple[str, ...]) -> None:
    """Source: CRD 2.2.1 hook-13 (none, several or of nobody: 400); CDS Hooks (what could not be reached: 412)."""
    if not coverages and "Coverage" in errand.missing:
        text = f"No Coverage of the patient was prefetched, and {_why_not(errand, 'Coverage')}."
        raise Refusal.of(Kind.MISSING_PREFETCH, "incomplete", text, "prefetch.coverage")
    if not coverages:
        _refuse_coverage(errand, "required", "The patient has no Coverage that can be read.")
    if len(coverages) > 1:
        _refuse_coverage(errand, "multiple-matches", "Several Coverages were sent; send the one to be asked about.")
    for coverage in coverages:
        if not (names_payer(errand.at_hand.by_ref[coverage], errand.at_hand) or _is_payer_unread(errand)):
            text = "The payer is not identified: send Coverage.payor.identifier, or the Organization it refers to."
            _refuse_coverage(errand, "required", text)


def _is_payer_unread(errand: _Errand) -> bool:
    """An EHR was named and did not give its Organization: no fault of the Coverage (CRD 2.2.1 resp-43, found-34)."""
    return bool(errand.call.fhir_server) and "Organization" in errand.missing


_WHY_NOT = {
    Failure.NOT_ASKED: "that fhirServer is not one that is asked from here",
    Failure.REFUSED: "the fhirServer refused to give it",
    Failure.LATE: "the fhirServer did not give it in time",
    Failure.UNREACHABLE: "the fhirServer could not be reached",
    Failure.GARBAGE: "what the fhirServer gave could not be read",
}


def _why_not(errand: _Errand, kind: str) -> str:
    """Why a resource of that type could not be had."""
    if not errand.call.fhir_server:
        return "no fhirServer was given"
    return _WHY_NOT[Failure(errand.missing[kind])]


def _refuse_coverage(errand: _Errand, code: str, text: str) -> None:
    kind = errand.call.dialect.unusable_coverage
    if kind is not None and not errand.call.is_lenient:
        raise Refusal(kind, (Issue(code, text, "prefetch.coverage"),))


def _told(errand: _Errand) -> Told:
    """What is kept of a call, before anything was said."""
    counts = errand.at_hand.counts.items()
    return Told(
        instance=errand.call.instance,
        hook=errand.call.hook,
        service=errand.service.id,
        client=errand.client.id,
        version=errand.call.dialect.version,
        received_at=errand.received_at,
        answered_at=errand.house.now(),
        http_status=HTTPStatus.OK,
        issues=(),
        token_use=errand.ehr.token_use,
        resources=tuple((kind, prefetched, count) for (kind, prefetched), count in counts),
        orders=tuple((order.ref.partition("/")[0], order.codes) for order in errand.found.orders),
        assertions={},
        cards=(),
    )


def _keep(errand: _Errand, told: Told) -> None:
    """An answer that cannot be kept goes out all the same: who waits for it is a clinician."""
    errand.say(
        "hook",
        version=told.version,
        status=told.http_status,
        order_count=len(told.orders),
        card_count=len(told.cards),
        fault_count=len(told.issues),
        token_use=told.token_use,
        ignored=",".join(errand.call.options.nonsense),
        duration_ms=int((told.answered_at - told.received_at).total_seconds() * 1000),
    )
    keeping = Budget(_KEEPING_SECONDS, errand.house.monotonic)
    errand.attempt("not-kept", partial(errand.house.desk.keep, told), None, keeping)
