"""What opens doors is neither sent nor shown."""

import pytest

from fhir_um.replaying.comparing import shown
from fhir_um.replaying.guarding import hidden, without_secrets

TOKEN = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJhIn0."


def test_tokens_and_access_are_left_out_at_any_depth() -> None:
    call = {"fhirAuthorization": {"access_token": "x"}, "a": [{"client_secret": "x", "b": 1}], "code": "y"}

    assert without_secrets(call) == {"a": [{"b": 1}], "code": "y"}


def test_secret_headers_of_a_subscription_are_left_out() -> None:
    channel = {"endpoint": "e", "header": ["Authorization: Bearer x", "X-Tenant: north"]}

    assert without_secrets({"channel": channel}) == {"channel": {"endpoint": "e", "header": ["X-Tenant: north"]}}
    assert without_secrets({"channel": {"header": ["authorization: Bearer x"]}}) == {"channel": {}}
    assert without_secrets({"header": {"a": 1}}) == {"header": {"a": 1}}


@pytest.mark.parametrize(
    "text", [f"Authorization: Bearer {TOKEN}", f"it is {TOKEN}", "basic dXNlcjpwYXNzMQ==", "BEARER abcdef"]
)
def test_a_token_within_a_text_is_hidden(text: str) -> None:
    for said in (hidden(text), shown(text), shown({"a": text})):
        assert "(a secret)" in said
        assert text.rpartition(" ")[2] not in said


@pytest.mark.parametrize("text", ["The basic plan.", "Basic rehabilitation needs", "A bearer: nobody", "Bearer of it"])
def test_other_texts_stay(text: str) -> None:
    assert hidden(text) == text
