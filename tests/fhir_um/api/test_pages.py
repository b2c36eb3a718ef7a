"""Pages: self-contained, readable without script, and honest about the sandbox."""

import base64
import hashlib
import re

import pytest
from flask.testing import FlaskClient

from fhir_um.api.pages import pa_list_csv
from fhir_um.policy.model import PaListRow

PAGES = ["/", "/um/v1/pa-list?format=html"]


@pytest.mark.parametrize("address", PAGES)
def test_page_loads_nothing_from_elsewhere(client: FlaskClient, address: str) -> None:
    page = client.get(address).text

    assert "<script" not in page
    assert not re.search(r'(src|@import)\s*=?\s*"?https?:', page)


@pytest.mark.parametrize("address", PAGES)
def test_policy_allows_exactly_the_style_sheet_inside(client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    style = re.search(r"<style>(.*?)</style>", answer.text, re.DOTALL)

    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("address", PAGES)
def test_page_says_it_is_the_sandbox_and_can_be_read_aloud(client: FlaskClient, address: str) -> None:
    page = client.get(address).text

    assert "Sandbox" in page
    assert all(part in page for part in ('<html lang="en">', "<main", "<h1>", "<title>", "Skip to content"))


def test_links_of_the_front_page_lead_somewhere(client: FlaskClient) -> None:
    links = re.findall(r'href="([^"#]+)"', client.get("/").text)

    assert links
    assert [link for link in links if client.get(link).status_code != 200] == []


def test_csv_cells_are_never_formulas() -> None:
    row = PaListRow("s", "=1+1", "-2", "p", "@sum", "+x", ("MA", "COMM"))

    assert "\r\ns,'=1+1,'-2,p,'@sum,'+x,MA COMM\r\n" in pa_list_csv((row,)).decode()


def test_list_is_narrowed_by_code_or_words_and_by_plan(client: FlaskClient) -> None:
    by_code = client.get("/um/v1/pa-list?format=html&search=e1390&plan=harbor-ma").text
    by_words = client.get("/um/v1/pa-list?format=html&search=portable+oxygen").text

    assert re.findall(r"<th scope=\"row\"><code>(\w+)", by_code) == ["E1390"]
    assert "E0431" in by_words
    assert "27447" not in by_words
    assert '<option value="harbor-ma" selected>' in by_code


def test_search_goes_back_into_its_field_as_text(client: FlaskClient) -> None:
    page = client.get("/um/v1/pa-list?format=html&search=%22%3E%3Cb%3Ex").text

    assert "<b>x" not in page
    assert "No code of the list matches" in page


def test_every_field_of_the_form_has_a_label_and_the_policy_lets_it_be_sent(client: FlaskClient) -> None:
    answer = client.get("/um/v1/pa-list?format=html")

    labelled = set(re.findall(r'<label for="(\w+)"', answer.text))
    assert labelled == set(re.findall(r'<(?:input|select) id="(\w+)"', answer.text)) == {"search", "plan"}
    assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
