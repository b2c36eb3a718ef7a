"""Holds every answer of our own API against the OpenAPI document: its status, its media type and its shape."""

from functools import cache
from typing import Any

import jsonschema_rs
from flask import Flask, Response, request

from fhir_um.api.openapi import openapi
from fhir_um.api.routes import ROUTES

_OWN = "/um/v1/"
_SERVER_FAULT = 500


def hold_to_document(app: Flask, faulty: list[Any]) -> Flask:
    """Have the application note what it answers otherwise than it says."""

    def look(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule is not None else ""
        if rule.startswith(_OWN) and rule in _rules() and request.method != "HEAD":
            template = rule.replace("<", "{").replace(">", "}")
            faulty.extend(f"{request.method} {rule}: {fault}" for fault in _faults(template, response))
        return response

    app.after_request(look)
    return app


@cache
def document() -> dict[str, Any]:
    return openapi(ROUTES, "https://payer.example.org")


@cache
def _rules() -> frozenset[str]:
    return frozenset(route.path for route in ROUTES)


def _faults(template: str, response: Response) -> list[str]:
    told = document()["paths"][template][request.method.lower()]["responses"].get(str(response.status_code))
    if told is None:
        return [] if response.status_code == _SERVER_FAULT else [f"{response.status_code} is not told"]
    if "content" not in told:
        return [f"{response.status_code} with a body"] if response.get_data() else []
    media = response.mimetype if response.mimetype in told["content"] else "*/*"
    if media not in told["content"]:
        return [f"{response.status_code} in {response.mimetype}"]
    if not response.is_json:
        return []
    validator = _validator(template, request.method.lower(), str(response.status_code), media)
    return [f"{error.instance_path}: {error.message[:300]}" for error in validator.iter_errors(response.get_json())]


@cache
def _validator(template: str, method: str, status: str, media: str) -> Any:
    schema = document()["paths"][template][method]["responses"][status]["content"][media]["schema"]
    return jsonschema_rs.Draft202012Validator({**schema, "components": document()["components"]}, validate_formats=True)
