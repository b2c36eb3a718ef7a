"""Answer an EHR that asks about orders: who is insured, what each order needs, what covers it already; one transaction.

Must not know FHIR or how a hook travels. Nothing is written but an authorization that was earned and the answer that
tells its number. Source: CRD 2.2.1 resp-29 to resp-45.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from cds_hooks.desk import Assertion, ReasonCode
from fhir_um.cases.asked import LineRequest
from fhir_um.cases.caller import Caller
from fhir_um.cases.guidance import Guidance
from fhir_um.cases.model import Course, Determination, MemberId, PayerId
from fhir_um.cases.ordered import CoverageAsked, Insured, OrderAsked
from fhir_um.coverage.model import Directory, Enrollment, Member, Payer, UsedService
from fhir_um.deps import Deps, Work
from fhir_um.errors import DuplicateSubmission, Overtaken
from fhir_um.policy.model import Moment, Policy, PolicyAdvice
from fhir_um.policy.systems import same_code
from fhir_um.usecases.adjudicate import Adjudicator
from fhir_um.usecases.asserting import Weighed, assertion_of, not_covered, technical
from fhir_um.usecases.billing_scopes import Scope, scopes_of
from fhir_um.usecases.eligibility import NOT_ELIGIBLE, Standing, choose_payer, establish
from fhir_um.usecases.granting_orders import Granted, covering, grant, spent, taken
from fhir_um.usecases.guiding import guidance_of
from fhir_um.usecases.members import find_member
from fhir_um.words import Code

_NOBODY = frozenset({"65", "67", "68", "71", "77"})
"""X12 901: the patient is none of our members, or nobody can say which."""

_MOMENTS = {
    "order-select": Moment.CHOOSING,
    "order-sign": Moment.SIGNING,
    "order-dispatch": Moment.SENDING,
    "appointment-book": Moment.BOOKING,
    "encounter-start": Moment.ARRIVAL,
    "encounter-discharge": Moment.DISCHARGE,
}
"""What is done in the office when each hook fires."""

_ABOUT_THE_REQUESTER = frozenset({"43", "51", "52"})
"""X12 901: who asks is not known. That hinders a request, and says nothing about the member's coverage."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How the house answers: where its forms are, and how long what was told is kept."""

    forms_at: str
    keep_days: int


@dataclass(frozen=True, slots=True)
class CoverageAnswer:
    """The payer who answers, what is told and what the policies advise by order, and how the member is insured."""

    payer: Payer
    assertions: Mapping[str, tuple[Assertion, ...]]
    advice: tuple[tuple[str, PolicyAdvice], ...] = ()
    insured: Insured | None = None


def determine_coverage(deps: Deps, asked: CoverageAsked, terms: Terms) -> CoverageAnswer | None:
    """An assertion for every order; None when the coverage is with a payer that does not answer here.

    Raises: LookupError while no payer is on file.
    """
    try:
        return _answer(deps, asked, terms)
    except (Overtaken, DuplicateSubmission):
        return _answer(deps, asked, terms, alone=True)


def _answer(deps: Deps, asked: CoverageAsked, terms: Terms, alone: bool = False) -> CoverageAnswer | None:
    with deps.open_work(alone) as work:
        directory = work.directory()
        everyone = tuple(PayerId(payer.id) for payer in directory.payers)
        caller = Caller(asked.client, "Hook counter", everyone, frozenset())
        payer = _payer_of(work, directory, caller, asked)
        if payer is None:
            return None
        if not asked.orders:
            return CoverageAnswer(payer, {})
        counter = _Counter(deps, work, caller, asked, terms, directory, payer, _standing(work, directory, payer, asked))
        return counter.answer()


def _payer_of(work: Work, directory: Directory, caller: Caller, asked: CoverageAsked) -> Payer | None:
    """The payer the coverage names; where it names none by identifier, the one whose member the patient is."""
    if not asked.orders:
        return directory.payer(caller.home_payer)
    request = asked.orders[0].request
    payer, named = choose_payer(directory, request.payer, caller)
    if named:
        return payer
    if request.payer.identifiers:
        return None
    theirs = (p for p in directory.payers if p.id in caller.payer_ids)
    found = (
        p for p in theirs if isinstance(find_member(work, PayerId(p.id), request.member, request.coverage), Member)
    )
    return next(found, payer)


def _standing(work: Work, directory: Directory, payer: Payer, asked: CoverageAsked) -> Standing:
    """What our records say about the member and the days of all orders, looked up once."""
    first = asked.orders[0].request
    requesters = tuple(party for order in asked.orders for party in order.request.requester_parties)
    team = tuple(member for order in asked.orders for member in order.request.care_team)
    whole = replace(
        first,
        lines=tuple(order.line for order in asked.orders),
        requester_parties=requesters,
        care_team=team,
    )
    return establish(work, directory, payer, True, whole, asked.received_at)


@dataclass(slots=True)
class _Counter:
    """One call while it is answered. `history` grows with what its own orders take."""

    deps: Deps
    work: Work
    caller: Caller
    asked: CoverageAsked
    terms: Terms
    directory: Directory
    payer: Payer
    standing: Standing
    history: tuple[UsedService, ...] = ()
    advice: list[tuple[str, PolicyAdvice]] = field(default_factory=list)

    def answer(self) -> CoverageAnswer:
        """Every order in turn: what the first takes from a benefit, the second no longer has."""
        unknown = self._unknown_to_us()
        if unknown is not None:
            unweighed = {order.ref: (self._unweighed(order, unknown),) for order in self.asked.orders}
            return CoverageAnswer(self.payer, unweighed)
        if self.standing.member is not None:
            self.history = self.work.member_history(PayerId(self.payer.id), MemberId(self.standing.member.id))
        told = {order.ref: self._answered(order) for order in self.asked.orders}
        return CoverageAnswer(self.payer, told, tuple(self.advice), self._insured())

    # --- who is insured ---------------------------------------------------------------------------------------------

    def _insured(self) -> Insured | None:
        """How the member is insured on the day of the call; None when that day no plan is in force."""
        for enrollment in self._enrollments():
            plan = self.directory.plan(enrollment.plan_id)
            return Insured(plan.id, plan.name, enrollment.period.end) if plan else None
        return None

    def _enrollments(self) -> Iterator[Enrollment]:
        """The stretches of coverage in force on the day of the call."""
        on, member = self.standing.received_on, self.standing.member
        return (each for each in (member.enrollments if member else ()) if each.period.covers(on))

    def _unknown_to_us(self) -> tuple[ReasonCode, str] | None:
        """Why nothing can be weighed for this patient, or None."""
        for error in self.standing.request_errors:
            if error.code in _NOBODY:
                if "Patient" in self.asked.missing or "Coverage" in self.asked.missing:
                    return ReasonCode.TECHNICAL, "The patient's record could not be read, so the member is not known."
                return ReasonCode.NO_MEMBER_FOUND, f"Not a member of {self.payer.name}: {error.text}"
            if error.code == NOT_ELIGIBLE:
                return self._not_insured(), error.text
        return None

    def _not_insured(self) -> ReasonCode:
        """Of a member whose coverage is not in force, why: over or not begun, or none on file at all."""
        member = self.standing.member
        if member is not None and not member.enrollments:
            return ReasonCode.COVERAGE_NOT_FOUND
        return ReasonCode.NO_ACTIVE_COVERAGE

    def _unweighed(self, order: OrderAsked, why: tuple[ReasonCode, str]) -> Assertion:
        code, text = why
        say = self.deps.new_id(), self.standing.received_on
        if code is ReasonCode.TECHNICAL:
            made = technical(*say, text, self.payer)
        else:
            made = not_covered(*say, code, text, self.payer)
        return self._as_before(order, made, None, self._carried(order))

    # --- what an order needs ----------------------------------------------------------------------------------------

    def _answered(self, order: OrderAsked) -> tuple[Assertion, ...]:
        for error in self.standing.line_errors(order.line.sequence):
            if error.code == NOT_ELIGIBLE:
                return (self._unweighed(order, (self._not_insured(), error.text)),)
        weighed = self._weighed(order)
        known = self._carried(order, with_siblings=len(weighed) > 1)
        return tuple(self._as_before(order, made, determination, known) for made, determination in weighed)

    def _weighed(self, order: OrderAsked) -> list[tuple[Assertion, Determination]]:
        """Weighed as a submission of it would be, beside whatever authorization covers it already.

        Where the codes it may be billed by have different answers there are several, each for codes of its own.
        """
        line, payer_id = order.line, PayerId(self.payer.id)
        found = covering(self.work, payer_id, self.history, line, self.standing.received_on)
        if found is not None:
            self.history = tuple(used for used in self.history if used is not found[1])
        adjudicator = self._adjudicator(order)
        determination = adjudicator.propose(line, None)
        if found is None and determination.course is Course.APPROVE and self._may_grant(order):
            evidence = determination.finding.evidence if determination.finding else ()
            found = grant(self.deps, self.work, self.caller, order, adjudicator, evidence)
        if found is not None:
            self.history += (spent(found[1]),)
        else:
            self.history += taken(line, determination)
        self._ask_advice(order, adjudicator, determination)
        granted, codes = found[0] if found else None, found[1].codes if found else ()
        scopes = scopes_of(
            tuple(self._known(order)),
            determination,
            frozenset(map(same_code, codes)),
            lambda code: adjudicator.propose(self._billed_by(order, code), None),
        )
        weighed = ((scope, self._facts(order, scope, granted if scope.is_granted else None)) for scope in scopes)
        return [(assertion_of(facts, self.deps.new_id()), scope.determination) for scope, facts in weighed]

    def _known(self, order: OrderAsked) -> Iterator[Code]:
        """The codes of an order that rules name, each once."""
        return filter(self.deps.policies.names, dict.fromkeys(map(same_code, order.line.service.codes)))

    def _billed_by(self, order: OrderAsked, code: Code) -> LineRequest:
        """The line of an order as if of the codes that rules name it had this one only."""
        service = order.line.service
        others = (each for each in service.codes if not self.deps.policies.names(each))
        return replace(order.line, service=replace(service, codes=(code, *others)))

    def _adjudicator(self, order: OrderAsked) -> Adjudicator:
        """Who orders is no fault here, and the faults of other orders are theirs."""
        sequence = order.line.sequence
        errors = tuple(
            e for e in self.standing.errors if e.code not in _ABOUT_THE_REQUESTER and e.sequence in (None, sequence)
        )
        standing = replace(self.standing, errors=errors)
        return Adjudicator(self.deps, order.request, self.asked.evidence, standing, self.directory, self.history)

    def _may_grant(self, order: OrderAsked) -> bool:
        """Not in a what-if, not while somebody is only choosing, and only to an enrolled provider."""
        npis = {party.npi for party in order.request.requester_parties if party.npi}
        on = self.standing.received_on
        known = any(p.npi in npis and p.enrolled.covers(on) for p in self.standing.providers)
        return self.asked.determine and not self.asked.early and known

    def _ask_advice(self, order: OrderAsked, adjudicator: Adjudicator, determination: Determination) -> None:
        if adjudicator.standing.errors:
            return
        moment = _MOMENTS.get(self.asked.hook)
        rows = self.deps.policies.advice(adjudicator.context(order.line, None), determination, moment)
        self.advice += [(order.ref, row) for row in rows]

    def _facts(self, order: OrderAsked, scope: Scope, granted: Granted | None) -> Weighed:
        finding, policies = scope.determination.finding, self.deps.policies
        policy = policies.version(finding.policy_id, finding.policy_version) if finding else None
        return Weighed(
            asked=self.asked,
            order=order,
            payer=self.payer,
            determination=scope.determination,
            policy=policy,
            known_codes=scope.codes,
            granted=granted,
            on=self.standing.received_on,
            ends=tuple(self._ends(policy)),
            form_url=f"{self.terms.forms_at}/{policy.id}|{policy.version}" if policy and policy.form else "",
        )

    def _ends(self, policy: Policy | None) -> Iterator[date]:
        """The last days of what the answer rests on: the policy's, and the member's coverage."""
        if policy is not None and policy.effective.end is not None:
            yield policy.effective.end
        for enrollment in self._enrollments():
            if enrollment.period.end is not None:
                yield enrollment.period.end

    # --- what is told -----------------------------------------------------------------------------------------------

    def _as_before(
        self, order: OrderAsked, made: Assertion, determination: Determination | None, carried: tuple[Guidance, ...]
    ) -> Assertion:
        """The assertion the order carries already, when it says the same and still holds; else the new one, kept."""
        member = self.standing.member
        row = guidance_of(
            made,
            asked=self.asked,
            order=order,
            payer=self.payer,
            member_id=member.id if member else "",
            determination=determination,
            keep_until=self.asked.received_at + timedelta(days=self.terms.keep_days),
        )
        for known in carried:
            if known.content_hash == row.content_hash and known.holds(made.on):
                return replace(made, id=known.id, on=known.on, expires=known.expires, basis=known)
        if made.satisfied_pa_id:
            self.work.add_guidance((row,))
        return replace(made, basis=row)

    def _carried(self, order: OrderAsked, with_siblings: bool = False) -> tuple[Guidance, ...]:
        """Our own assertions that the order brings; siblings went out beside them, under the id of the first."""
        if not order.carried:
            return ()
        payer_id, whose = PayerId(self.payer.id), self.standing.member.id if self.standing.member else ""
        known = self.work.guidance_about(payer_id, whose, order.carried)
        if with_siblings:
            calls = dict.fromkeys(row.instance for row in known)
            given = (row for instance in calls for row in self.work.guidance_given(payer_id, instance))
            known += tuple(row for row in given if row.order_ref == order.ref)
        return tuple(row for row in known if (row.member_id, row.coverage_ref) == (whose, self.asked.coverage_ref))
