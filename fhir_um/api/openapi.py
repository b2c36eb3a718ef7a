"""The OpenAPI document of everything that is answered here, made from the route table: no more and no less.

Must not know any single route. Source: OpenAPI 3.1.0; JSON Schema 2020-12.
"""

import re
from collections import defaultdict
from functools import cache
from inspect import getdoc
from typing import Any

import msgspec

from fhir_um.api.capability import program_version
from fhir_um.api.described import BY_HANDLER, Described, Parameter, Schema, described
from fhir_um.api.exchange import ID, JSON, Answer, Asked, Route, is_own_api
from fhir_um.api.openapi_answers import SCHEMAS, acts_on_case, answers_of, refusals
from fhir_um.api.openapi_hooks import HOOK_SCHEMES, hook_paths
from fhir_um.api.shapes.answers import SHAPES
from fhir_um.api.shapes.examples import BODIES
from fhir_um.auth.scopes import Scope
from fhir_um.auth.sessions import cookie_name

_PLACEHOLDER = re.compile(r"<(?:[a-z]+:)?([a-z_]+)>")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_REF = "#/components/schemas/{name}"
_ABOUT = (
    "Da Vinci PAS, CRD and CDex for a payer, and an API of its own under /um/v1. What can be refused anywhere before a "
    "route is found: 400, 408, 414, 417, 431 and 501 for what is no HTTP request this server can read, 404 for an "
    "address that is not here."
)
_REQUEST_ID = Parameter(
    "X-Request-Id",
    "Comes back with the answer when it is a UUID; otherwise one is made.",
    {"type": "string"},
    place="header",
)
_KNOWN = Parameter(
    "If-None-Match",
    "The tag of the answer the caller has; when it is still so, nothing is told again (304).",
    {"type": "string"},
    place="header",
)
_SEEN = Parameter(
    "If-Match",
    "The tag of the case as the caller saw it, beside the version in the body; when it is no longer so, nothing is "
    "done (412). Notes such as alarms and letters change the tag and not the version.",
    {"type": "string"},
    place="header",
)
_HEADERS = (_REQUEST_ID, _KNOWN, _SEEN)
_TAG: Schema = {
    "description": "The state of what is told: version, steps and a digest for a case, a digest for anything else.",
    "schema": {"type": "string"},
}


def show(asked: Asked) -> Answer:
    """This API as an OpenAPI document."""
    document = _written(asked.house.routes, asked.house.settings.base_url)
    return Answer(document, JSON, headers={"Cache-Control": "public, max-age=300"})


@cache
def _written(routes: tuple[Route, ...], base_url: str) -> bytes:
    return msgspec.json.encode(openapi(routes, base_url))


def openapi(routes: tuple[Route, ...], base_url: str) -> dict[str, Any]:
    """The document of those routes and of the hook counter, reached at `base_url`."""
    paths: dict[str, Any] = defaultdict(dict)
    for route in routes:
        paths[_template(route.path)][route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "fhir-um", "version": program_version(), "description": _ABOUT},
        "servers": [{"url": base_url}],
        "paths": dict(paths) | hook_paths(),
        "components": {
            "schemas": _shapes() | SCHEMAS | SHAPES,
            "headers": {"Tag": _TAG},
            "securitySchemes": _schemes(routes, base_url) | HOOK_SCHEMES,
            "parameters": {given.name.replace("-", ""): _parameter(given) for given in _HEADERS},
        },
    }


def _template(path: str) -> str:
    return _PLACEHOLDER.sub(r"{\1}", path)


def _operation(route: Route) -> dict[str, Any]:
    row = described(route.handler)
    body = _body(row, BODIES.get(route.handler)) if route.method != "GET" else {}
    return {
        "operationId": _NO_WORD.sub("_", f"{route.method} {route.path}").strip("_").lower(),
        "summary": (getdoc(route.handler) or route.path).partition("\n")[0],
        "tags": [f"PAS {route.guide}" if route.guide else route.path.partition("<")[0]],
        "security": _security(route),
        "parameters": [*_ids(route), *_given(route, row), *_headers(route)],
        **({"requestBody": body} if body else {}),
        "responses": refusals(route, row) | answers_of(route, row),
    }


def _security(route: Route) -> list[dict[str, list[str]]]:
    if route.scope is Scope.PUBLIC:
        return []
    of_people: list[dict[str, list[str]]] = [] if route.guide else [{"session": []}]
    return [{"client": [route.scope.value]}, *of_people]


def _ids(route: Route) -> list[Schema]:
    names = _PLACEHOLDER.findall(route.path)
    schema = {"type": "string", "pattern": f"^{ID}$"}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _given(route: Route, row: Described) -> list[Schema]:
    """What may be asked by GET too has its parameters in the body of a POST, and in the query only those of form."""
    is_in_body = row.body is not None and row.body.or_query and route.method == "POST"
    return [_parameter(p) for p in row.parameters if not is_in_body or p.name.startswith("_")]


def _parameter(given: Parameter) -> Schema:
    schema = {"type": "array", "items": given.schema} if given.often else given.schema
    form = {"style": "form", "explode": True} if given.often else {}
    return {
        "name": given.name,
        "in": given.place,
        "description": given.meaning,
        "required": given.required,
        "schema": schema,
        **form,
    }


def _headers(route: Route) -> list[Schema]:
    """What any request may carry, and at our own addresses the tag of what the caller has seen."""
    found = [_REQUEST_ID]
    if acts_on_case(route):
        found.append(_SEEN)
    elif is_own_api(route.path) and route.method == "GET":
        found.append(_KNOWN)
    return [{"$ref": f"#/components/parameters/{given.name.replace('-', '')}"} for given in found]


def _body(row: Described, example: Any) -> Schema:
    if row.body is None:
        return {}
    shape = row.body.shape
    schema = shape if isinstance(shape, dict) else {"$ref": _REF.format(name=shape.__name__)}
    said = {"schema": schema} | ({"example": example} if example else {})
    return {"required": True, "content": dict.fromkeys(row.body.media, said)}


def _shapes() -> dict[str, Any]:
    """Our own JSON shapes, from the structures that read them."""
    shapes = {row.body.shape for row in BY_HANDLER.values() if row.body and isinstance(row.body.shape, type)}
    _, schemas = msgspec.json.schema_components(sorted(shapes, key=lambda s: s.__name__), ref_template=_REF)
    return {name: _as_read(schema) for name, schema in schemas.items()}


def _as_read(schema: Any) -> Any:
    """A decimal number is written as a number; the library would say text."""
    if isinstance(schema, dict):
        if schema.get("format") == "decimal":
            return {"type": "number"}
        return {key: _as_read(value) for key, value in schema.items()}
    return [_as_read(value) for value in schema] if isinstance(schema, list) else schema


def _schemes(routes: tuple[Route, ...], base_url: str) -> dict[str, Any]:
    used: dict[str, list[str]] = defaultdict(list)
    for route in routes:
        if route.scope is not Scope.PUBLIC:
            used[route.scope.value].append(f"{route.method} {_template(route.path)}")
    scopes = {scope: ", ".join(places) for scope, places in sorted(used.items())}
    flow = {"tokenUrl": f"{base_url}/oauth/token", "scopes": scopes}
    about = "SMART Backend Services: client credentials with a signed assertion (private_key_jwt, ES384 or RS384)."
    return {
        "client": {"type": "oauth2", "description": about, "flows": {"clientCredentials": flow}},
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": cookie_name(base_url),
            "description": "A person's session.",
        },
    }
