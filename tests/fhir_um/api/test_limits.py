"""How much one message may be: the same at every address that takes a body, whoever asks and whatever for."""

import gzip
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_hooks.http import BASES as HOOK_BASES
from fhir_um.api.exchange import BASES
from fhir_um.api.routes import ROUTES
from fhir_um.app import make_app
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from tests.people import people

MOST_BYTES, MOST_DEPTH, MOST_ENTRIES = 1_000_000, 20, 5
FORM = "application/x-www-form-urlencoded"

PLACES = {"type_name": "Claim"}
"""What stands for a part of an address; anything, where it is an id."""

NOT_READ = frozenset({"/sign-out", "/um/v1/authorizations/<number>/uses/<use_id>/reversal"})
"""Take no body, and read none."""

BODIED = sorted(
    {
        (route.method, re.sub("<([^>]+)>", lambda part: PLACES.get(part[1], "x"), route.path))
        for route in ROUTES
        if route.method in ("POST", "PUT") and route.path not in NOT_READ
    }
    | {("POST", f"{base}/order-sign{tail}") for base in HOOK_BASES for tail in ("", "/feedback")}
)
NOT_OFFERED_HERE = {"/oauth/register": 404}
"""UDAP is an option, and off here; whoever sends what to it hears that there is nothing."""

OF_FORMS = re.compile("/oauth/|/sign-|.*/_search$|/um/v1/disclosures$")
OF_PAGES = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
OF_BUNDLES = [f"{base}/Claim/{operation}" for base in BASES.values() for operation in ("$submit", "$inquire")]

JSON = [each for each in BODIED if not OF_FORMS.match(each[1])]
every_json = pytest.mark.parametrize(("method", "address"), JSON, ids=[" ".join(each) for each in JSON])
every_address = pytest.mark.parametrize(("method", "address"), BODIED, ids=[" ".join(each) for each in BODIED])


@pytest.fixture(scope="module")
def client(sqlite_template, tmp_path_factory) -> Iterator[FlaskClient]:
    """A server of the sandbox that takes small messages."""
    file = tmp_path_factory.mktemp("limits") / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    settings = Settings(
        database_url=f"sqlite:///{file}",
        mode=Mode.SANDBOX,
        public_url="http://localhost",
        requests_per_minute=0,
        max_body_bytes=MOST_BYTES,
        max_json_depth=MOST_DEPTH,
        max_entries=MOST_ENTRIES,
    )
    deps = make_deps(settings)
    seed(people(), deps)
    yield make_app(deps, settings).test_client()
    deps.store.close()


def is_form(address: str) -> bool:
    return OF_FORMS.match(address) is not None


def status(client: FlaskClient, method: str, address: str, body: bytes, **given: Any) -> int:
    media = given.pop("media", FORM if is_form(address) else "application/json")
    headers = OF_PAGES | given.pop("headers", {})
    return client.open(address, method=method, data=body, content_type=media, headers=headers, **given).status_code


def expected(address: str, of_json: int, of_form: int) -> int:
    return NOT_OFFERED_HERE.get(address) or (of_form if is_form(address) else of_json)


class Endless:
    """A body that goes on for as long as it is read."""

    sent = 0

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "all of it would be for ever"
        self.sent += size
        return b" " * size


@every_address
def test_a_body_over_the_limit_is_too_big(client: FlaskClient, method: str, address: str) -> None:
    assert status(client, method, address, b" " * (MOST_BYTES + 1)) == expected(address, 413, 413)


@every_address
def test_a_body_without_a_length_is_counted_while_it_is_read(client: FlaskClient, method: str, address: str) -> None:
    """Of an endless one no more is read than twice the limit."""
    stream = Endless()
    media = FORM if is_form(address) else "application/json"
    environ = {"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    got = client.open(address, method=method, content_type=media, headers=OF_PAGES, environ_overrides=environ)

    assert got.status_code == expected(address, 413, 413)
    assert stream.sent <= 2 * MOST_BYTES + 300_000


@every_address
def test_a_small_body_that_inflates_over_the_limit_is_too_big(client: FlaskClient, method: str, address: str) -> None:
    bomb = gzip.compress(b" " * (MOST_BYTES + 1))

    got = status(client, method, address, bomb, headers={"Content-Encoding": "gzip"})

    assert got == expected(address, 413, 415)


@every_json
def test_what_is_nested_too_deeply_is_refused(client: FlaskClient, method: str, address: str) -> None:
    for levels in (MOST_DEPTH + 1, 10_000):
        body = b'{"x":' * levels + b"1" + b"}" * levels

        assert status(client, method, address, body) == 400


@every_address
def test_more_values_than_a_message_of_that_size_has_are_too_many(
    client: FlaskClient, method: str, address: str
) -> None:
    body = b'{"x":[' + b"0," * (MOST_BYTES // 8) + b"0]}"

    assert status(client, method, address, body) == expected(address, 413, 413 if len(body) > 65_536 else 400)


@every_address
@pytest.mark.parametrize("media", ["", "text/plain", "text/xml", "application/fhir+xml", "multipart/form-data"])
def test_only_json_or_a_form_is_read(client: FlaskClient, method: str, address: str, media: str) -> None:
    assert status(client, method, address, b"<x/>", media=media) == expected(address, 415, 415)


@every_address
@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"{}{}", b'{"x":1,"x":2}', b'{"x":"\xed\xa0\x80"}', b'{"x":1e999}']
)
def test_whatever_is_no_json_is_the_senders_fault(client: FlaskClient, method: str, address: str, body: bytes) -> None:
    """A search that says nothing, in the form it is sent in, looks for all there is."""
    got = status(client, method, address, body)

    assert 400 <= got < 500 or (not body and address.endswith("/_search") and got == 200)


@pytest.mark.parametrize("address", OF_BUNDLES)
def test_a_bundle_of_too_many_entries_is_too_big(client: FlaskClient, address: str) -> None:
    def bundle(entries: int) -> bytes:
        return b'{"resourceType":"Bundle","entry":[%s]}' % b",".join([b"{}"] * entries)

    assert status(client, "POST", address, bundle(MOST_ENTRIES + 1)) == 413
    assert status(client, "POST", address, bundle(MOST_ENTRIES)) != 413
