"""Puts the rooms together: dependencies, guard and route table become one WSGI application.

Must not know what any route does. Nothing here opens a database: that happens in the process that answers.
"""

import time
from collections.abc import Iterable
from functools import partial

from flask import Flask, Request, Response, request
from werkzeug.routing import BaseConverter

from fhir_um.api.checkers import Checkers
from fhir_um.api.envelope import seal, to_response
from fhir_um.api.errors import install
from fhir_um.api.exchange import BASES, Asked, House, Route
from fhir_um.api.hook_counter import hook_counter
from fhir_um.api.own_answers import report_faults
from fhir_um.api.routes import ROUTES
from fhir_um.api.trail import current_trail, open_trail, write_line
from fhir_um.auth.guard import SESSION_COOKIE, ClosedDoor, demand_scope, make_guard
from fhir_um.auth.hook_clients import make_hook_door
from fhir_um.auth.presented import Presented
from fhir_um.auth.scopes import Scope
from fhir_um.deps import Deps
from fhir_um.settings import Settings
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.usecases.spend_token import spend_token


class _Id(BaseConverter):
    """An id in an address, so that the name of an operation is none. Source: FHIR R4 2.24.0.1 (id)."""

    regex = r"[A-Za-z0-9\-.]{1,64}"


def make_app(deps: Deps, settings: Settings, routes: tuple[Route, ...] = ROUTES) -> Flask:
    """The application.

    Raises: SettingsFault when the settings leave it open outside the sandbox, or name definitions or hook clients
    that cannot be used; ValueError on a route without a scope.
    """
    demand_scopes(routes)
    guard = make_guard(settings, lambda: payers_on_file(deps), deps.clock, ClosedDoor(), ClosedDoor())
    house = House(deps, settings, guard, routes, Checkers(settings))
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.url_map.converters["default"] = _Id
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = True
    app.url_map.redirect_defaults = False
    _wrap(app, house)
    install(app, house)
    for route in routes:
        _mount(app, house, route)
    door = make_hook_door(settings, partial(spend_token, deps), deps.clock, time.monotonic)
    app.register_blueprint(hook_counter(deps, settings, door))
    return app


def demand_scopes(routes: Iterable[Route]) -> None:
    """Default deny: a route whose row names no scope is a fault of the program.

    Raises: ValueError naming the route.
    """
    for route in routes:
        if not isinstance(route.scope, Scope):
            raise ValueError(f"{route.method} {route.path} declares no scope")


def _wrap(app: Flask, house: House) -> None:
    def begin() -> None:
        open_trail(request, house.deps.new_id)

    def end(response: Response) -> Response:
        report_faults(house, current_trail(), response)
        sealed = seal(request, response)
        write_line(request, sealed)
        return sealed

    app.before_request(begin)
    app.after_request(end)


def _mount(app: Flask, house: House, route: Route) -> None:
    base_url = house.settings.base_url + BASES.get(route.guide, "")

    def view(**ids: str) -> Response:
        trail = current_trail()
        trail.route, trail.guide = route.path, route.guide
        caller = house.guard.admit(_presented(request), route.scope)
        trail.client_id = caller.client_id
        demand_scope(caller, route.scope)
        return to_response(route.handler(Asked(house, request, caller, route.guide, base_url), **ids))

    name = f"{route.method} {route.path}".replace(".", "_")
    app.add_url_rule(route.path, name, view, methods=[route.method], provide_automatic_options=False)


def _presented(http: Request) -> Presented:
    given = http.headers
    return Presented(
        host=given.get("Host", ""),
        method=http.method,
        authorization=given.get("Authorization"),
        session=http.cookies.get(SESSION_COOKIE, ""),
        origin=given.get("Origin", ""),
        fetch_site=given.get("Sec-Fetch-Site", ""),
    )
