"""The suites as they are: what every check and scene keeps to, whoever wrote it."""

import re

import pytest

from fhir_um.conformance.stage import Suite
from fhir_um.conformance.suites import SUITES
from fhir_um.conformance.tester import BASES, Tester

SERVER = Tester(server="http://127.0.0.1:8080")


def by_name(suite: Suite) -> str:
    return suite.name


all_suites = pytest.mark.parametrize("suite", SUITES.values(), ids=by_name)


def test_there_is_a_suite_for_every_base() -> None:
    assert set(SUITES) == set(BASES)
    assert all(suite.name.endswith(f"-{suite.version}") for suite in SUITES.values())


@all_suites
def test_checks_have_names_of_their_own_in_the_form_agreed_on(suite: Suite) -> None:
    ids = [check.id for check in suite.checks]

    assert len(set(ids)) == len(ids)
    assert [one for one in ids if not re.fullmatch(rf"{suite.name[:3]}\.[a-z0-9-]+(\.[a-zA-Z0-9-]+)+", one)] == []


@all_suites
def test_a_check_stands_after_those_it_rests_on(suite: Suite) -> None:
    before: set[str] = set()
    for check in suite.checks:
        assert set(check.rests_on) <= before, check.id
        before.add(check.id)


@all_suites
def test_titles_are_sentences_of_one_line(suite: Suite) -> None:
    told = [*(check.title for check in suite.checks), *(scene.title for scene in suite.scenes), suite.title]

    assert [title for title in told if not title.strip() or "\n" in title or title.endswith(".")] == []
    assert len({check.title for check in suite.checks}) == len(suite.checks)


@all_suites
def test_public_tests_are_those_of_the_version(suite: Suite) -> None:
    named = {number.partition(":")[0] for check in suite.checks for number in check.public}

    assert named <= ({f"pas-v{suite.version.replace('.', '')}"} if suite.name.startswith("pas") else {"crd"})


@all_suites
def test_scenes_have_names_of_their_own_that_can_be_file_names(suite: Suite) -> None:
    names = [scene.name for scene in suite.scenes]

    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*", name)] == []


@all_suites
def test_what_does_not_concern_a_server_says_why(suite: Suite) -> None:
    reasons = [check.omitted(SERVER) for check in suite.checks]

    assert [reason for reason in reasons if reason and len(reason) < 20] == []
    assert len([reason for reason in reasons if reason]) < len(reasons) / 10
