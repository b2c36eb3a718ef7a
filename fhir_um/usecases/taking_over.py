"""The authorization that an order earned by itself, found and taken over by the submission of that order.

Runs inside a transaction. Must not know FHIR. What other requests hold is not handed over: a person compares the two.
Source: CRD 2.2.1 found-11; docs/adr/0009-an-order-may-earn-its-authorization.md.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from fhir_um.cases.asked import ClaimRequest, LineRequest
from fhir_um.cases.caller import Caller
from fhir_um.cases.history import Journal
from fhir_um.cases.lifecycle import TAKEN_OVER_PATH
from fhir_um.cases.model import AUTHORIZED, Case, EventKind, Line, MemberId, PayerId
from fhir_um.cases.ordered import is_of_an_order
from fhir_um.cases.placing import hand_over
from fhir_um.cases.roles import ENGINE
from fhir_um.deps import Asker, Reading, Work, used_by
from fhir_um.policy.history import same_service
from fhir_um.policy.systems import same_code
from fhir_um.usecases.adjudicate import Adjudicator
from fhir_um.usecases.eligibility import Standing
from fhir_um.usecases.granting_orders import covers

_ASKS_FIRST = frozenset({"", "I"})
"""X12 1322: lines that do not build on an authorization the sender names."""

_MOST = 50


@dataclass(frozen=True, slots=True)
class Earnings:
    """What the orders behind a submission had earned: the case of the order, by the line that asks for it."""

    cases: Mapping[int, Case] = field(default_factory=dict)

    @property
    def lines(self) -> dict[int, Line]:
        """The authorized lines, by the line that takes each over."""
        return {sequence: case.lines[0] for sequence, case in self.cases.items()}

    def left_out_of(self, adjudicator: Adjudicator) -> Adjudicator:
        """The adjudicator whose history lacks them: each counts once, on the line that takes it over."""
        if not self.cases:
            return adjudicator
        own = {case.id for case in self.cases.values()}
        return replace(adjudicator, history=tuple(used for used in adjudicator.history if used.case_id not in own))

    def hand_over(self, work: Work, to: Case, at: datetime) -> None:
        """Ends the cases of the orders whose numbers are on lines of that case now; these find it from now on."""
        for sequence, case in self.cases.items():
            line, journal, taken = case.lines[0], Journal(case, at, ENGINE), to.line(sequence)
            if taken is None or taken.authorization_number != line.authorization_number:
                continue
            journal.line(EventKind.LINE_MOVED, hand_over(line, to.id, at), TAKEN_OVER_PATH)
            work.save_case(journal.case, case.version, tuple(journal.events), (), ())
            work.hand_on_number(to.payer_id, line.authorization_number, to.id, sequence)


def earnings_of(
    work: Work, caller: Caller, standing: Standing, request: ClaimRequest, amended: Case | None
) -> Earnings:
    """For each line the authorization its order earned: told with an assertion that holds, or named by its number.

    Each is for one line, of the same member, and covers what the line asks for. A number alone is believed only from
    who rang the hook or from a provider of the order.
    """
    is_orphan = amended is None and (request.prior is not None or request.cancel_all)
    if standing.member is None or standing.request_errors or is_orphan:
        return Earnings()
    asker = Asker(caller.sender, request.provider_npis)
    held = list(_held_by_orders(work, standing, _told(work, standing, request), _named(request), asker))
    cases: dict[int, Case] = {}
    for line in request.lines if held else ():
        asks = _asks_first(line) and not standing.line_errors(line.sequence) and not _is_known(amended, line)
        found = next((case for case in held if asks and _covers(case, line, standing.received_on)), None)
        if found is not None:
            cases[line.sequence] = found
            held.remove(found)
    return Earnings(cases)


def _told(work: Reading, standing: Standing, request: ClaimRequest) -> frozenset[str]:
    """Numbers told with the assertions that came along, while these hold."""
    if not request.coverage_assertions or standing.member is None:
        return frozenset()
    payer_id, member_id = PayerId(standing.payer.id), standing.member.id
    rows = work.guidance_about(payer_id, member_id, request.coverage_assertions)
    return frozenset(row.number for row in rows if row.number and row.holds(standing.received_on))


def _named(request: ClaimRequest) -> frozenset[str]:
    given = {request.authorization_number, *(line.authorization_number for line in request.lines)}
    return frozenset(number.strip().upper() for number in given - {""})


def _held_by_orders(
    work: Work, standing: Standing, told: frozenset[str], named: frozenset[str], asker: Asker
) -> Iterator[Case]:
    """Cases of orders that hold those numbers, kept from other writers; by a number that is only named, the asker's."""
    if standing.member is None:
        return
    payer_id, member_id = PayerId(standing.payer.id), MemberId(standing.member.id)
    found = work.find_for_inquiry(payer_id, member_id, told, _MOST) if told else ()
    if named:
        found += work.visible.told_of(payer_id, member_id, asker, named, _MOST)
    for id in dict.fromkeys(case.id for case in found if is_of_an_order(case)):
        case = work.load_case_for_change(payer_id, id)
        if case is not None and is_of_an_order(case) and case.lines[0].state in AUTHORIZED:
            yield case


def _asks_first(line: LineRequest) -> bool:
    return not line.withdrawn and line.certification in _ASKS_FIRST


def _is_known(amended: Case | None, line: LineRequest) -> bool:
    """True for a line of the case being amended: it stands where it stands."""
    return amended is not None and amended.line(line.sequence) is not None


def _covers(case: Case, line: LineRequest, on: date) -> bool:
    """True when the order had earned all that the line asks for; without a day it asks for that of the order."""
    held, codes = case.lines[0], frozenset(map(same_code, line.service.codes))
    used, ordered_for = used_by(case, held), held.period and held.period.start
    return used is not None and same_service(used, codes) and covers(used, held, line, ordered_for or on)
