"""Checks of refusals: which status, and what the body says. Must not look at answers that are none.

Source: CRD 2.2.1 hook-9, hook-10, hook-13, found-32; CRD 2.0.1 deviations; CDS Hooks 3.0.0-ballot.
"""

from collections.abc import Iterator

from fhir_um.conformance import marks
from fhir_um.conformance.crd import marks as own
from fhir_um.conformance.crd.dialects import Dialect
from fhir_um.conformance.crd.making import answer_check
from fhir_um.conformance.crd.reading import OK, object_of, objects_of
from fhir_um.conformance.crd.transport import status_check
from fhir_um.conformance.model import Check, Exchange, Fault, Strength

_REFUSALS = frozenset(
    {
        marks.NOT_JSON,
        marks.NOT_A_CALL,
        marks.BREAKS_GUIDE,
        marks.NO_COVERAGE,
        marks.OTHER_PAYER,
        marks.UNKNOWN_VERSION,
        own.SEVERAL_COVERAGES,
    }
)
"""Marks of calls whose refusal is a matter of what FHIR, CDS Hooks or CRD say."""
_NEAR = frozenset({OK, 400, 412})


def _is_error(exchange: Exchange) -> bool:
    return exchange.status >= 400 and not exchange.marks.isdisjoint(_REFUSALS)


def _outcome(exchange: Exchange) -> Iterator[Fault]:
    body = object_of(exchange.answer)
    if body.get("resourceType") != "OperationOutcome" or not objects_of(body.get("issue")):
        yield Fault(f"The body of the {exchange.status} is no OperationOutcome with an issue.")


def checks(dialect: Dialect) -> tuple[Check, ...]:
    """The checks of refusals."""
    return (*_statuses(dialect), *(_of_coverages() if dialect.is_newer else ()), _told(dialect))


def _told(dialect: Dialect) -> Check:
    return answer_check(
        "crd.errors.outcome",
        "An error says in an OperationOutcome what is wrong",
        _outcome,
        Strength.SHALL if dialect.is_newer else Strength.SHOULD,
        ("crd-check:37", "crd-check:38", "crd:hook-10"),
        of=_is_error,
    )


def _statuses(dialect: Dialect) -> tuple[Check, ...]:
    told = {True: "400", False: "422"}[dialect.is_newer]
    return (
        status_check(
            "crd.errors.not-json",
            "What is no JSON is answered with 400",
            marks.NOT_JSON,
            (400,),
            Strength.SHALL,
            ("crd-check:37", "crd:hook-9", "crd:hook-13"),
        ),
        status_check(
            "crd.errors.not-a-call",
            f"JSON that is no call of the service is answered with {told}",
            marks.NOT_A_CALL,
            dialect.not_a_call,
            Strength.SHALL,
            ("crd-check:38", "crd:hook-9", "crd:hook-13"),
        ),
        status_check(
            "crd.errors.unreachable",
            "A Coverage that can be had from nowhere is answered with 412, or as well as may be",
            own.UNREACHABLE,
            _NEAR,
            Strength.EXPECTED,
            ("crd-check:56",),
        ),
    )


def _of_coverages() -> tuple[Check, ...]:
    rows = (
        ("breaks-guide", "An order that breaks the guide", marks.BREAKS_GUIDE, (400, 422), ("crd-check:39",)),
        ("no-coverage", "A call for which no Coverage is to be had", marks.NO_COVERAGE, (400, 412), ("crd-check:58",)),
        ("several-coverages", "A call with several Coverages", own.SEVERAL_COVERAGES, (400,), ("crd-check:58",)),
        ("other-payer", "A call with a Coverage of another payer", marks.OTHER_PAYER, (400,), ("crd-check:58",)),
        ("unknown-version", "A version nobody speaks", marks.UNKNOWN_VERSION, range(400, 500), ("crd-check:48",)),
    )
    return tuple(
        status_check(f"crd.errors.{name}", f"{title} is refused", mark, wanted, Strength.SHALL, (*lines, "crd:hook-13"))
        for name, title, mark, wanted, lines in rows
    )
