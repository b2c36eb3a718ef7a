"""What an inquiry finds: something, nothing, each once, for the member asked for, as it stands now."""

from collections.abc import Iterable, Iterator

from fhir_um.conformance.marks import FINAL, FOUND, INQUIRE, MIXED, MODIFIED, NOT_FOUND, REFUSED, SUBMIT
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Session, Strength, Whole
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.answered import (
    CANCELLED,
    Placed,
    actions,
    asked_claim,
    claim_responses,
    decision_bundles,
    extensions,
    inside,
    is_good,
    kind_of,
    lines,
    part,
    parts,
    resources,
    text,
)
from fhir_um.conformance.pas.decisions import DECIDED, final_lines, nobody_decides, undecided
from fhir_um.conformance.pas.looking import each_bundle
from fhir_um.conformance.pas.tests_of_suites import INQUIRE_TAKEN, newer, older
from profiles.canonicals import DATA_ABSENT_REASON, NOT_APPLICABLE

_SHAPES = {"2.2.1": "Parameters", "2.0.1": "Bundle"}


def _is_plain(exchange: Exchange) -> bool:
    return REFUSED not in exchange.marks


def _taken(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status not in (200, 201):
        yield Fault(f"The inquiry was answered with {exchange.status}; it should be 200.{_why(exchange)}")


def _why(exchange: Exchange) -> str:
    issues = parts(exchange.answer, "issue")
    told = [text(part(one, "details"), "text") or text(one, "diagnostics") for one in issues]
    return f" It said: {' '.join(filter(None, told))[:300]}" if any(told) else ""


def _shape(exchange: Exchange) -> Iterator[Fault]:
    said, wanted = kind_of(exchange.answer), _SHAPES.get(exchange.version, "Parameters")
    if said != wanted:
        yield Fault(f"The answer is {said or 'no FHIR resource'}; PAS {exchange.version} wants {wanted}.")
        return
    for number, parameter in enumerate(parts(exchange.answer, "parameter")):
        name, kind = text(parameter, "name"), kind_of(part(parameter, "resource"))
        if (name == "return") != (kind == "Bundle"):
            place = f"Parameters.parameter[{number}]"
            yield Fault(f"The parameter {name!r} holds {kind or 'nothing'}; each find is a Bundle named return.", place)


def _found(exchange: Exchange) -> Iterator[Fault]:
    if not claim_responses(exchange):
        yield Fault("Nothing was found, though there is what was asked for.")


def _not_found(exchange: Exchange) -> Iterator[Fault]:
    count = len(claim_responses(exchange))
    if count:
        yield Fault(f"{count} found, though nothing is as it was asked for.")


def asks_for_any_service(exchange: Exchange) -> bool:
    """True when a line of the inquiry says that the service does not matter."""
    return any(
        text(coding, "system") == DATA_ABSENT_REASON and text(coding, "code") == NOT_APPLICABLE
        for item in parts(asked_claim(exchange), "item")
        for coding in parts(part(item, "productOrService"), "coding")
    )


def _asks_otherwise(exchange: Exchange) -> bool:
    return _is_answered(exchange) and not asks_for_any_service(exchange) and situations.SUPERSEDED not in exchange.marks


def _asks_for_any(exchange: Exchange) -> bool:
    return _is_answered(exchange) and asks_for_any_service(exchange)


def _is_answered(exchange: Exchange) -> bool:
    return INQUIRE in exchange.marks and is_good(exchange)


def _each_once(exchange: Exchange) -> Iterator[Fault]:
    seen: set[str] = set()
    for response in claim_responses(exchange):
        id = text(response.content, "id")
        if id and id in seen:
            yield response.fault(f"ClaimResponse/{id} was found twice.")
        seen.add(id)


def asked_numbers(exchange: Exchange) -> set[str]:
    """The authorization and reference numbers an inquiry asks by."""
    claim = asked_claim(exchange)
    return {
        text(one, "valueString")
        for place in (claim, *parts(claim, "item"))
        for name in ("authorizationNumber", "administrationReferenceNumber")
        for one in extensions(place, name)
    }


def _by_number(exchange: Exchange) -> Iterator[Fault]:
    said = {value for one in claim_responses(exchange) for _, node in inside(one) for value in _strings(node)}
    for number in sorted(asked_numbers(exchange) - said):
        yield Fault(f"It was asked for {number}, and what was found does not have that number.")


def _numbers(session: Session) -> Iterable[Fault] | None:
    concerned = [one for one in session.marked(INQUIRE, FOUND) if _has_number(one)]
    told = [Fault(f"{one.key}: {fault.text}") for one in concerned for fault in _by_number(one)]
    return told if concerned else None


def _current(session: Session) -> Iterable[Fault] | None:
    """What people authorize with changes is asked by `pas.modified.decision`."""
    after = [one for one in session.marked(INQUIRE, FINAL) if decision_bundles(one)]
    left_out = undecided(session)
    concerned = [one for one in after if not one.marks & {MODIFIED, MIXED} and one.scene not in left_out]
    told = [Fault(f"{one.key}: {fault.text}", fault.path) for one in concerned for fault in final_lines(one)]
    return told if concerned else None


def _strings(node: Json) -> Iterator[str]:
    yield from (value for value in node.values() if isinstance(value, str))


def _has_number(exchange: Exchange) -> bool:
    """What was replaced or withdrawn need not be told with the number it once had."""
    is_in_force = set(actions(exchange)) - {CANCELLED, ""}
    return _is_answered(exchange) and bool(asked_numbers(exchange) and is_in_force) and _is_first_hand(exchange)


def _is_first_hand(exchange: Exchange) -> bool:
    return situations.SUPERSEDED not in exchange.marks


def _member_numbers(bundle: Placed) -> set[str]:
    patients = [one.content for one in resources(bundle, "Patient")]
    coverages = [one.content for one in resources(bundle, "Coverage")]
    values = {text(identifier, "value") for one in (*patients, *coverages) for identifier in parts(one, "identifier")}
    return (values | {text(one, "subscriberId") for one in coverages}) - {""}


def _member(bundle: Placed, exchange: Exchange) -> Iterator[Fault]:
    asked = _member_numbers(Placed("Bundle", exchange.asked if isinstance(exchange.asked, dict) else {}))
    found = _member_numbers(bundle)
    if asked and found and not asked & found:
        yield bundle.fault("What was found is about somebody else than was asked for.", ".entry")


def _whole(session: Session) -> Iterable[Fault] | None:
    """Every line that was last answered in the scene is told by the inquiry that finds the same ClaimResponse."""
    compared, faults = False, []
    for inquiry, response, earlier in _same_case(session):
        compared = True
        lost = {line.sequence for line in lines(earlier)} - {line.sequence for line in lines(response)}
        told = ", ".join(map(str, sorted(lost, key=str)))
        if lost:
            faults.append(Fault(f"{inquiry.key}: line {told} was answered before and is not told now.", response.path))
    return faults if compared else None


def _same_case(session: Session) -> Iterator[tuple[Exchange, Placed, Placed]]:
    last: dict[tuple[str, str], Placed] = {}
    for exchange in session.exchanges:
        for response in claim_responses(exchange):
            key = (exchange.scene, text(response.content, "id"))
            if SUBMIT in exchange.marks:
                last[key] = response
            elif INQUIRE in exchange.marks and key in last:
                yield exchange, response, last[key]


_TAKEN = ("pas.inquiry.taken", "pas.inquiry.shape")
_STRUCTURE = (*_TAKEN, "pas.bundle.entries", "pas.lines.numbered", "pas.lines.once")

CHECKS = (
    Check(
        "pas.inquiry.taken",
        "An inquiry is answered with 200",
        Strength.SHALL,
        Each((INQUIRE,), _taken, _is_plain),
        ("pas:spec-39", "pas:conf-14"),
        INQUIRE_TAKEN,
        ("pas.http.no-server-fault", "pas.http.no-redirects"),
    ),
    Check(
        "pas.inquiry.shape",
        "It is answered in the shape of the version: Parameters with return (2.2.1), a Bundle (2.0.1)",
        Strength.SHALL,
        Each((INQUIRE,), _shape, lambda exchange: _is_plain(exchange) and is_good(exchange)),
        ("pas:use-1",),
        INQUIRE_TAKEN,
        ("pas.inquiry.taken",),
    ),
    Check(
        "pas.inquiry.found",
        "What is there is found",
        Strength.EXPECTED,
        Each((INQUIRE, FOUND), _found, _asks_otherwise),
        ("pas:spec-73",),
        newer("3.2.1.03"),
        (*_TAKEN, "pas.bundle.entries"),
    ),
    Check(
        "pas.inquiry.any-service",
        "An inquiry for any service finds whatever service it is",
        Strength.SHALL,
        Each((INQUIRE, FOUND), _found, _asks_for_any),
        ("pas:spec-43",),
        rests_on=(*_TAKEN, "pas.bundle.entries"),
    ),
    Check(
        "pas.inquiry.superseded",
        "A number that was replaced finds the current authorization",
        Strength.SHALL,
        Each((INQUIRE, situations.SUPERSEDED), _found, _is_answered),
        ("pas:spec-47", "pas:spec-48"),
        rests_on=_TAKEN,
    ),
    Check(
        "pas.inquiry.not-found",
        "What is not there is not found, and that is no fault",
        Strength.EXPECTED,
        Each((INQUIRE, NOT_FOUND), _not_found, _is_answered),
        ("pas:spec-53",),
        rests_on=_TAKEN,
    ),
    Check(
        "pas.inquiry.once",
        "Nothing is found twice",
        Strength.EXPECTED,
        Each((INQUIRE,), _each_once, lambda exchange: bool(claim_responses(exchange))),
        rests_on=(*_TAKEN, "pas.bundle.each-once", "pas.bundle.one-claim-response"),
    ),
    Check(
        "pas.inquiry.member",
        "What is found is about the member asked for",
        Strength.SHALL,
        each_bundle(_member, INQUIRE, FOUND),
        ("pas:spec-53",),
        rests_on=_STRUCTURE,
    ),
    Check(
        "pas.inquiry.current",
        "After the decision an inquiry tells the decision",
        Strength.SHALL,
        Whole((), _current),
        ("pas:spec-46",),
        older("2.3.2.06"),
        (*_STRUCTURE, "pas.inquiry.found", *DECIDED),
        omitted=nobody_decides,
    ),
    Check(
        "pas.inquiry.all-lines",
        "An inquiry tells of every line that was ever answered",
        Strength.SHALL,
        Whole((), _whole),
        ("pas:spec-46",),
        rests_on=(*_STRUCTURE, "pas.lines.none-lost"),
    ),
    Check(
        "pas.inquiry.number",
        "Who asks by a number finds what has that number",
        Strength.EXPECTED,
        Whole((INQUIRE,), _numbers),
        rests_on=(
            *_STRUCTURE,
            "pas.inquiry.found",
            "pas.inquiry.all-lines",
            "pas.inquiry.current",
            "pas.approved.number",
            "pas.pended.reference",
            "pas.modified.number",
        ),
    ),
)
