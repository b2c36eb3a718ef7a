"""UDAP from end to end: a member of the community finds us, becomes a client, and sends a request for authorization."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from fhir_um.auth.certificates import Community
from fhir_um.auth.scopes import ALL
from fhir_um.auth.udap import LIFE
from fhir_um.auth.udap_tokens import chained_token
from fhir_um.cases.client import Client, ClientKind, ClientStanding
from fhir_um.commands.client_telling import rows, told
from fhir_um.usecases.change_client import change_client
from fhir_um.usecases.find_client import find_client
from fhir_um.usecases.see_clients import see_clients
from tests.conftest import NOW
from tests.fhir_um.community import (
    EHR,
    EHR_URI,
    ISSUING,
    ROOT,
    SERVER,
    authority,
    ec_key,
    files,
    member,
    revocation_list,
    rsa_key,
)
from tests.fhir_um.joining import REGISTER_URL, TOKEN_URL, Joining, joining
from tests.fhir_um.trusting import trusting

DAY = timedelta(days=1)
GOOD = Path(__file__).resolve().parents[3] / "fixtures" / "broken" / "good.request.json"
OTHER_URI = "https://other.clinic.example"


@pytest.fixture
def fresh(sqlite_url: str, tmp_path: Path) -> Iterator[Joining]:
    with joining(sqlite_url, tmp_path / "udap") as opened:
        yield opened


@pytest.fixture
def everywhere(database_url: str, tmp_path: Path) -> Iterator[Joining]:
    with joining(database_url, tmp_path / "udap") as opened:
        yield opened


def client_of(house: Joining, client_id: str) -> Client:
    found = find_client(house.trust.deps, client_id)
    assert found is not None
    return found


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.spec("hrex:sec-11")
def test_a_member_finds_us_registers_and_submits(everywhere: Joining) -> None:
    found = everywhere.http.get("/fhir/.well-known/udap").get_json()
    assert (found["registration_endpoint"], found["token_endpoint"]) == (REGISTER_URL, TOKEN_URL)

    registered = everywhere.post(everywhere.statement())
    assert registered.status_code == 201, registered.get_data()

    answer = everywhere.ask(everywhere.assertion(registered.get_json()["client_id"]))
    assert answer.status_code == 200, answer.get_data()
    assert answer.get_json()["scope"] == "system/Claim.crs"

    fhir = bearer(answer.get_json()["access_token"]) | {"Content-Type": "application/fhir+json"}
    submitted = everywhere.http.post("/fhir/Claim/$submit", data=GOOD.read_bytes(), headers=fhir)
    assert submitted.status_code == 200, submitted.get_data()
    claim = submitted.get_json()["entry"][0]["resource"]["id"]
    assert everywhere.http.get(f"/fhir/Claim/{claim}", headers=fhir).status_code == 200
    assert everywhere.http.get(f"/fhir/ClaimResponse/{claim}", headers=fhir).status_code == 403
    assert everywhere.http.get("/um/v1/cases", headers=fhir).status_code == 403


def claims_of(text: str) -> dict[str, Any]:
    """The claims of our metadata, once everything is checked that a client checks."""
    token = chained_token(text)
    certified = Community([ROOT.certificate]).certify(token.header["x5c"], NOW)
    rules = jws.JWSRegistry(algorithms=["RS256"])
    rules.max_header_length = len(text)
    jws.deserialize_compact(text, RSAKey.import_key(certified.public_key), registry=rules)
    assert token.claims["iss"] in certified.uris
    return dict(token.claims)


@pytest.mark.parametrize("path", ["", "/fhir", "/2.0.1/fhir"])
def test_the_metadata_is_signed_for_each_base(house: Joining, path: str) -> None:
    answer = house.http.get(f"{path}/.well-known/udap")
    at = int(house.trust.at.timestamp())

    assert answer.status_code == 200
    assert answer.mimetype == "application/json"
    claims = claims_of(answer.get_json()["signed_metadata"])
    assert claims.pop("jti")
    assert claims == {
        "iss": SERVER + path,
        "sub": SERVER + path,
        "iat": at,
        "exp": at + LIFE.total_seconds(),
        "token_endpoint": TOKEN_URL,
        "registration_endpoint": REGISTER_URL,
    }


def test_the_metadata_says_what_is_supported(house: Joining) -> None:
    found = house.http.get("/fhir/.well-known/udap").get_json()
    del found["signed_metadata"]

    algorithms = ["RS256", "ES256", "RS384", "ES384"]
    assert found == {
        "udap_versions_supported": ["1"],
        "udap_profiles_supported": ["udap_dcr", "udap_authn", "udap_authz"],
        "udap_authorization_extensions_supported": ["hl7-b2b"],
        "udap_authorization_extensions_required": ["hl7-b2b"],
        "udap_certifications_supported": [],
        "udap_certifications_required": [],
        "grant_types_supported": ["client_credentials"],
        "scopes_supported": [
            "system/Claim.crs",
            "system/ClaimResponse.rs",
            "system/DocumentReference.c",
            "system/Subscription.cruds",
        ],
        "token_endpoint": TOKEN_URL,
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "registration_endpoint": REGISTER_URL,
        "registration_endpoint_jwt_signing_alg_values_supported": algorithms,
    }


def test_the_metadata_is_signed_anew_before_it_is_old(fresh: Joining) -> None:
    def signed() -> str:
        return str(fresh.http.get("/fhir/.well-known/udap").get_json()["signed_metadata"])

    first = signed()
    fresh.trust.at += LIFE / 2 - timedelta(seconds=1)
    assert signed() == first

    fresh.trust.at += timedelta(seconds=1)

    second = signed()
    assert claims_of(second)["iat"] == fresh.trust.at.timestamp()
    assert claims_of(second)["jti"] != claims_of(first)["jti"]


def test_the_metadata_does_not_outlive_our_certificate(sqlite_url: str, tmp_path: Path) -> None:
    ends_at = NOW + DAY
    short = member(f"{SERVER}/fhir", issuer=ISSUING, key=rsa_key(), valid_until=ends_at)
    with joining(sqlite_url, tmp_path / "udap", **files(tmp_path / "short", own=short)) as house:
        house.trust.at = ends_at - timedelta(hours=1)
        told = claims_of(house.http.get("/fhir/.well-known/udap").get_json()["signed_metadata"])
        assert told["exp"] == ends_at.timestamp()

        house.trust.at = ends_at

        assert house.http.get("/fhir/.well-known/udap").status_code == 404


def test_only_bases_that_our_certificate_names_have_metadata(sqlite_url: str, tmp_path: Path) -> None:
    own = member(f"{SERVER}/fhir", issuer=ISSUING, key=rsa_key())
    with joining(sqlite_url, tmp_path / "udap", **files(tmp_path / "own", own=own)) as house:
        assert house.http.get("/fhir/.well-known/udap").status_code == 200
        assert house.http.get("/.well-known/udap").status_code == 404
        assert house.http.get("/2.0.1/fhir/.well-known/udap").status_code == 404


def test_a_community_we_are_no_member_of_is_told_apart_where_ours_has_a_name(sqlite_url: str, tmp_path: Path) -> None:
    with joining(sqlite_url, tmp_path / "udap", udap_community="urn:ours") as house:
        other = house.http.get("/fhir/.well-known/udap?community=urn:other")
        assert (other.status_code, other.get_data()) == (204, b"")
        assert house.http.get("/fhir/.well-known/udap?community=urn:ours").status_code == 200
        assert house.http.get("/fhir/.well-known/udap").status_code == 200


def test_without_a_name_for_our_community_everybody_is_told_the_same(house: Joining) -> None:
    assert house.http.get("/fhir/.well-known/udap?community=urn:other").status_code == 200


def test_without_udap_there_is_nothing(sqlite_url: str) -> None:
    with trusting(sqlite_url) as trust:
        for path in ("", "/fhir", "/2.0.1/fhir"):
            assert trust.http.get(f"{path}/.well-known/udap").status_code == 404
        assert trust.http.post("/oauth/register", json={"udap": "1", "software_statement": "x"}).status_code == 404


def test_what_was_registered_is_told_back(house: Joining) -> None:
    statement = house.statement(logo_uri="https://clinic.example/logo.png", software_id="pa")
    answer = house.post(statement, certifications=["whatever"])

    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    said = answer.get_json()
    assert said.pop("client_id").startswith("udap-")
    assert said == {
        "software_statement": statement,
        "client_name": "Clinic Prior Authorization",
        "contacts": ["mailto:operations@clinic.example"],
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": "system/Claim.crs system/ClaimResponse.rs",
    }


def test_a_client_has_no_more_than_a_sender_needs(house: Joining) -> None:
    client_id = house.registered(scope=" ".join(sorted(ALL)))
    client = client_of(house, client_id)

    assert (client.kind, client.organisation, client.uri) == (ClientKind.UDAP, EHR_URI, EHR_URI)
    assert client.roles == frozenset()
    assert not [scope for scope in client.scopes if not scope.startswith("system/")]
    assert [each.id for each in load_payers(house)] == list(client.payer_ids)
    assert house.ask(house.assertion(client_id), scope="um/cases.read").status_code == 400


def test_an_operator_sees_it_among_the_clients(house: Joining) -> None:
    client = client_of(house, house.registered())

    assert f"{client.id:24} active    udap" in rows(see_clients(house.trust.deps))
    assert f"certified as   {EHR_URI}\ncontacts       mailto:operations@clinic.example" in told(client)


def load_payers(house: Joining) -> tuple[Any, ...]:
    with house.trust.deps.open_reading() as work:
        return tuple(work.directory().payers)


@pytest.mark.parametrize(
    ("asked", "told", "kept"),
    [
        ("system/Claim.s system/Claim.c", "system/Claim.s system/Claim.c", ("system/Claim.cs",)),
        ("system/Claim.c um/cases.read", "system/Claim.c", ("system/Claim.c",)),
        ("system/Patient.rs  system/Claim.c", "system/Claim.c", ("system/Claim.c",)),
        ("system/ClaimResponse.read", "system/ClaimResponse.read", ("system/ClaimResponse.rs",)),
    ],
)
def test_the_answer_says_which_scopes_were_registered(
    house: Joining, asked: str, told: str, kept: tuple[str, ...]
) -> None:
    answer = house.register(scope=asked).get_json()

    assert answer["scope"] == told
    assert client_of(house, answer["client_id"]).scopes == kept


def test_a_member_that_asks_for_no_scopes_gets_its_own(house: Joining) -> None:
    answer = house.ask(house.assertion(house.registered()), scope=...)

    assert answer.get_json()["scope"] == "system/Claim.crs system/ClaimResponse.rs"


def test_who_registers_again_stays_the_same_client(everywhere: Joining) -> None:
    first = everywhere.registered()
    before = everywhere.ask(everywhere.assertion(first)).get_json()["access_token"]

    again = everywhere.register(client_name="New Name", scope="system/Claim.s")

    assert again.status_code == 200
    assert (again.get_json()["client_id"], again.get_json()["client_name"]) == (first, "New Name")
    refused = everywhere.http.get("/fhir/Claim?identifier=x", headers=bearer(before))
    assert refused.status_code == 401, "a token of the client as it was before opens nothing"
    assert everywhere.ask(everywhere.assertion(first), scope="system/Claim.c").status_code == 400


def test_the_same_registration_once_more_changes_nothing(house: Joining) -> None:
    client_id = house.registered()
    token = house.ask(house.assertion(client_id)).get_json()["access_token"]

    assert house.register().status_code == 200

    assert house.http.get("/fhir/Claim?identifier=x", headers=bearer(token)).status_code == 200


def test_members_are_apart_even_with_one_key(house: Joining) -> None:
    other = member(OTHER_URI, issuer=ISSUING)
    first, second = house.registered(), house.registered(other, iss=OTHER_URI, sub=OTHER_URI)

    assert first != second
    assert house.ask(house.assertion(second, other)).status_code == 200
    assert house.ask(house.assertion(first, other)).status_code == 401
    assert house.ask(house.assertion(second, EHR)).status_code == 401


def test_a_new_certificate_of_the_same_name_is_the_same_client(house: Joining) -> None:
    client_id = house.registered()
    renewed = member(EHR_URI, issuer=authority("New Issuing", ROOT), key=ec_key(7))

    assert house.ask(house.assertion(client_id, renewed)).status_code == 200


def test_a_member_may_leave_and_come_back(everywhere: Joining) -> None:
    client_id = everywhere.registered()

    left = everywhere.register(grant_types=[])
    assert (left.status_code, left.get_json()["grant_types"]) == (200, [])
    assert left.get_json()["client_id"] == client_id
    assert everywhere.ask(everywhere.assertion(client_id)).status_code == 401

    back = everywhere.register()
    assert (back.status_code, back.get_json()["client_id"]) == (201, client_id)
    assert everywhere.ask(everywhere.assertion(client_id)).status_code == 200


def test_who_was_never_here_cannot_leave(fresh: Joining) -> None:
    answer = fresh.register(grant_types=[])

    assert (answer.status_code, answer.get_json()["error"]) == (400, "unapproved_software_statement")


def test_whom_an_operator_keeps_out_stays_out(everywhere: Joining) -> None:
    client_id = everywhere.registered()
    change_client(everywhere.trust.deps, client_id, lambda client: replace(client, standing=ClientStanding.DISABLED))

    for wish in ({}, {"client_name": "Another"}, {"grant_types": []}):
        answer = everywhere.register(**wish)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "unapproved_software_statement")
    assert everywhere.ask(everywhere.assertion(client_id)).status_code == 401
    assert client_of(everywhere, client_id).standing is ClientStanding.DISABLED


def test_each_is_good_once(everywhere: Joining) -> None:
    statement = everywhere.statement()
    client_id = everywhere.post(statement).get_json()["client_id"]
    assertion = everywhere.assertion(client_id)

    assert everywhere.post(statement).get_json()["error"] == "invalid_software_statement"
    assert everywhere.ask(assertion).status_code == 200
    assert everywhere.ask(assertion).status_code == 401


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"udap": "1"}, "invalid_software_statement"),
        ({"udap": "1", "software_statement": ["x"]}, "invalid_software_statement"),
        ({"udap": "1", "software_statement": "x"}, "invalid_software_statement"),
        ({"udap": "2", "software_statement": "x"}, "invalid_client_metadata"),
        ({"software_statement": "x"}, "invalid_client_metadata"),
        (["x"], "invalid_client_metadata"),
    ],
)
def test_a_registration_has_a_shape(house: Joining, body: Any, error: str) -> None:
    answer = house.http.post("/oauth/register", json=body)

    assert (answer.status_code, answer.get_json()["error"]) == (400, error)


def test_the_extension_may_be_written_as_the_test_kit_does(house: Joining) -> None:
    text = '{"hl7-b2b": {"version": "1", "organization_id": "https://clinic.example", "purpose_of_use": ["SYSDEV"]}}'

    assert house.ask(house.assertion(house.registered(), extensions=text)).status_code == 200


def test_the_audit_log_says_for_whom_and_what_a_token_was_asked(fresh: Joining) -> None:
    client_id = fresh.registered()
    fresh.ask(fresh.assertion(client_id))

    assert audited(fresh) == [
        ("POST /oauth/register", client_id, EHR_URI),
        ("POST /oauth/token", client_id, "for https://clinic.example: urn:oid:2.16.840.1.113883.5.8#COVAUTH"),
    ]


def audited(house: Joining) -> list[tuple[str, str, str]]:
    with house.trust.deps.open_reading() as work:
        entries = [row.entry for row in work.audit.since((), NOW)]
    return [(entry.action, entry.client_id, entry.detail) for entry in entries]


def test_a_certificate_that_was_revoked_opens_nothing_any_more(sqlite_url: str, tmp_path: Path) -> None:
    trust = ROOT.pem + revocation_list(ISSUING, EHR)
    with joining(sqlite_url, tmp_path / "udap", **files(tmp_path / "revoking", trust=trust)) as house:
        assert house.register().get_json()["error"] == "unapproved_software_statement"
        renewed = member(EHR_URI, issuer=ISSUING)
        assert house.register(renewed).status_code == 201
