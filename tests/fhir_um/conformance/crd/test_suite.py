"""The suites as wholes: green against a good server, and complete by the lists they answer for."""

import csv
from collections.abc import Mapping
from pathlib import Path

import pytest

from fhir_um.conformance.crd import numbering
from fhir_um.conformance.crd.coverage_information import to_annotate
from fhir_um.conformance.crd.dialects import CRD_2_0, PRIMARY
from fhir_um.conformance.crd.reading import hook_of, is_call
from fhir_um.conformance.crd.scenes import SERVICE, STORIES, USUAL
from fhir_um.conformance.crd.suite import SUITES_CRD
from fhir_um.conformance.inferno import crd_answers
from fhir_um.conformance.inferno import crd_tests as public
from fhir_um.conformance.model import Session, Verdict
from fhir_um.conformance.running import SuiteRun
from fhir_um.stories.playing import load_stories

ROOT = Path(__file__).parents[4]
CHECKS = [check for suite in SUITES_CRD for check in suite.checks]
UNSEEN = {
    "29": "where keys without address are registered is between tester and server",
    "30": "which tenants a tester may speak for only the operator knows",
    "31": "logs are not seen from outside",
    "32": "the keys are of others",
    "34": "the guide's own requests are not ours to hand out",
    "35": "covered by calls that are as bare",
    "42": "every call without configuration is one",
    "49": "which version is spoken to who asks for none is the operator's choice",
    "54": "where the rest of a page lies is the EHR's matter; what is fetched is looked at",
    "59": "what another machine may reach is not known to the tester",
    "60": "what a server makes of each US Core depends on its rules",
    "62": "which codes are billed depends on the server's rules",
    "86": "whether an end is known only the server knows",
    "88": "a server's own parts cannot be made to fail from outside",
    "113": "which texts of a call return depends on the server's rules",
    "116": "metrics are not seen from outside",
    "118": "how an EHR is asked is not kept",
    "119": "records are not seen from outside",
    "120": "records are not seen from outside",
    "121": "metrics are not seen from outside",
    "122": "records are not seen from outside",
    "123": "records are not seen from outside",
    "124": "a property of the whole list, shown by the test of public numbers",
    "126": "a property of this suite",
}
"""Lines of the checklist that no check here answers for, and why."""
OMITTED = {"crd.discovery.tls", "crd.signing.refuses-missing"}


@pytest.mark.parametrize("version", ["2.2.1", "2.0.1"])
def test_a_good_server_is_green_and_nothing_is_left_unjudged(version: str, runs: Mapping[str, SuiteRun]) -> None:
    run = runs[version]

    assert {scene.scene.name: scene.broken for scene in run.scenes if scene.broken} == {}
    told = {outcome.check.id: outcome for outcome in run.outcomes if outcome.verdict is not Verdict.PASSED}
    assert told.keys() == OMITTED
    assert all(outcome.verdict is Verdict.OMITTED and outcome.why for outcome in told.values())


@pytest.mark.spec("crd-check:124")
def test_every_test_of_the_public_suite_is_looked_at() -> None:
    for suite in SUITES_CRD:
        named = {number for check in suite.checks for number in check.public}

        assert named == set(numbering.every())
    assert len(numbering.every()) == 92


@pytest.mark.spec("crd-check:124", "crd-check:126")
def test_the_port_of_the_public_suite_agrees_about_a_good_server(good: Mapping[str, Session]) -> None:
    """Of the calls that must be answered with coverage information: about others the public suite is mistaken."""
    session = good["2.0.1"]
    found = next(each for each in session.exchanges if each.key == "discovery/discovered")
    calls = [
        crd_answers.Exchange(each.asked, each.status, each.answer)
        for each in session.marked("hook")
        if is_call(each) and (to_annotate(CRD_2_0, each) or hook_of(each) not in PRIMARY)
    ]

    outcomes = public.run(crd_answers.Exchange({}, found.status, found.answer), calls, lambda _resource: [])

    assert public.failures(outcomes) == []


def test_every_story_of_hooks_is_played_in_its_versions() -> None:
    told = {story.name: story.versions for story in load_stories(ROOT / "fixtures/stories") if _is_of_hooks(story.name)}

    assert {name: set(versions) for name, versions in STORIES.items()} == {
        name: set(versions) for name, versions in told.items()
    }
    for name, step in (USUAL, SERVICE):
        assert set(STORIES[name]) == {"2.2.1", "2.0.1"}
        assert step


def _is_of_hooks(name: str) -> bool:
    return name == "crd" or name.startswith("crd-")


def test_what_checks_rest_on_stands_before_them() -> None:
    for suite in SUITES_CRD:
        before: set[str] = set()
        for check in suite.checks:
            assert set(check.rests_on) <= before, check.id
            before.add(check.id)
        assert len(before) == len(suite.checks)


def test_each_line_of_the_checklist_is_looked_at_or_has_a_reason() -> None:
    rows = csv.DictReader((ROOT / "docs/checklist-crd.csv").read_text(encoding="utf-8").splitlines())
    lines = {row["id"] for row in rows}
    named = {requirement for check in CHECKS for requirement in check.requirements}

    assert {each for each in named if each.startswith("crd-check:")} <= lines
    assert all(each.startswith(("crd:", "crd-check:", "hooks:")) for each in named)
    assert lines - named == {f"crd-check:{line}" for line in UNSEEN}


def test_words_of_checks_are_told_once_and_end_as_titles() -> None:
    for suite in SUITES_CRD:
        titles = [check.title for check in suite.checks]

        assert len(titles) == len(set(titles))
        assert all(title and not title.endswith(".") for title in titles)
