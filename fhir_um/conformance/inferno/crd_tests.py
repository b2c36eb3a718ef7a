"""The CRD server suite of Inferno, rebuilt: which of its tests look at which hook, and how each would end.

Source: CRD test kit 0.13.0, which tests CRD 2.0.1. Must not know who answered.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fhir_um.conformance.inferno import crd_answers as answers
from fhir_um.conformance.inferno.crd_answers import HOOKS, PRIMARY, Exchange, Faults
from fhir_um.conformance.model import Verdict


@dataclass(frozen=True, slots=True)
class Outcome:
    """A check, whether the suite insists on it, how it ended and why."""

    name: str
    is_required: bool
    verdict: Verdict
    faults: tuple[str, ...] = ()


def run(discovery: Exchange, exchanges: Sequence[Exchange], faults_of: Faults) -> tuple[Outcome, ...]:
    """Every check of the suite over one discovery and any number of calls."""
    found = list(_discovered(discovery))
    first = exchanges[:1]
    found += [_outcome(f"demonstrate/{check.name}", True, check.of(first, faults_of)) for check in _DEMONSTRATED]
    for hook in HOOKS:
        of_hook = [each for each in exchanges if each.hook == hook]
        found += [_outcome(f"{hook}/{c.name}", c.is_required(hook), c.of(of_hook, faults_of)) for c in _checks(hook)]
    return (*found, *_required(found))


def failures(outcomes: Sequence[Outcome], hooks: Sequence[str] = HOOKS) -> list[Outcome]:
    """What keeps a run over these hooks from passing: required checks not passed, others that failed."""
    told = [
        each for each in outcomes if each.name.partition("/")[0] in {"discovery", "demonstrate", "required", *hooks}
    ]
    return [o for o in told if o.verdict is Verdict.FAILED or (o.is_required and o.verdict is not Verdict.PASSED)]


def verdicts(outcomes: Sequence[Outcome]) -> dict[str, Verdict]:
    """How each check ended, by its name: `order-sign/response`."""
    return {each.name: each.verdict for each in outcomes}


# --- groups -----------------------------------------------------------------------------------------------------------


def _discovered(discovery: Exchange) -> Iterator[Outcome]:
    answered = discovery.status == 200 and isinstance(discovery.body, dict)
    yield _outcome("discovery/endpoint", True, () if answered else ("no 200 with a JSON object",))
    services = discovery.body.get("services") if isinstance(discovery.body, dict) else None
    if services == []:
        yield _outcome("discovery/services", True, None)
        return
    listed = services if isinstance(services, list) else []
    faults = [
        f"{name} of a service is no string"
        for service in listed
        for name in ("hook", "description", "id")
        if not isinstance(service.get(name), str)
    ]
    yield _outcome("discovery/services", True, faults if listed else ("services is no list",))


def _required(found: Sequence[Outcome]) -> Iterator[Outcome]:
    """Three kinds of answer must have been seen, over whichever hook."""
    for check in ("external-reference", "instructions", "coverage-information-validity"):
        seen = any(each.verdict is Verdict.PASSED for each in found if each.name.endswith(f"/{check}"))
        yield _outcome(f"required/{check}", True, () if seen else None)


def _outcome(name: str, is_required: bool, faults: Sequence[str] | None) -> Outcome:
    """None stands for a check that had nothing to look at."""
    if faults is None:
        return Outcome(name, is_required, Verdict.SKIPPED)
    return Outcome(name, is_required, Verdict.FAILED if faults else Verdict.PASSED, tuple(faults))


@dataclass(frozen=True, slots=True)
class _Check:
    """One check over all exchanges of a hook; it gives None when there was nothing to look at."""

    name: str
    of: Callable[[Sequence[Exchange], Faults], Sequence[str] | None]
    required_on: frozenset[str] = frozenset()

    def is_required(self, hook: str) -> bool:
        """Whether a hook that is tried at all must pass this."""
        return hook in self.required_on


# --- which checks a hook has ------------------------------------------------------------------------------------------

_EVERY = frozenset(HOOKS)
_COMMON = (
    _Check("service-call", answers.service_call, _EVERY),
    _Check("request-fields", answers.request_fields, _EVERY),
    _Check("request-context", answers.request_context, _EVERY),
    _Check("response", answers.response, _EVERY),
    _Check("optional-fields", answers.optional_fields),
    _Check("external-reference", answers.external_reference),
    _Check("smart-launch", answers.smart_launch),
    _Check("instructions", answers.instructions),
    _Check("coverage-information", answers.coverage_information, PRIMARY),
    _Check("coverage-information-validity", answers.coverage_information_validity, PRIMARY),
)
_OF_DRAFTS = (
    _Check("propose-alternate", answers.propose_alternate),
    _Check("additional-orders", answers.additional_orders),
)
_LAST = (_Check("form-completion", answers.form_completion), _Check("coverage-update", answers.coverage_update))
_DEMONSTRATED = _COMMON[:4]


def _checks(hook: str) -> tuple[_Check, ...]:
    return _COMMON + (_OF_DRAFTS if hook in answers.CHOOSING else ()) + _LAST
