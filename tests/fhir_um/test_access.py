"""Walks the access matrix: every address, asked of the real application as every kind of caller."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from fhir_um.api.exchange import BASES, Route
from fhir_um.api.hook_desk import HookDesk
from fhir_um.api.review_routes import REVIEW_ROUTES
from fhir_um.api.routes import ROUTES
from fhir_um.auth.people_roles import MAY
from fhir_um.auth.scopes import MEANING, Scope
from fhir_um.cases.roles import Role
from fhir_um.settings import Mode
from fhir_um.usecases.give_notices import give_notices
from tests.fhir_um.api.attaching import PDF, attachment, parameters, report
from tests.fhir_um.api.outcomes import issues_told
from tests.fhir_um.asking_hooks import order, question
from tests.fhir_um.parties import HARBOR, PRAIRIE, Parties, parties, story
from tests.fhir_um.subscribing import written
from tests.fhir_um.usecases.test_keep_hook import told_of
from tools.access_matrix import WHOSE, Client, Met, Whose, groups, met_by, met_by_person, row_of

AT_THE_DOOR = {
    Client.NOBODY: "",
    Client.WITHOUT: "no-scope",
    Client.SENDER: "own",
    Client.SAME: "same-organisation",
    Client.OTHER: "other-organisation",
    Client.ELSEWHERE: "other-payer",
}
GUIDES = {base: guide for guide, base in BASES.items()}
LOOSE = (Whose.PROVED, Whose.OPTION, Whose.PERSON, Whose.JUDGED, Whose.HOUSE)
"""Where a request without proof, or of a system, is refused by the handler."""

LISTS = (Whose.SENT_LIST, Whose.PAYER_LIST, Whose.NAMED)
PARAMETERS = {"resourceType": "Parameters"}

Asked = tuple[str, Any, str]
"""A path, a body, and what stands in an answer that shows something of the sender's or the payer's."""


@dataclass
class Things:
    """What the owner, and Harbor with it, have here; what is used up is made anew for each request."""

    house: Parties
    owner: str = "own"
    case: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    hook: str = ""
    made: int = 0

    @property
    def case_id(self) -> str:
        """Of a request with a line that waits."""
        return str(self.case["id"])

    def new(self) -> int:
        """A number nobody had."""
        self.made += 1
        return self.made

    def held(self) -> str:
        """A document that a person of Harbor has to match."""
        name = f"held-{self.new()}"
        body = parameters(name, attachment(report(PDF + name.encode())))
        assert self.house.ask(self.owner, "POST", "/fhir/$submit-attachment", body).status_code == 200
        rows = self.house.ask(self.owner, "GET", "/um/v1/attachments?unmatched=true&limit=200").get_json()[
            "attachments"
        ]
        return str(next(row["id"] for row in rows if name in json.dumps(row)))


@contextmanager
def _made(database: Path, owner: str, **settings: Any) -> Iterator[Things]:
    with parties(f"sqlite:///{database}", **settings) as house:
        for role in {group.roles[0] for group in groups()} | {Role.NURSE}:
            house.sign_in(role.value, role, HARBOR)
        house.sign_in("elsewhere", Role.PHYSICIAN, PRAIRIE)
        made = Things(house, owner)
        made.case = house.submit(owner, story("pended-for-documents", "01"))
        made.about = house.submit(owner, story("inquiry-ways", "01"))
        made.hook = _hook(house)
        yield made


@pytest.fixture(scope="module")
def things(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Things]:
    """One server outside the sandbox for the whole walk."""
    with _made(shutil.copy(sqlite_template, tmp_path_factory.mktemp("walked") / "um.db"), "own") as made:
        yield made


@pytest.fixture(scope="module")
def sandbox(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Things]:
    """One sandbox, with what nobody in particular sent."""
    database = shutil.copy(sqlite_template, tmp_path_factory.mktemp("sandbox") / "um.db")
    with _made(database, "", mode=Mode.SANDBOX, public_url="") as made:
        yield made


def _hook(house: Parties) -> str:
    """A hook instance that Harbor's people may have explained."""
    desk = HookDesk(house.trust.deps, house.trust.settings)
    asked = question(order("E1390"))
    desk.keep(told_of(asked, desk.answer(asked)))
    return asked.instance


# --- how each address is asked ----------------------------------------------------------------------------------------


def _base(route: Route) -> str:
    return BASES[route.guide]


def _submit(things: Things, route: Route) -> Asked:
    mark = f"msg-{things.new()}-"
    return (
        route.path,
        story("update-chain", "01", **{"msg-1008-": mark, "oxygen-1008-": f"oxygen-{mark}"}),
        "ClaimResponse",
    )


def _inquire(things: Things, route: Route) -> Asked:
    return route.path, story("inquiry-ways", "05"), str(things.about["id"])


def _of_case(things: Things, route: Route) -> Asked:
    return route.path.replace("<case_id>", things.case_id), None, things.case_id


def _search(things: Things, route: Route) -> Asked:
    return f"{route.path}?identifier={things.case['identifier'][0]['value']}", None, things.case_id


def _search_by_form(things: Things, route: Route) -> Asked:
    return route.path, {"identifier": things.case["identifier"][0]["value"]}, things.case_id


def _subscribe(things: Things, route: Route) -> Asked:
    return route.path, written(route.guide), "Subscription"


def _of_subscription(things: Things, route: Route) -> Asked:
    id = things.house.subscribe(things.owner, _base(route), route.guide)
    body: Any = {"PUT": written(route.guide, id=id), "POST": PARAMETERS}.get(route.method)
    return route.path.replace("<subscription_id>", id), body, id


def _subscriptions(things: Things, route: Route) -> Asked:
    id = things.house.subscribe(things.owner, _base(route), route.guide)
    if route.method == "POST":
        return route.path, PARAMETERS, id
    return route.path, None, id


def _attach(things: Things, route: Route) -> Asked:
    body = parameters(things.case_id, attachment(report(PDF + b"%d" % things.new())))
    return route.path, body, ""


def _validate(things: Things, route: Route) -> Asked:
    return route.path.replace("<type_name>", "Patient"), {"resourceType": "Patient"}, "OperationOutcome"


def _published(things: Things, route: Route) -> Asked:
    names = {"<topic_id>": "PASSubscriptionTopic", "<form_id>": "home-oxygen"}
    path = route.path
    for name, value in names.items():
        path = path.replace(name, value)
    return path, None, ""


def _decide(things: Things, route: Route) -> Asked:
    path, _, id = _of_case(things, route)
    lines = [{"sequence": 1, "action": "approve", "reason": "criteria-met", "text": ""}]
    return path, {"version": 99, "role": "intake", "reviewer": {"id": "i"}, "lines": lines}, id


def _open(things: Things, route: Route) -> Asked:
    path, _, id = _of_case(things, route)
    return path, {"role": "intake", "reviewer": {"id": "i"}}, id


WAITS = "information-out"
"""The queue in which the case of these tests waits."""


def _ask(things: Things) -> None:
    """Asks for documents again where others have sent them, so that it waits where it did."""
    path = f"/um/v1/cases/{things.case_id}"
    case = things.house.ask(things.owner, "GET", path).get_json()
    if case["lines"][0]["state"] == "pended-info":
        return
    note = {"loinc": "34117-2", "label": "Note of the visit"}
    text = "Please send the note of the visit."
    line = {"sequence": 1, "action": "request-information", "reason": "need-patient-info", "text": text}
    who = {"role": "physician", "reviewer": {"id": "d", "npi": "1910200405"}}
    body = {"version": case["version"], **who, "lines": [line | {"documents": [note]}]}
    asked = things.house.ask(things.owner, "POST", f"{path}/decisions", body)
    assert asked.status_code == 200, asked.text


def _give(things: Things, person: str) -> None:
    """What waits of the case is theirs from now on; nobody's without one."""
    _ask(things)
    body = {"role": "operations-manager", "reviewer": {"id": "m"}, "queue": WAITS, "assignee": person}
    given = things.house.ask(things.owner, "POST", f"/um/v1/cases/{things.case_id}/assignments", body)
    assert given.status_code == 200, given.text


def _of_work(things: Things, route: Route) -> Asked:
    _give(things, "")
    path = route.path.replace("<case_id>", things.case_id).replace("<queue>", WAITS)
    body: dict[str, Any] = {"role": "intake", "reviewer": {"id": "i"}}
    if path.endswith("/escalations"):
        return path, body | {"reason": "The member called again."}, things.case_id
    if route.method == "DELETE":
        return f"{path}?reviewer=i", None, things.case_id
    if route.method == "GET":
        return f"{path}?limit=200", None, things.case_id
    if path.endswith("/next"):
        return path, body, '"caseId"'
    return path, body | {"queue": WAITS}, things.case_id


def _unlock(things: Things) -> None:
    """Nobody works on what waits of the case any more."""
    locks = f"/um/v1/cases/{things.case_id}/locks"
    taken = {"role": "operations-manager", "reviewer": {"id": "m"}, "queue": WAITS, "reason": "They went home."}
    assert things.house.ask(things.owner, "POST", locks, taken).status_code == 200
    assert things.house.ask(things.owner, "DELETE", f"{locks}/{WAITS}?reviewer=m").status_code == 200


def _give_many(things: Things, route: Route) -> Asked:
    _give(things, "w-1")
    _unlock(things)
    body = {"role": "operations-manager", "reviewer": {"id": "m"}, "from": "w-1", "to": "w-2"}
    return route.path, body, things.case_id


ACTS: dict[str, dict[str, Any]] = {
    "information-requests": {"lines": [1], "text": ""},
    "peer-to-peers": {"step": "offer", "lines": [1]},
    "opinions": {"line": 1, "specialty": "", "question": ""},
    "extensions": {"lines": [1], "ground": "extraordinary", "days": 1, "text": ""},
    "voidings": {"lines": [1], "reason": ""},
    "priority-requests": {"text": ""},
}
"""What somebody says who begins something beside a ruling."""


def _act(things: Things, route: Route) -> Asked:
    """On a version that is none, so that nothing comes of it."""
    path, _, id = _of_case(things, route)
    said = {"step": "refuse"} if path.endswith("/steps") else ACTS[path.rpartition("/")[2]]
    path = re.sub(r"<\w+>", "nothing", path)
    return path, {"version": 99, "role": "intake", "reviewer": {"id": "i"}, **said}, id


def _of_attachment(things: Things, route: Route) -> Asked:
    return route.path.replace("<attachment_id>", things.held()), None, ""


def _of_notice(things: Things, route: Route) -> Asked:
    give_notices(things.house.trust.deps)
    rows = things.house.ask(things.owner, "GET", f"/um/v1/cases/{things.case_id}/notices").get_json()["notices"]
    body = {"outcome": "delivered", "channel": "phone", "role": "intake", "reviewer": {"id": "i"}}
    path = route.path.replace("<notice_id>", rows[0]["id"])
    return path, body if route.method == "POST" else None, rows[0]["id"] if path.endswith("notices") else ""


def _match(things: Things, route: Route) -> Asked:
    path, _, _ = _of_attachment(things, route)
    body = {"case": things.case_id, "lines": [1], "role": "intake", "reviewer": {"id": "i"}, "final": False}
    return path, body, things.case_id


def _held(things: Things, route: Route) -> Asked:
    return f"{route.path}?unmatched=true&limit=200", None, things.held()


def _explained(things: Things, route: Route) -> Asked:
    return route.path.replace("<name>", things.hook), None, things.hook


def _audit(things: Things, route: Route) -> Asked:
    return f"{route.path}?case={things.case_id}", None, things.case_id


def _audit_by_form(things: Things, route: Route) -> Asked:
    return route.path, {"member": "harbor-1006"}, things.case_id


def _disclosed(things: Things, route: Route) -> Asked:
    return route.path, {"member": "harbor-1006", "payer": "harbor"}, things.case_id


def _plead(_: Things, route: Route) -> Asked:
    return route.path, {"reason": "A member called in distress.", "ticket": "T-1"}, ""


def _of_emergency(things: Things, route: Route) -> Asked:
    _, plea, _ = _plead(things, route)
    granted = things.house.ask_as("nurse", "POST", "/um/v1/emergency-access", plea)
    assert granted.status_code == 201, granted.text
    id = str(granted.get_json()["id"])
    return route.path.replace("<access_id>", id), {"finding": "As it should be."} if "<" in route.path else None, id


def _of_answer(things: Things, route: Route) -> Asked:
    id = str(things.about["id"])
    target = f"ClaimResponse/{id}"
    if route.method == "POST":
        return route.path, {"target": target}, f"{id}-1"
    path = route.path.replace("<provenance_id>", f"{id}-1")
    return (path if "<" in route.path else f"{path}?target={target}"), None, f"{id}-1"


def _reviewer(things: Things, route: Route) -> Asked:
    licence = {"state": "MD", "number": "1", "period": {"start": "2026-01-01", "end": "2026-12-31"}}
    body = {"name": "Nadia Orr", "kind": "MD", "licences": [licence]}
    return route.path.replace("<npi>", "1910200439"), body if route.method == "PUT" else None, "1910200017"


def _claimed(things: Things, route: Route) -> Asked:
    code = {"system": "http://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "code": "E1390"}
    body = {"memberId": "harbor-1009", "code": code, "units": 1, "dateOfService": "2026-11-10"}
    return route.path, body, str(things.about["preAuthRef"])


def _of_authorization(things: Things, route: Route) -> Asked:
    path = route.path.replace("<number>", str(things.about["preAuthRef"]))
    use = f"claim-{things.new()}"
    body = {"useId": use, "dateOfService": "2026-11-10", "units": 0.001, "providerNpi": "1910010010"}
    if path.endswith("/uses"):
        return path, body, use
    if path.endswith("/reversal"):
        uses = path.partition("/<use_id>")[0]
        assert things.house.ask(things.owner, "POST", uses, body).status_code == 201
    return path.replace("<use_id>", use), None, str(things.about["preAuthRef"])


def _bare(things: Things, route: Route) -> Asked:
    return route.path, {} if route.method == "POST" else None, ""


HOW: dict[str, Callable[[Things, Route], Asked]] = {
    "POST {base}/Claim/$submit": _submit,
    "POST {base}/Claim/$inquire": _inquire,
    "GET {base}/Claim": _search,
    "POST {base}/Claim/_search": _search_by_form,
    "GET {base}/ClaimResponse": _search,
    "POST {base}/ClaimResponse/_search": _search_by_form,
    "POST {base}/Subscription": _subscribe,
    "GET {base}/Subscription": _subscriptions,
    "POST {base}/Subscription/_search": lambda things, route: (route.path, {}, _subscriptions(things, route)[2]),
    "GET {base}/Subscription/$status": _subscriptions,
    "POST {base}/Subscription/$status": _subscriptions,
    "POST {base}/$submit-attachment": _attach,
    "POST {base}/$validate": _validate,
    "POST {base}/<type_name>/$validate": _validate,
    "GET /um/v1/events": lambda things, route: (f"{route.path}?caseId={things.case_id}", None, things.case_id),
    "GET /um/v1/cases": lambda things, route: (route.path, None, things.case_id),
    "POST /um/v1/cases/<case_id>/decisions": _decide,
    "POST /um/v1/cases/<case_id>/openings": _open,
    "GET /um/v1/worklists/<queue>": _of_work,
    "POST /um/v1/worklists/<queue>/next": _of_work,
    "POST /um/v1/cases/<case_id>/assignments": _of_work,
    "POST /um/v1/cases/<case_id>/locks": _of_work,
    "DELETE /um/v1/cases/<case_id>/locks/<queue>": _of_work,
    "POST /um/v1/cases/<case_id>/escalations": _of_work,
    "POST /um/v1/assignments": _give_many,
    **{f"POST /um/v1/cases/<case_id>/{machine}": _act for machine in ACTS},
    **{row_of(route): _act for route in REVIEW_ROUTES if route.path.endswith("/steps")},
    "GET /um/v1/measures/prior-authorization/<year>": lambda _, route: (route.path.replace("<year>", "2026"), None, ""),
    "GET /um/v1/attachments": _held,
    "GET {base}/Provenance": _of_answer,
    "POST {base}/Provenance/_search": _of_answer,
    "GET {base}/Provenance/<provenance_id>": _of_answer,
    "GET /um/v1/policies/<policy_id>": lambda things, route: (f"{route.path[:15]}/home-oxygen", None, ""),
    "GET /um/v1/reviewers": _reviewer,
    "PUT /um/v1/reviewers/<npi>": _reviewer,
    "POST /um/v1/auth-match": _claimed,
    "GET /um/v1/authorizations/<number>": _of_authorization,
    "POST /um/v1/authorizations/<number>/uses": _of_authorization,
    "POST /um/v1/authorizations/<number>/uses/<use_id>/reversal": _of_authorization,
    "GET /um/v1/notices": _of_notice,
    "GET /um/v1/audit": _audit,
    "POST /um/v1/audit/_search": _audit_by_form,
    "POST /um/v1/disclosures": _disclosed,
    "POST /um/v1/emergency-access": _plead,
    "GET /um/v1/emergency-access": _of_emergency,
    "POST /um/v1/emergency-access/<access_id>/review": _of_emergency,
    "POST /um/v1/attachments/<attachment_id>/match": _match,
    "GET /um/v1/crd/invocations/<name>/explanation": _explained,
}
"""How an address is asked where its path does not say it."""


def _asked(things: Things, route: Route) -> Asked:
    row = row_of(route)
    base = BASES.get(route.guide)
    known = HOW.get(row.replace(f" {base}/", " {base}/", 1) if base else row)
    if known is not None:
        return known(things, route)
    for name, ask in {
        "<case_id>": _of_case,
        "<subscription_id>": _of_subscription,
        "<attachment_id>": _of_attachment,
        "<notice_id>": _of_notice,
    }.items():
        if name in route.path:
            return ask(things, route)
    return (_published if WHOSE[row] is Whose.EVERYBODY else _bare)(things, route)


# --- what happens -----------------------------------------------------------------------------------------------------


def happened(route: Route, answer: TestResponse, shows: str) -> Met:
    """What a caller met, seen in the answer alone."""
    told = answer.get_json(silent=True) or {}
    issues = issues_told(answer)
    code = issues[0]["code"] if issues else ""
    whose = WHOSE[row_of(route)]
    assert answer.status_code < 500, answer.text
    if whose in (Whose.PROVED, Whose.OPTION):
        return Met.ANSWER
    if answer.status_code == 401 and (code == "login" or told.get("error") == "invalid_client"):
        return Met.UNKNOWN
    if answer.status_code == 403 and (code == "forbidden" or told.get("error") == "insufficient_scope"):
        return Met.FORBIDDEN
    if (answer.status_code, code) == (404, "not-found"):
        return Met.NOT_THERE
    if whose is Whose.MATCHED:
        return Met.HELD if "No request of yours" in answer.text else Met.ANSWER
    if whose in LISTS and shows:
        assert answer.status_code == 200, answer.text
        return Met.ANSWER if shows in answer.text else Met.EMPTY
    return Met.ANSWER


IDS = [row_of(route) for route in ROUTES]


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_every_system_meets_what_the_matrix_says(things: Things, route: Route) -> None:
    for client, name in AT_THE_DOOR.items():
        if name == "no-scope" and route.scope is Scope.VALIDATE:
            name = "token-reader"
        path, body, shows = _asked(things, route)

        answer = things.house.ask(name, route.method, path, body)

        met = happened(route, answer, shows)
        expected = met_by(route, client)
        assert met is (Met.ANSWER if expected is Met.BY_NAME else expected), (client, answer.status_code, answer.text)
        if client is Client.SENDER and WHOSE[row_of(route)] not in LOOSE:
            assert answer.status_code < 400 or (answer.status_code == 409 and "<" in route.path), answer.text


@pytest.mark.parametrize("route", ROUTES, ids=IDS)
def test_whoever_is_in_the_sandbox_meets_what_the_matrix_says(sandbox: Things, route: Route) -> None:
    path, body, shows = _asked(sandbox, route)

    answer = sandbox.house.ask("", route.method, path, body)

    assert happened(route, answer, shows) is met_by(route, Client.SANDBOX), answer.text
    stranger = sandbox.house.trust.http.open(path, method=route.method, headers={"Authorization": "Bearer of-nobody"})
    assert stranger.status_code == 401


GUARDED = [route for route in ROUTES if route.scope is not Scope.PUBLIC]


@pytest.mark.parametrize("route", GUARDED, ids=[row_of(route) for route in GUARDED])
def test_everybody_signed_in_meets_what_the_matrix_says(things: Things, route: Route) -> None:
    people = [(group.roles[0].value, group.roles[0], True) for group in groups()]
    for name, role, is_of_payer in [*people, ("elsewhere", Role.PHYSICIAN, False)]:
        if met_by_person(route, role, is_of_payer) is Met.FORBIDDEN:
            path, body, shows = re.sub(r"<\w+>", "nothing", route.path), None, ""
        else:
            path, body, shows = _asked(things, route)
        if body and "reviewer" in body:
            body = body | {"role": role.value, "reviewer": {}}

        answer = things.house.ask_as(name, route.method, path, body)

        assert happened(route, answer, shows) is met_by_person(route, role, is_of_payer), (name, answer.text)


def test_the_matrix_has_every_route_and_no_other() -> None:
    assert set(WHOSE) == {row_of(route) for route in ROUTES}


def test_every_scope_is_put_in_words() -> None:
    assert set(MEANING) == set(Scope)


def test_every_role_is_in_one_group_with_what_it_may() -> None:
    told = [(role, group.scopes) for group in groups() for role in group.roles]

    assert dict(told) == {role: scopes for role, scopes in MAY.items() if scopes}
    assert len(told) == len(dict(told))


@pytest.mark.parametrize("path", ["/cds-services", "/cds-services/order-sign", "/cds-services/order-sign/feedback"])
@pytest.mark.parametrize("name", ["", "own", "other-payer"])
def test_no_access_token_opens_the_hook_counter(things: Things, path: str, name: str) -> None:
    method = "GET" if path == "/cds-services" else "POST"

    assert things.house.ask(name, method, path, {} if method == "POST" else None).status_code == 401
