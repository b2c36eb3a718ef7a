"""The tester's values in place of the invented ones: in the fixtures as they are."""

import json
from pathlib import Path
from typing import Any

from fhir_um.conformance.substituting import adapted
from fhir_um.conformance.tester import Code, Member, Party, Tester

STORIES = Path(__file__).parents[3] / "fixtures" / "stories"
JANE = Member("900123", "https://payer.test/member", "Roe", "Jane", "1950-01-02", "male")


def read(name: str) -> Any:
    return json.loads((STORIES / name).read_text("utf-8"))


def of_type(content: Any, kind: str) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return [found for one in content for found in of_type(one, kind)]
    if not isinstance(content, dict):
        return []
    below = [found for one in content.values() for found in of_type(one, kind)]
    return ([content] if content.get("resourceType") == kind else []) + below


def with_tables(**tables: Any) -> Tester:
    return Tester(server="http://payer.test", **tables)


SUBMIT = read("prior-authorization/01-submit-oxygen.request.json")
HOOK = read("crd/02-sign-oxygen.hook.json")


def test_without_tables_everything_stays() -> None:
    assert adapted(SUBMIT, with_tables()) is SUBMIT


def test_a_member_is_another_wherever_the_number_stands() -> None:
    put = adapted(SUBMIT, with_tables(members={"H1001-6103": JANE}))

    (patient,), (coverage,) = of_type(put, "Patient"), of_type(put, "Coverage")
    assert (patient["identifier"][0]["system"], patient["identifier"][0]["value"]) == (JANE.system, "900123")
    assert patient["name"] == [{"family": "Roe", "given": ["Jane"]}]
    assert (patient["birthDate"], patient["gender"]) == ("1950-01-02", "male")
    assert (coverage["subscriberId"], coverage["identifier"][0]["value"]) == ("900123", "900123")
    assert set(coverage) == set(of_type(SUBMIT, "Coverage")[0])
    assert "H1001-6103" not in json.dumps(put)


def test_what_a_row_leaves_empty_stays() -> None:
    (patient,) = of_type(adapted(SUBMIT, with_tables(members={"H1001-6103": Member("900123")})), "Patient")

    assert patient["name"] == of_type(SUBMIT, "Patient")[0]["name"]
    assert patient["identifier"][0]["system"] == "https://harbor.example.test/member-number"


def test_the_row_of_anybody_is_for_members_without_one() -> None:
    table = {"*": JANE, "H1001-6103": Member("1")}

    assert of_type(adapted(SUBMIT, with_tables(members=table)), "Patient")[0]["identifier"][0]["value"] == "1"
    (patient,) = of_type(adapted(HOOK, with_tables(members=table)), "Patient")
    assert [one["value"] for one in patient["identifier"]] == ["R-1016", "900123"]
    assert patient["name"] == [{"family": "Roe", "given": ["Jane"]}]
    assert (
        adapted(HOOK, with_tables(members=table))["prefetch"]["coverage"]["entry"][0]["resource"]["subscriberId"]
        == "900123"
    )


def test_providers_and_payers_get_their_number_and_name() -> None:
    put = adapted(
        SUBMIT,
        with_tables(
            providers={"1910010010": Party("1999999984", name="My Clinic"), "1910020027": Party("2", family="Doe")},
            payers={"HARBOR01": Party("77", "urn:plans", "My Plan")},
        ),
    )

    organizations = {each["identifier"][0]["value"]: each["name"] for each in of_type(put, "Organization")}
    assert organizations.items() >= {"1999999984": "My Clinic", "77": "My Plan"}.items()
    assert of_type(put, "Practitioner")[0]["name"] == [{"family": "Doe", "given": ["Miriam"]}]


def test_the_row_of_anybody_tells_payers_from_providers() -> None:
    put = adapted(HOOK, with_tables(providers={"*": Party("1")}, payers={"*": Party("2")}))

    assert sorted(each["identifier"][0]["value"] for each in of_type(put, "Organization")) == ["1", "2"]
    assert of_type(put, "Practitioner")[0]["identifier"][0]["value"] == "1"


def test_a_code_is_another_and_loses_its_display() -> None:
    coding = {"system": "urn:old", "code": "E1390", "display": "Oxygen"}

    assert adapted({"coding": [coding]}, with_tables(codes={"E1390": Code("E0431", "urn:new")})) == {
        "coding": [{"system": "urn:new", "code": "E0431"}]
    }
    assert adapted({"code": "E1390"}, with_tables(codes={"E1390": Code("E0431")})) == {"code": "E1390"}


def test_a_number_within_a_criterion_is_another() -> None:
    subscription = {"_criteria": {"extension": [{"valueString": "org-identifier=1910010010"}]}}

    put = adapted(subscription, with_tables(providers={"1910010010": Party("7")}))

    assert put == {"_criteria": {"extension": [{"valueString": "org-identifier=7"}]}}
