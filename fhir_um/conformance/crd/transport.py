"""Checks of how calls are carried: statuses, media types, browsers, time. Must not look into answers.

Source: CDS Hooks 3.0.0-ballot; CRD 2.2.1 found-2; what browser clients need (CORS).
"""

from collections.abc import Callable, Iterable, Iterator

from fhir_um.conformance import marks
from fhir_um.conformance.crd import marks as own
from fhir_um.conformance.crd.making import answer_check, together, whole_check
from fhir_um.conformance.crd.numbering import demonstrated
from fhir_um.conformance.crd.reading import OK, hook_of, is_answered, is_call, is_response_of_hook
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Session, Strength

_NO_REDIRECT = ("crd.transport.no-redirect",)
_IN_TIME = 0.9
_APPOINTMENT_BOOK = "appointment-book"


def status_in(*wanted: int, why: str = "") -> Callable[[Exchange], Iterator[Fault]]:
    """Faults of an exchange that was answered with another status."""
    listed = " or ".join(map(str, sorted(wanted)))

    def faults(exchange: Exchange) -> Iterator[Fault]:
        if exchange.status not in wanted:
            yield Fault(f"It was answered with {exchange.status or 'nothing'}; asked for is {listed}{why}.")

    return faults


def status_check(
    id: str, title: str, mark: str, wanted: Iterable[int], strength: Strength, requirements: tuple[str, ...]
) -> Check:
    """A check of nothing but the status of exchanges with a mark."""
    return Check(id, title, strength, Each((mark,), status_in(*wanted)), requirements, rests_on=_NO_REDIRECT)


def _redirected(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status // 100 == 3:
        where = exchange.headers.get("location", "nowhere")
        yield Fault(f"It leads elsewhere ({exchange.status} to {where}): browsers drop the token on the way.")


def _json(exchange: Exchange) -> Iterator[Fault]:
    if not is_response_of_hook(exchange.answer):
        yield Fault("The body of the answer is no JSON object, or a resource of FHIR, but no answer to a hook.")


def _content_type(exchange: Exchange) -> Iterator[Fault]:
    told = exchange.headers.get("content-type", "")
    if told.partition(";")[0].strip().lower() != "application/json":
        yield Fault(f"The Content-Type of the answer is {told or 'not there'}; it should be application/json.")


def _preflighted(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status // 100 != 2:
        yield Fault(f"OPTIONS was answered with {exchange.status or 'nothing'}; a browser asks for 2xx, without token.")


def _listed_in(header: str, *wanted: str) -> Callable[[Exchange], Iterator[Fault]]:
    def faults(exchange: Exchange) -> Iterator[Fault]:
        told = {each.strip().lower() for each in exchange.headers.get(header, "").split(",")}
        missing = [each for each in wanted if each.lower() not in told and "*" not in told]
        if missing:
            yield Fault(f"{header} does not name {', '.join(missing)}.")

    return faults


def _readable(exchange: Exchange) -> Iterator[Fault]:
    origin = exchange.sent_headers.get("origin", "")
    if exchange.headers.get("access-control-allow-origin", "") not in ("*", origin):
        yield Fault("A browser's page may not read this: Access-Control-Allow-Origin is not * nor its origin.")


def _in_time(session: Session) -> Iterator[Fault] | None:
    timed = [each for each in session.marked(marks.HOOK) if is_answered(each)]
    if not timed:
        return None
    limits = session.tester.limits
    longest = {_APPOINTMENT_BOOK: limits.appointment_book_seconds}
    slow = [each for each in timed if each.milliseconds > 1000 * longest.get(hook_of(each), limits.hook_seconds)]
    return _told_slow(slow, len(timed))


def _told_slow(slow: list[Exchange], total: int) -> Iterator[Fault]:
    if len(slow) > (1 - _IN_TIME) * total:
        named = ", ".join(f"{each.key} took {each.milliseconds / 1000:.1f} s" for each in slow[:5])
        yield Fault(f"{len(slow)} of {total} calls took longer than the guide gives them: {named}.")


def _of_preflight(exchange: Exchange) -> bool:
    return exchange.status // 100 == 2


_PREFLIGHT = (own.PREFLIGHT,)
_STATUSES = tuple(
    status_check(f"crd.transport.{name}", title, mark, wanted, strength, (line,))
    for name, title, mark, wanted, strength, line in (
        (
            "unknown-service",
            "A service that does not exist is answered with 404",
            marks.UNKNOWN_SERVICE,
            (404,),
            Strength.EXPECTED,
            "crd-check:36",
        ),
        (
            "wrong-method",
            "GET on a service is answered with 405",
            own.WRONG_METHOD,
            (405,),
            Strength.SHOULD,
            "crd-check:36",
        ),
        (
            "media-type",
            "A call that is no JSON by its Content-Type is answered with 415",
            own.WRONG_MEDIA_TYPE,
            (415,),
            Strength.SHOULD,
            "crd-check:18",
        ),
        (
            "charset",
            "A call whose Content-Type names the charset is answered with 200",
            own.CHARSET,
            (OK,),
            Strength.EXPECTED,
            "crd-check:18",
        ),
    )
)


def checks() -> tuple[Check, ...]:
    """The checks of how calls are carried."""
    return (_REDIRECT, *_OF_CALLS, *_OF_BROWSERS, *_STATUSES)


_REDIRECT = answer_check(
    "crd.transport.no-redirect",
    "No address redirects",
    _redirected,
    Strength.EXPECTED,
    ("crd-check:19",),
    marks=(),
    of=lambda _: True,
)
_OF_CALLS = (
    answer_check(
        "crd.hooks.answered",
        "A hook call is answered with 200",
        status_in(OK),
        requirements=("crd-check:33", "crd-check:41", "crd:found-2", "crd:conf-12"),
        public=demonstrated(1),
        rests_on=_NO_REDIRECT,
        of=is_call,
    ),
    answer_check(
        "crd.hooks.json",
        "The answer to a hook call is a JSON object",
        _json,
        public=demonstrated(1),
        of=lambda exchange: is_call(exchange) and exchange.status == OK,
    ),
    answer_check(
        "crd.transport.content-type",
        "Answers to hook calls are application/json",
        _content_type,
        Strength.EXPECTED,
    ),
    whole_check(
        "crd.transport.time",
        "Nine of ten calls are answered within 5 seconds, 10 for appointment-book",
        _in_time,
        requirements=("crd-check:117", "crd:found-2"),
    ),
)
_CORS = Check(
    "crd.transport.cors",
    "Answers may be read by a browser's page",
    Strength.EXPECTED,
    together(_readable, (own.ORIGIN,), lambda exchange: exchange.status // 100 == 2),
    ("crd-check:16",),
)
_OF_BROWSERS = (
    answer_check(
        "crd.transport.preflight",
        "OPTIONS succeeds on discovery, services and feedback without a token",
        _preflighted,
        Strength.EXPECTED,
        ("crd-check:16",),
        rests_on=_NO_REDIRECT,
        marks=_PREFLIGHT,
        of=lambda _: True,
    ),
    answer_check(
        "crd.transport.preflight-methods",
        "OPTIONS allows the method of the address",
        lambda e: _listed_in("access-control-allow-methods", e.sent_headers["access-control-request-method"])(e),
        Strength.EXPECTED,
        ("crd-check:16",),
        marks=_PREFLIGHT,
        of=_of_preflight,
    ),
    answer_check(
        "crd.transport.preflight-headers",
        "OPTIONS allows Authorization and Content-Type",
        _listed_in("access-control-allow-headers", "Authorization", "Content-Type"),
        Strength.EXPECTED,
        ("crd-check:16",),
        marks=_PREFLIGHT,
        of=_of_preflight,
    ),
    _CORS,
    Check(
        "crd.transport.preflight-origin",
        "What OPTIONS answers may be read by any page",
        Strength.EXPECTED,
        together(_readable, _PREFLIGHT, _of_preflight),
        ("crd-check:16",),
        rests_on=(_CORS.id,),
    ),
    Check(
        "crd.transport.cors-errors",
        "Errors too may be read by a browser's page",
        Strength.EXPECTED,
        together(_readable, (own.ORIGIN,), lambda exchange: exchange.status >= 400),
        ("crd-check:17",),
        rests_on=(_CORS.id,),
    ),
)
