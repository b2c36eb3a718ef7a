"""Checks of the tester's own calls, as the public suite makes them: that what was sent can be answered well at all.

A fault here is one of the stories or of the tester's values, and not of the server.
"""

import re
from collections.abc import Iterator

from fhir_um.conformance.crd.dialects import CONTEXT
from fhir_um.conformance.crd.making import answer_check
from fhir_um.conformance.crd.numbering import demonstrated, for_hooks
from fhir_um.conformance.crd.reading import asked_about, context_of, hook_of, is_call, object_of
from fhir_um.conformance.model import Check, Exchange, Fault, Strength

_INSTANCE = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_USER = re.compile(r"(Practitioner|PractitionerRole|Patient|RelatedPerson)/.+")
_AUTHORIZATION = ("access_token", "token_type", "expires_in", "scope", "subject")


def _fields(exchange: Exchange) -> Iterator[Fault]:
    call = object_of(exchange.asked)
    if hook_of(exchange) not in CONTEXT:
        yield Fault(f"The hook {hook_of(exchange)!r} is none of CRD.", "hook")
    if not _INSTANCE.fullmatch(str(call.get("hookInstance"))):
        yield Fault("hookInstance is no UUID.", "hookInstance")
    if not isinstance(call.get("context"), dict):
        yield Fault("context is no object.", "context")


def _context(exchange: Exchange) -> Iterator[Fault]:
    context = context_of(exchange)
    for names in CONTEXT.get(hook_of(exchange), ()):
        if not any(context.get(name) for name in names):
            yield Fault(f"{' or '.join(names)} is missing in the context.", "context")
    if "userId" in context and not _USER.fullmatch(str(context["userId"])):
        yield Fault(f"userId is {context['userId']!r}.", "context.userId")
    for name in ("patientId", "encounterId"):
        if "/" in str(context.get(name, "")):
            yield Fault(f"{name} must be an id without type.", f"context.{name}")
    if any(ref.endswith("/") for ref in asked_about(exchange)):
        yield Fault("A resource to ask about has no id.", "context")


def _optional(exchange: Exchange) -> Iterator[Fault]:
    call = object_of(exchange.asked)
    if "fhirAuthorization" in call:
        if not call.get("fhirServer"):
            yield Fault("There is fhirAuthorization without fhirServer.", "fhirServer")
        for name in _AUTHORIZATION:
            if not object_of(call["fhirAuthorization"]).get(name):
                yield Fault(f"fhirAuthorization lacks {name}.", "fhirAuthorization")
    if "prefetch" in call and not isinstance(call["prefetch"], dict):
        yield Fault("prefetch is no object.", "prefetch")


def checks() -> tuple[Check, ...]:
    """The checks of the tester's own calls."""
    rows = (
        ("fields", "The tester's calls have hook, hookInstance and context", _fields, demonstrated(2)),
        ("context", "The tester's calls have what their hook wants in the context", _context, demonstrated(3)),
        ("optional", "What is optional in the tester's calls is whole where it is given", _optional, for_hooks(4)),
    )
    return tuple(
        answer_check(f"crd.asked.{name}", title, faults, Strength.EXPECTED, public=public, of=is_call)
        for name, title, faults, public in rows
    )
