"""Loading people into a store from the command line."""

import argparse
from pathlib import Path

import pytest

from fhir_um.cases.model import MemberId, PayerId
from fhir_um.commands import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from fhir_um.words import Identifier
from tests.people import people


def run(database_url: str, *argv: str) -> int:
    parser = argparse.ArgumentParser()
    seed.add_parser(parser.add_subparsers())
    args = parser.parse_args(["seed", *argv])
    code: int = args.func(args, Settings(database_url=database_url))
    return code


def test_seeding_counts_what_it_loaded(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = people()

    assert run(database_url) == 0
    assert capsys.readouterr().out == (
        f"Loaded 2 payers, 8 plans, {len(loaded.members)} members, {len(loaded.providers)} providers, "
        f"3 gold cards, 7 used services, {len(loaded.reviewers)} reviewers.\n"
    )


def test_seeding_twice_leaves_the_same(database_url: str) -> None:
    run(database_url)
    run(database_url)

    deps = make_deps(Settings(database_url=database_url))
    with deps.open_reading() as work:
        directory = work.directory()
        found = work.find_members(PayerId("harbor"), (Identifier("http://example.org/MIN", "12345678901"),))
        used = work.member_history(PayerId("harbor"), MemberId("harbor-1019"))
    deps.store.close()
    assert (len(directory.payers), len(directory.plans), len(directory.gold_cards)) == (2, 8, 3)
    assert [member.id for member in found] == ["harbor-0001"]
    assert [service.units for service in used] == [12]


def test_a_wrong_folder_is_refused_whole(sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(sqlite_url, "--people", str(tmp_path)) == 1
    assert "payers.yaml: the file is missing" in capsys.readouterr().err
