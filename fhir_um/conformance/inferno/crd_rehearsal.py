"""Plays a preset against a server as the CRD server suite of Inferno does, and tells of each test how it would end.

The handshakes of TLS (its test 1.01) are not tried. Must not know how calls are signed.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import msgspec

from fhir_um.conformance.inferno import crd_tests
from fhir_um.conformance.inferno.crd_answers import HOOKS, Exchange, Json
from fhir_um.conformance.inferno.crd_tests import Outcome
from fhir_um.conformance.inferno.rehearsal import Ran
from fhir_um.conformance.wire import Sending, Transport
from profiles.reading import Limits, read_json, write_json
from profiles.validating.validator import Validator, shipped_library

_SERVICES = "/cds-services"
_JSON = "application/json"
_GUIDE = "hl7.fhir.us.davinci-crd#2.0.1"
_PROFILE = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-"
_NAMES = {"Task": "taskquestionnaire"}
"""Profiles that are not named after the type."""
_LIMITS = Limits(5_000_000, 100, 1000)
_GROUPS = {"discovery": "1", "demonstrate": "2", "required": "3.7"} | {
    hook: f"3.{number}" for number, hook in enumerate(HOOKS, start=1)
}

Authorize = Callable[[str], str]
"""URL that is called -> value of the Authorization header."""


def rehearse(values: Mapping[str, str], transport: Transport, authorize: Authorize) -> Iterator[Ran]:
    """Every test of the suite over the calls of a preset."""
    base = values["base_url"].rstrip("/")

    def call(body: bytes, hook: str) -> Exchange:
        url = f"{base}{_SERVICES}/{_service(values, hook)}"
        headers = {"Content-Type": _JSON, "Authorization": authorize(url)}
        got = transport(Sending("POST", url, headers, body))
        return Exchange(msgspec.json.decode(body), got.status, _json(got.body))

    discovered = transport(Sending("GET", base + _SERVICES, {"Accept": _JSON}))
    exchanges = [
        call(bytes(body), hook)
        for hook in HOOKS
        for body in msgspec.json.decode(values[f"{hook.replace('-', '_')}_request_bodies"], type=list[msgspec.Raw])
    ]
    found = crd_tests.run(Exchange({}, discovered.status, _json(discovered.body)), exchanges, profile_faults)
    yield from (_ran(outcome) for outcome in found)


def profile_faults(resource: Json) -> list[str]:
    """What is wrong with a resource by its profile of CRD 2.0.1."""
    kind = resource["resourceType"]
    profile = _PROFILE + _NAMES.get(kind, kind.lower())
    found = _validator().check(read_json(write_json(resource), _LIMITS), (profile,))
    return [f"{issue.path}: {issue.text}" for issue in found if issue.severity == "error"]


@cache
def _validator() -> Validator:
    return Validator(shipped_library(), _GUIDE)


def _service(values: Mapping[str, str], hook: str) -> str:
    """The first service named for a hook, as the suite takes it."""
    return values[f"{hook.replace('-', '_')}_service_ids"].split(", ")[0]


def _ran(outcome: Outcome) -> Ran:
    group, _, test = outcome.name.partition("/")
    title = f"{group}: {test.replace('-', ' ')}"
    return Ran(_GROUPS[group], title, outcome.verdict, outcome.faults, outcome.is_required)


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
