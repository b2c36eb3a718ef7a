"""The door to fhir.resources."""

from typing import Any

import pytest

from profiles.issues import Kind, Refusal
from profiles.models import parse


def test_parse_takes_the_good_request(good: dict[str, Any]) -> None:
    assert parse("Bundle", good).type == "collection"


def test_parse_names_the_place_of_a_fault(good: dict[str, Any]) -> None:
    del good["entry"][0]["resource"]["use"]

    with pytest.raises(Refusal) as refused:
        parse("Claim", good["entry"][0]["resource"])

    assert refused.value.kind is Kind.INVALID
    assert refused.value.issues[0].path.startswith("Claim")


def test_parse_refuses_an_unknown_resource() -> None:
    with pytest.raises(Refusal) as refused:
        parse("Invoicing", {})

    assert refused.value.kind is Kind.UNREADABLE


@pytest.mark.parametrize("kind", ["Invoicing", ["Claim"]])
def test_parse_refuses_an_unknown_resource_inside(kind: object, good: dict[str, Any]) -> None:
    good["entry"][8]["resource"] = {"resourceType": kind}

    with pytest.raises(Refusal) as refused:
        parse("Bundle", good)

    assert refused.value.kind is Kind.INVALID
