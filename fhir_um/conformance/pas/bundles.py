"""The Bundle around a decision: what a submission, an inquiry or a notification of PAS puts a ClaimResponse into."""

import re
from collections.abc import Iterator

from fhir_um.conformance.marks import INQUIRE, SUBMIT
from fhir_um.conformance.model import Check, Exchange, Fault, Strength
from fhir_um.conformance.pas.answered import (
    Placed,
    asked_claim,
    asked_entries,
    kind_of,
    part,
    parts,
    placed,
    resolved,
    resources,
    text,
    walk,
)
from fhir_um.conformance.pas.looking import each_bundle
from fhir_um.conformance.pas.tests_of_suites import INQUIRE_VALID, SUBMIT_VALID

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_URN = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_ADDRESS = re.compile(r"https?://[^\s/]+/\S*")
_HTTP_PARTS = ("search", "request", "response")
MADE_HERE = frozenset({"ClaimResponse", "CommunicationRequest", "Task", "OperationOutcome"})
"""What a payer makes itself; everything else in an answer is echoed from a request."""
_NOT_BROUGHT = ("request", "reasonReference")
"""References that need not lead to an entry: to the Claim itself (PAS 2.2.1, section Response)."""


def _type(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    said = bundle.content.get("type")
    if said != "collection":
        yield bundle.fault(f"The Bundle's type is {said!r}; PAS wants collection.", ".type")


def _timestamp(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    if not _INSTANT.fullmatch(text(bundle.content, "timestamp")):
        yield bundle.fault("The Bundle has no timestamp with seconds and time zone.", ".timestamp")


def _identifier(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    identifier = part(bundle.content, "identifier")
    if not text(identifier, "value"):
        yield bundle.fault("The Bundle has no identifier; PAS 2.2.1 wants one in every answer.", ".identifier")


def _entries(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    entries = placed(bundle, "entry")
    if not entries:
        yield bundle.fault("The Bundle has no entries.", ".entry")
    for entry in entries:
        for name in ("fullUrl", "resource"):
            if not entry.content.get(name):
                yield entry.fault(f"The entry has no {name}.", f".{name}")


def _no_http_parts(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for entry in placed(bundle, "entry"):
        for name in _HTTP_PARTS:
            if name in entry.content:
                yield entry.fault(f"The entry has a {name}; PAS allows none in a collection.", f".{name}")


def _response_first(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    kinds = [kind_of(one.content) for one in resources(bundle)]
    if "ClaimResponse" in kinds and kinds[0] != "ClaimResponse":
        yield bundle.fault(f"The first entry is a {kinds[0]}; the ClaimResponse has to come first.", ".entry[0]")


def _one_response(bundle: Placed, exchange: Exchange) -> Iterator[Fault]:
    """In 2.0.1 the answer to an inquiry may tell of several, or of none."""
    if exchange.version == "2.0.1" and INQUIRE in exchange.marks:
        return
    count = len(resources(bundle, "ClaimResponse"))
    if count != 1 and not (count == 0 and INQUIRE in exchange.marks and resources(bundle, "OperationOutcome")):
        yield bundle.fault(f"The Bundle has {count} ClaimResponses; PAS wants exactly one.", ".entry")


def _full_url_form(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    for entry in placed(bundle, "entry"):
        url = text(entry.content, "fullUrl")
        if url and not (_URN.fullmatch(url) or _ADDRESS.fullmatch(url)):
            yield entry.fault(f"fullUrl is {url!r}, neither a whole web address nor urn:uuid with a UUID.", ".fullUrl")


def _each_once(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    seen: set[str] = set()
    for entry in placed(bundle, "entry"):
        url = text(entry.content, "fullUrl")
        if url and url in seen:
            yield entry.fault(f"{url} is in the Bundle twice; each resource may be there once.", ".fullUrl")
        seen.add(url)


def references(resource: Placed) -> Iterator[tuple[str, str]]:
    """Every literal reference inside a resource, with its place."""
    for path, node in walk(resource.content, resource.path):
        reference = text(node, "reference")
        if reference and "resource" not in node:
            yield path, reference


def _references_resolve(bundle: Placed, _exchange: Exchange) -> Iterator[Fault]:
    urls = {text(entry.content, "fullUrl") for entry in placed(bundle, "entry")}
    for entry in placed(bundle, "entry"):
        resource = Placed(f"{entry.path}.resource", part(entry.content, "resource"))
        if kind_of(resource.content) not in MADE_HERE:
            continue
        own = {f"#{text(one, 'id')}" for one in parts(resource.content, "contained")}
        for path, reference in references(resource):
            if path.removeprefix(f"{resource.path}.") in _NOT_BROUGHT or reference in own:
                continue
            if resolved(reference, text(entry.content, "fullUrl")) not in urls:
                yield Fault(f"{reference} leads to no entry of the Bundle.", f"{path}.reference")


def _names(resource: dict[str, object]) -> set[tuple[str, str, str]]:
    """What a resource is known by in the world: type, system and value of each identifier."""
    kind = kind_of(resource)
    return {
        (kind, text(one, "system"), text(one, "value")) for one in parts(resource, "identifier") if text(one, "value")
    }


def _echo(bundle: Placed, exchange: Exchange) -> Iterator[Fault]:
    """What came with the request goes back under its address and id."""
    sent = asked_entries(exchange)
    for entry in placed(bundle, "entry"):
        resource, url = part(entry.content, "resource"), text(entry.content, "fullUrl")
        if kind_of(resource) in MADE_HERE or kind_of(resource) not in {kind_of(one) for one in sent.values()}:
            continue
        if url in sent:
            if text(resource, "id") != text(sent[url], "id"):
                yield entry.fault(f"{url} was sent with the id {text(sent[url], 'id')!r}.", ".resource.id")
        elif twin := _twin(resource, sent):
            yield entry.fault(f"It was sent as {twin} and goes back under another address.", ".fullUrl")


def _twin(resource: dict[str, object], sent: dict[str, dict[str, object]]) -> str:
    """The address under which the same was sent: the same type and id, or with an identifier in common."""
    for url, one in sent.items():
        is_same_id = bool(text(one, "id")) and text(one, "id") == text(resource, "id")
        if kind_of(one) == kind_of(resource) and (is_same_id or _names(one) & _names(resource)):
            return url
    return ""


def _identifiers_kept(bundle: Placed, exchange: Exchange) -> Iterator[Fault]:
    sent = asked_entries(exchange)
    for entry in placed(bundle, "entry"):
        resource, one = part(entry.content, "resource"), sent.get(text(entry.content, "fullUrl"), {})
        for kind, system, value in sorted(_names(one) - _names(resource)):
            if kind == kind_of(resource):
                place = ".resource.identifier"
                yield entry.fault(f"The {kind} was sent with the identifier {system}|{value}, which is gone.", place)


def _is_submission(exchange: Exchange) -> bool:
    return SUBMIT in exchange.marks and bool(asked_claim(exchange))


def _has_transaction_number(exchange: Exchange) -> bool:
    return exchange.version != "2.0.1" and INQUIRE not in exchange.marks


_SUITES = (*SUBMIT_VALID, *INQUIRE_VALID)

CHECKS = (
    Check(
        "pas.bundle.type",
        "The Bundle with the decision is a collection",
        Strength.SHALL,
        each_bundle(_type),
        requirements=("pas:use-1",),
        public=_SUITES,
    ),
    Check(
        "pas.bundle.timestamp",
        "The Bundle says when it was made",
        Strength.SHALL,
        each_bundle(_timestamp),
        public=_SUITES,
    ),
    Check(
        "pas.bundle.identifier",
        "The Bundle has an identifier (PAS 2.2.1)",
        Strength.SHALL,
        each_bundle(_identifier, of=_has_transaction_number),
        public=SUBMIT_VALID,
    ),
    Check(
        "pas.bundle.entries",
        "Every entry has its fullUrl and its resource",
        Strength.SHALL,
        each_bundle(_entries),
        public=_SUITES,
    ),
    Check(
        "pas.bundle.no-http-parts",
        "No entry has search, request or response",
        Strength.SHALL,
        each_bundle(_no_http_parts),
        public=_SUITES,
    ),
    Check(
        "pas.bundle.claim-response-first",
        "The ClaimResponse is the first entry",
        Strength.SHALL,
        each_bundle(_response_first),
        requirements=("pas:spec-30",),
        public=_SUITES,
        rests_on=("pas.bundle.entries",),
    ),
    Check(
        "pas.bundle.one-claim-response",
        "There is exactly one ClaimResponse",
        Strength.SHALL,
        each_bundle(_one_response),
        public=_SUITES,
        rests_on=("pas.bundle.entries",),
    ),
    Check(
        "pas.bundle.full-url-form",
        "Each fullUrl is a whole address or urn:uuid",
        Strength.SHALL,
        each_bundle(_full_url_form),
        public=_SUITES,
        rests_on=("pas.bundle.entries",),
    ),
    Check(
        "pas.bundle.each-once",
        "No resource is in the Bundle twice",
        Strength.SHALL,
        each_bundle(_each_once),
        requirements=("pas:spec-31",),
        public=_SUITES,
        rests_on=("pas.bundle.entries",),
    ),
    Check(
        "pas.bundle.references",
        "What the answer refers to is in the Bundle",
        Strength.SHALL,
        each_bundle(_references_resolve),
        public=_SUITES,
        rests_on=("pas.bundle.entries", "pas.bundle.full-url-form"),
    ),
    Check(
        "pas.bundle.echo",
        "What came with the request goes back under its own address and id",
        Strength.SHALL,
        each_bundle(_echo, SUBMIT, of=_is_submission),
        requirements=("pas:spec-33",),
        rests_on=("pas.bundle.entries", "pas.bundle.full-url-form", "pas.bundle.references"),
    ),
    Check(
        "pas.bundle.echoed-identifiers",
        "What came with the request goes back with its identifiers",
        Strength.SHALL,
        each_bundle(_identifiers_kept, SUBMIT, of=_is_submission),
        requirements=("pas:spec-33",),
        rests_on=("pas.bundle.entries", "pas.bundle.echo"),
    ),
)
