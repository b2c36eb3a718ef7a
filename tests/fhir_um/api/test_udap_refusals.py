"""What of the community's is refused, at registration and at the token endpoint, and in which words."""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc.util import json_b64encode

from fhir_um.usecases.change_client import change_client
from tests.conftest import NOW
from tests.fhir_um.community import EHR, EHR_URI, ISSUING, STRANGERS, Holder, authority, ec_key, member, x5c
from tests.fhir_um.joining import B2B, Joining

STALE = member(EHR_URI, issuer=ISSUING, valid_until=NOW - timedelta(seconds=1))
UNTRUSTED = [
    pytest.param(STALE, {}, id="expired"),
    pytest.param(member(EHR_URI, issuer=STRANGERS), {}, id="of another community"),
    pytest.param(EHR, {"x5c": x5c(EHR.certificate)}, id="without the one between"),
    pytest.param(member(EHR_URI, issuer=ISSUING, is_authority=True), {}, id="an authority"),
    pytest.param(member(EHR_URI, issuer=EHR), {}, id="issued by a member"),
    pytest.param(authority("Alone"), {}, id="signed by itself"),
]


@pytest.mark.parametrize(("by", "header"), UNTRUSTED)
def test_a_stranger_is_not_registered(house: Joining, by: Holder, header: dict[str, Any]) -> None:
    answer = house.post(house.statement(by, header))

    assert (answer.status_code, answer.get_json()["error"]) == (400, "unapproved_software_statement")


@pytest.mark.parametrize(("by", "header"), UNTRUSTED)
def test_a_stranger_gets_no_token(house: Joining, by: Holder, header: dict[str, Any]) -> None:
    client_id = house.registered()

    answer = house.ask(house.assertion(client_id, by, header))

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


FOREIGN_KEY = replace(EHR, key=ec_key(8))
NAMELESS = member("urn:other", issuer=ISSUING)
UNPROVEN = [
    pytest.param(FOREIGN_KEY, {}, {}, id="signed with another key"),
    pytest.param(EHR, {}, {"aud": "https://elsewhere.example"}, id="for another address"),
    pytest.param(EHR, {}, {"jti": ...}, id="without jti"),
    pytest.param(EHR, {}, {"exp": ...}, id="without end"),
    pytest.param(EHR, {}, {"iat": ...}, id="without beginning"),
    pytest.param(EHR, {}, {"exp": int(NOW.timestamp()) + 301}, id="too long-lived"),
    pytest.param(EHR, {}, {"sub": "somebody-else"}, id="of somebody else"),
    pytest.param(EHR, {"x5c": None, "x5u": "https://elsewhere.example"}, {}, id="with x5u"),
    pytest.param(NAMELESS, {}, {}, id="whose certificate bears another name"),
]


@pytest.mark.parametrize(("by", "header", "changed"), UNPROVEN)
def test_a_faulty_statement_registers_nobody(
    house: Joining, by: Holder, header: dict[str, Any], changed: dict[str, Any]
) -> None:
    answer = house.post(house.statement(by, header, **changed))

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_software_statement")
    assert "elsewhere" not in answer.text


@pytest.mark.parametrize(("by", "header", "changed"), UNPROVEN)
def test_a_faulty_assertion_gets_no_token(
    house: Joining, by: Holder, header: dict[str, Any], changed: dict[str, Any]
) -> None:
    client_id = house.registered()

    answer = house.ask(house.assertion(client_id, by, header, **changed))

    assert (answer.status_code, answer.get_json()["error"]) == (401, "invalid_client")


@pytest.mark.spec("hrex:sec-15")
def test_a_name_that_is_no_uri_registers_nobody(house: Joining) -> None:
    """It could be the id of a client that an operator has registered."""
    no_uri = "ehr-1"

    answer = house.register(member(no_uri, issuer=ISSUING), iss=no_uri, sub=no_uri)

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_software_statement")


def unsigned(text: str) -> str:
    header = json_b64encode({"alg": "none", "x5c": EHR.x5c}).decode()
    return f"{header}.{text.split('.')[1]}."


def by_public_key(text: str) -> str:
    """As if our secret were their public key (HS256)."""
    secret = EHR.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    said = f"{json_b64encode({'alg': 'HS256', 'x5c': EHR.x5c}).decode()}.{text.split('.')[1]}"
    return f"{said}.{urlsafe_b64encode(hmac.digest(secret, said.encode(), 'sha256')).rstrip(b'=').decode()}"


@pytest.mark.parametrize("forge", [unsigned, by_public_key])
def test_a_token_without_a_true_signature_is_none(house: Joining, forge: Any) -> None:
    assert house.post(forge(house.statement())).get_json()["error"] == "invalid_software_statement"

    client_id = house.registered()
    assert house.ask(forge(house.assertion(client_id))).status_code == 401


def test_a_statement_proves_nobody_at_the_token_endpoint(house: Joining) -> None:
    client_id = house.registered()

    assert house.ask(house.statement(iss=client_id, sub=client_id)).status_code == 401
    assert house.ask(house.statement()).status_code == 401


@pytest.mark.parametrize(
    "metadata",
    [
        {"grant_types": ["authorization_code"]},
        {"grant_types": ["client_credentials", "refresh_token"]},
        {"grant_types": ...},
        {"token_endpoint_auth_method": "client_secret_basic"},
        {"token_endpoint_auth_method": ...},
        {"redirect_uris": ["https://elsewhere.example"]},
        {"response_types": ["code"]},
        {"client_name": ...},
        {"client_name": "  "},
        {"client_name": "x" * 256},
        {"client_name": "a\nb"},
        {"contacts": ...},
        {"contacts": []},
        {"contacts": ["https://clinic.example"]},
        {"contacts": ["mailto:a@b.example", 1]},
        {"contacts": ["mailto:a@b.example"] * 11},
        {"scope": ...},
        {"scope": ""},
        {"scope": "um/cases.read um/cases.decide"},
        {"scope": "patient/Claim.rs openid"},
        {"scope": "system/Claim.c " * 1_000},
    ],
)
def test_what_a_client_says_of_itself_must_fit(house: Joining, metadata: dict[str, Any]) -> None:
    answer = house.register(**metadata)

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata")
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "extensions",
    [
        ...,
        {},
        {"hl7-b2b": None},
        {"hl7-b2b": {**B2B, "version": "2"}},
        {"hl7-b2b": {**B2B, "organization_id": ""}},
        {"hl7-b2b": {**B2B, "organization_id": "Clinic"}},
        {"hl7-b2b": {**B2B, "organization_id": ["https://clinic.example"]}},
        {"hl7-b2b": {**B2B, "purpose_of_use": []}},
        {"hl7-b2b": {**B2B, "purpose_of_use": "TREAT"}},
        {"hl7-b2b": {**B2B, "purpose_of_use": [1]}},
        {"hl7-b2b": {**B2B, "purpose_of_use": ["a\u2028b"]}},
        "{",
        "[]",
        ["hl7-b2b"],
    ],
)
def test_a_member_says_for_whom_and_what_it_asks(house: Joining, extensions: Any) -> None:
    client_id = house.registered()

    assert house.ask(house.assertion(client_id, extensions=extensions)).status_code == 401


def test_the_parameter_udap_says_how_a_client_proves_itself(house: Joining) -> None:
    client_id = house.registered()

    assert house.ask(house.assertion(client_id), udap=...).status_code == 401
    assert house.ask(house.assertion(client_id), udap="2").status_code == 401
    assert house.ask(house.assertion(client_id), client_id="somebody-else").status_code == 401
    assert house.ask(house.assertion(client_id), client_id=client_id).status_code == 200


def test_a_client_of_the_operator_does_not_come_in_by_certificate(house: Joining) -> None:
    house.trust.register("ehr-of-the-operator", organisation=EHR_URI, uri=EHR_URI)

    assert house.ask(house.assertion("ehr-of-the-operator")).status_code == 401


def test_a_client_may_be_tied_to_a_certificate_of_the_connection(house: Joining) -> None:
    uri = "https://tied.clinic.example"
    tied = member(uri, issuer=ISSUING)
    client_id = house.registered(tied, iss=uri, sub=uri)
    change_client(house.trust.deps, client_id, lambda client: replace(client, certificates=("thumbprint",)))

    assert house.ask(house.assertion(client_id, tied)).status_code == 401
