"""The tester's values: what they are when the profile says nothing."""

import pytest

from fhir_um.conformance.tester import BASES, Tester, address


@pytest.mark.parametrize(
    ("server", "path", "whole"),
    [
        ("http://a.test", "/fhir", "http://a.test/fhir"),
        ("http://a.test/", "fhir/", "http://a.test/fhir"),
        ("http://a.test/payer", "/fhir", "http://a.test/payer/fhir"),
        ("http://a.test", "https://b.test/r4/", "https://b.test/r4"),
        ("http://a.test", "", "http://a.test"),
    ],
)
def test_an_address_is_below_the_server_unless_it_is_whole(server: str, path: str, whole: str) -> None:
    assert address(server, path) == whole


def test_every_suite_has_a_base() -> None:
    assert {suite: Tester("http://a.test").base(suite) for suite in BASES} == {
        "pas-2.2.1": "http://a.test/fhir",
        "pas-2.0.1": "http://a.test/2.0.1/fhir",
        "crd-2.2.1": "http://a.test/cds-services",
        "crd-2.0.1": "http://a.test/2.0.1/cds-services",
    }


def test_a_base_may_be_elsewhere() -> None:
    assert Tester("http://a.test", bases={"pas-2.2.1": "https://b.test/r4"}).base("pas-2.2.1") == "https://b.test/r4"
