"""The hook counter in the words of OpenAPI. Must not know what a hook asks.

Source: CDS Hooks 3.0.0-ballot, HTTP API; CRD 2.2.1 hook-9, hook-10, hook-13.
"""

from typing import Any

from cds_hooks.http import BASES
from cds_hooks.offered import SERVICES
from fhir_um.api.described import Schema
from fhir_um.api.exchange import JSON
from fhir_um.api.openapi_answers import answer, refusal

HOOK_SCHEMES: dict[str, Schema] = {
    "ehr": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A JWT that a registered EHR signed for this very address, good once (CDS Hooks).",
    }
}
_REFUSED = (400, 401, 405, 429, 503)
_REFUSED_CALL = (404, 412, 413, 415)
_OBJECT: Schema = {"type": "object"}
_ORDERS: Schema = {"type": ["object", "array"]}
_CALL: Schema = {
    "type": "object",
    "required": ["hook", "hookInstance", "context"],
    "properties": {
        "hook": {"enum": [row.hook for row in SERVICES]},
        "hookInstance": {"type": "string", "minLength": 1, "maxLength": 128, "description": "A UUID."},
        "fhirServer": {"type": "string", "format": "uri"},
        "fhirAuthorization": {
            "type": "object",
            "properties": {"access_token": {"type": "string"}, "subject": {"type": "string"}},
        },
        "context": {
            "type": "object",
            "properties": {
                "userId": {"type": "string"},
                "patientId": {"type": "string"},
                "encounterId": {"type": "string"},
                "draftOrders": _ORDERS,
                "appointments": _ORDERS,
                "dispatchedOrders": {"type": "array", "items": {"type": "string"}},
                "performer": {"type": "string"},
                "selections": {"type": "array", "items": {"type": "string"}},
            },
        },
        "prefetch": _OBJECT,
        "extension": {
            "type": "object",
            "properties": {
                "davinci-crd.requestedVersion": {"type": "string"},
                "davinci-crd.configuration": {"type": "object"},
            },
        },
    },
}
_ROW: Schema = {
    "type": "object",
    "required": ["card", "outcome"],
    "properties": {
        "card": {"type": "string", "minLength": 1, "maxLength": 128},
        "outcome": {"enum": ["accepted", "overridden"]},
        "outcomeTimestamp": {"type": "string", "format": "date-time"},
        "acceptedSuggestions": {
            "type": "array",
            "items": {"type": "object", "properties": {"id": {"type": "string", "minLength": 1}}},
        },
        "overrideReason": {
            "type": "object",
            "properties": {"reason": {"type": "object"}, "userComment": {"type": "string"}},
        },
    },
}
_FEEDBACK: Schema = {
    "type": "object",
    "required": ["feedback"],
    "properties": {"feedback": {"type": "array", "minItems": 1, "items": _ROW}},
}


def hook_paths() -> dict[str, Any]:
    """Discovery, services and feedback, at each address the counter has."""
    paths: dict[str, Any] = {}
    for base in BASES:
        paths[base] = {"get": _operation(base, "The services on offer.", "get")}
        one = f"{base}/{{id}}"
        paths[one] = {"post": _operation(one, "One hook call: cards and system actions.", "post", _CALL)}
        report = f"{one}/feedback"
        paths[report] = {"post": _operation(report, "What clinicians made of cards.", "post", _FEEDBACK)}
    return paths


def _operation(path: str, summary: str, method: str, body: Schema | None = None) -> dict[str, Any]:
    refused = (*_REFUSED, *(_REFUSED_CALL if body else ()))
    kinds = {"enum": [row.id for row in SERVICES]}
    ids = [{"name": "id", "in": "path", "required": True, "schema": kinds}] if body else []
    sent = {"required": True, "content": {JSON: {"schema": body}}}
    words = "".join(c if c.isalnum() else "_" for c in path.replace("{", "").replace("}", ""))
    return {
        "operationId": f"{method}{words}".replace("-", "_"),
        "summary": summary,
        "tags": ["CDS Hooks"],
        "security": [{"ehr": []}],
        "parameters": [*ids, {"$ref": "#/components/parameters/XRequestId"}],
        **({"requestBody": sent} if body else {}),
        "responses": {"200": answer(200, JSON)} | {str(status): _refused(status) for status in sorted(refused)},
    }


def _refused(status: int) -> Schema:
    """The counter says in an OperationOutcome, as plain JSON, why it refused, whatever the status."""
    told = refusal(400)
    schema = next(iter(told["content"].values()))
    return {"description": refusal(status)["description"], "content": {JSON: schema}}
