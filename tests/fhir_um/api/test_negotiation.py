"""Which media type goes out: `_format` before Accept, JSON only for FHIR, three forms for the public list."""

import pytest
from flask import Request
from werkzeug.test import EnvironBuilder

from fhir_um.api.negotiation import choose_page, demand_fhir_json
from fhir_um.errors import Kind, Refusal

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def request(query: str = "", accept: str | None = None) -> Request:
    headers = {} if accept is None else {"Accept": accept}
    return Request(EnvironBuilder(query_string=query, headers=headers).get_environ())


def refusal_of(query: str, accept: str | None) -> Kind | None:
    try:
        demand_fhir_json(request(query, accept))
    except Refusal as refused:
        return refused.kind
    return None


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("", None),
        ("", "*/*"),
        ("", "application/fhir+json"),
        ("", "application/fhir+json; fhirVersion=4.0"),
        ("", "application/fhir+xml, application/json;q=0.5"),
        ("", BROWSER),
        ("_format=json", "application/fhir+xml"),
        ("_format=application/fhir+json", None),
        ("_format=application%2Ffhir%2Bjson", None),
    ],
)
@pytest.mark.spec("pas:spec-11")
def test_json_is_welcome(query: str, accept: str | None) -> None:
    assert refusal_of(query, accept) is None


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("", "application/fhir+xml"),
        ("", "text/html"),
        ("", "application/json;q=0"),
        ("_format=xml", "application/fhir+json"),
        ("_format=ttl", None),
    ],
)
def test_anything_else_only_is_refused(query: str, accept: str | None) -> None:
    assert refusal_of(query, accept) is Kind.NOT_ACCEPTABLE


@pytest.mark.parametrize(
    ("query", "accept", "media"),
    [
        ("", None, "application/json"),
        ("", "*/*", "application/json"),
        ("", BROWSER, "text/html"),
        ("", "text/csv", "text/csv"),
        ("format=csv", BROWSER, "text/csv"),
        ("format=HTML", None, "text/html"),
    ],
)
def test_page_is_chosen(query: str, accept: str | None, media: str) -> None:
    assert choose_page(request(query, accept)) == media


@pytest.mark.parametrize(("query", "accept"), [("format=pdf", None), ("", "application/pdf")])
def test_page_in_another_form_is_refused(query: str, accept: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        choose_page(request(query, accept))

    assert refused.value.kind is Kind.NOT_ACCEPTABLE
