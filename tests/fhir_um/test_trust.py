"""Every route, walked with every token that must not open it; in process, on each kind of database."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from fhir_um.api.exchange import Route
from fhir_um.api.oauth_errors import OAUTH
from fhir_um.api.routes import ROUTES
from fhir_um.auth.scopes import ALL, Scope
from fhir_um.auth.smart_scopes import compact
from fhir_um.cases.client import ClientStanding
from fhir_um.settings import Mode
from fhir_um.store.database import Store
from fhir_um.usecases.change_client import change_client
from tests.conftest import now
from tests.fhir_um.api.outcomes import issues_told
from tests.fhir_um.trusting import Trust, trusting, with_standing

GUARDED = [route for route in ROUTES if route.scope is not Scope.PUBLIC]
EVERYTHING = compact(ALL)
_ID = re.compile(r"<[^>]+>")


@pytest.fixture
def trust(database_url: str) -> Iterator[Trust]:
    with trusting(database_url) as opened:
        opened.register()
        yield opened


@pytest.fixture
def one(sqlite_url: str) -> Iterator[Trust]:
    with trusting(sqlite_url) as opened:
        opened.register()
        yield opened


@pytest.fixture
def foreign(tmp_path: Path) -> Iterator[str]:
    """A token of another server of ours, with the same client."""
    url = f"sqlite:///{tmp_path / 'foreign.db'}"
    store = Store(url, now)
    store.migrate()
    store.close()
    with trusting(url) as other:
        other.register()
        yield other.token(scope=EVERYTHING)


def asked(trust: Trust, route: Route, token: str | None) -> TestResponse:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return trust.http.open(_ID.sub("x", route.path), method=route.method, headers=headers)


def faults(trust: Trust, route: Route, token: str | None, status: int) -> list[str]:
    """Where the answer is not the refusal it should be, with nothing beside it."""
    answer = asked(trust, route, token)
    told = answer.get_json()
    is_refusal = "error" in told if route.path.startswith(OAUTH) else issues_told(answer) != []
    if answer.status_code == status and is_refusal:
        return []
    return [f"{route.method} {route.path}: {answer.status_code} {sorted(told)}"]


def everywhere(trust: Trust, token: str | None) -> list[str]:
    """What is wrong at every route; on PostgreSQL, where only the look at the token differs, at some."""
    routes = GUARDED if trust.settings.database_url.startswith("sqlite") else GUARDED[::8]
    return [fault for route in routes for fault in faults(trust, route, token, 401)]


@pytest.mark.spec("pas:spec-4")
def test_nothing_guarded_opens_without_a_token_that_is_good_now(trust: Trust, foreign: str) -> None:
    revoked, good = (trust.token(scope=EVERYTHING) for _ in range(2))
    trust.http.post("/oauth/revoke", data=trust.form(token=revoked))

    for token in (None, "", "unknown", "x" * 5_000, foreign, revoked, f"{good} x", f"{good},{good}", f"{good}="):
        assert everywhere(trust, token) == []

    change_client(trust.deps, "ehr-1", lambda client: with_standing(client, ClientStanding.DISABLED))
    assert everywhere(trust, good) == []
    change_client(trust.deps, "ehr-1", lambda client: with_standing(client, ClientStanding.ACTIVE))
    over = trust.token(scope=EVERYTHING)
    trust.at += timedelta(minutes=5)
    assert everywhere(trust, over) == []


@pytest.mark.spec("pas:spec-4", "hrex:sec-7")
def test_every_route_takes_its_own_scope_and_no_other(one: Trust) -> None:
    """All others together do not open it; its own alone does."""
    for scope in sorted({route.scope for route in GUARDED}):
        rest, alone = (one.token(scope=words) for words in (compact(ALL - {scope}), scope))
        for route in (each for each in GUARDED if each.scope is scope):
            assert faults(one, route, rest, 403) == []
            assert asked(one, route, alone).status_code not in {401, 403}, route.path


def test_a_token_that_is_sent_is_checked_at_public_routes_too(one: Trust) -> None:
    public = [route for route in ROUTES if route.scope is Scope.PUBLIC]
    assert public

    assert [fault for route in public for fault in faults(one, route, "unknown", 401)] == []


def test_the_sandbox_checks_tokens_as_well(sqlite_url: str) -> None:
    with trusting(sqlite_url, mode=Mode.SANDBOX, public_url="http://localhost:8080") as trust:
        assert [route.path for route in GUARDED if asked(trust, route, None).status_code == 401] == []
        assert everywhere(trust, "unknown") == []


NOT_BEARER = ["", "Bearer", "Bearer ", "Basic eDp5", "bearer", "Token {}", "{}", "Bearer {} {}", "Bearer\t{}"]
NOT_BEARER += ['Bearer "{}"', "Bearer token={}", "DPoP {}", "Bearer {},Bearer {}"]


def test_a_token_comes_in_one_form(one: Trust) -> None:
    token = one.token()

    for header in NOT_BEARER:
        answer = one.http.get("/um/v1/cases", headers={"Authorization": header.replace("{}", token)})
        assert answer.status_code == 401, header
    assert one.http.get(f"/um/v1/cases?access_token={token}").status_code == 401
    assert one.http.get("/um/v1/cases", headers={"Authorization": f"bEARER {token}"}).status_code == 200
