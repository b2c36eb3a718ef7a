"""The counter: discovery, services and feedback as one Flask blueprint, for any application to mount.

Must not know what is asked or answered. It catches whatever goes wrong, so it needs nothing of the application it is
mounted in. Source: CDS Hooks 3.0.0-ballot, HTTP API; CRD 2.2.1 hook-9, hook-10, hook-13.
"""

import traceback
import zlib
from collections.abc import Callable
from functools import partial
from ipaddress import ip_address
from typing import IO

from flask import Blueprint, Request, Response, request
from werkzeug.exceptions import HTTPException

from cds_hooks.asking import attempt
from cds_hooks.budget import Budget
from cds_hooks.desk import Json
from cds_hooks.dialects import CRD_2_0, DIALECTS
from cds_hooks.door import HookClient, NotAdmitted
from cds_hooks.feedback import read_feedback
from cds_hooks.invoking import HookHouse, invoke
from cds_hooks.offered import VERSIONS, Service, discovery, service
from cds_hooks.request import read_call
from profiles.issues import Kind, Refusal, TooMany
from profiles.outcome import operation_outcome, status_of
from profiles.reading import FHIR_JSON, write_json

BASES: dict[str, tuple[str, ...]] = {"/cds-services": VERSIONS, "/2.0.1/cds-services": (CRD_2_0.version,)}
"""Where the services are, and which versions are spoken there."""

_OK, _NO_CONTENT = 200, 204
_JSON = "application/json"
_READABLE = frozenset({_JSON, FHIR_JSON})
_CHARSETS = frozenset({"utf-8", "utf8"})
_EVERY_METHOD = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OFFERED = "GET, POST, OPTIONS"
_FORWARDED = ("Forwarded", "Via", "X-Real-Ip")
_FORWARDED_BEGIN = "X-Forwarded-"
_RETRY_AFTER_SECONDS = "5"
_CHUNK_BYTES = 65_536
_GZIP_WINDOW = 31
_FEEDBACK_SECONDS = 5.0
_MOST_FRAMES = 30
_CUT_SHORT = "The body stopped before its end, or did not arrive in time."

Answer = tuple[int, Json]
Task = Callable[[HookClient], Answer]


def counter(house: HookHouse) -> Blueprint:
    """The counter of a house, ready for `app.register_blueprint`."""
    counter = Blueprint("cds_hooks", __name__)
    for base, versions in BASES.items():
        rows = (
            ("", partial(_discover, house, versions)),
            ("/<id>", partial(_call, house, versions)),
            ("/<id>/feedback", partial(_feedback, house)),
            ("/<path:rest>", partial(_nowhere, house)),
        )
        for tail, view in rows:
            name = f"{base}{tail}".replace(".", "_")
            counter.add_url_rule(
                base + tail,
                name,
                partial(_answered, house, view),
                methods=_EVERY_METHOD,
                provide_automatic_options=False,
                strict_slashes=False,
                merge_slashes=False,
            )
    return counter


def _answered(house: HookHouse, view: Callable[..., Response], **parts: str) -> Response:
    """The answer to any request at all, with what browsers want to see on it."""
    if request.method == "OPTIONS":
        return _preflight()
    try:
        response = view(**parts)
    except Refusal as refusal:
        response = _refused(house, refusal)
    except HTTPException:
        response = _refused(house, _unreadable("The request cannot be read."))
    except Exception as fault:
        response = _broken(house, fault)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _discover(house: HookHouse, versions: tuple[str, ...]) -> Response:
    _admit(house)
    _demand_method("GET", "HEAD")
    return _json(_OK, discovery(versions, house.usage))


def _call(house: HookHouse, versions: tuple[str, ...], id: str) -> Response:
    came_at = house.monotonic() - house.waited_seconds()
    client = _admit(house)
    found = _found(id)
    _demand_method("POST")
    default = DIALECTS.get(client.dialect or "", house.default)
    if default.version not in versions:
        default = DIALECTS[versions[0]]
    call = read_call(_body(request, house.limits.max_bytes), found, default, house.limits, client.is_strict, versions)
    return _json(*invoke(house, found, call, client, house.monotonic() - came_at))


def _feedback(house: HookHouse, id: str) -> Response:
    client = _admit(house)
    found = _found(id)
    _demand_method("POST")
    rows = read_feedback(_body(request, house.limits.max_bytes), house.limits)
    keep = partial(house.desk.feedback, client.id, found.id, rows, house.now())
    _, fault = attempt(keep, None, Budget(_FEEDBACK_SECONDS, house.monotonic), house.helpers)
    if fault is not None:
        house.say("feedback-not-kept", {"error_type": type(fault).__name__})
        raise Refusal.of(Kind.BUSY, "transient", "The feedback could not be kept. Send it again later.")
    return _json(_OK, {})


def _nowhere(house: HookHouse, rest: str) -> Response:
    _admit(house)
    raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is nothing at this address; see /cds-services.")


def _found(id: str) -> Service:
    found = service(id)
    if found is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such service; see /cds-services.")
    return found


def _demand_method(*methods: str) -> None:
    if request.method not in methods:
        text = f"This address takes {methods[0]}."
        raise Refusal.of(Kind.NOT_OFFERED, "not-supported", text)


def _admit(house: HookHouse) -> HookClient:
    """The address called is made of the one that is published, never of what the request says."""
    is_loopback = _is_this_machine(request.remote_addr or "") and not _came_through_a_proxy()
    return house.door.admit(request.headers.get("Authorization"), house.public_url + request.path, is_loopback)


def _is_this_machine(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return (getattr(ip, "ipv4_mapped", None) or ip).is_loopback


def _came_through_a_proxy() -> bool:
    """Then the peer is the proxy, and the caller may be anywhere."""
    return any(name in _FORWARDED or name.startswith(_FORWARDED_BEGIN) for name, _ in request.headers)


def _preflight() -> Response:
    response = Response(status=_NO_CONTENT)
    del response.headers["Content-Type"]
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Methods"] = _OFFERED
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Accept"
    response.headers["Access-Control-Max-Age"] = "86400"
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        response.headers["Access-Control-Allow-Private-Network"] = "true"
    return response


def _refused(house: HookHouse, refusal: Refusal) -> Response:
    """Our log hears how a call was refused, and why a caller was not admitted."""
    told: dict[str, object] = {"route": _route(), "outcome": refusal.kind.value}
    if isinstance(refusal, NotAdmitted):
        told |= {"reason": refusal.reason, "client_id": refusal.client_id or None}
    house.say("refused", told)
    return _outcome(refusal)


def _broken(house: HookHouse, fault: Exception) -> Response:
    """Our log hears where, and neither it nor the caller in what words."""
    told = {"route": _route(), "outcome": Kind.BROKEN.value, "error_type": type(fault).__name__}
    house.say("broken", told | {"frames": _frames(fault)})
    return _outcome(Refusal.of(Kind.BROKEN, "exception", "Something failed here. It may work later."))


def _outcome(refusal: Refusal) -> Response:
    response = _json(status_of(refusal), operation_outcome(refusal.issues))
    if refusal.kind is Kind.UNKNOWN_CALLER:
        response.headers["WWW-Authenticate"] = "Bearer"
    if refusal.kind is Kind.NOT_OFFERED:
        response.headers["Allow"] = _OFFERED
    if refusal.kind is Kind.BUSY:
        response.headers["Retry-After"] = _RETRY_AFTER_SECONDS
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.seconds)
    return response


def _route() -> str:
    """The template of the address called, never the address."""
    return request.url_rule.rule if request.url_rule else ""


def _frames(fault: BaseException) -> list[str]:
    """Where it went wrong, innermost last; never the message or any value."""
    steps = traceback.extract_tb(fault.__traceback__)[-_MOST_FRAMES:]
    return [f"{step.filename.rpartition('site-packages/')[2]}:{step.lineno} {step.name}" for step in steps]


def _json(status: int, body: Json) -> Response:
    return Response(write_json(body), status=status, content_type=f"{_JSON}; charset=utf-8")


def _body(asked: Request, most: int) -> bytes:
    """The whole body, inflated when it came gzipped, and never more of it than allowed.

    Raises: Refusal WRONG_TYPE, TOO_BIG, or UNREADABLE when it stops half way.
    """
    if asked.mimetype not in _READABLE:
        raise _wrong_type(f"Send {_JSON}.")
    if asked.mimetype_params.get("charset", "utf-8").strip('"').lower() not in _CHARSETS:
        raise _wrong_type("Only the charset utf-8 is supported.")
    encoding = asked.headers.get("Content-Encoding", "identity").strip().lower()
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise _wrong_type("Only gzip is supported as content encoding.")
    body = _counted(asked.stream, most)
    if asked.content_length is not None and len(body) < asked.content_length:
        raise _unreadable(_CUT_SHORT)
    return body if encoding == "identity" else _inflated(body, most)


def _counted(stream: IO[bytes], most: int) -> bytes:
    body = bytearray()
    while chunk := _read(stream):
        body += chunk
        if len(body) > most:
            raise _too_big(most)
    return bytes(body)


def _read(stream: IO[bytes]) -> bytes:
    try:
        return stream.read(_CHUNK_BYTES)
    except Exception as fault:  # every web server has an error of its own for a body that is slow or cut
        raise _unreadable(_CUT_SHORT) from fault


def _inflated(body: bytes, most: int) -> bytes:
    engine = zlib.decompressobj(_GZIP_WINDOW)
    try:
        content = engine.decompress(body, most + 1)
    except zlib.error as fault:
        raise _unreadable("The body is said to be gzip but cannot be inflated.") from fault
    if len(content) > most:
        raise _too_big(most)
    if not engine.eof:
        raise _unreadable("The gzip body is cut short.")
    return content


def _too_big(most: int) -> Refusal:
    return Refusal.of(Kind.TOO_BIG, "too-long", f"The body is larger than the limit of {most} bytes.")


def _wrong_type(text: str) -> Refusal:
    return Refusal.of(Kind.WRONG_TYPE, "not-supported", text)


def _unreadable(text: str) -> Refusal:
    return Refusal.of(Kind.UNREADABLE, "structure", text)
