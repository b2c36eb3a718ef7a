"""From what the rules propose to what an EHR is told while somebody orders: one table, no exceptions elsewhere.

Must not know FHIR, the store or the wire form of a hook. The table and that of `lifecycle.ENGINE_MOVES` have the same
rows: no order is told that it needs no authorization when its submission would pend.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from cds_hooks.desk import (
    Amount,
    Assertion,
    Coding,
    Contact,
    Covered,
    Detail,
    DetailCategory,
    DocNeeded,
    DocPurpose,
    InfoNeeded,
    PaNeeded,
    Period,
    ReasonCode,
    Why,
)
from fhir_um.cases.model import Course, Determination
from fhir_um.cases.ordered import CoverageAsked, OrderAsked
from fhir_um.cases.reasons import Reason
from fhir_um.coverage.model import Payer
from fhir_um.policy.findings import reader, why_reviewed
from fhir_um.policy.model import Policy
from fhir_um.usecases.granting_orders import Granted
from fhir_um.words import Code
from profiles.canonicals import CPT, HCPCS, ICD10_PCS, NDC, RXNORM, X12_SERVICE_TYPE

GOOD_FOR_DAYS = 90
"""How long an answer holds when neither policy nor coverage nor authorization ends before."""

BILLED_BY = frozenset({HCPCS, CPT, ICD10_PCS, NDC, RXNORM, X12_SERVICE_TYPE})
"""Systems whose codes are specific enough to be looked up in policies."""

_COVERED = (Covered.COVERED, PaNeeded.AUTH_NEEDED)
_UNSURE = (Covered.INDETERMINATE, PaNeeded.INDETERMINATE)

ANSWERS: dict[Course, tuple[Covered, PaNeeded | None]] = {
    Course.NO_AUTHORIZATION: (Covered.COVERED, PaNeeded.NO_AUTH),
    Course.APPROVE: _COVERED,
    Course.PEND_DOCUMENTS: _COVERED,
    Course.PEND_REVIEW: _COVERED,
    Course.PEND_PHYSICIAN: _COVERED,
    Course.PEND_INTAKE: (Covered.INDETERMINATE, PaNeeded.AUTH_NEEDED),
    Course.DENY_BENEFIT: (Covered.NOT_COVERED, None),
    Course.CONTACT_PAYER: _UNSURE,
}
"""What each course says. An approval says `satisfied` only when there is an authorization number to show."""

_UNSURE_BECAUSE = frozenset({Reason.UNKNOWN_SERVICE, Reason.PENDING_REVIEW})
"""No rule names the service, or none is in force: nobody can say whether authorization is needed."""


@dataclass(frozen=True, slots=True)
class Weighed:
    """One order, weighed. `ends` are the days on which what the answer rests on ends."""

    asked: CoverageAsked
    order: OrderAsked
    payer: Payer
    determination: Determination
    policy: Policy | None
    known_codes: tuple[Code, ...]
    granted: Granted | None
    on: date
    ends: tuple[date, ...]
    form_url: str = ""


def assertion_of(weighed: Weighed, new_id: str) -> Assertion:
    """What is said about the order. Source: CRD 2.2.1 ext-coverage-information, its invariants and reading rules."""
    covered, pa_needed = _answer(weighed)
    asks = _asks_for_documents(weighed, pa_needed)
    return Assertion(
        id=new_id,
        on=weighed.on,
        covered=covered,
        pa_needed=pa_needed,
        doc_needed=(DocNeeded.CLINICAL,) if asks else (),
        doc_purpose=(DocPurpose.WITH_PA,) if asks else (),
        info_needed=(InfoNeeded.DETAIL_CODE,) if covered is Covered.CONDITIONAL else (),
        billing_codes=_billing_codes(weighed),
        reasons=(_why(weighed, pa_needed),),
        details=tuple(_details(weighed, pa_needed)),
        questionnaires=(weighed.form_url,) if asks and weighed.form_url else (),
        satisfied_pa_id=weighed.granted.number if weighed.granted else "",
        contacts=() if pa_needed in _SETTLED else contacts_of(weighed.payer),
        expires=_expires(weighed),
    )


_SETTLED = (PaNeeded.NO_AUTH, PaNeeded.SATISFIED)


def _answer(weighed: Weighed) -> tuple[Covered, PaNeeded | None]:
    if weighed.granted:
        return Covered.COVERED, PaNeeded.SATISFIED
    determination = weighed.determination
    if determination.reason in _UNSURE_BECAUSE:
        return _UNSURE if _is_billed_by_code(weighed) else (Covered.CONDITIONAL, PaNeeded.CONDITIONAL)
    if determination.reason == Reason.DUPLICATE:
        return _COVERED
    return ANSWERS[determination.course]


def _is_billed_by_code(weighed: Weighed) -> bool:
    return any(code.system in BILLED_BY for code in weighed.order.line.service.codes)


def _asks_for_documents(weighed: Weighed, pa_needed: PaNeeded | None) -> bool:
    """Nothing is asked of somebody who is only choosing. Source: CRD 2.2.1 hook-19."""
    wanted = weighed.determination.course is Course.PEND_DOCUMENTS and pa_needed is PaNeeded.AUTH_NEEDED
    return wanted and not weighed.asked.early


def _billing_codes(weighed: Weighed) -> tuple[Coding, ...]:
    """The codes the answer was found by; with others it does not hold."""
    return tuple(Coding(code.system, code.code) for code in weighed.known_codes)


# --- why ------------------------------------------------------------------------------------------------------------


def _why(weighed: Weighed, pa_needed: PaNeeded | None) -> Why:
    reason = weighed.determination.reason
    if weighed.granted:
        return Why(f"Authorized: {weighed.granted.number} covers this order.")
    if reason == Reason.GOLD_CARD:
        return Why(weighed.determination.text, ReasonCode.GOLD_CARD)
    if reason == Reason.NOT_ELIGIBLE:
        return Why(weighed.determination.text, ReasonCode.NO_ACTIVE_COVERAGE)
    if pa_needed in (PaNeeded.NO_AUTH, None):
        return Why(weighed.determination.text)
    return Why(_sentence(weighed) + _unread(weighed))


def _sentence(weighed: Weighed) -> str:
    course, reason = weighed.determination.course, weighed.determination.reason
    title = weighed.policy.title if weighed.policy else "this service"
    if reason in _UNSURE_BECAUSE:
        return _unsure(weighed)
    if course is Course.PEND_DOCUMENTS:
        missing = f"Not found in the chart: {_missing(weighed)}."
        return f"Authorization is needed under the policy {title}. {missing}{_documents(weighed)}"
    if course is Course.APPROVE:
        return f"Authorization is needed under the policy {title}; its criteria are met by what the chart shows."
    if course in (Course.PEND_REVIEW, Course.PEND_PHYSICIAN):
        why = why_reviewed(course, title, weighed.determination.text)
        return f"Authorization is needed; {reader(course)} decides under the policy {title}. {why}"
    if course is Course.CONTACT_PAYER:
        return weighed.determination.text
    return _told_beforehand(weighed.determination.text)


_OF_A_CASE = ("With intake: ", "Sent to a person to confirm: ")
"""How the same sentence begins when a case is there already."""


def _told_beforehand(text: str) -> str:
    bare = text
    for beginning in _OF_A_CASE:
        bare = bare.removeprefix(beginning)
    return f"A person would look at a request first: {bare}"


def _unsure(weighed: Weighed) -> str:
    codes = ", ".join(code.code for code in weighed.order.line.service.codes)
    if weighed.determination.reason == Reason.PENDING_REVIEW:
        return f"No coverage policy for {codes} is in force for this plan on that day; a request would go to a person."
    if _is_billed_by_code(weighed):
        return f"No coverage rule names this service ({codes}); a request would go to a person."
    if codes:
        return f"No coverage rule names this service ({codes}). Order by billing code, or ask the payer."
    return "No code says what this is for, so no coverage rule can be found. Name it by billing code, or ask the payer."


def _missing(weighed: Weighed) -> str:
    finding, policy = weighed.determination.finding, weighed.policy
    missing = finding.missing if finding else ()
    return "; ".join(policy.facts[fact].label if policy else fact for fact in missing)


def _documents(weighed: Weighed) -> str:
    """By which papers it could be shown; nothing is asked of somebody who is only choosing."""
    labels = () if weighed.asked.early else tuple(each.label for each in weighed.determination.documents)
    return f" Could be shown by: {'; '.join(labels)}." if labels else ""


_NEVER_ASKED = "not-asked"
"""Why something is missing when the EHR named no server, or one that may not be asked."""


def _unread(weighed: Weighed) -> str:
    """What might have told more, where more would help, and whether it was the EHR that did not give it."""
    finding = weighed.determination.finding
    if not (finding and finding.missing) and weighed.determination.reason not in _UNSURE_BECAUSE:
        return ""
    missing = sorted(weighed.asked.missing.items())
    unasked = [kind for kind, why in missing if why == _NEVER_ASKED]
    ungiven = [kind for kind, why in missing if why != _NEVER_ASKED]
    said = f" The EHR did not give: {', '.join(ungiven)}." if ungiven else ""
    if unasked:
        said += f" Did not come with the call, and the EHR could not be asked for it: {', '.join(unasked)}."
    return said


# --- within which limits --------------------------------------------------------------------------------------------


def _details(weighed: Weighed, pa_needed: PaNeeded | None) -> list[Detail]:
    """The amount and the days within which a yes holds."""
    if pa_needed not in _SETTLED:
        return []
    quantity = weighed.granted.quantity if weighed.granted else weighed.order.line.quantity
    details = []
    if quantity is not None and (weighed.granted or _is_limited(weighed.policy)):
        amount = Amount(quantity.value, quantity.unit)
        details.append(Detail(DetailCategory.LIMITATION, "allowed-quantity", amount, _qualified(weighed)))
    period = weighed.granted.period if weighed.granted else None
    if period and (period.start or period.end):
        details.append(Detail(DetailCategory.LIMITATION, "allowed-period", Period(period.start, period.end)))
    return details


def _is_limited(policy: Policy | None) -> bool:
    return policy is not None and (policy.limits.max_units is not None or policy.free is not None)


def _qualified(weighed: Weighed) -> str:
    return "" if weighed.order.has_quantity else "No quantity is given; it was taken to be one."


def _expires(weighed: Weighed) -> date:
    granted = weighed.granted
    longest = granted.period.end if granted and granted.period else None
    ends = [longest or weighed.on + timedelta(days=GOOD_FOR_DAYS), *weighed.ends]
    return max(min(ends), weighed.on)


# --- when there is nobody to weigh it for ---------------------------------------------------------------------------


def not_covered(new_id: str, on: date, code: ReasonCode, text: str, payer: Payer) -> Assertion:
    """The member or the coverage is not known here. Source: CRD 2.2.1 resp-44, resp-45."""
    return Assertion(new_id, on, Covered.NOT_COVERED, reasons=(Why(text, code),), contacts=contacts_of(payer))


def technical(new_id: str, on: date, text: str, payer: Payer) -> Assertion:
    """What is needed to answer could not be had. Source: CRD 2.2.1 resp-43."""
    return Assertion(
        new_id,
        on,
        Covered.INDETERMINATE,
        PaNeeded.INDETERMINATE,
        reasons=(Why(text, ReasonCode.TECHNICAL),),
        contacts=contacts_of(payer),
    )


_TELEPHONE = re.compile(r"\+?[0-9][0-9 ().\-]{5,}")


def contacts_of(payer: Payer) -> tuple[Contact, ...]:
    """Whom to ask at the payer, as its record says: `Utilization management, +1 555 0100`.

    >>> contacts_of(Payer("p", "P", (), "UTC", "Intake desk, +1 555 0100"))
    (Contact(name='Intake desk', telecom=(('phone', '+1 555 0100'),)),)
    """
    if not payer.contact:
        return ()
    found = _TELEPHONE.search(payer.contact)
    if found is None:
        return (Contact(payer.contact, ()),)
    name = payer.contact.replace(found[0], "").strip(" ,;:")
    return (Contact(name or payer.name, (("phone", found[0].strip()),)),)
