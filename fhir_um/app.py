"""Puts the rooms together: dependencies, guard and route table become one WSGI application.

Must not know what any route does. Nothing here opens a database: that happens in the process that answers.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from flask import Flask, Request, Response, request
from werkzeug.routing import BaseConverter

from fhir_um.api import health
from fhir_um.api.auditing import RequestWitness
from fhir_um.api.checkers import Checkers
from fhir_um.api.cookies import session_of
from fhir_um.api.envelope import seal, to_response, usual_headers
from fhir_um.api.errors import install, leave_trace
from fhir_um.api.exchange import BASES, ID, Asked, House, Route, is_own_api
from fhir_um.api.hook_counter import hook_counter
from fhir_um.api.oauth import TOKEN
from fhir_um.api.own_answers import report_faults
from fhir_um.api.routes import ROUTES
from fhir_um.api.tags import acting_on, tagged
from fhir_um.api.trail import current_trail, open_trail, write_line
from fhir_um.api.udap import note_on_behalf
from fhir_um.auth.access_tokens import TokenDoor
from fhir_um.auth.client_assertions import ClientAssertions, Prove
from fhir_um.auth.gate import Gate, PacedGuard, PacedHookDoor, WaryGuard, make_gate
from fhir_um.auth.guard import demand_scope, make_guard
from fhir_um.auth.hook_clients import make_hook_door
from fhir_um.auth.hook_keys import fetch_json
from fhir_um.auth.openid import RelyingParty, Ways, make_relying_party
from fhir_um.auth.peers import Peers
from fhir_um.auth.presented import Presented
from fhir_um.auth.scopes import Scope
from fhir_um.auth.sessions import Origins, SessionDoor
from fhir_um.auth.thumbprints import thumbprint
from fhir_um.auth.udap import Udap, make_udap
from fhir_um.auth.udap_assertions import UdapAssertions, by_form
from fhir_um.clock import new_token
from fhir_um.deps import Deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.find_client import find_client
from fhir_um.usecases.keep_session import find_session
from fhir_um.usecases.know_caller import know_caller
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.usecases.spend_token import spend_token
from fhir_um.usecases.start_sign_in import start_sign_in, take_sign_in


class _Id(BaseConverter):
    """An id in an address."""

    regex = ID


def make_app(deps: Deps, settings: Settings, routes: tuple[Route, ...] = ROUTES) -> Flask:
    """The application.

    Raises: SettingsFault when the settings leave it open outside the sandbox, or name definitions, hook clients or
    files of UDAP that cannot be used; ValueError on a route without a scope.
    """
    demand_scopes(routes)
    tokens = TokenDoor(partial(know_caller, deps))
    guard = make_guard(settings, lambda: payers_on_file(deps), deps.clock, tokens, _sessions(deps, settings))
    peers = Peers(settings.proxies)
    address = partial(_address, peers)
    gate = make_gate(settings, time.monotonic_ns, new_token(), address)
    witnessed = replace(deps, witness=RequestWitness(deps.clock))
    udap = _udap(deps, settings)
    prove = _prover(deps, settings, udap)
    house = House(
        witnessed, settings, PacedGuard(guard, gate), routes, Checkers(settings), prove, udap, _relying(deps, settings)
    )
    watched = replace(house, guard=WaryGuard(guard, gate))
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.url_map.converters["default"] = _Id
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    _wrap(app, house, gate, address)
    install(app)
    for route in routes:
        _mount(app, watched if route.path in health.PATHS else house, route, peers)
    door = make_hook_door(settings, partial(spend_token, deps), deps.clock, time.monotonic)
    app.register_blueprint(hook_counter(witnessed, settings, PacedHookDoor(door, gate)))
    return app


def demand_scopes(routes: Iterable[Route]) -> None:
    """Default deny: a route whose row names no scope is a fault of the program.

    Raises: ValueError naming the route.
    """
    for route in routes:
        if not isinstance(route.scope, Scope):
            raise ValueError(f"{route.method} {route.path} declares no scope")


def _sessions(deps: Deps, settings: Settings) -> SessionDoor:
    find = partial(find_session, deps, idle_seconds=settings.session_idle_seconds)
    return SessionDoor(find, Origins(settings))


def _relying(deps: Deps, settings: Settings) -> RelyingParty | None:
    ways = Ways(partial(start_sign_in, deps), partial(take_sign_in, deps))
    return make_relying_party(settings, ways, time.monotonic)


def _wrap(app: Flask, house: House, gate: Gate, address: Callable[[], str]) -> None:
    usual = usual_headers(house.settings.base_url.startswith("https:"))

    def begin() -> None:
        open_trail(request, house.deps.new_id, address())
        if request.routing_exception is not None:
            gate.pass_stranger()

    def end(response: Response) -> Response:
        report_faults(house, current_trail(), response)
        sealed = seal(request, leave_trace(house, response), usual)
        write_line(sealed)
        return sealed

    app.before_request(begin)
    app.after_request(end)


def _udap(deps: Deps, settings: Settings) -> Udap | None:
    bases = tuple(settings.base_url + path for path in (*BASES.values(), ""))
    return make_udap(settings, bases, partial(spend_token, deps), deps.clock, deps.new_id)


def _prover(deps: Deps, settings: Settings, udap: Udap | None) -> Prove:
    is_sandbox = settings.mode is Mode.SANDBOX
    find, spend = partial(find_client, deps), partial(spend_token, deps)
    registered = ClientAssertions(
        audience=settings.base_url + TOKEN,
        find=find,
        spend=spend,
        now=deps.clock,
        monotonic=time.monotonic,
        fetch=fetch_json(time.monotonic, is_sandbox),
        is_sandbox=is_sandbox,
    ).prove
    if udap is None:
        return registered
    members = UdapAssertions(udap.certify, udap.endpoints.token, find, spend, deps.clock, note_on_behalf)
    return by_form(registered, members.prove)


def _mount(app: Flask, house: House, route: Route, peers: Peers) -> None:
    base_url = house.settings.base_url + BASES.get(route.guide, "")
    is_own = is_own_api(route.path)

    def view(**ids: str) -> Response:
        trail = current_trail()
        trail.route, trail.guide, trail.success = route.path, route.guide, route.success
        trail.is_noted = route.scope is not Scope.PUBLIC
        presented = _presented(request, house.settings, _certificate(request, house.settings, peers))
        caller = house.guard.admit(presented, route.scope)
        trail.admit(caller)
        demand_scope(caller, route.scope)
        inside = acting_on(house, request, caller, ids.get("case_id")) if is_own else house
        asked = Asked(inside, request, caller, route.guide, base_url, presented.certificate)
        answer = route.handler(asked, **ids)
        return to_response(tagged(request, answer) if is_own else answer)

    name = f"{route.method} {route.path}".replace(".", "_")
    app.add_url_rule(route.path, name, view, methods=[route.method], provide_automatic_options=False)


def _address(peers: Peers) -> str:
    return peers.home_of(request.remote_addr or "", request.headers.get("X-Forwarded-For", ""))


def _certificate(http: Request, settings: Settings, peers: Peers) -> str:
    """Of the client certificate that a proxy of ours has verified; nobody else is believed."""
    written = http.headers.get(settings.certificate_header, "") if settings.certificate_header else ""
    return thumbprint(written) if written and peers.is_proxy(http.remote_addr or "") else ""


def _presented(http: Request, settings: Settings, certificate: str) -> Presented:
    given = http.headers
    return Presented(
        host=given.get("Host", ""),
        method=http.method,
        authorization=given.get("Authorization"),
        certificate=certificate,
        session=session_of(http, settings),
        origin=given.get("Origin", ""),
        fetch_site=given.get("Sec-Fetch-Site", ""),
    )
