"""Bodies: media types, limits counted while reading, gzip, and bodies that stop half way."""

import gzip
from io import BytesIO
from typing import Any

import pytest
from flask import Request
from gunicorn.http.errors import ChunkMissingTerminator, InvalidChunkSize
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder

from fhir_um.api.content import inflate, read_body
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Settings

SMALL = Settings(max_body_bytes=1000)


def request(body: bytes, content_type: str = "application/fhir+json", **headers: str) -> Request:
    given_headers = {name.replace("_", "-"): value for name, value in headers.items()}
    builder = EnvironBuilder(method="POST", data=body, content_type=content_type, headers=given_headers)
    return Request(builder.get_environ())


def kind_of(made: Request, settings: Settings = SMALL) -> Kind:
    with pytest.raises(Refusal) as refused:
        read_body(made, settings)
    return refused.value.kind


@pytest.mark.spec("pas:spec-11")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/fhir+json",
        "application/json",
        "application/fhir+json; charset=UTF-8",
        'application/fhir+json;charset="utf-8"',
        "application/fhir+json; fhirVersion=4.0",
    ],
)
def test_json_is_read(content_type: str) -> None:
    assert read_body(request(b"{}", content_type), SMALL) == b"{}"


@pytest.mark.spec("pas:spec-11")
@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/xml",
        "application/fhir+xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "application/fhir+json; fhirVersion=5.0",
    ],
)
def test_other_media_types_are_refused(content_type: str) -> None:
    assert kind_of(request(b"{}", content_type)) is Kind.WRONG_TYPE


def test_unknown_encoding_is_refused() -> None:
    assert kind_of(request(b"{}", Content_Encoding="br")) is Kind.WRONG_TYPE


def test_body_at_the_limit_is_read_and_one_more_byte_is_not() -> None:
    assert len(read_body(request(b" " * 1000), SMALL)) == 1000
    assert kind_of(request(b" " * 1001)) is Kind.TOO_BIG


def test_limit_is_counted_without_a_content_length() -> None:
    environ: dict[str, Any] = EnvironBuilder(method="POST", content_type="application/json").get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ.update({"wsgi.input": BytesIO(b" " * 5000), "wsgi.input_terminated": True})

    assert kind_of(Request(environ)) is Kind.TOO_BIG


def test_body_that_stops_half_way_is_unreadable() -> None:
    environ: dict[str, Any] = EnvironBuilder(method="POST", content_type="application/json").get_environ()
    environ.update({"wsgi.input": BytesIO(b'{"a":'), "CONTENT_LENGTH": "500"})

    assert kind_of(Request(environ)) is Kind.UNREADABLE


class Broken:
    """A connection that fails while it is read."""

    def read(self, size: int = -1) -> bytes:
        raise TimeoutError


def test_connection_that_fails_is_unreadable() -> None:
    environ: dict[str, Any] = EnvironBuilder(method="POST", content_type="application/json").get_environ()
    environ.update({"wsgi.input": Broken(), "CONTENT_LENGTH": "500"})

    assert kind_of(Request(environ)) is Kind.UNREADABLE


@pytest.mark.parametrize(
    "fault", [InvalidChunkSize(b"zz"), ChunkMissingTerminator(b"XX")], ids=lambda f: type(f).__name__
)
def test_chunks_that_are_none_are_unreadable(fault: Exception) -> None:
    class Chunks:
        def read(self, size: int = -1) -> bytes:
            raise fault

    environ: dict[str, Any] = EnvironBuilder(method="POST", content_type="application/json").get_environ()
    environ.pop("CONTENT_LENGTH", None)
    environ.update({"wsgi.input": Chunks(), "wsgi.input_terminated": True, "HTTP_TRANSFER_ENCODING": "chunked"})

    assert kind_of(Request(environ)) is Kind.UNREADABLE


def test_transfer_encoding_that_is_not_undone_is_refused() -> None:
    assert kind_of(request(b"{}", Transfer_Encoding="gzip, chunked")) is Kind.WRONG_TYPE


def test_gzip_is_inflated() -> None:
    assert read_body(request(gzip.compress(b'{"a":1}'), Content_Encoding="gzip"), SMALL) == b'{"a":1}'


def test_gzip_that_grows_over_the_limit_is_too_big() -> None:
    assert kind_of(request(gzip.compress(b" " * 500_000), Content_Encoding="gzip")) is Kind.TOO_BIG


@pytest.mark.parametrize(
    "body",
    [b"{}", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"more", b""],
    ids=["not-gzip", "cut-short", "something-after", "empty"],
)
def test_broken_gzip_is_unreadable(body: bytes) -> None:
    assert kind_of(request(body, Content_Encoding="gzip")) is Kind.UNREADABLE


@given(st.binary(max_size=3000), st.integers(min_value=1, max_value=3000))
def test_inflate_gives_all_or_refuses(content: bytes, limit: int) -> None:
    packed = gzip.compress(content)

    if len(content) <= limit:
        assert inflate(packed, limit) == content
    else:
        with pytest.raises(Refusal):
            inflate(packed, limit)
