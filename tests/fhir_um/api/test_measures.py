"""The public report and the operations over HTTP: who may see them, in which shapes, and what is refused."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy

import pytest
from flask.testing import FlaskClient

from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.keep_facts import keep_facts
from tests.fhir_um.doors import open_doors
from tests.fhir_um.invented_year import invented, write
from tests.people import people

YEAR = "/um/v1/measures/prior-authorization/2025"
OPERATIONS = "/um/v1/measures/operations?from=2025-01-01&to=2025-12-31"


@pytest.fixture(scope="module")
def public(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    url = f"sqlite:///{copy(sqlite_template, tmp_path_factory.mktemp('measured') / 'um.db')}"
    deps = make_deps(Settings(database_url=url, mode=Mode.SANDBOX), lambda: datetime(2026, 6, 1, tzinfo=UTC))
    seed(people(), deps)
    write(deps, list(invented(seed=5, count=150, year=2025)))
    keep_facts(deps)
    deps.store.close()
    with open_doors(url) as made:
        yield made


def test_report_in_three_shapes_says_the_same(public: FlaskClient) -> None:
    told = public.get(f"{YEAR}?payer=harbor").get_json()["reports"][0]
    rows = list(csv.DictReader(io.StringIO(public.get(f"{YEAR}?payer=harbor&format=csv").text)))
    page = public.get(f"{YEAR}?payer=harbor&format=html").text

    whole = told["groups"][0]
    assert (told["final"], told["excludes"], whole["level"]) == (True, "drugs", "payer")
    for measure in whole["measures"]:
        same = [
            row
            for row in rows
            if row["level"] == "payer" and (row["measure"], row["basis"]) == (measure["id"], measure["basis"] or "")
        ]
        assert [row["value"] for row in same] == ["" if measure["value"] is None else str(measure["value"])]
        if measure["value"] is not None:
            assert f"{measure['value']:,.2f} {measure['unit']}" in page
    assert "Appeals are not kept" in page


def test_every_payer_has_its_section_and_a_caption_for_each_table(public: FlaskClient) -> None:
    page = public.get(f"{YEAR}?format=html").text

    assert "Harbor Example Health Plan" in page
    assert "Prairie Example Health" in page
    assert page.count("<caption") == page.count("<table") > 2
    assert "<script" not in page
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_no_small_count_leaves_the_house(public: FlaskClient) -> None:
    for report in public.get(YEAR).get_json()["reports"]:
        for group in report["groups"]:
            assert not [count for count in group["counts"].values() if count and 0 < count < 11]
            for measure in group["measures"]:
                assert not 0 < (measure["numerator"] or 0) < 11
                assert not measure["hidden"] or measure["value"] is None


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/um/v1/measures/prior-authorization/1999", 404),
        ("/um/v1/measures/prior-authorization/year", 404),
        (f"{YEAR}?payer=nobody", 404),
        (f"{YEAR}?basis=guess", 422),
        (f"{YEAR}?format=pdf", 406),
        (f"{YEAR}?page=2", 422),
        ("/um/v1/measures/operations?from=2025-02-30", 422),
        ("/um/v1/measures/operations?from=2025-03-01&to=2025-02-01", 422),
        ("/um/v1/measures/operations?from=2015-03-01&to=2025-02-01", 422),
        ("/um/v1/measures/operations?from=0001-01-01&to=0001-01-02", 422),
        ("/um/v1/measures/operations?lineOfBusiness=XX", 422),
        ("/um/v1/measures/operations?asOf=2025-01-01T00:00:00", 422),
        ("/um/v1/measures/operations?asOf=yesterday", 422),
        ("/um/v1/measures/operations?payer=nobody", 404),
        ("/um/v1/measures/pas?after=abc", 422),
        ("/um/v1/measures/crd?limit=1", 422),
    ],
)
def test_what_makes_no_sense_is_refused(public: FlaskClient, path: str, status: int) -> None:
    assert public.get(path).status_code == status


def test_operations_in_three_shapes(public: FlaskClient) -> None:
    told = public.get(OPERATIONS).get_json()
    rows = list(csv.DictReader(io.StringIO(public.get(f"{OPERATIONS}&format=csv").text)))
    page = public.get(f"{OPERATIONS}&format=html&lineOfBusiness=MA").text

    assert told["payerId"] == "harbor"
    assert len(rows) == len(told["figures"])
    assert "Medicare Advantage" in page
    assert "1 January 2025 to 31 December 2025" in page


def test_pas_records_come_in_pages_once_each_and_name_nobody(public: FlaskClient) -> None:
    seen, after = [], ""
    while True:
        page = public.get(f"/um/v1/measures/pas?from=2025-01-01&to=2025-12-31&limit=60{after}").get_json()
        seen += page["records"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"

    assert len({record["exchange"][0]["requestTime"] + str(record["itemDetail"]) for record in seen}) == len(seen) > 60
    assert {record["source"] for record in seen} == {"payer-src"}
    assert all(record["providerId"]["value"] and record["payerId"]["system"] for record in seen)
    assert "case-0" not in str(seen)
    assert "member" not in str(seen)


def test_crd_measures_are_answered_before_anybody_asked(public: FlaskClient) -> None:
    told = public.get("/um/v1/measures/crd").get_json()

    assert told["records"] == []
    assert told["measures"][0]["count"] == 0
