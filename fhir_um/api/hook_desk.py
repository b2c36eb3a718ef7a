"""The desk behind the hook counter: hook words to house words, one use case, and back.

Must not know how a hook travels, or what is decided.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from cds_hooks.desk import Answered, Assertion, Feedback, Needs, NotOurs, Question, Told
from fhir_um.api.hook_advice import Addresses, advice_out
from fhir_um.api.hook_insurance import corrections
from fhir_um.api.questionnaires import forms_at
from fhir_um.api.trail import see
from fhir_um.cases.auditing import Subject
from fhir_um.cases.guidance import Guidance
from fhir_um.cases.model import ClientId, MemberId
from fhir_um.cases.ordered import CoverageAsked
from fhir_um.deps import Deps
from fhir_um.policy.model import Sought
from fhir_um.settings import Settings
from fhir_um.translate.order_in import Loose, codes_at_hand, evidence_in, orders_in, wanted_lines
from fhir_um.usecases.determine_coverage import Terms, determine_coverage
from fhir_um.usecases.hook_feedback import hook_feedback
from fhir_um.usecases.keep_hook import keep_hook
from fhir_um.usecases.see_directory import home_payer_name
from fhir_um.words import Code

UNNAMED = ClientId("cds-hooks")
"""The sender of what came of a hook whose client is not known."""

_TYPES = {
    "observation": "Observation",
    "condition": "Condition",
    "procedure": "Procedure",
    "medication": "MedicationRequest",
    "document": "DocumentReference",
}
_BY_CODE = frozenset({"observation", "procedure"})
"""What may be too much to fetch whole: only the codes that policies name are asked for."""


@dataclass(frozen=True, slots=True)
class HookDesk:
    """Implements `cds_hooks.desk.Desk`; holds nothing of any call."""

    deps: Deps
    settings: Settings

    def needs(self, question: Question) -> Needs:
        """What the policies that name the orders would look at and is not at hand. Source: CRD 2.2.1 found-5."""
        policies = self.deps.policies
        wanted = {each for line in wanted_lines(question) for each in policies.sought(line)}
        at_hand = codes_at_hand(question)
        sought = [each for each in wanted if not _is_at_hand(each, at_hand)]
        kinds = sorted({each.kind for each in sought})
        return Needs(tuple(_search(kind, [each for each in sought if each.kind == kind]) for kind in kinds))

    def answer(self, question: Question) -> Answered:
        """See `Desk.answer`."""
        if question.coverage is None:
            return Answered(home_payer_name(self.deps), {})
        found = determine_coverage(self.deps, _asked(question), self._terms())
        if found is None:
            raise NotOurs("the coverage names another payer")
        at = Addresses(self.settings.base_url, forms_at(self.settings))
        see(_told_of(found.assertions.values()))
        advice = (*advice_out(found.advice, question, at), *corrections(question, found.insured))
        return Answered(found.payer.name, found.assertions, advice, at.base)

    def keep(self, told: Told) -> None:
        """See `Desk.keep`."""
        keep_hook(self.deps, told, self.settings.hook_retention_days)

    def feedback(self, client: str, service: str, rows: tuple[Feedback, ...], at: datetime) -> None:
        """See `Desk.feedback`."""
        hook_feedback(self.deps, client, service, rows, at, self.settings.hook_retention_days)

    def _terms(self) -> Terms:
        return Terms(forms_at(self.settings), self.settings.hook_retention_days)


def _told_of(given: Iterable[tuple[Assertion, ...]]) -> Iterator[Subject]:
    """The members whom the desk knew."""
    for each in (assertion.basis for assertions in given for assertion in assertions):
        if isinstance(each, Guidance) and each.member_id:
            yield Subject(each.payer_id, MemberId(each.member_id))


def _asked(question: Question) -> CoverageAsked:
    loose = Loose.of(question)
    held = {resource.get("resourceType") for resource in question.resources.values()}
    return CoverageAsked(
        hook=question.hook,
        instance=question.instance,
        client=ClientId(question.client) if question.client else UNNAMED,
        coverage_ref=question.coverage_ref,
        orders=orders_in(loose),
        evidence=evidence_in(loose),
        received_at=question.received_at,
        missing={kind: why for kind, why in question.missing.items() if kind not in held},
        early=question.is_secondary,
        determine=question.determine,
    )


def _is_at_hand(sought: Sought, at_hand: Mapping[str, frozenset[Code]]) -> bool:
    """True when records of the kind came along; of kinds sought by code, when one with such a code did."""
    codes = at_hand.get(_TYPES[sought.kind])
    return codes is not None and (sought.kind not in _BY_CODE or not codes.isdisjoint(sought.codes))


def _search(kind: str, sought: list[Sought]) -> tuple[str, str]:
    """One search for all that is wanted of a kind."""
    by_code = kind in _BY_CODE and all(each.codes for each in sought)
    codes = sorted({f"{code.system}|{code.code}" for each in sought for code in each.codes}) if by_code else []
    return _TYPES[kind], "patient={patient}" + (f"&code={','.join(codes)}" if codes else "")
