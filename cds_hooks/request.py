"""A hook call as it comes in: bytes to `HookCall`, with what the client asked for and in which version.

Must not know orders, desks or answers. Reading is lenient unless the client speaks 2.2 itself or is known to be strict
(CRD 2.2.1 found-33, conf-12): what is unknown or optional never matters. Source: CDS Hooks 3.0.0-ballot, calling a
service; CRD 2.2.1 hook-9, hook-10, hook-13, hook-23, dev-14 to dev-17.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from cds_hooks.desk import Json, Topic
from cds_hooks.dialects import DIALECTS, Dialect
from cds_hooks.offered import MAX_CARDS, VERSIONS, Service
from profiles.issues import Issue, Kind, Refusal
from profiles.reading import Limits, read_json

REQUESTED_VERSION = "davinci-crd.requestedVersion"
CONFIGURATION = "davinci-crd.configuration"

ORDERS = ("dispatchedOrders", "dispatched-orders", "order")
"""Where order-dispatch names its orders: hook 1.1, the spelling on its page, hook 1.0."""

_BUNDLES = ("draftOrders", "appointments")

_CONTEXT: dict[str, tuple[tuple[str, ...], ...]] = {
    "order-sign": (("patientId",), ("draftOrders",)),
    "order-select": (("patientId",), ("draftOrders",)),
    "order-dispatch": (("patientId",), ORDERS),
    "appointment-book": (("patientId",), ("appointments",)),
    "encounter-start": (("patientId",), ("encounterId",)),
    "encounter-discharge": (("patientId",), ("encounterId",)),
}
"""What nothing can be answered without: of each group one must be there."""

_STRICT_CONTEXT: dict[str, tuple[tuple[str, ...], ...]] = {
    "order-sign": (("userId",),),
    "order-select": (("userId",), ("selections",)),
    "order-dispatch": (("performer",),),
    "appointment-book": (("userId",),),
    "encounter-start": (("userId",),),
    "encounter-discharge": (("userId",),),
}
"""What the hooks also require, and a strict reading misses."""

_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_LONGEST_INSTANCE = 128


@dataclass(frozen=True, slots=True)
class Options:
    """What the client switched on, off or set; a topic that is not mentioned here is on.

    `nonsense` are options we offer whose settings made no sense; options of others are not even counted.
    """

    switches: Mapping[Topic, bool] = field(default_factory=dict)
    max_cards: int | None = None
    nonsense: tuple[str, ...] = ()

    def is_on(self, topic: Topic) -> bool:
        """True unless the client asked for nothing of that kind."""
        return self.switches.get(topic, True)

    @property
    def determine(self) -> bool:
        """False for a what-if call, which must not be given an authorization number."""
        return self.is_on(Topic.UNSOLICITED_DETERMINATION) and self.is_on(Topic.COVERAGE_INFO)


@dataclass(frozen=True, slots=True)
class HookCall:
    """One call, read. What the client left out is empty; the token is in no representation."""

    hook: str
    instance: str
    context: Json = field(repr=False)
    prefetch: Json = field(repr=False)
    fhir_server: str
    token: str = field(repr=False)
    token_subject: str
    options: Options
    requested_version: str
    user: str
    patient_id: str
    dialect: Dialect
    is_lenient: bool


def read_call(
    body: bytes,
    service: Service,
    default: Dialect,
    limits: Limits,
    is_strict: bool | None = None,
    versions: tuple[str, ...] = VERSIONS,
) -> HookCall:
    """The call in a body, read strictly when `is_strict` says so, or when that is None and the client asked for 2.2.

    Raises: Refusal as `read_json`; what the dialect says of an invalid call when it is no call of that service;
    UNREADABLE for a version that is not among `versions`; TOO_BIG for more orders than entries are allowed.
    """
    value = read_json(body, limits)
    if not isinstance(value, dict):
        raise Refusal.of(default.not_hooks, "structure", "The body is not a CDS Hooks request: send a JSON object.")
    extension = _object(value.get("extension"))
    requested = _version(extension.get(REQUESTED_VERSION), versions)
    dialect = DIALECTS[requested] if requested else default
    strict = is_strict if is_strict is not None else requested == "2.2"
    faults = tuple(_faults(value, service.hook, strict))
    if faults:
        raise Refusal(dialect.not_hooks, faults)
    _demand_few(value["context"], limits)
    return _call(value, _options(service, extension.get(CONFIGURATION)), requested, dialect, not strict)


def _call(value: Json, options: Options, requested: str, dialect: Dialect, is_lenient: bool) -> HookCall:
    context, authorization = value["context"], _object(value.get("fhirAuthorization"))
    return HookCall(
        hook=value["hook"],
        instance=value["hookInstance"],
        context=context,
        prefetch=_object(value.get("prefetch")),
        fhir_server=_text(value.get("fhirServer")),
        token=_text(authorization.get("access_token")),
        token_subject=_text(authorization.get("subject")),
        options=options,
        requested_version=requested,
        user=_text(context.get("userId")),
        patient_id=_text(context.get("patientId")).rpartition("/")[2],
        dialect=dialect,
        is_lenient=is_lenient,
    )


def _version(requested: Any, versions: tuple[str, ...]) -> str:
    """The version asked for as major.minor; empty when none was asked for.

    Source: CRD 2.2.1, CDSHookServiceRequestExtensionRequestCRDVersion.
    """
    if requested is None:
        return ""
    version = ".".join(requested.split(".")[:2]) if isinstance(requested, str) else ""
    if version not in versions:
        text = f"This version of CRD is not supported here; ask for {' or '.join(versions)}."
        raise Refusal.of(Kind.UNREADABLE, "not-supported", text, f"extension.{REQUESTED_VERSION}")
    return version


def _faults(value: Json, hook: str, is_strict: bool) -> Iterator[Issue]:
    named, instance, context = value.get("hook"), value.get("hookInstance"), value.get("context")
    if named is None:
        yield Issue("required", "hook is missing.", "hook")
    elif named != hook:
        yield Issue("value", f"This service answers {hook}.", "hook")
    if not isinstance(instance, str) or not 0 < len(instance) <= _LONGEST_INSTANCE:
        yield Issue("required", "hookInstance is missing or not a text; send a UUID.", "hookInstance")
    elif is_strict and not _UUID.fullmatch(instance):
        yield Issue("value", "hookInstance is not a UUID.", "hookInstance")
    if not isinstance(context, dict):
        yield Issue("required", "context is missing or not an object.", "context")
    else:
        yield from _context_faults(context, hook, is_strict)
    if is_strict:
        yield from _strict_faults(value)


def _context_faults(context: Json, hook: str, is_strict: bool) -> Iterator[Issue]:
    for group in _CONTEXT[hook] + (_STRICT_CONTEXT[hook] if is_strict else ()):
        if not any(_is_there(context, name) for name in group):
            yield Issue("required", f"context.{group[0]} is missing.", f"context.{group[0]}")
    patient = context.get("patientId")
    if is_strict and isinstance(patient, str) and "/" in patient:
        yield Issue("value", "patientId is an id, without the type.", "context.patientId")
    for name in _BUNDLES:
        value = context.get(name)
        if value is not None and not isinstance(value, dict if is_strict else dict | list):
            yield Issue("structure", f"context.{name} is not a Bundle.", f"context.{name}")
        elif is_strict and isinstance(value, dict) and not isinstance(value.get("entry"), list):
            yield Issue("structure", f"context.{name} is not a Bundle with entries.", f"context.{name}.entry")


def _is_there(context: Json, name: str) -> bool:
    value = context.get(name)
    return isinstance(value, str | dict | list) and bool(value)


def _demand_few(context: Json, limits: Limits) -> None:
    for name in (*_BUNDLES, *ORDERS):
        value = context.get(name)
        entries = value.get("entry") if isinstance(value, dict) else value
        if isinstance(entries, list) and len(entries) > limits.max_entries:
            text = f"context.{name} has {len(entries)} orders, at most {limits.max_entries} are taken at once."
            raise Refusal.of(Kind.TOO_BIG, "too-costly", text, f"context.{name}")


def _strict_faults(value: Json) -> Iterator[Issue]:
    for name in ("prefetch", "fhirAuthorization", "extension"):
        if name in value and not isinstance(value[name], dict):
            yield Issue("structure", f"{name} is not an object.", name)
    if "fhirAuthorization" in value and not _text(value.get("fhirServer")):
        yield Issue("required", "fhirServer is missing, but fhirAuthorization is there.", "fhirServer")


def _options(service: Service, configuration: Any) -> Options:
    """The defaults that were declared, and what of a configuration means something here.

    The rest is noted and has no effect (dev-6, dev-17). A topic the service has no option for is off: nothing is sent
    that cannot be switched off (dev-5).
    """
    settings: dict[str, bool | int] = {option.code: option.default for option in service.options}
    nonsense: list[str] = []
    for code, setting in _object(configuration).items():
        if code not in settings:
            continue
        if type(setting) is type(settings[code]) and setting >= 0:
            settings[code] = setting
        else:
            nonsense.append(code)
    switches = {topic: bool(settings.get(topic.value)) for topic in Topic}
    return Options(switches, settings.get(MAX_CARDS), tuple(nonsense))


def _object(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
