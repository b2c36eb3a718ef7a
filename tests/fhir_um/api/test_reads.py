"""Reads and searches: what the sender sent, what we say now, by id or by identifier, with versions."""

import json

import pytest
from flask.testing import FlaskClient

from fhir_um.api.forms import FORM
from profiles.issues import Kind
from tests.fhir_um.api.outcomes import assert_outcome


@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
@pytest.mark.parametrize("resource_type", ["Claim", "ClaimResponse"])
def test_read_by_id(client: FlaskClient, case_id: str, base: str, resource_type: str) -> None:
    answer = client.get(f"{base}/{resource_type}/{case_id}")

    assert answer.status_code == 200
    assert (answer.json["resourceType"], answer.json["id"]) == (resource_type, case_id)
    assert answer.headers["ETag"] == 'W/"1"'
    assert answer.headers["Last-Modified"].endswith("GMT")


def test_unchanged_resource_is_not_sent_again(client: FlaskClient, case_id: str) -> None:
    answer = client.get(f"/fhir/ClaimResponse/{case_id}", headers={"If-None-Match": 'W/"1"'})

    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == 'W/"1"'


def test_changed_resource_is_sent(client: FlaskClient, case_id: str) -> None:
    answer = client.get(f"/fhir/ClaimResponse/{case_id}", headers={"If-None-Match": 'W/"0"'})

    assert answer.status_code == 200


@pytest.mark.parametrize("address", ["/fhir/ClaimResponse/{}", "/fhir/Claim/{}"])
@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"If-None-Match": 'W/"1"'}, 304),
        ({"If-None-Match": '"1"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": 'W/"0", W/"1"'}, 304),
        ({"If-None-Match": 'W/"0"'}, 200),
        ({"If-Modified-Since": "{last}"}, 304),
        ({"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
        ({"If-Modified-Since": "Thu, 01 Jan 2015 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "long ago"}, 200),
        ({"If-None-Match": 'W/"0"', "If-Modified-Since": "{last}"}, 200),
    ],
)
def test_what_is_sent_again_depends_on_what_is_known(
    client: FlaskClient, case_id: str, address: str, asked: dict[str, str], status: int
) -> None:
    first = client.get(address.format(case_id))
    last = first.headers["Last-Modified"]

    answer = client.get(address.format(case_id), headers={name: text.format(last=last) for name, text in asked.items()})

    assert answer.status_code == status
    assert answer.headers["ETag"] == first.headers["ETag"]
    assert answer.data == (b"" if status == 304 else first.data)


@pytest.mark.parametrize("address", ["/fhir/ClaimResponse/nobody", "/um/v1/cases/nobody"])
def test_what_is_not_there_is_not_found_whatever_is_known(client: FlaskClient, address: str) -> None:
    assert_outcome(client.get(address, headers={"If-None-Match": "*"}), Kind.NOT_FOUND)


@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
@pytest.mark.parametrize("operation", ["$submit", "$inquire"])
def test_operation_is_not_taken_for_an_id(client: FlaskClient, base: str, operation: str) -> None:
    answer = client.get(f"{base}/Claim/{operation}")

    assert_outcome(answer, Kind.NOT_OFFERED)
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("case_id", ["a" * 65, "a_b", "a b", "$x", "a|b"])
def test_what_cannot_be_an_id_is_no_address(client: FlaskClient, case_id: str) -> None:
    for address in (f"/fhir/Claim/{case_id}", f"/um/v1/cases/{case_id}", f"/um/v1/cases/{case_id}/events"):
        assert_outcome(client.get(address), Kind.NOT_FOUND)


def _cases_of_one_patient(client: FlaskClient, good: bytes, count: int) -> list[str]:
    """The ids of that many cases of one patient, in the order they came."""
    opened = []
    for number in range(count):
        bundle = json.loads(good)
        claim = bundle["entry"][0]
        claim["fullUrl"], claim["resource"]["id"] = (
            f"{claim['fullUrl']}-{number}",
            f"{claim['resource']['id']}-{number}",
        )
        claim["resource"]["identifier"][0]["value"] += f"-{number}"
        answer = client.post("/fhir/Claim/$submit", json=bundle)
        opened.append(answer.json["entry"][0]["resource"]["id"])
    assert len(set(opened)) == count
    return opened


def test_search_in_pages_tells_the_total_when_it_is_known(client: FlaskClient, good: bytes) -> None:
    opened = _cases_of_one_patient(client, good, 5)
    whole = client.get("/fhir/Claim?patient=Patient/patient-1").json
    found: list[str] = []
    totals: list[int | None] = []
    address: str | None = "/fhir/Claim?patient=Patient/patient-1&_count=2"

    while address:
        page = client.get(address).json
        found += [entry["resource"]["id"] for entry in page["entry"]]
        totals.append(page.get("total"))
        links = {link["relation"]: link["url"] for link in page["link"]}
        address = links.get("next", "").partition("://")[2].partition("/")[2]
        address = f"/{address}" if address else None

    assert (whole["total"], [link["relation"] for link in whole["link"]]) == (5, ["self"])
    assert found == [entry["resource"]["id"] for entry in whole["entry"]]
    assert sorted(found) == sorted(opened)
    assert totals == [None, None, 5]


@pytest.mark.parametrize("patient", ["Patient/patient-1", "https://ehr.riverbend.example.org/fhir/Patient/patient-1"])
def test_search_by_patient_as_the_sender_wrote_it(client: FlaskClient, good: bytes, patient: str) -> None:
    (opened,) = _cases_of_one_patient(client, good, 1)

    for other in (
        "Patient/patient",
        "Patient/patient-12",
        "patient/patient-1",
        "https://other.example.org/fhir/Patient/patient-1",
    ):
        assert client.get("/fhir/Claim", query_string={"patient": other}).json["total"] == 0
    found = client.get("/fhir/Claim", query_string={"patient": patient}).json
    assert [entry["resource"]["id"] for entry in found["entry"]] == [opened]


def test_search_for_a_value_with_a_comma_and_a_bar(client: FlaskClient, good: bytes) -> None:
    bundle = json.loads(good)
    identifier = bundle["entry"][0]["resource"]["identifier"][0]
    identifier["value"] = "a,b|c"
    client.post("/fhir/Claim/$submit", json=bundle)

    for query in (r"a\,b\|c", rf"{identifier['system']}|a\,b\|c"):
        assert client.get("/fhir/Claim", query_string={"identifier": query}).json["total"] == 1


def test_search_by_identifier(client: FlaskClient, case_id: str, good: bytes) -> None:
    identifier = json.loads(good)["entry"][0]["resource"]["identifier"][0]

    found = client.get(f"/fhir/Claim?identifier={identifier['system']}|{identifier['value']}").json

    assert (found["type"], found["total"]) == ("searchset", 1)
    assert found["entry"][0]["fullUrl"].endswith(f"/fhir/Claim/{case_id}")
    assert found["entry"][0]["resource"]["id"] == case_id


@pytest.mark.parametrize("base", ["/fhir", "/2.0.1/fhir"])
@pytest.mark.parametrize("resource_type", ["Claim", "ClaimResponse"])
def test_search_by_post_finds_what_a_search_by_get_finds(
    client: FlaskClient, good: bytes, base: str, resource_type: str
) -> None:
    _cases_of_one_patient(client, good, 3)
    wanted, address = {"patient": "Patient/patient-1"}, f"{base}/{resource_type}"

    by_get = client.get(address, query_string=wanted).json
    by_post = client.post(f"{address}/_search", data=wanted | {"_format": "json", "_pretty": "true"})

    assert by_post.mimetype == "application/fhir+json"
    assert by_post.json["entry"] == by_get["entry"]
    assert by_post.json["total"] == by_get["total"] == 3
    assert by_post.json["link"] == [{"relation": "self", "url": f"http://127.0.0.1:8080{address}/_search"}]


def test_pages_of_a_search_by_post_are_asked_for_in_the_form(client: FlaskClient, good: bytes) -> None:
    """Without a `total` there is more. No link repeats what the form says."""
    _cases_of_one_patient(client, good, 5)
    wanted: dict[str, str | int] = {"patient": "Patient/patient-1", "_count": 2}
    pages = [client.post("/fhir/Claim/_search", data=wanted | {"_offset": offset}).json for offset in (0, 2, 4)]

    found = [entry["resource"]["id"] for page in pages for entry in page["entry"]]
    whole = client.post("/fhir/Claim/_search", data=wanted | {"_count": 50}).json
    assert found == [entry["resource"]["id"] for entry in whole["entry"]]
    assert [page.get("total") for page in pages] == [None, None, 5]
    assert {link["relation"] for page in pages for link in page["link"]} == {"self"}
    assert all("patient" not in link["url"] for page in pages for link in page["link"])


def test_search_by_post_takes_query_and_form_together(client: FlaskClient, case_id: str) -> None:
    """The same in both is given twice. Source: FHIR R4 3.1.1.1."""
    address, wanted = "/fhir/Claim/_search?_count=1", {"patient": "Patient/patient-1"}

    found = client.post(address, data=wanted).json

    assert found["total"] == 1
    assert found["link"][0]["url"].endswith(address)
    assert_outcome(client.post(address, data=wanted | {"_count": 1}), Kind.INVALID, "_count")


@pytest.mark.parametrize("resource_type", ["Claim", "ClaimResponse", "Subscription"])
def test_search_by_post_reads_forms_alone(client: FlaskClient, resource_type: str) -> None:
    address = f"/fhir/{resource_type}/_search"

    assert_outcome(client.post(address, json={"patient": "x"}), Kind.WRONG_TYPE)
    assert_outcome(client.post(address, data=b"patient=%ff", content_type=FORM), Kind.UNREADABLE)
    assert_outcome(client.post(address, data={"_format": "xml"}), Kind.NOT_ACCEPTABLE)
    answer = client.get(address)
    assert_outcome(answer, Kind.NOT_OFFERED)
    assert answer.headers["Allow"] == "POST"


def test_search_that_finds_nothing(client: FlaskClient, case_id: str) -> None:
    found = client.get("/fhir/ClaimResponse?identifier=nowhere|1").json

    assert found["total"] == 0
    assert "entry" not in found


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("", "identifier"),
        ("status=active", ""),
        ("identifier=a&identifier=b", "identifier"),
        ("identifier=a&_count=none", "_count"),
        ("identifier=a&_count=0", "_count"),
        ("identifier=a&_offset=-1", "_offset"),
        ("identifier=a&_offset=1001", "_offset"),
        ("identifier=a,b", "identifier"),
        ("identifier=urn:x%7Ca,urn:x%7Cb", "identifier"),
        ("patient=Patient/1,Patient/2", "patient"),
    ],
)
def test_search_that_cannot_be_understood_is_refused(client: FlaskClient, query: str, path: str) -> None:
    assert_outcome(client.get(f"/fhir/ClaimResponse?{query}"), Kind.INVALID, path)
    assert_outcome(client.post("/fhir/ClaimResponse/_search", data=query, content_type=FORM), Kind.INVALID, path)


@pytest.mark.parametrize("resource_type", ["Claim", "ClaimResponse"])
def test_unknown_id_is_not_found(client: FlaskClient, resource_type: str) -> None:
    assert_outcome(client.get(f"/fhir/{resource_type}/nobody"), Kind.NOT_FOUND)


def test_xml_is_not_offered(client: FlaskClient, case_id: str) -> None:
    assert_outcome(client.get(f"/fhir/ClaimResponse/{case_id}?_format=xml"), Kind.NOT_ACCEPTABLE)
