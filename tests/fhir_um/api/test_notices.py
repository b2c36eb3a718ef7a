"""Letters over HTTP: lists in pages, the words as page and PDF, and what became of them."""

import json
import re
from contextlib import closing

import pytest
from flask.testing import FlaskClient

from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.give_notices import give_notices
from tests.fhir_um.api.attaching import pended
from tests.fhir_um.doors import NOW

SENT = {"outcome": "sent", "channel": "mail", "role": "intake", "reviewer": {"id": "mail-room"}}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def case_id(client: FlaskClient, sqlite_url: str) -> str:
    """A case that waits for documents, with its letters."""
    made = pended(client)
    deps = make_deps(Settings(database_url=sqlite_url, mode=Mode.SANDBOX), clock=lambda: NOW)
    with closing(deps.store):
        assert give_notices(deps) == 2
    return made


def of_member(client: FlaskClient, case_id: str) -> dict:
    rows = client.get(f"/um/v1/cases/{case_id}/notices").json["notices"]
    return next(row for row in rows if row["recipient"] == "member")


def record(client: FlaskClient, notice: str, **said):
    return client.post(f"/um/v1/notices/{notice}/deliveries", data=json.dumps(SENT | said), headers=JSON)


def test_case_shows_its_letters_and_where_its_lines_stand(client: FlaskClient, case_id: str) -> None:
    told = client.get(f"/um/v1/cases/{case_id}/notices").json

    assert [(row["kind"], row["recipient"], row["status"]) for row in told["notices"]] == [
        ("information-request", "member", "ready"),
        ("information-request", "provider", "sent"),
    ]
    assert told["lines"] == [{"line": 1, "standing": "pended", "whyNoNotice": ""}]


def test_list_comes_in_pages(client: FlaskClient, case_id: str) -> None:
    first = client.get("/um/v1/notices?limit=1").json
    second = client.get(f"/um/v1/notices?limit=1&after={first['next']}").json

    assert first["notices"][0]["id"] != second["notices"][0]["id"]
    assert second["next"] is None
    assert [row["recipient"] for row in client.get("/um/v1/notices?status=ready").json["notices"]] == ["member"]
    assert client.get("/um/v1/notices?kind=denial,void").json["notices"] == []


@pytest.mark.parametrize("query", ["status=lost", "kind=x", "who=me", "after=zzz", "limit=0"])
def test_query_that_cannot_be_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"/um/v1/notices?{query}").status_code == 422


def test_letter_is_there_as_page_and_pdf(client: FlaskClient, case_id: str) -> None:
    path = f"/um/v1/notices/{of_member(client, case_id)['id']}/document"

    pdf, page = client.get(path), client.get(path, headers={"Accept": "text/html"})

    assert (pdf.mimetype, page.mimetype) == ("application/pdf", "text/html")
    assert pdf.data.startswith(b"%PDF-")
    assert pdf.headers["Content-Disposition"].startswith("attachment; ")
    assert "We need more facts" in page.text
    assert client.get(f"{path}?format=html").data == page.data
    assert client.get(f"{path}?format=doc").status_code == 406
    assert client.get(path, headers={"Accept": "image/png"}).status_code == 406
    assert re.search(r"default-src 'none'.*style-src 'sha256-", page.headers["Content-Security-Policy"])


def test_somebody_says_what_became_of_it(client: FlaskClient, case_id: str) -> None:
    notice = of_member(client, case_id)["id"]

    answer = record(client, notice, note="Batch 12")
    again = record(client, notice, outcome="sent", at="2026-11-20T09:59:00Z")

    assert (answer.status_code, answer.json["status"]) == (200, "sent")
    assert answer.json["deliveries"][0] | {"note": "Batch 12", "by": "mail-room"} == answer.json["deliveries"][0]
    assert again.status_code == 422 or again.status_code == 409
    assert client.get(f"/um/v1/notices/{notice}").json["status"] == "sent"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ({"outcome": "lost"}, 422),
        ({"more": 1}, 422),
        ({"reviewer": {"id": ""}}, 422),
        ({"at": "2026-11-20T10:00:00"}, 422),
        ({"outcome": "returned"}, 409),
        ({"outcome": "returned", "channel": "phone"}, 422),
    ],
)
def test_what_cannot_be_said_is_refused(client: FlaskClient, case_id: str, said: dict, status: int) -> None:
    assert record(client, of_member(client, case_id)["id"], **said).status_code == status


def test_letter_that_is_not_there(client: FlaskClient) -> None:
    for path in ("/um/v1/notices/none", "/um/v1/notices/none/document", "/um/v1/cases/none/notices"):
        assert client.get(path).status_code == 404
    assert record(client, "none").status_code == 404
