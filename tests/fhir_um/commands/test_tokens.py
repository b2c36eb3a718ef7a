"""Tokens as a client gets them: asked for where the server says, kept while they are good, one for each hook call."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests
import responses

from fhir_um.auth.client_keys import SigningKey, new_key
from fhir_um.commands.tokens import TokenFault, TokenSource

HERE, PUBLIC = "http://here", "https://um.example.org"
KEY = SigningKey(json.dumps(new_key("ES384")).encode())


def source(session: requests.Session, scope: str = "") -> TokenSource:
    configuration = {"token_endpoint": f"{PUBLIC}/oauth/token", "scopes_supported": ["system/Claim.crs", "um/validate"]}
    responses.get(f"{HERE}/.well-known/smart-configuration", json=configuration)
    return TokenSource(session, HERE, "ehr-1", KEY, scope)


def gives(expires_in: int) -> responses.BaseResponse:
    return responses.post(f"{HERE}/oauth/token", json={"access_token": "opaque", "expires_in": expires_in})


def claims(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


@responses.activate
@pytest.mark.parametrize(("expires_in", "asked"), [(300, 1), (29, 3)])
def test_a_token_is_kept_until_it_is_about_to_end(expires_in: int, asked: int) -> None:
    endpoint = gives(expires_in)
    with requests.Session() as session:
        tokens = source(session)
        told = {tokens.authorization() for _ in range(3)}

    assert told == {"Bearer opaque"}
    assert len(endpoint.calls) == asked


@responses.activate
def test_everything_there_is_is_asked_for_unless_something_is_named() -> None:
    endpoint = gives(300)
    with requests.Session() as session:
        source(session).ask()
        source(session, "um/validate").ask()

    forms = [parse_qs(str(call.request.body)) for call in endpoint.calls]
    assert [form["scope"] for form in forms] == [["system/Claim.crs um/validate"], ["um/validate"]]
    said = [claims(form["client_assertion"][0]) for form in forms]
    assert {each["aud"] for each in said} == {f"{PUBLIC}/oauth/token"}
    assert {(each["iss"], each["sub"]) for each in said} == {("ehr-1", "ehr-1")}
    assert len({each["jti"] for each in said}) == 2


@responses.activate
def test_each_hook_call_has_a_token_of_its_own_for_the_published_address() -> None:
    with requests.Session() as session:
        tokens = source(session)
        said = [claims(tokens.hook_authorization("https://ehr", "/cds-services").partition(" ")[2]) for _ in range(2)]

    assert {(each["iss"], each["aud"]) for each in said} == {("https://ehr", f"{PUBLIC}/cds-services")}
    assert len({each["jti"] for each in said}) == 2


@responses.activate
def test_a_refusal_is_told_in_its_own_words() -> None:
    responses.post(f"{HERE}/oauth/token", body="<html>", status=502)
    with requests.Session() as session, pytest.raises(TokenFault, match="http://here gives no token: 502"):
        source(session).authorization()
