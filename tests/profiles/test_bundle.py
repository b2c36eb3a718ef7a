"""How references find their entry."""

import pytest

from profiles.bundle import Resolver, absolute, references_of
from profiles.reading import Entry

EHR = "https://ehr.example.org/fhir/"
UUID = "urn:uuid:0f3c6a1e-8a53-4c56-9b7e-0e3b6a9d2c11"


@pytest.mark.parametrize(
    ("reference", "container", "expected"),
    [
        ("Patient/1", EHR + "Claim/9", EHR + "Patient/1"),
        ("Patient/1/_history/4", EHR + "Claim/9", EHR + "Patient/1"),
        ("Patient/1", "http://ehr.example.org:8080/a/b/Claim/9", "http://ehr.example.org:8080/a/b/Patient/1"),
        (EHR + "Patient/1", "http://other.example.org/Claim/9", EHR + "Patient/1"),
        (EHR + "Patient/1/_history/2", UUID, EHR + "Patient/1"),
        (UUID, EHR + "Claim/9", UUID),
        ("Patient/1", UUID, "Patient/1"),
        ("Patient/1", "https://ehr.example.org", "Patient/1"),
        ("#p", EHR + "Claim/9", "#p"),
    ],
)
def test_absolute(reference: str, container: str, expected: str) -> None:
    assert absolute(reference, container) == expected


def test_references_of_gives_each_with_its_path() -> None:
    resource = {
        "resourceType": "Claim",
        "patient": {"reference": "Patient/1"},
        "item": [{"extension": [{"valueReference": {"reference": "Order/1"}}]}, {"x": {"reference": {"a": 1}}}],
    }

    assert list(references_of(resource)) == [
        ("patient", "Patient/1"),
        ("item[0].extension[0].valueReference", "Order/1"),
    ]


def entry(index: int, url: str) -> Entry:
    return Entry(index, url, {})


@pytest.mark.spec("pas:spec-14")
def test_resolve_finds_the_one_entry_meant_and_none_when_two_are() -> None:
    claim, patient, twin, other = (
        entry(i, EHR + url) for i, url in enumerate(("Claim/9", "Patient/1", "Patient/2", "Patient/2"))
    )

    resolver = Resolver([claim, patient, twin, other])

    assert resolver.resolve("Patient/1", claim) is patient
    assert resolver.resolve("Patient/2", claim) is None
    assert resolver.matches("Patient/2", claim) == (twin, other)
    assert resolver.resolve("Patient/3", claim) is None
