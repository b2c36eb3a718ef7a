"""What comes back, in the words of OpenAPI: statuses, media types and the shapes of errors. Must not know any route."""

from typing import Any

from fhir_um.api.described import Described, Schema
from fhir_um.api.exchange import JSON, Route, is_own_api
from fhir_um.api.oauth_errors import OAUTH
from fhir_um.api.shapes.answers import ANSWERS
from fhir_um.api.shapes.examples import EXAMPLES, PROBLEM
from profiles.outcome import PROBLEM_JSON
from profiles.reading import FHIR_JSON

_TOLD = {
    200: "Answered.",
    201: "Made.",
    204: "Done; there is nothing to tell.",
    302: "Go on there.",
    303: "Go on there.",
    304: "The caller has this version.",
    400: "It cannot be read.",
    401: "Who calls is not known.",
    403: "The caller may not do this.",
    404: "It is not there, or not the caller's.",
    405: "Another method at this address.",
    406: "No format offered here is welcome.",
    409: "It was changed meanwhile, or was decided already.",
    412: "It is not the version that was named, or something needed is missing.",
    413: "It is too big.",
    415: "Its media type, charset or encoding is not read here.",
    422: "It was read and cannot be used as it is.",
    429: "Too many requests of one client; the header Retry-After says when to come again.",
    503: "Too busy, or the store is out of reach; the header Retry-After says when to come again.",
    504: "It took too long.",
}
_ALWAYS = (400, 401, 403, 405, 429, 503)
_OF_BODIES = (413, 415, 422)
_NO_CONTENT = 204
_INVALID = 422
_OURS = 500
_ID_IN_PATH = "<"

SCHEMAS: dict[str, Schema] = {
    "OperationOutcome": {
        "type": "object",
        "required": ["resourceType", "issue"],
        "properties": {
            "resourceType": {"const": "OperationOutcome"},
            "issue": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["severity", "code"],
                    "properties": {
                        "severity": {"enum": ["fatal", "error", "warning", "information"]},
                        "code": {"type": "string"},
                        "details": {"type": "object", "properties": {"text": {"type": "string"}}},
                        "diagnostics": {"type": "string"},
                        "expression": {"type": "array", "items": {"type": "string"}},
                    },
                },
            },
        },
    },
    "OurFault": {
        "type": "object",
        "required": ["error", "requestId"],
        "properties": {"error": {"type": "string"}, "requestId": {"type": "string"}},
        "additionalProperties": False,
    },
    "OAuthError": {
        "type": "object",
        "required": ["error"],
        "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
    },
}


def answers_of(route: Route, row: Described) -> dict[str, Any]:
    """The good answers of a route."""
    usual = {route.success: () if route.success == _NO_CONTENT else (FHIR_JSON if route.guide else JSON,)}
    told = {str(status): answer(status, *media) for status, media in (row.answers or usual).items()}
    if not is_own_api(route.path):
        return told
    for response in told.values():
        if JSON in response.get("content", {}):
            response["content"][JSON] = _own(route)
    return _with_tags(route, told)


def _own(route: Route) -> Schema:
    """An answer of our own API, and what it looks like about people who were invented."""
    example = {"example": EXAMPLES[route.handler]} if route.handler in EXAMPLES else {}
    return {"schema": ANSWERS.get(route.handler, {"type": "object"}), **example}


def _with_tags(route: Route, told: dict[str, Any]) -> dict[str, Any]:
    if route.method != "GET" and not acts_on_case(route):
        return told
    for response in told.values():
        response["headers"] = {"ETag": {"$ref": "#/components/headers/Tag"}}
    is_streamed = any("*/*" in response.get("content", {}) for response in told.values())
    return told if route.method != "GET" or is_streamed else told | {"304": answer(304)}


def acts_on_case(route: Route) -> bool:
    """True for an act of our own API that names its case in its address, and so heeds `If-Match`."""
    return is_own_api(route.path) and route.method != "GET" and "<case_id>" in route.path


def refusals(route: Route, row: Described) -> dict[str, Any]:
    """What a route may refuse, each with the shape of its error."""
    found = {*_ALWAYS, *row.refusals}
    if _ID_IN_PATH in route.path:
        found |= {404}
    if route.guide:
        found |= {406}
    if row.body is not None and route.method != "GET":
        found |= {*_OF_BODIES}
    if any(parameter.place == "query" for parameter in row.parameters):
        found |= {422}
    if is_own_api(route.path):
        found |= {_INVALID, *((412,) if acts_on_case(route) else ())}
        return {str(status): _problem(status) for status in sorted(found)}
    return {str(status): refusal(status, route.path.startswith(OAUTH)) for status in sorted(found)}


def _problem(status: int) -> Schema:
    told = _of_shape(status, PROBLEM_JSON, "Problem")
    if status == _INVALID:
        told["content"][PROBLEM_JSON]["example"] = PROBLEM
    return told


def refusal(status: int, is_oauth: bool = False) -> Schema:
    """One refused answer: an OperationOutcome; ours, when it may work later; or what OAuth says."""
    if status >= _OURS:
        return _of_shape(status, JSON, "OurFault")
    if is_oauth:
        return _of_shape(status, JSON, "OAuthError")
    return _of_shape(status, FHIR_JSON, "OperationOutcome")


def answer(status: int, *media: str) -> Schema:
    """One answer in any of those media types; with none it has no body."""
    content = {"content": {each: {"schema": _shape(each)} for each in media}} if media else {}
    return {"description": _TOLD[status], **content}


def _shape(media: str) -> Schema:
    if media == FHIR_JSON:
        return {"type": "object", "required": ["resourceType"], "properties": {"resourceType": {"type": "string"}}}
    return {"type": "object"} if media == JSON else {"type": "string"}


def _of_shape(status: int, media: str, name: str) -> Schema:
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"description": _TOLD[status], "content": {media: {"schema": schema}}}
