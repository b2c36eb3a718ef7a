"""Loading people: what a folder must hold, and how a wrong one is refused."""

import shutil
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fhir_um.coverage.load import People, PeopleFault, load_people, load_reviewers
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.words import Identifier

PEOPLE = Path(__file__).parents[3] / "fixtures" / "people"
EXAMPLE_NPIS = {"789312", "987654321"}
"""Identifiers of the official 2.0.1 examples that are no NPIs although they stand under the NPI system."""


@pytest.fixture(scope="module")
def people() -> People:
    return load_people(PEOPLE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(PEOPLE, tmp_path / "people"))


def change(folder: Path, file: str, row: int, **values: object) -> None:
    path = folder / file
    rows = yaml.safe_load(path.read_text())
    rows[row - 1].update(values)
    path.write_text(yaml.safe_dump(rows))


def faults_of(folder: Path) -> tuple[str, ...]:
    with pytest.raises(PeopleFault) as caught:
        load_people(folder)
    return caught.value.faults


def is_npi(value: str) -> bool:
    digits = [int(digit) for digit in "80840" + value]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return len(value) == 10 and (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def test_people_cover_every_line_of_business(people: People) -> None:
    assert {plan.line_of_business for plan in people.plans} == set(LineOfBusiness)


def test_software_may_deny_only_where_the_line_of_business_allows_it(people: People) -> None:
    allowed = {plan.line_of_business for plan in people.plans if plan.administrative_denials}

    assert allowed == {LineOfBusiness.MARKETPLACE, LineOfBusiness.COMMERCIAL, LineOfBusiness.SELF_FUNDED}


def test_people_of_every_plan(people: People) -> None:
    assert {e.plan_id for m in people.members for e in m.enrollments} == {p.id for p in people.plans}


def test_the_member_of_the_official_examples_is_known(people: People) -> None:
    member = next(
        m for m in people.members if Identifier("http://example.org/MIN", "12345678901", "MB") in m.identifiers
    )

    assert (member.family, member.given, member.gender) == ("SMITH", "JOE", "male")
    assert "1122334455" in {i.value for i in member.identifiers}
    assert member.plan_on(date(2005, 5, 2)) == "harbor-comm"


def test_the_parties_of_the_official_examples_are_known(people: People) -> None:
    harbor = people.payers[0]

    assert {"1234567893", "789312"} <= {i.value for i in harbor.identifiers}
    assert {"8189991234", "1234567893", "987654321"} <= {p.npi for p in people.providers}


def test_one_member_died_one_left_one_changed_plan(people: People) -> None:
    today = date(2026, 11, 2)

    assert [m.id for m in people.members if m.death_date] == ["harbor-1030"]
    assert [m.id for m in people.members if not m.plan_on(today)] == ["harbor-1029"]
    assert [m.id for m in people.members if len(m.enrollments) == 2] == ["harbor-1031"]


def test_invented_npis_pass_the_check_digit(people: People) -> None:
    npis = {p.npi for p in people.providers} - EXAMPLE_NPIS

    assert [npi for npi in sorted(npis) if not is_npi(npi)] == []


def test_invented_reviewers_pass_the_check_digit(people: People) -> None:
    assert [one.npi for one in people.reviewers if not is_npi(one.npi)] == []


def test_amounts_and_days_are_exact(people: People) -> None:
    usage = people.history[0]

    assert usage.service.units == Decimal(12)
    assert usage.service.period.start == date(2026, 6, 1)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "plans.yaml").unlink()

    assert "plans.yaml: the file is missing" in faults_of(folder)[0]


def test_a_file_that_is_not_yaml_is_named(folder: Path) -> None:
    (folder / "plans.yaml").write_text("- {id: ")

    assert "plans.yaml: not YAML" in faults_of(folder)[0]


def test_a_file_that_is_not_a_list_is_named(folder: Path) -> None:
    (folder / "plans.yaml").write_text("id: one")

    assert faults_of(folder) == ("plans.yaml: write a list, one row per Plan",)


def test_every_fault_of_form_is_told_at_once(folder: Path) -> None:
    change(folder, "providers.yaml", 2, npi=1234567893)
    change(folder, "plans.yaml", 1, line_of_business="HMO")
    change(folder, "members.yaml", 3, nickname="Nonny")

    faults = faults_of(folder)

    assert faults[0].startswith("plans.yaml, row 1: Invalid enum value 'HMO'")
    assert faults[1] == "members.yaml, row 3: remove or correct `nickname`, not a known name"
    assert faults[2] == "providers.yaml, row 2: Expected `str`, got `int` - at `$.npi`; put it in quotes"


@pytest.mark.parametrize(
    ("file", "row", "values", "fault"),
    [
        ("plans.yaml", 1, {"payer_id": "nobody"}, "plans.yaml, row 1: payer `nobody` is not in payers.yaml"),
        ("plans.yaml", 1, {"id": "harbor-mco"}, "plans.yaml: id `harbor-mco` is used 2 times"),
        ("payers.yaml", 2, {"time_zone": "Mars/Base"}, "payers.yaml, row 2: `Mars/Base` is not an IANA time zone"),
        ("members.yaml", 4, {"id": "harbor-1001"}, "members.yaml: id `harbor-1001` is used 2 times"),
        (
            "members.yaml",
            2,
            {"identifiers": [{"system": "http://example.org/MIN", "value": "12345678901"}]},
            "members.yaml: payer and identifier `harbor http://example.org/MIN|12345678901` is used 2 times",
        ),
        (
            "members.yaml",
            1,
            {"enrollments": [{"plan_id": "prairie-ma", "period": {}}]},
            "members.yaml, row 1: plan `prairie-ma` is not a plan of harbor",
        ),
        (
            "members.yaml",
            1,
            {"enrollments": [{"plan_id": "harbor-ma", "period": {}}, {"plan_id": "harbor-comm", "period": {}}]},
            "members.yaml, row 1: two enrollments overlap",
        ),
        ("providers.yaml", 1, {"npi": "81899-1234"}, "providers.yaml, row 1: `81899-1234` is not an NPI"),
        ("providers.yaml", 1, {"networks": ["x"]}, "providers.yaml, row 1: plan `x` is not a plan of harbor"),
        ("gold-cards.yaml", 3, {"npi": "1910040041"}, "gold-cards.yaml, row 3: `1910040041` is not a provider"),
        ("reviewers.yaml", 2, {"payer_id": "harbor"}, "reviewers.yaml: payer and NPI `harbor 1910200405` is used 2"),
        ("reviewers.yaml", 1, {"payer_id": "nobody"}, "reviewers.yaml, row 1: payer `nobody` is not in payers.yaml"),
        ("history.yaml", 1, {"member_id": "prairie-2001"}, "history.yaml, row 1: `prairie-2001` is not a member"),
    ],
)
def test_a_fault_of_content_is_told_with_its_place(
    folder: Path, file: str, row: int, values: dict[str, object], fault: str
) -> None:
    change(folder, file, row, **values)

    assert any(line.startswith(fault) for line in faults_of(folder))


def test_one_file_of_reviewers_is_read_alone(folder: Path) -> None:
    assert load_reviewers(folder / "reviewers.yaml") == load_people(folder).reviewers
    with pytest.raises(PeopleFault, match=r"none\.yaml: the file is missing"):
        load_reviewers(folder / "none.yaml")


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x, max_size=3), max_leaves=5)
)
def test_whatever_a_row_holds_the_refusal_is_a_named_one(tmp_path_factory: pytest.TempPathFactory, row: object) -> None:
    folder = tmp_path_factory.mktemp("people")
    for file in PEOPLE.glob("*.yaml"):
        (folder / file.name).write_text("[]")
    (folder / "members.yaml").write_text(yaml.safe_dump([row]))

    with pytest.raises(PeopleFault, match=r"members\.yaml, row 1"):
        load_people(folder)


def test_key_written_twice_is_refused_with_its_lines(folder: Path) -> None:
    (folder / "gold-cards.yaml").write_text(
        "- id: g-1\n  id: g-2\n  npi: '1'\n  period: {start: 2026-01-01, start: 2026-02-01}\n"
    )
    (folder / "history.yaml").write_text("- &row {payer_id: harbor}\n- *row\n- &loop [*loop]\n")

    told = [fault for fault in faults_of(folder) if "twice" in fault]

    assert told == [
        "gold-cards.yaml, line 2: `id` is written twice; keep one",
        "gold-cards.yaml, line 4: `start` is written twice; keep one",
    ]
