"""Checks of the discovery document: the services, what each says of itself, and their prefetch templates.

Must not know what calls are answered. Source: CDS Hooks 3.0.0-ballot (discovery); CRD 2.2.1 dev-1, dev-2, found-24.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from fhir_um.conformance.crd.dialects import PRIMARY, SECONDARY, Dialect
from fhir_um.conformance.crd.making import EachFault, Ids, for_each, ids, together
from fhir_um.conformance.crd.marks import WITH_TOKEN
from fhir_um.conformance.crd.reading import OK, Placed, is_call, object_of, placed, text_of
from fhir_um.conformance.marks import DISCOVERY, HOOK
from fhir_um.conformance.model import Check, Each, Exchange, Fault, Json, Session, Strength, Whole
from fhir_um.conformance.tester import HookAuth, Tester

_VERSION = re.compile(r"[0-9]+\.[0-9]+")
_TEMPLATES = {
    "patient": "Patient/{{context.patientId}}",
    "coverage": "Coverage?patient={{context.patientId}}&status=active",
    "encounter": "Encounter/{{context.encounterId}}",
}
"""The prefetch templates that every hook of CRD 2.2.1 has alike."""
VERSION_MEMBER = "davinci-crd.version"


def services(exchange: Exchange) -> list[Placed]:
    """The services of a discovery document, each with its path."""
    return list(placed("services", object_of(exchange.answer).get("services")))


def extension_of(service: Json) -> Json:
    """The extension of a service."""
    return object_of(service.get("extension"))


def is_document(exchange: Exchange) -> bool:
    """Whether discovery was answered with a JSON object."""
    return exchange.method == "GET" and exchange.status == OK and isinstance(exchange.answer, dict)


def _row(
    name: str,
    title: str,
    faults: EachFault,
    strength: Strength = Strength.SHALL,
    requirements: Ids = (),
    public: Ids = (),
    rests_on: Ids = (),
) -> Check:
    judge = Each((DISCOVERY,), faults, is_document)
    return Check(f"crd.discovery.{name}", title, strength, judge, requirements, public, rests_on)


def _status(exchange: Exchange) -> Iterator[Fault]:
    if exchange.status != OK:
        yield Fault(f"Discovery was answered with {exchange.status or 'nothing'}; it asks for 200.")
    elif not isinstance(exchange.answer, dict):
        yield Fault("Discovery was answered with 200, and the body is no JSON object.")


def _https(session: Session) -> Iterator[Fault]:
    for exchange in session.marked(DISCOVERY):
        if exchange.status and not exchange.url.startswith("https:"):
            yield Fault(f"{exchange.url} was answered without TLS.")


def _plain_http(tester: Tester) -> str:
    if tester.server.startswith("https:"):
        return ""
    return "the server is spoken to over plain http; TLS is a matter of what stands before it, or of its own address"


def unsigned(tester: Tester) -> str:
    """Why checks of tokens do not concern a server, if they do not."""
    is_unsigned = tester.authentication.hooks.kind is HookAuth.NONE
    return "the profile says that hook calls are not signed" if is_unsigned else ""


def _listed(exchange: Exchange) -> Iterator[Fault]:
    listed = object_of(exchange.answer).get("services")
    if not isinstance(listed, list) or not listed:
        yield Fault("`services` must be a list with at least one service.", "services")
    elif len(services(exchange)) != len(listed):
        yield Fault("Something in `services` is no object.", "services")


def _members(path: str, service: Any) -> Iterator[Fault]:
    for name in ("hook", "id", "description"):
        if not isinstance(service.get(name), str) or not service[name]:
            yield Fault(f"A service must say `{name}`, as a text.", f"{path}.{name}")


def _title(path: str, service: Any) -> Iterator[Fault]:
    if not isinstance(service.get("title"), str) or not service["title"]:
        yield Fault("A service should have a title, which people see.", f"{path}.title")


def _has_hooks(wanted: Iterable[str]) -> EachFault:
    def missing(exchange: Exchange) -> Iterator[Fault]:
        there = {text_of(service.get("hook")) for _, service in services(exchange)}
        for hook in wanted:
            if hook not in there:
                yield Fault(f"There is no service for the hook {hook}.", "services")

    return missing


def _unique(exchange: Exchange) -> Iterator[Fault]:
    found = Counter(str(service["id"]) for _, service in services(exchange) if service.get("id"))
    for id, count in found.items():
        if count > 1:
            yield Fault(f"{count} services have the id {id}; clients keep one of them.", "services")


def _versions(path: str, service: Any) -> Iterator[Fault]:
    told = extension_of(service).get(VERSION_MEMBER)
    if not isinstance(told, list) or not told:
        yield Fault(
            "A service must declare the CRD versions it speaks, as a list.", f"{path}.extension.{VERSION_MEMBER}"
        )
        return
    for version in told:
        if not isinstance(version, str) or not _VERSION.fullmatch(version):
            yield Fault(f"{version!r} is no version of the form 2.2.", f"{path}.extension.{VERSION_MEMBER}")


def _told_versions(service: Json) -> list[Any]:
    told = extension_of(service).get(VERSION_MEMBER)
    return told if isinstance(told, list) else []


def versions_of(exchange: Exchange) -> set[str]:
    """Every version of CRD that a discovery document declares for any service."""
    return {text_of(version) for _, service in services(exchange) for version in _told_versions(service)}


def _spoken_versions(session: Session) -> Iterator[Fault] | None:
    """The versions that calls asked for and got, held against those declared."""
    declared = {
        (str(service.get("id")), text_of(version))
        for exchange in session.marked(DISCOVERY)
        for _, service in services(exchange)
        for version in _told_versions(service)
    }
    offered = {id for id, _ in declared}
    spoken = {
        (exchange.url.rpartition("/")[2], str(version))
        for exchange in session.marked(HOOK)
        if is_call(exchange)
        and exchange.status == OK
        and exchange.url.rpartition("/")[2] in offered
        and (version := object_of(object_of(exchange.asked).get("extension")).get("davinci-crd.requestedVersion"))
    }
    if not declared or not spoken:
        return None
    return (
        Fault(f"{service} answers calls that ask for version {version}, and does not declare it.", "services")
        for service, version in sorted(spoken - declared)
    )


def _prefetch(path: str, service: Any) -> Iterator[Fault]:
    if not isinstance(service.get("prefetch"), dict) or not service["prefetch"]:
        yield Fault("A service must have prefetch templates, as an object.", f"{path}.prefetch")


def _prefetch_texts(path: str, service: Any) -> Iterator[Fault]:
    for name, template in object_of(service.get("prefetch")).items():
        standard = _TEMPLATES.get(name, template)
        if template != standard:
            yield Fault(f"The guide's template is {standard}; here it is {template!r}.", f"{path}.prefetch.{name}")


def _prefetch_order(path: str, service: Any) -> Iterator[Fault]:
    before: set[str] = set()
    for name, template in object_of(service.get("prefetch")).items():
        for needed in re.findall(r"%(\w+)", str(template)):
            if needed not in before:
                yield Fault(f"It uses %{needed}, which must stand before it.", f"{path}.prefetch.{name}")
        before.add(name)


def _usage(path: str, service: Any) -> Iterator[Fault]:
    if not isinstance(service.get("usageRequirements"), str):
        yield Fault("A service may say in `usageRequirements` what tokens and scopes it wants.", path)


def empties(value: Any, path: str, beside: tuple[str, ...] = ()) -> Iterator[str]:
    """The paths of everything in a document that is null or empty; what stands under the names beside is left aside."""
    if value is None or value in ("", [], {}):
        yield path
    elif isinstance(value, dict):
        for name, member in value.items():
            if name not in beside:
                yield from empties(member, f"{path}.{name}" if path else name, beside)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from empties(item, f"{path}[{index}]", beside)


def _empties(exchange: Exchange) -> Iterator[Fault]:
    for path in empties(exchange.answer, ""):
        yield Fault("What is empty or null must be left out.", path)


_TLS = Check(
    "crd.discovery.tls",
    "The services are reached over TLS, of a version that a careful client accepts",
    Strength.SHALL,
    Whole((DISCOVERY,), _https),
    ("crd-check:15", "crd:sec-2", "crd:sec-3"),
    ("crd:1.01",),
    omitted=_plain_http,
)
_STATUS = Check(
    "crd.discovery.answered",
    "Discovery is answered with 200 and a JSON object",
    Strength.SHALL,
    together(_status, (DISCOVERY,), lambda e: e.method == "GET" and WITH_TOKEN not in e.marks),
    ("crd-check:1",),
    ("crd:1.02",),
    ("crd.transport.no-redirect",),
)
_WITH_TOKEN = Check(
    "crd.discovery.with-token",
    "Discovery is answered with 200 also where a good token is sent",
    Strength.EXPECTED,
    together(_status, (DISCOVERY, WITH_TOKEN)),
    ("crd-check:5",),
    rests_on=("crd.transport.no-redirect", "crd.discovery.answered"),
    omitted=unsigned,
)
_LISTED = _row("services", "`services` is a list with services in it", _listed, public=("crd:1.03",))
_COMMON = (
    _TLS,
    _STATUS,
    _WITH_TOKEN,
    _LISTED,
    _row(
        "members",
        "Each service says hook, id and description",
        for_each(services, _members),
        requirements=("crd-check:2",),
        public=("crd:1.03",),
    ),
    _row("title", "Each service has a title", for_each(services, _title), Strength.SHOULD, ("crd-check:2",)),
    _row(
        "primary-hooks",
        "There are services for order-sign, order-dispatch and appointment-book",
        _has_hooks(PRIMARY),
        requirements=("crd-check:3", "crd:hook-4", "crd:resp-26"),
        rests_on=("crd.discovery.services", "crd.discovery.members"),
    ),
    _row(
        "secondary-hooks",
        "There are services for order-select, encounter-start and encounter-discharge",
        _has_hooks(SECONDARY),
        Strength.SHOULD,
        ("crd-check:3", "crd:ops-1"),
        rests_on=("crd.discovery.services", "crd.discovery.members"),
    ),
    _row("unique", "No two services have the same id", _unique, Strength.EXPECTED, ("crd-check:4",)),
    _row(
        "prefetch-order",
        "A prefetch template stands after those it uses",
        for_each(services, _prefetch_order),
        requirements=("crd-check:12",),
    ),
    _row(
        "usage",
        "Each service says what it asks of clients",
        for_each(services, _usage),
        Strength.MAY,
        ("crd-check:14",),
    ),
)
_NEWER = (
    _row(
        "versions",
        "Each service declares its CRD versions, as major.minor",
        for_each(services, _versions),
        requirements=("crd-check:6", "crd:dev-1"),
    ),
    Check(
        "crd.discovery.versions-spoken",
        "Each version that is spoken is declared",
        Strength.SHALL,
        Whole((DISCOVERY,), _spoken_versions),
        ("crd-check:6", "crd:dev-2"),
        rests_on=("crd.discovery.versions", "crd.discovery.services", "crd.discovery.members", "crd.discovery.unique"),
    ),
    _row(
        "prefetch",
        "Each service has prefetch templates",
        for_each(services, _prefetch),
        requirements=("crd-check:11", "crd:found-24"),
    ),
    _row(
        "prefetch-texts",
        "The templates of patient, coverage and encounter are those of the guide",
        for_each(services, _prefetch_texts),
        requirements=("crd-check:11", "crd:found-29"),
    ),
)


def checks(dialect: Dialect) -> tuple[Check, ...]:
    """The checks of the discovery document, but those of its options."""
    return _COMMON + (_NEWER if dialect.is_newer else ())


def no_empties(before: Iterable[Check]) -> Check:
    """The check that nothing in the document is empty; it rests on all that look at single members."""
    return _row(
        "no-empties",
        "Nothing in the document is null or empty",
        _empties,
        Strength.SHALL,
        ("crd-check:13",),
        (),
        ids(before),
    )
