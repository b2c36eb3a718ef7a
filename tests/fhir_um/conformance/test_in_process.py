"""A WSGI application asked without a socket."""

from collections.abc import Callable, Iterable
from typing import Any

from fhir_um.conformance.in_process import InProcess
from fhir_um.conformance.wire import Sending

_Start = Callable[..., Any]


def echo(environ: dict[str, Any], start_response: _Start) -> Iterable[bytes]:
    start_response("201 CREATED", [("X-Kind", environ.get("CONTENT_TYPE", "none"))])
    size = int(environ["CONTENT_LENGTH"])
    return [environ["REQUEST_METHOD"].encode(), b" ", environ["PATH_INFO"].encode(), environ["wsgi.input"].read(size)]


def test_an_application_is_asked_as_over_http() -> None:
    got = InProcess(echo)(Sending("POST", "http://a.test:81/fhir/%24x?y=1", {"Content-Type": "text/a"}, b"!"))

    assert (got.status, got.headers, got.body) == (201, {"x-kind": "text/a"}, b"POST /fhir/$x!")
    assert got.milliseconds > 0


def test_it_sees_who_asks_and_by_which_name() -> None:
    seen: dict[str, Any] = {}

    def look(environ: dict[str, Any], start_response: _Start) -> Iterable[bytes]:
        seen.update(environ)
        environ["wsgi.errors"].write("nothing of ours")
        start_response("200 OK", [])
        return []

    InProcess(look)(Sending("GET", "https://a.test:81/x?y=1", {"X-Own": "7"}))

    assert seen["HTTP_HOST"] == "a.test:81"
    assert (seen["wsgi.url_scheme"], seen["QUERY_STRING"], seen["REMOTE_ADDR"]) == ("https", "y=1", "127.0.0.1")
    assert seen["HTTP_X_OWN"] == "7"


def test_an_answer_is_closed_when_it_was_read() -> None:
    class Body:
        closed = False

        def __iter__(self) -> Any:
            return iter([b"a"])

        def close(self) -> None:
            self.closed = True

    body = Body()

    def application(_environ: dict[str, Any], start_response: _Start) -> Any:
        start_response("200 OK", [])
        return body

    assert InProcess(application)(Sending("GET", "http://a.test/", {})).body == b"a"
    assert body.closed
