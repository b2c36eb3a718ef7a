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
