"""Hook calls to measure with: the story's own order-sign with full prefetch, with as many orders as asked."""

import json
from typing import Any

from bench.bodies import BASE, FIXTURES, Template
from profiles.canonicals import CPT, HCPCS

CALL = FIXTURES / "stories" / "crd" / "08-sign-what-if.hook.json"
ORDERED = (
    (CPT, "72148"), (HCPCS, "G0399"), (HCPCS, "E1391"), (CPT, "97110"), (HCPCS, "K0823"),
    (HCPCS, "E0260"), (CPT, "95810"), (CPT, "27447"), (HCPCS, "J0139"), (HCPCS, "E2402"),
    (HCPCS, "E0601"), (HCPCS, "A9300"), (CPT, "70551"), (HCPCS, "K0004"), (CPT, "43775"),
    (HCPCS, "B4185"), (CPT, "81162"), (HCPCS, "A0428"), (CPT, "99213"), (HCPCS, "E0143"),
)  # fmt: skip
"""What is ordered: of nearly every policy, free services and an exclusion."""

SHOWN = ((HCPCS, "E1390"),)
"""An order whose need the chart shows, so that it is authorized on the spot: a case is opened."""


def signing(ordered: tuple[tuple[str, str], ...]) -> Template:
    """An order-sign call with those orders, split where each copy differs: member number and hook instance."""
    call = _call()
    del call["extension"]["davinci-crd.configuration"]
    bundle = call["context"]["draftOrders"]
    model = bundle["entry"][0]["resource"]
    bundle["entry"] = [_entry(model, n, *code) for n, code in enumerate(ordered)]
    return _split(call)


def without_prefetch(server: str) -> bytes:
    """An order-sign call for one order that brings its requester and payer only; the rest is at that EHR."""
    call = _call()
    call |= {"fhirServer": server, "fhirAuthorization": _authorization()}
    kept = ("practitionerRoles", "practitioners", "organizations")
    call["prefetch"] = {name: call["prefetch"][name] for name in kept}
    return json.dumps(call).encode()


def charted() -> dict[str, list[dict[str, Any]]]:
    """What the EHR of that call holds, by resource type."""
    held: dict[str, list[dict[str, Any]]] = {}
    for value in _call()["prefetch"].values():
        entries = value.get("entry", [{"resource": value}])
        for resource in (entry["resource"] for entry in entries):
            held.setdefault(resource["resourceType"], []).append(resource)
    return held


def _call() -> dict[str, Any]:
    call: dict[str, Any] = json.loads(CALL.read_text("utf-8"))
    return call


def _authorization() -> dict[str, Any]:
    return {"access_token": "bench", "token_type": "Bearer", "expires_in": 30, "scope": "patient/*.rs", "subject": "b"}


def _entry(model: dict[str, Any], n: int, system: str, code: str) -> dict[str, Any]:
    resource = model | {"id": f"order-{n}", "codeCodeableConcept": {"coding": [{"system": system, "code": code}]}}
    return {"fullUrl": f"{BASE}/DeviceRequest/{resource['id']}", "resource": resource}


def _split(call: dict[str, Any]) -> Template:
    number = call["prefetch"]["coverage"]["entry"][0]["resource"]["subscriberId"]
    text = json.dumps(call).replace(number, "\0@member@\0").replace(call["hookInstance"], "\0@message@\0")
    return Template(tuple(text.encode().split(b"\0")))
