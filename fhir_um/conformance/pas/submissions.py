"""Submissions as a whole: they are taken, answered with a Bundle, in time, also when they are unusual and lawful."""

from collections.abc import Iterator

from fhir_um.conformance.marks import INQUIRE, REFUSED, SUBMIT
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Session, Strength, Whole
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.answered import is_good, kind_of, part, parts, text
from fhir_um.conformance.pas.tests_of_suites import SUBMIT_TAKEN

_FIRST = ("pas.http.no-server-fault", "pas.http.no-redirects")


def _taken(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status not in (200, 201):
        yield Fault(f"The submission was answered with {exchange.status}; it should be 200.{said_why(exchange)}")


def said_why(exchange: Exchange) -> str:
    """What an OperationOutcome says, for a fault's sentence."""
    issues = parts(exchange.answer, "issue")
    told = [text(part(one, "details"), "text") or text(one, "diagnostics") for one in issues]
    return f" It said: {' '.join(filter(None, told))[:300]}" if any(told) else ""


def _bundle(exchange: Exchange) -> Iterator[Fault]:
    if kind_of(exchange.answer) != "Bundle":
        yield Fault(f"The body is {kind_of(exchange.answer) or 'no FHIR resource'}; it should be a bare Bundle.")


def _is_usual(exchange: Exchange) -> bool:
    return REFUSED not in exchange.marks and not exchange.marks & situations.LENIENCE


def _is_taken(exchange: Exchange) -> bool:
    return REFUSED not in exchange.marks and is_good(exchange)


def _in_time(session: Session) -> Iterator[Fault]:
    limit = session.tester.limits.submit_seconds
    for exchange in session.marked(SUBMIT):
        seconds = exchange.milliseconds / 1000
        if seconds > limit:
            yield Fault(f"{exchange.key}: the answer took {seconds:.1f} seconds; PAS asks for {limit:g} at most.")


def _inquiry_in_time(session: Session) -> Iterator[Fault]:
    limit = session.tester.limits.submit_seconds
    for exchange in session.marked(INQUIRE):
        seconds = exchange.milliseconds / 1000
        if seconds > limit:
            yield Fault(
                f"{exchange.key}: the answer took {seconds:.1f} seconds; nobody waits for longer than {limit:g}."
            )


def _unusual(mark: str, name: str, title: str, strength: Strength, requirements: tuple[str, ...] = ()) -> Check:
    judged = Each((SUBMIT, mark), _taken)
    return Check(f"pas.submit.{name}", title, strength, judged, requirements, rests_on=_FIRST)


CHECKS = (
    Check(
        "pas.submit.taken",
        "A lawful submission is answered with 200",
        Strength.SHALL,
        Each((SUBMIT,), _taken, _is_usual),
        ("pas:spec-39", "pas:conf-3", "pas:conf-4", "pas:conf-5", "pas:conf-12", "pas:spec-1", "pas:spec-6"),
        SUBMIT_TAKEN,
        _FIRST,
    ),
    Check(
        "pas.submit.bundle",
        "It is answered with a bare Bundle",
        Strength.SHALL,
        Each((SUBMIT,), _bundle, _is_taken),
        ("pas:use-1", "pas:spec-11"),
        SUBMIT_TAKEN,
        ("pas.submit.taken",),
    ),
    Check(
        "pas.submit.time",
        "It is answered within the time limit",
        Strength.SHOULD,
        Whole((SUBMIT,), _in_time),
        ("pas:spec-7",),
        SUBMIT_TAKEN,
    ),
    Check(
        "pas.inquiry.time",
        "An inquiry is answered within the time limit",
        Strength.SHOULD,
        Whole((INQUIRE,), _inquiry_in_time),
    ),
    _unusual(
        situations.OPTIONAL_LEFT_OUT,
        "optional-left-out",
        "A submission without optional elements is taken",
        Strength.SHALL,
        ("pas:conf-14", "pas:conf-11"),
    ),
    _unusual(
        situations.UNKNOWN_EXTENSION,
        "unknown-extension",
        "A submission with an extension nobody knows is taken",
        Strength.SHALL,
        ("pas:spec-25",),
    ),
    _unusual(
        situations.URN_ADDRESSES,
        "urn-addresses",
        "A submission whose entries have urn:uuid addresses is taken",
        Strength.SHALL,
        ("pas:spec-16",),
    ),
    _unusual(situations.MANY_LINES, "many-lines", "A submission of many lines is taken", Strength.EXPECTED),
    _unusual(situations.CHARSET, "charset", "A media type with charset=utf-8 is taken", Strength.EXPECTED),
    _unusual(
        situations.NAMED_FHIR_VERSION,
        "fhir-version",
        "A media type with fhirVersion=4.0 is taken",
        Strength.EXPECTED,
    ),
    _unusual(situations.GZIP, "gzip", "A compressed body is taken", Strength.MAY),
)
