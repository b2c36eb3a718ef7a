"""People come in by the provider, do what their roles let them, and go out again."""

import json
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from fhir_um.cases.model import PayerId
from fhir_um.cases.people import Person, Standing
from fhir_um.cases.roles import Role
from fhir_um.logs import HOUSE
from fhir_um.usecases.keep_session import open_session
from tests.fhir_um.api.outcomes import issues_told
from tests.fhir_um.auth.openid_provider import OpenIdProvider, providing, unsigned
from tests.fhir_um.deciding import line_body, open_with
from tests.fhir_um.signing_in import OURS, Browser, Hands, Premises, guarded_premises, premises

STORY = Path(__file__).resolve().parents[3] / "fixtures" / "stories" / "prior-authorization"
HTML = {"Accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def provider(clock: Hands) -> Iterator[OpenIdProvider]:
    with providing(clock) as made:
        yield made


@pytest.fixture
def on_both(database_url: str, provider: OpenIdProvider, clock: Hands) -> Iterator[Premises]:
    """With a provider, on each kind of database."""
    with premises(database_url, provider, clock) as made:
        yield made


@pytest.fixture(scope="module")
def seeded(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the invented people, to copy."""
    file = Path(shutil.copy(sqlite_template, tmp_path_factory.mktemp("seeded") / "fhir-um.db"))
    with premises(f"sqlite:///{file}"):
        return file


@pytest.fixture
def own_url(seeded: Path, tmp_path: Path) -> str:
    """A copy of the test's own."""
    return f"sqlite:///{shutil.copy(seeded, tmp_path / 'fhir-um.db')}"


@pytest.fixture
def house(own_url: str, provider: OpenIdProvider, clock: Hands) -> Iterator[Premises]:
    """With a provider."""
    with premises(own_url, provider, clock) as made:
        yield made


@pytest.fixture
def sandbox(own_url: str) -> Iterator[Premises]:
    """Without a provider."""
    with premises(own_url) as made:
        yield made


@pytest.fixture
def guarded(own_url: str) -> Iterator[Premises]:
    """No sandbox, and no provider."""
    with guarded_premises(own_url) as made:
        yield made


@pytest.fixture
def lines() -> Iterator[list[dict[str, Any]]]:
    """What the house writes into its log."""
    heard: list[dict[str, Any]] = []
    listener = logging.Handler()
    listener.emit = lambda row: heard.append({"event": row.msg, "level": row.levelname, **row.given})  # type: ignore[assignment, attr-defined]
    HOUSE.addHandler(listener)
    before = HOUSE.level
    HOUSE.setLevel(logging.INFO)
    yield heard
    HOUSE.setLevel(before)
    HOUSE.removeHandler(listener)


def audited(house: Premises, action: str) -> list[dict[str, Any]]:
    with house.deps.store.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT * FROM audit_log WHERE action = :action ORDER BY sequence"), {"action": action}
        )
        return [dict(row) for row in rows.mappings()]


def pended_case(browser: Browser) -> str:
    body = next(STORY.glob("02-*.request.json")).read_bytes()
    system = Browser(browser.client.application.test_client(), browser.home, "")
    answer = system.post("/fhir/Claim/$submit", data=body, headers={"Content-Type": "application/fhir+json"})
    found: str = answer.json["entry"][0]["resource"]["id"]  # type: ignore[index]
    return found


def decision(role: str = "physician", **changed: Any) -> dict[str, Any]:
    return {"version": 1, "role": role, "lines": [line_body()], **changed}


def is_told_one_sentence(answer: TestResponse) -> bool:
    return answer.status_code == 403 and "You could not be signed in." in answer.text


def test_somebody_signs_in_works_and_signs_out(on_both: Premises, provider: OpenIdProvider) -> None:
    provider.claims |= {"roles": ["physician", "boss"]}
    browser = on_both.browser()
    case_id = pended_case(browser)

    assert browser.sign_in().headers["Location"] == "/session"
    me = browser.get("/session").json
    assert (me["name"], me["roles"], me["payers"], me["isPerson"]) == ("Nora Nurse", ["physician"], ["harbor"], True)
    assert me["endsAt"] == "2026-11-20T15:15:00+00:00"
    assert browser.get(f"/um/v1/cases/{case_id}").json["id"] == case_id
    assert open_with(browser, case_id, decision()).status_code == 200
    decided = browser.post(f"/um/v1/cases/{case_id}/decisions", json=decision())
    assert decided.status_code == 200, decided.text
    events = browser.get(f"/um/v1/cases/{case_id}/events").json["events"]
    assert me["id"] in json.dumps(events[-1])

    token = browser.session()
    assert browser.post("/sign-out").status_code == 200
    assert browser.session() == ""
    browser.client.set_cookie("fhir-um-session", token, domain="127.0.0.1")
    assert browser.get("/session").status_code == 401

    signed = audited(on_both, "sign-in")
    assert [(row["outcome"], row["person"], row["role"]) for row in signed] == [("answered", me["id"], "physician")]
    assert [row["person"] for row in audited(on_both, "sign-out")] == [me["id"]]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"nonce": "of another"}, "nonce"),
        ({"aud": "another-client"}, "audience"),
        ({"roles": ["boss"]}, "no-role"),
        ({"payers": []}, "no-payer"),
        ({"amr": ["pwd"]}, "second-factor"),
        ({"roles": ["it-admin", "nurse"]}, "roles-apart"),
    ],
)
def test_whoever_is_refused_reads_one_sentence(
    house: Premises, provider: OpenIdProvider, lines: list[dict[str, Any]], changed: dict[str, Any], reason: str
) -> None:
    provider.changed = changed
    browser = house.browser()

    answer = browser.sign_in()

    assert is_told_one_sentence(answer)
    assert reason not in answer.text
    assert browser.session() == ""
    assert [line["reason"] for line in lines if line["event"] == "sign-in-refused"] == [reason]
    assert [(row["outcome"], row["detail"]) for row in audited(house, "sign-in")] == [("not-allowed", reason)]


def test_all_refusals_look_alike(house: Premises, provider: OpenIdProvider) -> None:
    told = set()
    for changed in ({"nonce": "x"}, {"roles": []}, {"exp": 1}, {"sub": ""}):
        provider.changed = changed
        told.add(house.browser().sign_in().text)
    provider.changed, provider.sign = {}, lambda given, claims: unsigned(claims, given.kid)
    told.add(house.browser().sign_in().text)
    told.add(house.browser().get("/sign-in/callback?code=a&state=b").text)
    told.add(house.browser().get("/sign-in/callback").text)

    assert len(told) == 1


def test_a_provider_that_is_away_is_told_as_such(house: Premises, provider: OpenIdProvider) -> None:
    provider.instead["/.well-known/openid-configuration"] = (500, {})

    answer = house.browser().get("/sign-in")

    assert answer.status_code == 503
    assert "Nobody can sign in at this moment" in answer.text


def test_the_way_back_is_good_once_and_for_one_browser(house: Premises) -> None:
    mine, other = house.browser(), house.browser()
    back = mine.to_provider()
    theirs = other.to_provider()

    assert is_told_one_sentence(mine.get(theirs)), "somebody else's sign-in"
    assert mine.session() == ""
    back = mine.to_provider()
    assert mine.get(back).status_code == 303
    assert is_told_one_sentence(mine.get(back)), "a second time"


def test_a_browser_that_takes_too_long_starts_anew(house: Premises, clock: Hands) -> None:
    browser = house.browser()
    back = browser.to_provider()
    clock.move(minutes=11)

    assert is_told_one_sentence(browser.get(back))
    assert browser.sign_in().status_code == 303


def test_a_session_brought_from_elsewhere_is_not_taken_on(house: Premises) -> None:
    """Fixation: what the browser had before is neither kept nor good."""
    attacker, victim = house.browser(), house.browser()
    attacker.sign_in()
    planted = attacker.session()
    victim.client.set_cookie("fhir-um-session", planted, domain="127.0.0.1")

    victim.sign_in()

    assert victim.session() not in ("", planted)
    assert attacker.get("/session").status_code == 401


def test_sessions_end(house: Premises, clock: Hands) -> None:
    browser = house.browser()
    browser.sign_in()
    clock.move(seconds=899)
    assert browser.get("/session").status_code == 200
    clock.move(seconds=900)

    answer = browser.get("/session")

    assert answer.status_code == 401
    assert browser.get("/healthz").status_code == 200, "what is public stays open"
    assert browser.get("/sign-in").status_code == 303


def test_cookies_are_kept_from_scripts_and_other_sites(house: Premises) -> None:
    browser = house.browser()
    begun = browser.get("/sign-in").headers["Set-Cookie"]
    cookies = browser.sign_in().headers.getlist("Set-Cookie")

    for cookie in (begun, *cookies):
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Secure" not in cookie, "a sandbox is reached without TLS"
    assert [cookie.split("=")[0] for cookie in cookies] == ["fhir-um-session", "fhir-um-sign-in"]
    assert "Max-Age=0" in cookies[1]


def test_nothing_of_a_sign_in_is_logged(
    house: Premises, provider: OpenIdProvider, lines: list[dict[str, Any]], caplog: pytest.LogCaptureFixture
) -> None:
    browser = house.browser()
    back = browser.to_provider()
    browser.get(back)
    provider.changed = {"nonce": "x"}
    browser.sign_in()

    written = json.dumps(lines) + caplog.text
    secret = [browser.session(), *back.split("?")[1].split("&"), provider.answers[0]["id_token"], "Nora", "u-1"]
    assert [each for each in secret if each in written] == []


@pytest.mark.parametrize(
    ("origin", "site", "may"),
    [
        (OURS, "", True),
        ("", "same-origin", True),
        ("", "", False),
        ("null", "same-origin", False),
        ("https://evil.example", "", False),
    ],
)
def test_another_page_changes_nothing(sandbox: Premises, origin: str, site: str, may: bool) -> None:
    browser = sandbox.browser()
    browser.choose("physician")
    case_id = pended_case(browser)
    open_with(browser, case_id, decision())
    browser.origin = origin
    headers = {"Sec-Fetch-Site": site} if site else {}

    done = [
        browser.post(f"/um/v1/cases/{case_id}/decisions", json=decision(), headers=headers).status_code,
        browser.post("/sign-in/local", data={"name": "x", "role.nurse": "on"}, headers=headers).status_code,
        browser.post("/sign-out", headers=headers).status_code,
    ]

    assert done == ([200, 303, 200] if may else [403, 403, 403])
    assert browser.get("/session").status_code == 200, "the sandbox's own caller, or still the physician"


@pytest.mark.parametrize(
    ("reviewer", "role", "status"),
    [
        (None, "physician", 200),
        ({"npi": "1999999992"}, "physician", 200),
        ({"id": "somebody-else"}, "physician", 403),
        ({"id": "simulated-reviewer"}, "nurse", 403),
        (None, "nurse", 403),
        (None, "peer", 403),
        (None, "engine", 403),
    ],
)
def test_who_decides_is_who_signed_in(sandbox: Premises, reviewer: Any, role: str, status: int) -> None:
    browser = sandbox.browser()
    browser.choose("physician")
    body = decision(role) | ({"reviewer": reviewer} if reviewer else {})
    case_id = pended_case(browser)

    opened = open_with(browser, case_id, body)
    answer = browser.post(f"/um/v1/cases/{case_id}/decisions", json=body)

    assert opened.status_code == status, opened.text
    assert answer.status_code == status, answer.text


def test_a_person_may_give_their_own_id(sandbox: Premises) -> None:
    browser = sandbox.browser()
    browser.choose("physician")
    me = browser.get("/session").json["id"]

    body = decision() | {"reviewer": {"id": me}}
    case_id = pended_case(browser)
    open_with(browser, case_id, body)
    assert browser.post(f"/um/v1/cases/{case_id}/decisions", json=body).status_code == 200


def test_a_system_says_who_decides(sandbox: Premises) -> None:
    system = sandbox.browser()
    case_id = pended_case(system)

    unnamed = system.post(f"/um/v1/cases/{case_id}/decisions", json=decision())
    assert (unnamed.status_code, issues_told(unnamed)[0]["expression"]) == (422, ["reviewer.id"])
    named = decision() | {"reviewer": {"id": "d-1"}}
    open_with(system, case_id, named)
    assert system.post(f"/um/v1/cases/{case_id}/decisions", json=named).status_code == 200


@pytest.mark.parametrize("role", ["it-admin", "policy-author", "policy-approver", "delegate"])
def test_who_needs_no_health_data_gets_none(sandbox: Premises, role: str) -> None:
    browser = sandbox.browser()
    case_id = pended_case(browser)
    browser.choose(role)

    for path in ("/um/v1/cases", f"/um/v1/cases/{case_id}", f"/um/v1/cases/{case_id}/worksheet"):
        assert browser.get(path).status_code == 403
    assert browser.get("/session").json["roles"] == [role]


def test_people_do_not_send_for_providers(sandbox: Premises) -> None:
    browser = sandbox.browser()
    browser.choose("physician")
    body = next(STORY.glob("02-*.request.json")).read_bytes()

    answer = browser.post("/fhir/Claim/$submit", data=body, headers={"Content-Type": "application/fhir+json"})

    assert answer.status_code == 403


def test_the_local_account_needs_a_role_and_keeps_duties_apart(sandbox: Premises) -> None:
    browser = sandbox.browser()

    assert is_told_one_sentence(browser.choose())
    assert is_told_one_sentence(browser.choose("engine"))
    assert is_told_one_sentence(browser.choose("it-admin", "nurse"))
    assert browser.choose("nurse", "case-manager").status_code == 303


def test_outside_the_sandbox_there_is_no_local_account(guarded: Premises) -> None:
    browser = guarded.browser("https://um.example.org")

    answers = [browser.get("/sign-in"), browser.get("/sign-in/callback"), browser.choose("nurse")]
    nowhere = browser.get("/sign-in/nowhere")

    assert [each.status_code for each in answers] == [404, 404, 404]
    assert {each.text for each in answers} == {nowhere.text}


def test_behind_tls_the_session_is_bound_to_the_host(guarded: Premises) -> None:
    browser = guarded.browser("https://um.example.org")
    standing = Standing(Person("i", "u-1", "Nora"), frozenset({Role.NURSE}), (PayerId("harbor"),), True)
    token = open_session(guarded.deps, standing, 43_200)
    browser.client.set_cookie("fhir-um-session", token, domain="um.example.org", secure=True)
    assert browser.get("/session").status_code == 401, "a name that other hosts could set too"
    browser.client.set_cookie("__Host-fhir-um-session", token, domain="um.example.org", secure=True)

    assert browser.get("/session").json["name"] == "Nora"
    cookie = browser.post("/sign-out").headers["Set-Cookie"]
    assert cookie.startswith("__Host-fhir-um-session=; ")
    assert cookie.endswith("; Secure")


def test_without_a_session_nobody_is_anybody(guarded: Premises) -> None:
    browser = guarded.browser("https://um.example.org")

    for path in ("/session", "/um/v1/cases", "/um/v1/emergency-access"):
        assert browser.get(path).status_code == 401


def test_the_glass_is_broken_and_looked_at(on_both: Premises, provider: OpenIdProvider, clock: Hands) -> None:
    admin, officer, system = on_both.browser(), on_both.browser(), on_both.browser()
    case_id = pended_case(system)
    provider.claims |= {"sub": "u-it", "name": "Ivan Admin", "roles": ["it-admin"]}
    admin.sign_in()
    provider.claims |= {"sub": "u-co", "name": "Olivia Officer", "roles": ["compliance-privacy"]}
    officer.sign_in()
    assert admin.get(f"/um/v1/cases/{case_id}").status_code == 403
    assert admin.get("/session").json["banner"] is None

    plea = {"reason": "The queue is stuck on it", "ticket": "INC-7", "case": case_id}
    granted = admin.post("/um/v1/emergency-access", json=plea)

    assert granted.status_code == 201, granted.text
    grant = granted.json["id"]
    me = admin.get("/session").json
    assert "recorded" in me["banner"]
    assert me["emergencyAccess"] == {"id": grant, "endsAt": "2026-11-20T16:00:00+00:00"}
    assert admin.get(f"/um/v1/cases/{case_id}").status_code == 200
    assert admin.post(f"/um/v1/cases/{case_id}/decisions", json=decision()).status_code == 403
    assert admin.get("/um/v1/emergency-access").status_code == 403
    reads = audited(on_both, "GET /um/v1/cases/<case_id>")
    assert [(row["outcome"], row["emergency"]) for row in reads] == [("not-allowed", ""), ("answered", grant)]
    assert [(row["person"], row["detail"]) for row in audited(on_both, "emergency-access")] == [(me["id"], grant)]

    review = f"/um/v1/emergency-access/{grant}/review"
    finding = {"finding": "It was for the incident"}
    assert officer.post(review, json=finding).status_code == 409, "it still lasts"
    for _ in range(6):
        clock.move(minutes=10)
        admin.get("/session"), officer.get("/session")
    assert admin.get(f"/um/v1/cases/{case_id}").status_code == 403
    assert admin.get("/session").json["banner"] is None
    assert admin.post(review, json=finding).status_code == 403
    listed = officer.get("/um/v1/emergency-access").json["emergencyAccess"]
    assert [(row["id"], row["person"]["name"], row["reviewedAt"]) for row in listed] == [(grant, "Ivan Admin", None)]
    assert officer.post(review, json=finding).json["finding"] == finding["finding"]
    assert [row["detail"] for row in audited(on_both, "emergency-review")][-1] == grant


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "now", "ticket": "INC-7"},
        {"reason": "It is very urgent", "ticket": " "},
        {"reason": "It is very urgent"},
        {"reason": "It is very urgent", "ticket": "x" * 101},
        {"reason": "It is very urgent", "ticket": "INC-7", "case": "../7"},
        {"reason": "It is very urgent", "ticket": "INC-7", "hours": 9},
        {"reason": "It is very\u0000 urgent", "ticket": "INC-7"},
        [],
    ],
)
def test_the_glass_is_not_broken_without_a_reason(sandbox: Premises, body: Any) -> None:
    browser = sandbox.browser()
    browser.choose("it-admin")

    answer = browser.post("/um/v1/emergency-access", json=body)

    assert answer.status_code == 422
    assert "urgent" not in answer.text
    assert browser.get("/session").json["banner"] is None


def test_an_operator_hears_of_it_at_once(sandbox: Premises, lines: list[dict[str, Any]]) -> None:
    browser = sandbox.browser()
    browser.choose("it-admin", name="Ivan Admin")
    browser.post("/um/v1/emergency-access", json={"reason": "Look up Nora Whitfield", "ticket": "INC-7"})

    told = [line for line in lines if line["event"] == "emergency-access"]
    assert [(line["level"], set(line)) for line in told] == [("WARNING", {"event", "level", "request_id", "client_id"})]
    assert "Ivan" not in json.dumps(lines)
    assert "Whitfield" not in json.dumps(lines)


def test_systems_and_delegates_do_not_break_the_glass(sandbox: Premises) -> None:
    body = {"reason": "The queue is stuck", "ticket": "INC-7"}
    delegate = sandbox.browser()
    delegate.choose("delegate")

    assert sandbox.browser().post("/um/v1/emergency-access", json=body).status_code == 403
    assert delegate.post("/um/v1/emergency-access", json=body).status_code == 403


def test_pages_are_plain_and_may_be_nothing_but_pages(sandbox: Premises) -> None:
    browser = sandbox.browser()
    pages = [browser.get("/sign-in")]
    browser.choose("nurse", name="<b>Nora</b>")
    pages += [browser.get("/session", headers=HTML), browser.post("/sign-out"), browser.choose()]

    for page in pages:
        assert page.mimetype == "text/html"
        assert "<script" not in page.text
        assert "<b>Nora" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        assert page.headers["Cache-Control"] == "no-store"
    assert [page.headers["Referrer-Policy"] for page in pages[:2]] == ["same-origin"] * 2
    assert "&lt;b&gt;Nora" in pages[1].text


def test_the_sandbox_says_that_nobody_is_signed_in(sandbox: Premises) -> None:
    browser = sandbox.browser()

    assert browser.get("/session").json["isPerson"] is False
    assert "Nobody is signed in" in browser.get("/session", headers=HTML).text
