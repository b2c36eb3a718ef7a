"""The hook counter of the whole application, line by line of what is asked of a CRD server, up to the answer.

`crd-check:n` is line n of the checklist.
"""

import copy
import json
import logging
import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest
import yaml
from flask.testing import FlaskClient
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

from cds_hooks.codings import BILLING_OPTIONS, SNOMED
from cds_hooks.offered import SERVICES
from fhir_um.app import make_app
from fhir_um.auth.hook_keys import PUBLISHED
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.logs import JsonLines
from fhir_um.settings import Mode, Settings
from profiles.canonicals import EXT_COVERAGE_INFORMATION
from profiles.library import shipped_library
from profiles.validating.validator import Validator
from tests.cds_hooks import calling
from tests.cds_hooks.fake_ehr import TOKEN, FakeEhr, fake_ehr, sends
from tests.cds_hooks.shapes import SANDBOX, SUITE
from tests.fhir_um.asking_hooks import CLINIC, COPD, COVERAGE, CPT, HCPCS, ICD10, NPI, PATIENT, PAYOR, saturation
from tests.fhir_um.doors import NOW, open_doors
from tests.packages import examples, member
from tests.people import people

Json = dict[str, Any]

PUBLIC = "https://payer.example.org"
ISSUER = "https://ehr.example.org"
FROM_AFAR = {"REMOTE_ADDR": "203.0.113.9"}
GUIDE = "davinci_crd_2.2.0-build-20260304"
BASES = ["/cds-services", "/2.0.1/cds-services"]
ADDRESSES = [base + tail for base in BASES for tail in ("", "/order-sign", "/order-sign/feedback")]
EC = ECKey.generate_key("P-384", {"kid": "ec-1"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})

DOCTOR: Json = {"resourceType": "Practitioner", "id": "1", "identifier": [{"system": NPI, "value": CLINIC}]}
CHART: tuple[Json, ...] = (COPD, saturation(on="2026-11-10"))
PEOPLE_AT_HAND: tuple[Json, ...] = (PATIENT, COVERAGE, PAYOR, DOCTOR)


@pytest.fixture
def client(sqlite_url: str) -> Iterator[FlaskClient]:
    with open_doors(sqlite_url) as opened:
        yield opened


@pytest.fixture
def registered(sqlite_url: str, tmp_path: Path) -> Iterator[FlaskClient]:
    """The application with one registered EHR; who calls from afar needs its token."""
    keys = [key.as_dict(private=False) for key in (EC, RSA)]
    file = tmp_path / "clients.yaml"
    file.write_text(yaml.safe_dump({"clients": [{"id": "ehr-1", "name": "EHR", "issuer": ISSUER, "keys": keys}]}))
    settings = Settings(database_url=sqlite_url, mode=Mode.SANDBOX, public_url=PUBLIC, hook_clients=file)
    deps = make_deps(settings, clock=lambda: NOW)
    seed(people(), deps)
    yield make_app(deps, settings).test_client()
    deps.store.close()


@pytest.fixture
def ehr() -> Iterator[FakeEhr]:
    with fake_ehr() as running:
        yield running


def token(path: str, key: Any = EC, alg: str = "ES384") -> dict[str, str]:
    """The header of a call to that address, as the registered EHR signs it."""
    claims = {
        "iss": ISSUER,
        "aud": PUBLIC + path,
        "iat": NOW.timestamp(),
        "exp": (NOW + timedelta(minutes=5)).timestamp(),
        "jti": f"{path} {alg}",
    }
    text = jws.serialize_compact(
        {"alg": alg, "kid": key.kid, "typ": "JWT"}, json.dumps(claims).encode(), key, algorithms=[alg]
    )
    return {"Authorization": f"Bearer {text}"}


def order(code: str = "E1390", system: str = HCPCS, kind: str = "ServiceRequest", id: str = "o1", **more: Any) -> Json:
    """An order for Nora Whitfield that keeps all of the guide's rules."""
    told = json.dumps(calling.order(id, kind)).replace("E0431", code).replace(calling.HCPCS, system)
    made: Json = json.loads(told.replace("Patient/pat1", "Patient/nora").replace("Practitioner/pra1", "Practitioner/1"))
    return made | more


def call(
    *orders: Json, hook: str = "order-sign", at_hand: tuple[Json, ...] = (), version: str = "", **more: Any
) -> Json:
    """A call about those orders with her people at hand, and the chart where it is given."""
    prefetch = {"anything": {"entry": [{"resource": each} for each in (*PEOPLE_AT_HAND, *at_hand)]}}
    made = calling.call(hook, *orders, prefetch=prefetch, patientId="nora", userId="Practitioner/1")
    return (calling.speaking(made, version) if version else made) | more


def ask(client: FlaskClient, sent: Json, base: str = BASES[0]) -> Any:
    body = json.dumps(sent, default=float)
    return client.post(f"{base}/{sent['hook']}", data=body, content_type="application/json")


def parts(answer: Any) -> list[Json]:
    """The coverage information of an answer: its parts by name, each with its values."""
    return [
        {
            name: [
                next(v for k, v in part.items() if k != "url") for part in extension["extension"] if part["url"] == name
            ]
            for name in {part["url"] for part in extension["extension"]}
        }
        for action in answer.json.get("systemActions", ())
        for extension in action["resource"]["extension"]
        if extension["url"] == EXT_COVERAGE_INFORMATION
    ]


def decision(answer: Any) -> list[Json]:
    """What was decided, without what is different in every answer, however the order spells its code systems."""
    apart = {"coverage-assertion-id", "satisfied-pa-id", "reason", "date", "billingCode"}
    return [
        {name: value for name, value in part.items() if name not in apart}
        | {"billed by": [coding["code"] for coding in part.get("billingCode", ())]}
        for part in parts(answer)
    ]


def verdict(answer: Any) -> list[tuple[str, str]]:
    return [(part["covered"][0], part.get("pa-needed", [""])[0]) for part in parts(answer)]


def is_outcome(answer: Any) -> bool:
    return bool(answer.json["resourceType"] == "OperationOutcome" and answer.json["issue"])


# --- discovery --------------------------------------------------------------------------------------------------------


def empties(value: Any) -> Iterator[Any]:
    if value in (None, "", [], {}):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from empties(child)


@pytest.mark.spec("crd:hook-4", "hooks:discovery", "crd-check:1", "crd-check:2", "crd-check:3", "crd-check:5")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("has_token", [True, False])
def test_discovery_is_open_to_this_machine_with_a_good_token_or_without(
    registered: FlaskClient, base: str, has_token: bool
) -> None:
    headers = token(base) if has_token else {}

    answer = registered.get(base, headers=headers | {"Accept": "application/json"})

    assert answer.status_code == 200
    assert {row["hook"] for row in answer.json["services"]} == {row.hook for row in SERVICES}
    for row in answer.json["services"]:
        assert all(isinstance(row[name], str) and row[name] for name in ("id", "hook", "title", "description"))


@pytest.mark.parametrize("text", ["x", "a.b.c", token("/elsewhere")["Authorization"].removeprefix("Bearer ")])
def test_discovery_refuses_a_bad_token_on_this_machine_too(registered: FlaskClient, text: str) -> None:
    assert registered.get("/cds-services", headers={"Authorization": f"Bearer {text}"}).status_code == 401


@pytest.mark.spec("hooks:prefetch", "crd-check:12", "crd-check:13")
@pytest.mark.parametrize("base", BASES)
def test_discovery_has_nothing_empty_and_its_templates_stand_in_order(client: FlaskClient, base: str) -> None:
    answer = client.get(base)

    assert list(empties(answer.json)) == []
    for row in dict(json.loads(answer.data, object_pairs_hook=list))["services"]:
        templates = dict(row)["prefetch"]
        for place, (_, template) in enumerate(templates):
            assert set(re.findall(r"%(\w+)", template)) <= {key for key, _ in templates[:place]}


@pytest.mark.spec("hooks:discovery", "crd-check:14")
def test_usage_tells_of_tokens_scopes_and_hooks(client: FlaskClient) -> None:
    for row in client.get("/cds-services").json["services"]:
        usage = row["usageRequirements"]

        assert "JWT" in usage
        assert "scopes" in usage
        assert row["hook"] in usage
        for kind in ("Patient", "Coverage", "Condition", "Observation", "PractitionerRole"):
            assert kind in usage


# --- transport, cors, authentication ----------------------------------------------------------------------------------


@pytest.mark.spec("hooks:cors", "crd-check:16")
@pytest.mark.parametrize("address", ADDRESSES)
def test_preflight_of_a_browser_needs_no_token(registered: FlaskClient, address: str) -> None:
    asks = {"Origin": "https://sandbox.example.org", "Access-Control-Request-Method": "POST"}

    answer = registered.options(address, headers=asks, environ_overrides=FROM_AFAR)

    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert {"GET", "POST", "OPTIONS"} <= set(answer.headers["Access-Control-Allow-Methods"].split(", "))
    assert {"Authorization", "Content-Type"} <= set(answer.headers["Access-Control-Allow-Headers"].split(", "))


@pytest.mark.spec("crd:hook-9", "hooks:cors", "hooks:errors", "crd-check:17", "crd-check:36")
@pytest.mark.parametrize(
    ("path", "given", "status"),
    [
        ("/cds-services/order-sign", {"data": b"{"}, 400),
        ("/cds-services/order-sign", {"data": b"{}", "environ_overrides": FROM_AFAR}, 401),
        ("/cds-services/patient-view", {"data": b"{}"}, 404),
        ("/cds-services/order-sign", {"method": "GET"}, 405),
        ("/cds-services", {"data": b"{}"}, 405),
        ("/cds-services/order-sign", {"data": b" " * 20_000_001}, 413),
        ("/cds-services/order-sign", {"data": b"{}", "content_type": "text/plain"}, 415),
        ("/cds-services/order-sign", {"data": b"{}"}, 422),
    ],
)
def test_every_error_is_json_that_a_browser_may_read(
    registered: FlaskClient, path: str, given: Json, status: int
) -> None:
    answer = registered.open(path, **({"method": "POST", "content_type": "application/json"} | given))

    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert is_outcome(answer)


@pytest.mark.spec("crd-check:19")
@pytest.mark.parametrize("address", [*ADDRESSES, *(address + "/" for address in ADDRESSES)])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_no_address_leads_elsewhere(client: FlaskClient, address: str, method: str) -> None:
    answer = client.open(address, method=method, data=b"{}", content_type="application/json")

    assert answer.status_code // 100 != 3
    assert "Location" not in answer.headers


@pytest.mark.spec("hooks:jwt", "crd-check:20", "crd-check:21", "crd-check:25", "crd-check:27", "crd-check:29")
@pytest.mark.parametrize(("key", "alg"), [(EC, "ES384"), (RSA, "RS384")])
@pytest.mark.parametrize(("method", "path"), [("GET", "/cds-services"), ("POST", "/cds-services/order-sign")])
def test_signed_call_of_a_registered_ehr_is_answered_once(
    registered: FlaskClient, method: str, path: str, key: Any, alg: str
) -> None:
    def send() -> int:
        body = json.dumps(call(order()))
        headers = token(path, key, alg) | {"Host": "127.0.0.1:8080", "Content-Type": "application/json"}
        answer = registered.open(path, method=method, data=body, headers=headers, environ_overrides=FROM_AFAR)
        return answer.status_code

    assert [send(), send()] == [200, 401]


@pytest.mark.spec("crd:sec-1", "hooks:jwt", "crd-check:31")
def test_no_token_is_written_anywhere(
    registered: FlaskClient, ehr: FakeEhr, sqlite_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ehr.has(*PEOPLE_AT_HAND).instead["/r4/Condition"] = sends({}, 401)
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "*", "subject": "us"}
    sent = call(order(), prefetch={}, fhirServer=ehr.url, fhirAuthorization=access)
    headers = token("/cds-services/order-sign")

    answer = registered.post("/cds-services/order-sign", json=sent, headers=headers, environ_overrides=FROM_AFAR)

    assert answer.status_code == 200
    assert {each["Authorization"] for each in ehr.headers} == {f"Bearer {TOKEN}"}
    with closing(connect(sqlite_url.removeprefix("sqlite:///"))) as store:
        kept = "\n".join(store.iterdump())
    written = kept + caplog.text + "".join(map(JsonLines().format, caplog.records)) + answer.text
    assert "hook_invocations" in kept
    for secret in (TOKEN, headers["Authorization"].removeprefix("Bearer ")):
        assert secret not in written
        assert secret.rpartition(".")[2] not in written


@pytest.mark.spec("crd-check:32")
def test_keys_whose_secret_is_public_are_known() -> None:
    """Of the public test suite for servers (one per algorithm) and of the public sandbox."""
    assert {kid[:8] for kid in PUBLISHED} == {"4b49a739", "b41528b6", "44823f3d"}


# --- calls of real clients --------------------------------------------------------------------------------------------


@pytest.mark.spec("crd-check:33")
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("name", SUITE)
def test_calls_of_the_public_test_suite_are_answered(client: FlaskClient, name: str, base: str) -> None:
    answer = ask(client, SUITE[name], base)

    assert answer.status_code == 200
    assert answer.json["cards"] or answer.json["systemActions"]


@pytest.mark.spec("crd-check:34")
@pytest.mark.parametrize("number", ["", "2", "3", "4"])
def test_requests_of_the_guide_are_answered(client: FlaskClient, ehr: FakeEhr, number: str) -> None:
    """As they are, from an EHR that has what they do not bring; the insurer is ours."""
    packed = member(GUIDE, f"package/Binary-CRDServiceRequest{number}.json")
    assert packed is not None
    sent = json.loads(b64decode(json.loads(packed)["data"])) | {"fhirServer": ehr.url}
    mine = COVERAGE | {"id": "COV1", "beneficiary": {"reference": f"Patient/{sent['context']['patientId']}"}}
    ehr.has(PAYOR, mine, PATIENT | {"id": sent["context"]["patientId"]})
    if "coverage" in sent.get("prefetch", {}):
        sent["prefetch"]["coverage"] = mine

    answer = ask(client, sent)

    assert answer.status_code == 200
    assert answer.json["cards"] if number == "2" else parts(answer)


@pytest.mark.spec("crd-check:35")
@pytest.mark.parametrize("name", SANDBOX)
def test_calls_of_the_public_sandbox_are_answered(client: FlaskClient, name: str) -> None:
    covered = copy.deepcopy(SANDBOX[name])
    covered["context"]["patientId"] = "nora"
    covered["context"]["draftOrders"]["entry"][0]["resource"]["subject"] = {"reference": "Patient/nora"}
    covered["prefetch"] = {
        "patient": PATIENT,
        "coverage": {"entry": [{"resource": each} for each in (COVERAGE, PAYOR)]},
    }

    assert ask(client, SANDBOX[name]).json["cards"]
    answer = ask(client, covered)
    assert (answer.status_code, len(parts(answer))) == (200, 1)


# --- how a call is handled --------------------------------------------------------------------------------------------


@pytest.mark.spec("crd:hook-10", "crd:hook-13", "hooks:errors", "crd-check:37", "crd-check:38", "crd-check:48")
@pytest.mark.parametrize(
    ("changed", "version", "status"),
    [
        (b"no json", "", 400),
        ({"hook": "order-select"}, "2.2", 400),
        ({"hook": "order-select"}, "", 422),
        ({"hookInstance": None}, "2.2", 400),
        ({"context": None}, "2.0", 422),
        ({"extension": {"davinci-crd.requestedVersion": "9.9"}}, "", 400),
    ],
)
def test_what_is_no_call_is_refused(client: FlaskClient, changed: Any, version: str, status: int) -> None:
    body = changed if isinstance(changed, bytes) else json.dumps(call(order(), version=version) | changed).encode()

    answer = client.post("/cds-services/order-sign", data=body, content_type="application/json")

    assert (answer.status_code, is_outcome(answer)) == (status, True)


@pytest.mark.spec("crd:hook-13", "crd-check:39")
def test_order_that_breaks_the_guide_is_refused_in_2_2_and_answered_in_2_0(client: FlaskClient) -> None:
    bare = {name: value for name, value in order("G0399").items() if name != "subject"}

    refused, answered = ask(client, call(bare, version="2.2")), ask(client, call(bare))

    assert (refused.status_code, is_outcome(refused)) == (422, True)
    assert (answered.status_code, verdict(answered)) == (200, [("covered", "no-auth")])


BARE: dict[str, Json] = {
    "order-sign": {"draftOrders": {"entry": [{"resource": {"resourceType": "ServiceRequest", "id": "1"}}]}},
    "order-select": {"draftOrders": {"entry": [{"resource": {"resourceType": "DeviceRequest", "id": "1"}}]}},
    "order-dispatch": {"dispatchedOrders": ["ServiceRequest/1"]},
    "appointment-book": {"appointments": {"entry": [{"resource": {"resourceType": "Appointment", "id": "1"}}]}},
    "encounter-start": {"encounterId": "1"},
    "encounter-discharge": {"encounterId": "1"},
}
"""By hook, a context with nothing in it that could be left out."""


@pytest.mark.spec("crd:conf-8")
@pytest.mark.spec("crd:conf-12", "crd-check:41", "crd-check:51", "crd-check:53")
@pytest.mark.parametrize("prefetch", [None, {}, {"coverage": None, "own": {"entry": [{"resource": COVERAGE}]}}])
@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("hook", BARE)
def test_call_with_nothing_optional_in_it_is_answered(
    client: FlaskClient, hook: str, base: str, prefetch: Json | None
) -> None:
    sent: Json = {"hook": hook, "hookInstance": "1", "context": BARE[hook] | {"patientId": "nora"}}

    answer = ask(client, sent if prefetch is None else sent | {"prefetch": prefetch}, base)

    assert answer.status_code == 200
    assert answer.json["cards"] or parts(answer)


@pytest.mark.spec("crd:dev-6", "crd-check:46")
def test_nonsense_in_a_configuration_is_logged_and_changes_nothing(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    sent = calling.configured(call(order("G0399")), coverage_info="no", max_cards=-1)

    answer = ask(client, sent)

    assert (answer.status_code, verdict(answer)) == (200, [("covered", "no-auth")])
    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    assert [line["ignored"] for line in lines if line["event"] == "hook"] == ["coverage-info,max-cards"]


@pytest.mark.spec("crd:dev-14", "crd-check:43")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_coverage_information_is_switched_off(client: FlaskClient, version: str) -> None:
    answer = ask(client, calling.configured(call(order(), version=version), coverage_info=False))

    assert (answer.status_code, parts(answer)) == (200, [])


@pytest.mark.spec("crd:found-35", "crd-check:47")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_what_if_gets_no_new_number_but_is_told_of_one_on_file(client: FlaskClient, version: str) -> None:
    sent = call(order(quantityQuantity={"value": 12}), at_hand=CHART, version=version)
    what_if = calling.configured(sent, unsolicited_determ=False)

    before, asked, after = (ask(client, each) for each in (what_if, sent, what_if))

    assert "satisfied-pa-id" not in parts(before)[0]
    assert verdict(asked) == [("covered", "satisfied")]
    assert parts(after)[0]["satisfied-pa-id"] == parts(asked)[0]["satisfied-pa-id"]


@pytest.mark.spec("crd:resp-39")
@pytest.mark.spec("crd:found-5", "hooks:prefetch", "crd-check:55", "crd-check:57")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("has_chart", [True, False], ids=["whole", "thin"])
def test_what_was_not_prefetched_is_fetched_and_a_thin_record_answered(
    client: FlaskClient, ehr: FakeEhr, version: str, has_chart: bool
) -> None:
    ehr.has(*PEOPLE_AT_HAND, *(CHART if has_chart else ()))
    access = {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300, "scope": "*", "subject": "us"}
    sent = call(order(quantityQuantity={"value": 12}), version=version, fhirServer=ehr.url, fhirAuthorization=access)
    del sent["prefetch"]

    answer = ask(client, sent)

    assert answer.status_code == 200
    assert verdict(answer) == [("covered", "satisfied" if has_chart else "auth-needed")]
    assert any(asked.startswith("/r4/Coverage?patient=nora&status=active") for asked in ehr.asked)
    assert {headers["Authorization"] for headers in ehr.headers} == {f"Bearer {TOKEN}"}


@pytest.mark.spec("crd:hook-13", "crd:found-34", "crd-check:56", "crd-check:58")
@pytest.mark.parametrize(
    ("coverage", "strict"),
    [
        ((), 412),
        ((COVERAGE, COVERAGE | {"id": "cov2"}), 400),
        ((COVERAGE | {"payor": [{"identifier": {"system": NPI, "value": "1999999999"}}]},), 400),
    ],
    ids=["unreachable", "several", "another payer's"],
)
def test_coverage_that_is_not_one_of_ours_is_refused_strictly_and_made_the_best_of_leniently(
    client: FlaskClient, coverage: tuple[Json, ...], strict: int
) -> None:
    at_hand = {"anything": {"entry": [{"resource": each} for each in (PATIENT, PAYOR, DOCTOR, *coverage)]}}

    refused = ask(client, call(order("G0399"), version="2.2", prefetch=at_hand))
    answered = ask(client, call(order("G0399"), prefetch=at_hand))

    assert (refused.status_code, is_outcome(refused)) == (strict, True)
    assert answered.status_code == 200
    assert answered.json["cards"] or parts(answered)


# --- what is ordered, in each of its shapes ---------------------------------------------------------------------------

US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_CATEGORIES = {"3.1.1": "problem-list-item", "6.1.0": "problem-list-item", "7.0.0": "encounter-diagnosis"}


def us_core(version: str) -> tuple[Json, ...]:
    """Nora's record as US Core of that version shapes it: profiles, categories, extensions, where the member id is."""
    terms = "http://terminology.hl7.org/CodeSystem/"
    category = _CATEGORIES[version]
    system = f"{terms}condition-category"
    condition = {
        "3.1.1": "condition",
        "6.1.0": "condition-problems-health-concerns",
        "7.0.0": "condition-encounter-diagnosis",
    }[version]
    sex = {
        "3.1.1": {"url": f"{US_CORE}birthsex", "valueCode": "F"},
        "6.1.0": {"url": f"{US_CORE}sex", "valueCode": "248152002"},
        "7.0.0": {"url": f"{US_CORE}sex", "valueCode": "248152002"},
    }[version]
    number = {
        "type": {"coding": [{"system": f"{terms}v2-0203", "code": "MB"}]},
        "system": "https://harbor.example.test/member-number",
        "value": "H1001-6103",
    }
    bare = {name: value for name, value in COVERAGE.items() if name != "subscriberId"}
    coverage = COVERAGE if version == "3.1.1" else bare | {"meta": {"profile": [f"{US_CORE}coverage"]}}
    return (
        PATIENT
        | {
            "meta": {"profile": [f"{US_CORE}patient"]},
            "identifier": [{"system": "https://ehr.example.test/records", "value": "77"}],
            "gender": "female",
            "extension": [sex],
        },
        coverage
        | {
            "identifier": [number],
            "relationship": {"coding": [{"system": f"{terms}subscriber-relationship", "code": "self"}]},
        },
        PAYOR | {"meta": {"profile": [f"{US_CORE}organization"]}, "active": True},
        DOCTOR | {"meta": {"profile": [f"{US_CORE}practitioner"]}, "name": [{"family": "Osei"}]},
        {
            "resourceType": "PractitionerRole",
            "id": "role",
            "meta": {"profile": [f"{US_CORE}practitionerrole"]},
            "practitioner": {"reference": "Practitioner/1"},
            "organization": {"reference": "Organization/harbor"},
            "telecom": [{"system": "phone", "value": "555-0100"}],
        },
        COPD
        | {
            "meta": {"profile": [US_CORE + condition]},
            "clinicalStatus": {"coding": [{"system": f"{terms}condition-clinical", "code": "active"}]},
            "verificationStatus": {"coding": [{"system": f"{terms}condition-ver-status", "code": "confirmed"}]},
            "category": [{"coding": [{"system": system, "code": category}]}],
            "code": {"coding": [{"system": SNOMED, "code": "13645005"}, {"system": ICD10, "code": "J44.9"}]},
            "encounter": {"reference": "Encounter/e1"},
        },
        saturation(on="2026-11-10")
        | {
            "meta": {"profile": [f"{US_CORE}pulse-oximetry"]},
            "category": [{"coding": [{"system": f"{terms}observation-category", "code": "vital-signs"}]}],
            "code": {"coding": [{"system": "http://loinc.org", "code": code} for code in ("2708-6", "59408-5")]},
            "performer": [{"reference": "Practitioner/1"}],
        },
    )


@pytest.mark.spec("crd:conf-2", "crd-check:60")
@pytest.mark.parametrize("requester", ["Practitioner/1", "PractitionerRole/role"])
@pytest.mark.parametrize("version", ["3.1.1", "6.1.0", "7.0.0"])
def test_every_us_core_version_gives_the_same_decision(client: FlaskClient, version: str, requester: str) -> None:
    record = us_core(version)
    check = Validator(shipped_library(), f"hl7.fhir.us.core#{version}").check
    assert [issue for each in record for issue in check(each) if issue.severity == "error"] == []
    asked = order(quantityQuantity={"value": 12}, requester={"reference": requester})

    answer = ask(client, call(asked, prefetch={"record": {"entry": [{"resource": each} for each in record]}}))

    assert verdict(answer) == [("covered", "satisfied")]


@pytest.mark.spec("crd:conf-2", "crd-check:60")
@pytest.mark.parametrize("package", ["us_core_3.1.1", "us_core_6.1.0", "us_core_7.0.0"])
def test_official_examples_of_every_us_core_version_may_come_along(client: FlaskClient, package: str) -> None:
    """Other people's records change nothing; those of hers would."""
    official = [json.loads(raw) for _, raw in sorted(examples(package).items())]
    others = [each for each in official if each.get("resourceType") != "Coverage"]
    alone, beside = call(order(), at_hand=CHART), call(order(), at_hand=(*CHART, *others))
    what_if = [calling.configured(sent, unsolicited_determ=False) for sent in (alone, beside)]

    answers = [ask(client, sent) for sent in what_if]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert decision(answers[0]) == decision(answers[1])


ALIASES = [
    ("E1390", system)
    for system in (
        "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
        "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
        "urn:oid:2.16.840.1.113883.6.285",
        "urn:oid:2.16.840.1.113883.6.14",
        "http://terminology.hl7.org/CodeSystem/HCPCS",
    )
] + [("72148", system) for system in (CPT, "https://www.ama-assn.org/go/cpt", "urn:oid:2.16.840.1.113883.6.12", HCPCS)]


@pytest.mark.spec("crd:found-10", "crd-check:61")
def test_every_spelling_of_a_code_system_gives_the_same_decision(client: FlaskClient) -> None:
    sent = {(code, system): call(order(code, system), at_hand=(COPD,)) for code, system in ALIASES}

    found: dict[str, list[Any]] = {}
    for (code, _), each in sent.items():
        found.setdefault(code, []).append(decision(ask(client, each)))

    for decisions in found.values():
        assert decisions[0][0]["pa-needed"] == ["auth-needed"]
        assert decisions == [decisions[0]] * len(decisions)
    assert decision(ask(client, call(order("E1390", "urn:example:own")))) != found["E1390"][0]


@pytest.mark.spec("crd:found-10", "crd-check:61")
@pytest.mark.parametrize("system", [SNOMED, "https://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"])
def test_spelling_of_a_clinical_system_does_not_hide_what_may_be_billed(client: FlaskClient, system: str) -> None:
    assert verdict(ask(client, call(billed(system)))) == [("covered", "no-auth")]


def billed(system: str) -> Json:
    """An order in a clinical code, with what it may be billed as."""
    option = {"url": BILLING_OPTIONS, "valueCodeableConcept": {"coding": [{"system": HCPCS, "code": "G0399"}]}}
    return order() | {"code": {"coding": [{"system": system, "code": "60554003"}], "extension": [option]}}


@pytest.mark.spec("crd:billopt-2", "crd:billopt-3", "crd-check:62")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_billing_options_decide_where_they_are_and_are_not_needed(client: FlaskClient, version: str) -> None:
    clinical = billed(SNOMED)
    del clinical["code"]["extension"]

    with_options, without = (ask(client, call(each, version=version)) for each in (billed(SNOMED), clinical))

    assert [answer.status_code for answer in (with_options, without)] == [200, 200]
    assert verdict(with_options) == [("covered", "no-auth")]
    assert [part["covered"][0] in {"indeterminate", "conditional"} for part in parts(without)] == [True]


@pytest.mark.spec("crd:hook-4", "crd-check:63")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize(
    "kind",
    [
        "CommunicationRequest",
        "DeviceRequest",
        "MedicationRequest",
        "NutritionOrder",
        "ServiceRequest",
        "VisionPrescription",
    ],
)
def test_every_type_of_order_is_answered(client: FlaskClient, kind: str, version: str) -> None:
    answer = ask(client, call(order("G0399", kind=kind), version=version))

    assert answer.status_code == 200
    if (kind, version) == ("VisionPrescription", "2.0"):
        assert "this version of CRD" in answer.json["cards"][0]["detail"]
    else:
        assert verdict(answer) == [("covered", "no-auth")]


@pytest.mark.spec("crd-check:64")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
def test_order_not_to_do_something_gets_no_assertion(client: FlaskClient, version: str) -> None:
    done, not_done = order(id="a"), order(id="b", doNotPerform=True)

    answer = ask(client, call(done, not_done, version=version))

    assert [action["resource"]["id"] for action in answer.json["systemActions"]] == ["a"]
