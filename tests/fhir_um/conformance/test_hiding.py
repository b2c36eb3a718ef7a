"""Secrets do not stay in what is kept, and everything else does, byte for byte."""

import json

import pytest

from fhir_um.conformance.hiding import Secrets

TOKEN = "eyJhbGciOi.very-secret"
JSON = {"content-type": "application/json"}


def test_headers_keep_their_scheme_and_lose_their_secret() -> None:
    hidden = Secrets().headers({"Authorization": f"Bearer {TOKEN}", "Cookie": "a=b", "Accept": "text/html"})

    assert hidden == {"authorization": "Bearer (secret 1)", "cookie": "(secret 2)", "accept": "text/html"}


def test_the_same_secret_has_the_same_name_everywhere() -> None:
    secrets = Secrets()
    subscription = json.dumps({"channel": {"header": [f"Authorization: Bearer {TOKEN}"]}}).encode()

    body = secrets.body(subscription, JSON)

    assert json.loads(body) == {"channel": {"header": ["Authorization: Bearer (secret 1)"]}}
    assert secrets.headers({"authorization": f"Bearer {TOKEN}"}) == {"authorization": "Bearer (secret 1)"}
    assert secrets.headers({"authorization": "Bearer another"}) == {"authorization": "Bearer (secret 2)"}


@pytest.mark.parametrize("name", ["access_token", "refresh_token", "client_secret", "id_token"])
def test_tokens_in_json_are_left_out_at_any_depth(name: str) -> None:
    body = Secrets().body(json.dumps({"a": [{name: TOKEN, "expires_in": 30}]}).encode(), JSON)

    assert json.loads(body) == {"a": [{name: "(secret 1)", "expires_in": 30}]}


def test_assertions_in_forms_are_left_out() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}

    assert (
        Secrets().body(b"grant_type=x&client_assertion=a%2Bb%2Blong", form)
        == b"grant_type=x&client_assertion=(secret 1)"
    )


def test_what_holds_no_secret_stays_byte_for_byte() -> None:
    body = b'{ "a" :1.50,\n"channel": {"endpoint":"http://a"} , "text": "caf\\u00e9"}'

    assert Secrets().body(body, JSON) == body
    assert Secrets().body(b"\xff\xfe no json", {}) == b"\xff\xfe no json"


def test_a_secret_met_before_is_found_where_a_server_repeats_it() -> None:
    secrets = Secrets()
    secrets.headers({"authorization": f"Bearer {TOKEN}"})

    assert secrets.body(f"no such token: {TOKEN}".encode(), {}) == b"no such token: (secret 1)"


def test_a_short_secret_is_taken_out_only_where_it_stands_alone() -> None:
    body = Secrets().body(b'{"access_token": "id", "other": "idea"}', JSON)

    assert json.loads(body) == {"access_token": "(secret 1)", "other": "idea"}


def test_a_secret_is_found_however_deep_it_lies() -> None:
    body = b'{"a":' * 700 + b'{"access_token": "deep-and-secret"}' + b"}" * 700

    assert b"deep-and-secret" not in Secrets().body(body, JSON)


def test_a_body_of_secrets_without_number_is_not_kept() -> None:
    body = json.dumps([{"access_token": f"secret-number-{number}"} for number in range(500)]).encode()

    assert b"secret-number" not in Secrets().body(body, JSON)


def test_headers_of_secrets_that_hold_none_change_nothing_else() -> None:
    secrets = Secrets()

    assert secrets.headers({"Set-Cookie": " ", "Authorization": "Bearer " * 5_000})["set-cookie"] == ""
    assert secrets.body(b'{"a": ""}', JSON) == b'{"a": ""}'
