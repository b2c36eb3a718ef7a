"""The part of a message a fault is about."""

import json

import pytest

from fhir_um.conformance.excerpts import at_path, excerpt

BUNDLE = {
    "resourceType": "Bundle",
    "entry": [{"resource": {"resourceType": "ClaimResponse", "item": [{"itemSequence": 1, "adjudication": []}]}}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("Bundle.entry[0].resource.item[0].adjudication", BUNDLE["entry"][0]["resource"]["item"][0]),  # type: ignore[index]
        ("entry[0].resource.item[0].nothing", BUNDLE["entry"][0]["resource"]["item"][0]),  # type: ignore[index]
        ("Bundle.entry[7].resource", BUNDLE),
        ("Bundle.entry[0].resource.item", BUNDLE["entry"][0]["resource"]["item"]),  # type: ignore[index]
        ("ClaimResponse.item[0].adjudication", BUNDLE["entry"][0]["resource"]["item"][0]),  # type: ignore[index]
        ("Task.status", BUNDLE),
        ("Bundle", BUNDLE),
        ("no path at all (of ours)", BUNDLE),
    ],
)
def test_a_path_leads_to_the_object_around_it(path: str, found: object) -> None:
    assert at_path(BUNDLE, path) == found


def test_an_excerpt_shows_what_stands_at_the_path() -> None:
    body = json.dumps(BUNDLE).encode()

    assert json.loads(excerpt(body, "Bundle.entry[0].resource.item[0].adjudication")) == {
        "itemSequence": 1,
        "adjudication": [],
    }
    assert json.loads(excerpt(body)) == BUNDLE


def test_a_long_one_is_cut_and_says_so() -> None:
    text = excerpt(json.dumps(list(range(1000))).encode())

    assert len(text.split("\n")) == 33
    assert text.endswith("more characters, in the whole exchange")


def test_what_is_no_json_is_shown_as_it_is() -> None:
    assert excerpt(b"<html>\xff", "Bundle.type") == "<html>\ufffd"
