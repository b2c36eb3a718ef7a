"""The ClaimResponse around its lines: required elements, outcome, parties, notes, amounts."""

from collections.abc import Iterator

from fhir_um.conformance.marks import INQUIRE, NOTIFICATION, SUBMIT
from fhir_um.conformance.model import Check, Exchange, Fault, Strength
from fhir_um.conformance.pas.answered import (
    Placed,
    asked_claim,
    extensions,
    inside,
    lines,
    part,
    parts,
    placed,
    resolved,
    text,
)
from fhir_um.conformance.pas.looking import each_response, listed
from fhir_um.conformance.pas.tests_of_suites import INQUIRE_VALID, SUBMIT_VALID, V221
from profiles.canonicals import EXT_DATA_ABSENT_REASON, X12_UNIT

REQUIRED = ("type", "patient", "created", "insurer")
OUTCOMES = {
    "2.2.1": frozenset({"complete", "error", "partial"}),
    "2.0.1": frozenset({"queued", "complete", "error", "partial"}),
}
_QUANTITIES = frozenset({"quantity", "valueQuantity"})
_SUITES = (*SUBMIT_VALID, *INQUIRE_VALID)
_NEWER = tuple(number for number in _SUITES if number.startswith(V221))


def _required(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for name in REQUIRED:
        if not response.content.get(name):
            yield response.fault(f"The ClaimResponse has no {name}.", f".{name}")


def _status(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    if response.content.get("status") != "active":
        yield response.fault(f"status is {response.content.get('status')!r}; PAS wants active.", ".status")


def _use(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    if response.content.get("use") != "preauthorization":
        yield response.fault(f"use is {response.content.get('use')!r}; PAS wants preauthorization.", ".use")


def _outcome(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    allowed = OUTCOMES.get(exchange.version, OUTCOMES["2.2.1"])
    said = text(response.content, "outcome")
    if said not in allowed:
        more = " A request that waits is told by its lines." if said == "queued" else ""
        yield response.fault(f"outcome is {said!r}; PAS {exchange.version} allows {listed(allowed)}.{more}", ".outcome")


def _outcome_and_errors(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    said, count = response.content.get("outcome"), len(parts(response.content, "error"))
    if count and said not in ("error", "partial"):
        yield response.fault(f"There are errors ({count}), and outcome is {said!r}.", ".outcome")
    if said == "error" and not count:
        yield response.fault("outcome is error, and no error is told.", ".error")


def _request(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    request = part(response.content, "request")
    is_absent = any(text(one, "url") == EXT_DATA_ABSENT_REASON for one in parts(request, "extension"))
    if not (text(request, "reference") or part(request, "identifier") or is_absent):
        yield response.fault("request names no Claim, and no data-absent-reason says why not.", ".request")


def _request_is_what_was_sent(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    named = text(part(response.content, "request"), "reference")
    entry = part(exchange.asked, "entry")
    url, claim = text(entry, "fullUrl"), asked_claim(exchange)
    if named and named not in (url, f"Claim/{text(claim, 'id')}") and not named.endswith(f"/{text(claim, 'id')}"):
        yield response.fault(f"request names {named}; the Claim that was sent is {url}.", ".request.reference")


def _party(name: str, response: Placed, exchange: Exchange) -> Iterator[Fault]:
    """Judged only when the answer names something that came with the request."""
    entry = part(exchange.asked, "entry")
    sent = {text(one, "fullUrl") for one in parts(exchange.asked, "entry")}
    meant = resolved(text(part(asked_claim(exchange), name), "reference"), text(entry, "fullUrl"))
    named = resolved(text(part(response.content, name), "reference"), text(entry, "fullUrl"))
    if named in sent and named != meant:
        yield response.fault(f"{name} is {named}; the Claim says {meant}.", f".{name}.reference")


def _patient(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    yield from _party("patient", response, exchange)


def _insurer(response: Placed, exchange: Exchange) -> Iterator[Fault]:
    yield from _party("insurer", response, exchange)


def _identifiers(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for identifier in placed(response, "identifier"):
        for name in ("system", "value"):
            if not text(identifier.content, name):
                yield identifier.fault(f"The identifier has no {name}.", f".{name}")


def _quantities(response: Placed) -> Iterator[tuple[str, dict[str, object]]]:
    for path, node in inside(response):
        for name in _QUANTITIES & set(node):
            if quantity := part(node, name):
                yield f"{path}.{name}", quantity


def _amounts(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for path, quantity in _quantities(response):
        if "value" not in quantity or not (quantity.get("unit") or quantity.get("code")):
            yield Fault("The quantity needs a value, and a unit or a code.", path)


def _units(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for path, quantity in _quantities(response):
        if quantity.get("code") and quantity.get("system") != X12_UNIT:
            yield Fault(f"The unit's code is of {quantity.get('system')}; PAS wants {X12_UNIT}.", f"{path}.system")


def _note_numbers(response: Placed) -> Iterator[tuple[str, object]]:
    for line in (*lines(response), *lines(response, "addItem")):
        said = line.at.content.get("noteNumber")
        for number in said if isinstance(said, list) else []:
            yield f"{line.at.path}.noteNumber", number
    for error in placed(response, "error"):
        for element in extensions(error.content, "errorElement"):
            for told in parts(element, "extension"):
                if text(told, "url") == "processNote":
                    yield f"{error.path}.extension", told.get("valuePositiveInt")


def _notes(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    numbers = [one.content.get("number") for one in placed(response, "processNote")]
    if len(set(map(str, numbers))) != len(numbers):
        yield response.fault("Two notes have the same number.", ".processNote")
    for path, number in _note_numbers(response):
        if number not in numbers:
            yield Fault(f"Note {number} is named, and is not there.", path)


def _periods(response: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for path, node in inside(response):
        start, end = text(node, "start"), text(node, "end")
        if start and end and start[:10] > end[:10]:
            yield Fault(f"The period ends ({end}) before it starts ({start}).", path)


def _is_submission(exchange: Exchange) -> bool:
    return bool(asked_claim(exchange)) and not exchange.marks & {INQUIRE, NOTIFICATION}


def _is_newer(exchange: Exchange) -> bool:
    return exchange.version != "2.0.1"


_WHOLE = ("pas.bundle.entries",)

CHECKS = (
    Check(
        "pas.response.required",
        "The ClaimResponse has type, patient, created and insurer",
        Strength.SHALL,
        each_response(_required),
        requirements=("pas:spec-30", "pas:spec-23"),
        public=_SUITES,
        rests_on=_WHOLE,
    ),
    Check(
        "pas.response.status",
        "Its status is active",
        Strength.SHALL,
        each_response(_status),
        public=_SUITES,
    ),
    Check("pas.response.use", "Its use is preauthorization", Strength.SHALL, each_response(_use), public=_SUITES),
    Check(
        "pas.response.outcome",
        "Its outcome is one the version allows",
        Strength.SHALL,
        each_response(_outcome),
        public=_SUITES,
    ),
    Check(
        "pas.response.outcome-and-errors",
        "Outcome and errors agree",
        Strength.EXPECTED,
        each_response(_outcome_and_errors),
        requirements=("pas:spec-39",),
        rests_on=("pas.response.outcome",),
    ),
    Check(
        "pas.response.request",
        "It names its Claim, or says why not (PAS 2.2.1)",
        Strength.SHALL,
        each_response(_request, of=_is_newer),
        requirements=("pas:spec-44",),
        public=_SUITES,
    ),
    Check(
        "pas.response.request-is-what-was-sent",
        "The answer to a submission names the Claim that was sent",
        Strength.EXPECTED,
        each_response(_request_is_what_was_sent, SUBMIT, of=_is_submission),
        rests_on=("pas.response.request",),
    ),
    Check(
        "pas.response.patient",
        "It is about the patient of the request",
        Strength.EXPECTED,
        each_response(_patient, SUBMIT, of=_is_submission),
        rests_on=("pas.response.required", "pas.bundle.echo"),
    ),
    Check(
        "pas.response.insurer",
        "It is from the insurer of the request",
        Strength.EXPECTED,
        each_response(_insurer, SUBMIT, of=_is_submission),
        rests_on=("pas.response.required", "pas.bundle.echo"),
    ),
    Check(
        "pas.response.identifiers",
        "Its identifiers have a system and a value (PAS 2.2.1)",
        Strength.SHALL,
        each_response(_identifiers, of=_is_newer),
        public=_SUITES,
    ),
    Check(
        "pas.response.amounts",
        "Every quantity has a value, and a unit or a code",
        Strength.SHALL,
        each_response(_amounts, of=_is_newer),
        requirements=("pas:prof-2",),
        public=_NEWER,
    ),
    Check(
        "pas.response.units",
        "A unit's code is one of X12",
        Strength.SHALL,
        each_response(_units, of=_is_newer),
        requirements=("pas:prof-3",),
        public=_NEWER,
    ),
    Check(
        "pas.response.notes",
        "Notes have numbers of their own, and every note named is there",
        Strength.EXPECTED,
        each_response(_notes),
    ),
    Check("pas.response.periods", "No period ends before it starts", Strength.SHALL, each_response(_periods)),
)
