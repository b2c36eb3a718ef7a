"""Every official example of the guides, as published: what the publisher finds nothing wrong with, we accept.

Source: the packages' own examples, and the summary of the publisher's checks where a package carries one.
"""

import json
from functools import cache

import pytest

from profiles.issues import Issue
from profiles.library import shipped_library
from profiles.reading import Limits, read_json
from profiles.validating.validator import Validator
from tests.packages import examples, member

PACKAGES = {
    "davinci_pas_2.2.1": "hl7.fhir.us.davinci-pas#2.2.1",
    "davinci_pas_2.0.1": "hl7.fhir.us.davinci-pas#2.0.1",
    "us_core_7.0.0": "hl7.fhir.us.core#7.0.0",
    "us_core_6.1.0": "hl7.fhir.us.core#6.1.0",
    "us_core_3.1.1": "hl7.fhir.us.core#3.1.1",
    "davinci_crd_2.0.1": "hl7.fhir.us.davinci-crd#2.0.1",
    "davinci_crd_2.2.0-build-20260304": "hl7.fhir.us.davinci-crd#2.2.0",
    "davinci_dtr_2.0.1": "hl7.fhir.us.davinci-dtr#2.0.1",
}
"""The file of a package, and its key."""

LEAST = {
    "davinci_pas_2.2.1": 47,
    "davinci_pas_2.0.1": 39,
    "us_core_7.0.0": 214,
    "us_core_6.1.0": 183,
    "us_core_3.1.1": 84,
    "davinci_crd_2.0.1": 16,
    "davinci_crd_2.2.0-build-20260304": 18,
    "davinci_dtr_2.0.1": 16,
}
"""How many example resources there are: none may be passed over unseen."""

WRONG = {
    (
        "us_core_3.1.1",
        "DiagnosticReport/cardiology-report",
    ): "presentedForm.hash holds full stops, which base64 has not",
}
"""Examples that really are wrong, by package and `Type/id`, each with the reason."""

ONLY_THEIRS = {
    "Bundle/DTRQuestionnairePackageOperationResultComplex": "an extension of a later package, not known here",
    "Bundle/DTRQuestionnairePackageOperationResultSimple": "an extension of a later package, not known here",
    "CommunicationRequest/example": "an extension for elements of R5, not known here",
    "Observation/satO2-fiO2": "held against FHIR's own vital signs too, which the example does not claim",
    "Parameters/QuestionnairePackageOutputParamsExample": "bdl-3 and bdl-4 asked of the Parameters, not of the Bundle",
    "QuestionnaireResponse/home-o2-adaptive-questionnaireresponse": "an extension of a later package, not known here",
    "ServiceRequest/example": "codes of CPT, whose list nobody here has",
}
"""Examples on which the publisher reports errors and we none, and why that is no miss."""

LIMITS = Limits(max_bytes=20_000_000, max_depth=64, max_entries=1000)


@cache
def found(package: str) -> dict[str, list[Issue]]:
    """What we find on each example, by `Type/id`."""
    validator = Validator(shipped_library(), PACKAGES[package])
    read = [read_json(raw, LIMITS) for raw in examples(package).values()]
    resources = [value for value in read if isinstance(value, dict) and "resourceType" in value]
    return {f"{row['resourceType']}/{row.get('id')}": validator.check(row) for row in resources}


@cache
def published(package: str) -> dict[str, int]:
    """How many errors the publisher reports, by `Type/id`; empty where the package does not say."""
    summary = member(package, "package/other/validation-summary.json")
    return {name: row["errors"] for name, row in json.loads(summary).items()} if summary else {}


def with_errors(package: str) -> dict[str, list[str]]:
    """The errors we find, by `Type/id`."""
    errors = {
        name: [f"{issue.path}: {issue.text}" for issue in issues if issue.severity == "error"]
        for name, issues in found(package).items()
    }
    return {name: texts for name, texts in errors.items() if texts}


@pytest.mark.parametrize("package", PACKAGES)
def test_no_example_has_an_error(package: str) -> None:
    assert len(found(package)) >= LEAST[package]
    assert with_errors(package).keys() == {name for held, name in WRONG if held == package}, with_errors(package)


@pytest.mark.parametrize("package", PACKAGES)
def test_where_the_publisher_finds_no_error_we_find_none(package: str) -> None:
    clean = {name for name, errors in published(package).items() if not errors}
    assert with_errors(package).keys().isdisjoint(clean)
    assert not published(package) or found(package).keys() <= published(package).keys()


def test_every_error_only_the_publisher_reports_is_explained() -> None:
    missed = set()
    for package in PACKAGES:
        theirs = {name for name, errors in published(package).items() if errors and name in found(package)}
        missed |= theirs - with_errors(package).keys()
    assert missed == set(ONLY_THEIRS)


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_is_told_twice(package: str) -> None:
    for name, issues in found(package).items():
        told = [(issue.path, issue.text) for issue in issues]
        assert len(told) == len(set(told)), name


@pytest.mark.parametrize("package", PACKAGES)
def test_every_finding_says_who_asks_for_it_in_which_words(package: str) -> None:
    for issues in found(package).values():
        for issue in issues:
            assert issue.path and issue.text
            assert issue.severity in ("error", "warning", "information")
            assert issue.severity == "information" or (issue.rule and "|" in issue.profile)


@pytest.mark.parametrize("package", PACKAGES)
def test_codes_nobody_can_list_are_told_once_and_never_taken_as_good(package: str) -> None:
    for name, issues in found(package).items():
        unchecked = [issue.text.partition(" (here and")[0] for issue in issues if issue.code == "not-supported"]
        assert len(unchecked) == len(set(unchecked)), name
