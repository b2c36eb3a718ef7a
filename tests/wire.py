"""What an answer of PAS must be on the wire, written a second time from the guides, without a look at the writers.

Every function yields faults as sentences; an answer without faults is lawful. Source: PAS 2.2.1 and 2.0.1 packages.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec

from profiles.issues import Refusal
from profiles.models import parse
from tests.wire_tables import ASKED, BASE_ONLY_2_0_1, ELEMENTS, EXTENSIONS, IDENTIFIER, NEEDED_PARTS, PARTS, PAS

X12 = "https://codesystem.x12.org/"
RESPONSE = f"{PAS}profile-claimresponse"
RESPONSE_BUNDLE = f"{PAS}profile-pas-response-bundle"
INQUIRY_RESPONSE = f"{PAS}profile-claiminquiryresponse"
INQUIRY_BUNDLE = f"{PAS}profile-pas-inquiry-response-bundle"
SUBMITTED = {"system": "http://terminology.hl7.org/CodeSystem/adjudication", "code": "submitted"}
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
MAY_BE_ABSENT = {"type", "patient", "insurer", "request"}
ACTIONS = {"A1", "A3", "A4", "A6", "C", "CT", "NA"}
OUTCOMES = {"2.2.1": {"complete", "error", "partial"}, "2.0.1": {"queued", "complete", "error", "partial"}}
DAY, INSTANT = r"\d{4}-\d\d-\d\d", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
DATES = {"valueDate": DAY, "servicedDate": DAY, "start": DAY, "end": DAY, "created": INSTANT, "timestamp": INSTANT}
DATES["valueDateTime"] = f"({DAY}|{INSTANT})"
ERROR_PATH = re.compile(r"Bundle\.entry\[(\d+)\]\.resource((?:\.[A-Za-z]+(?:\[\d+\])?)*)")


class _Entry(msgspec.Struct):
    fullUrl: str
    resource: msgspec.Raw


class _Bundle(msgspec.Struct):
    entry: list[_Entry]


class _Parameter(msgspec.Struct):
    name: str
    resource: msgspec.Raw


class _Parameters(msgspec.Struct):
    parameter: list[_Parameter] = []


def came(body: bytes) -> dict[str, bytes]:
    """The entries of a Bundle as bytes, by address."""
    return {e.fullUrl: bytes(e.resource) for e in msgspec.json.decode(body, type=_Bundle).entry}


def of_submit(answer: bytes, version: str, sent: dict[str, set[bytes]], request: list[Any]) -> Iterator[str]:
    """Everything wrong with a PAS Response Bundle to a request with those resources."""
    bundle = json.loads(answer, parse_float=Decimal)
    yield from _of_bundle(bundle, came(answer), version, sent, RESPONSE_BUNDLE, request)
    identifier = bundle.get("identifier", {})
    if not (identifier.get("system") and identifier.get("value")):
        yield "the Bundle has no identifier"


def of_inquiry(answer: bytes, version: str, sent: dict[str, set[bytes]]) -> Iterator[str]:
    """Everything wrong with the answer to an inquiry."""
    whole = json.loads(answer, parse_float=Decimal)
    if version == "2.0.1":
        yield from _of_bundle(whole, came(answer), version, sent, INQUIRY_BUNDLE, None)
        return
    if whole["resourceType"] != "Parameters" or set(whole) - {"resourceType", "parameter"}:
        yield f"an inquiry answers Parameters, not {whole['resourceType']} with {sorted(whole)}"
    raw = msgspec.json.decode(answer, type=_Parameters).parameter
    for number, parameter in enumerate(whole.get("parameter", [])):
        if parameter["name"] == "return":
            inside = came(bytes(raw[number].resource))
            yield from _of_bundle(parameter["resource"], inside, version, sent, INQUIRY_BUNDLE, None)
        elif parameter["resource"]["resourceType"] != "OperationOutcome":
            yield f"{parameter['name']} is no part of the answer"


def of_read(answer: bytes, version: str) -> Iterator[str]:
    """Everything wrong with a ClaimResponse that stands alone: what it leads to is on a server, by whole address."""
    response = json.loads(answer, parse_float=Decimal)
    yield from _parses(response)
    contained = response.pop("contained", [])
    yield from of_claim_response(response, version, inquiry=False)
    asked = [reference["reference"] for reference in response.get("communicationRequest", [])]
    if asked != [f"#{each['id']}" for each in contained]:
        yield "documents asked for are named, but not there"
    for path, reference in _references([response, contained]):
        if not re.match("https?://", reference) and reference not in asked:
            yield f"{path} leads to {reference}, which is on no server"


def _of_bundle(
    bundle: dict[str, Any],
    raw: dict[str, bytes],
    version: str,
    sent: dict[str, set[bytes]],
    profile: str,
    request: list[Any] | None,
) -> Iterator[str]:
    inquiry = profile == INQUIRY_BUNDLE
    resources = {entry["fullUrl"]: entry["resource"] for entry in bundle["entry"]}
    kinds = [resource["resourceType"] for resource in resources.values()]
    one = version == "2.2.1" or not inquiry
    if set(bundle) - {"resourceType", "id", "meta", "identifier", "type", "timestamp", "entry"}:
        yield f"the Bundle holds {sorted(bundle)}"
    if bundle["type"] != "collection" or bundle["meta"]["profile"] != [profile]:
        yield f"the Bundle is a {bundle['type']} of {bundle['meta']}"
    if len(resources) != len(bundle["entry"]) or any(set(e) != {"fullUrl", "resource"} for e in bundle["entry"]):
        yield "an entry is there twice, or holds more than address and resource"
    answers = kinds.count("ClaimResponse")
    if (one and answers != 1) or set(kinds[:answers]) - {"ClaimResponse"}:
        yield f"the entries are {kinds}"
    yield from _timestamp(bundle)
    yield from _echo(raw, resources, sent)
    yield from links(resources)
    for url, resource in resources.items():
        yield from _parses(resource)
        if resource["resourceType"] == "ClaimResponse":
            yield from of_claim_response(resource, version, inquiry, request)
        elif resource["resourceType"] == "CommunicationRequest" and url not in sent:
            yield from _of_communication_request(resource, version)


def _timestamp(bundle: dict[str, Any]) -> Iterator[str]:
    if not re.fullmatch(INSTANT, bundle.get("timestamp", "")):
        yield f"Bundle.timestamp is {bundle.get('timestamp')}"


def _parses(resource: dict[str, Any]) -> Iterator[str]:
    try:
        parse(resource["resourceType"], json.loads(json.dumps(resource, default=float)))
    except Refusal as refusal:
        yield from (f"R4: {issue}" for issue in refusal.issues)


def _echo(raw: dict[str, bytes], resources: dict[str, Any], sent: dict[str, set[bytes]]) -> Iterator[str]:
    made = {"ClaimResponse", "CommunicationRequest", "OperationOutcome", "Task"}
    for url, resource in resources.items():
        if resource["resourceType"] not in made and raw[url] not in sent.get(url, set()):
            yield f"{url} is not what was sent"
        if resource["resourceType"] in made - {"OperationOutcome"} and not url.endswith(f"/{resource['id']}"):
            yield f"{url} is not the address of {resource['id']}"


def links(resources: dict[str, Any]) -> Iterator[str]:
    """Ours are letter by letter an address of an entry; theirs as they were. Nothing is there that nobody names.

    A Task names what it is about and is named by nothing; its Claim is the sender's own.
    """
    named: set[str] = set()
    for url, resource in resources.items():
        ours = resource["resourceType"] in {"ClaimResponse", "CommunicationRequest", "Task"}
        for path, reference in _references(resource):
            if ours and path not in {".request", ".reasonReference"} and reference not in resources:
                yield f"{path} leads to {reference}, which is not there"
            base = re.sub(r"[A-Z][A-Za-z]+/[^/]+$", "", url)
            named.add(reference if re.match(r"[a-z]+:", reference) else base + reference)
    for url, resource in resources.items():
        if resource["resourceType"] not in {"ClaimResponse", "OperationOutcome", "Task"} and url not in named:
            yield f"{url} is there and nobody names it"


def _references(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield path, node["reference"]
        for name, child in node.items():
            yield from _references(child, f"{path}.{name}")
    elif isinstance(node, list):
        for child in node:
            yield from _references(child, path)


def of_claim_response(
    response: dict[str, Any], version: str, inquiry: bool, request: list[Any] | None = None
) -> Iterator[str]:
    """Everything wrong with one ClaimResponse."""
    shape = ELEMENTS | (BASE_ONLY_2_0_1 if version == "2.0.1" else {})
    yield from _empties(response, "ClaimResponse")
    yield from _dates(response, "ClaimResponse")
    yield from _elements(response, "", shape)
    yield from _extensions(response, "", EXTENSIONS[version], version)
    fixed = {"resourceType": "ClaimResponse", "status": "active", "use": "preauthorization"}
    yield from (f"{name} is {response[name]}" for name, value in fixed.items() if response[name] != value)
    if response["meta"]["profile"] != [INQUIRY_RESPONSE if inquiry else RESPONSE]:
        yield f"the profile is {response['meta']}"
    if inquiry and "communicationRequest" in response:
        yield "an inquiry answer asks for documents"
    yield from _outcome(response, version)
    yield from _lines(response, version, inquiry)
    yield from _errors(response, request)
    yield from _notes(response)
    yield from _quantities(response, "ClaimResponse")
    yield from _systems(response)


def _elements(node: dict[str, Any], place: str, shape: dict[str, str]) -> Iterator[str]:
    told = {word[:-1]: word[-1] for word in shape[place].split()}
    for name in set(node) - set(told):
        yield f"{place}.{name} is not in the profile"
    for name, many in told.items():
        value = node.get(name)
        if value is None:
            if many in "!+1":
                yield f"{place}.{name} is missing"
            continue
        if isinstance(value, list) != (many in "*+1") or (many == "1" and len(value) != 1):
            yield f"{place}.{name} is there {value!r}, should be {many}"
        inside = f"{place}.{name}".strip(".")
        if inside in shape:
            for child in value if isinstance(value, list) else [value]:
                yield from _elements(child, inside, shape)


def _extensions(node: Any, place: str, table: dict[str, Any], version: str) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _extensions(child, place, table, version)
    if not isinstance(node, dict):
        return
    allowed = {f"{PAS}extension-{name}": rule for name, rule in table.get(place, {}).items()}
    if place in MAY_BE_ABSENT and [e["url"] for e in node.get("extension", [])] == [ABSENT]:
        return
    yield from _values(node.get("extension", []), allowed, place, version)
    for name, child in node.items():
        if name != "extension":
            yield from _extensions(child, f"{place}.{name}".strip("."), table, version)


def _values(given: list[Any], allowed: dict[str, Any], place: str, version: str) -> Iterator[str]:
    urls = [extension["url"] for extension in given]
    for extension in given:
        url = extension["url"]
        if url not in allowed:
            yield f"{place} carries {url}, which has no place there in {version}"
            continue
        most, types = allowed[url]
        if urls.count(url) > most:
            yield f"{place} carries {url} {urls.count(url)} times"
        values = set(extension) - {"url"}
        if types == "Parts":
            name = url.removeprefix(f"{PAS}extension-")
            parts = {
                f"{PAS}{part}" if part.startswith("extension-") else part: rule
                for part, rule in PARTS[version][name].items()
            }
            if values != {"extension"} or NEEDED_PARTS.get(name, set()) - {p["url"] for p in extension["extension"]}:
                yield f"{place} {name} lacks a part"
            yield from _values(extension.get("extension", []), parts, f"{place} {name}", version)
        elif len(values) != 1 or not values <= {f"value{one}" for one in types.split()}:
            yield f"{place} {url} holds {sorted(values)}"
        for identifier in (extension[v] for v in values if v == "valueIdentifier"):
            if not (identifier.get("system") and identifier.get("value")):
                yield f"{place} {url} is no whole identifier"
            yield from _values(
                identifier.get("extension", []), {f"{PAS}extension-{n}": r for n, r in IDENTIFIER.items()}, url, version
            )


def _empties(node: Any, path: str) -> Iterator[str]:
    if node is None or (not node and isinstance(node, str | list | dict)):
        yield f"{path} is empty"
    if isinstance(node, str) and node != node.strip():
        yield f"{path} has space around it: {node!r}"
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield from _empties(child, f"{path}.{name}")


def _dates(node: Any, path: str) -> Iterator[str]:
    if isinstance(node, dict):
        for name, child in node.items():
            if name in DATES and not (isinstance(child, str) and re.fullmatch(DATES[name], child)):
                yield f"{path}.{name} is {child!r}"
            yield from _dates(child, f"{path}.{name}")
        if isinstance(node.get("start"), str) and isinstance(node.get("end"), str) and node["start"] > node["end"]:
            yield f"{path} ends before it starts"
    elif isinstance(node, list):
        for child in node:
            yield from _dates(child, path)


def _quantities(node: Any, path: str) -> Iterator[str]:
    """Source: PAS 2.2.1 prof-2, prof-3."""
    if isinstance(node, list):
        for child in node:
            yield from _quantities(child, path)
    if not isinstance(node, dict):
        return
    for name, child in node.items():
        if name in {"quantity", "valueQuantity"}:
            if "value" not in child or not (child.get("unit") or child.get("code")) or "comparator" in child:
                yield f"{path}.{name} is {child}"
            if "code" in child and child.get("system") != f"{X12}005010/673":
                yield f"{path}.{name} has a code of {child.get('system')}"
        yield from _quantities(child, f"{path}.{name}")


def _systems(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for child in node:
            yield from _systems(child)
    if isinstance(node, dict):
        system = node.get("system")
        known = re.compile(rf"{X12}(005010/\d+|external/\d+)")
        if isinstance(system, str) and "x12" in system.lower() and not known.fullmatch(system):
            yield f"{system} is no code system of X12"
        for child in node.values():
            yield from _systems(child)


def _outcome(response: dict[str, Any], version: str) -> Iterator[str]:
    """Source: PAS 2.2.1 section on outcome; 2.0.1 the base value set."""
    said = response["outcome"]
    errors = response.get("error", [])
    waits = "A4" in {action for _, action, _, _ in _reviews(response, "item")}
    ruled = "error" if any("itemSequence" not in e for e in errors) else "partial" if errors else "complete"
    if ruled == "complete" and waits and version == "2.0.1":
        ruled = "queued"
    if said not in OUTCOMES[version] or said != ruled:
        yield f"outcome is {said}, should be {ruled}"


Review = tuple[Any, str, list[dict[str, Any]], dict[str, Any]]


def _reviews(response: dict[str, Any], name: str) -> Iterator[Review]:
    """Sequence, action code, parts of the review action and item of each line."""
    for item in response.get(name, []):
        parts = item["adjudication"][0]["extension"][0]["extension"]
        coded = next(p for p in parts if p["url"] == f"{PAS}extension-reviewActionCode")
        yield item["itemSequence"], coded["valueCodeableConcept"]["coding"][0]["code"], parts, item


def _lines(response: dict[str, Any], version: str, inquiry: bool) -> Iterator[str]:
    """Source: PAS 2.2.1 spec-34, spec-36, spec-37, spec-46."""
    sequences = [item["itemSequence"] for item in response.get("item", [])]
    if len(set(sequences)) != len(sequences) or not sequences:
        yield f"lines are {sequences}"
    for name in ("item", "addItem"):
        for review in _reviews(response, name):
            yield from (f"{name} {review[0]} {fault}" for fault in _of_line(review, inquiry))
    modified = sorted(sequence for sequence, action, _, _ in _reviews(response, "item") if action == "A6")
    added = sorted(sequence[0] for sequence, _, _, _ in _reviews(response, "addItem"))
    if version == "2.2.1" and [sequence for sequence in added if sequence in sequences] != modified:
        yield f"modified are {modified}, added {added}"
    if version == "2.0.1" and added:
        yield f"2.0.1 knows no review of added items, but {added} are there"


def _of_line(review: Review, inquiry: bool) -> Iterator[str]:
    _, action, parts, item = review
    systems = {p["url"].rpartition("-")[2]: c["system"] for p in parts for c in _codings(p)}
    if action not in ACTIONS or systems.pop("reviewActionCode") != f"{X12}005010/306":
        yield f"is {action}"
    if systems.pop("reasonCode", f"{X12}external/886") != f"{X12}external/886":
        yield "has a reason of another list"
    if item["adjudication"][0]["category"] != {"coding": [SUBMITTED]}:
        yield f"is adjudicated as {item['adjudication'][0]['category']}"
    numbered = any(part["url"] == "number" for part in parts)
    if numbered != (action in {"A1", "A6"}):
        yield f"is {action} and has {'a' if numbered else 'no'} number"
    said = [e["url"].rpartition("-")[2] for e in item.get("extension", [])]
    if inquiry and said.count("communicatedDiagnosis") > 1:
        yield "speaks of several diagnoses in an inquiry"
    if action in {"A1", "A6"} and "itemPreAuthIssueDate" not in said:
        yield "is authorized and has no day of issue"
    if action == "A4" and "administrationReferenceNumber" not in said:
        yield "waits and has no reference number"
    if action == "A3" and not item.get("noteNumber"):
        yield "is denied and does not say why"


def _codings(extension: dict[str, Any]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = extension.get("valueCodeableConcept", {}).get("coding", [])
    return found


def _errors(response: dict[str, Any], request: list[Any] | None) -> Iterator[str]:
    """Source: PAS 2.2.1 section on business errors."""
    for error in response.get("error", []):
        coding = error["code"]["coding"][0]
        if coding["system"] != f"{X12}005010/901" or not re.fullmatch("[0-9A-Z]{2}", coding["code"]):
            yield f"error is {coding}"
        told = {e["url"].rpartition("-")[2]: e for e in error.get("extension", [])}
        follow = told.get("errorFollowupAction", {}).get("valueCodeableConcept", {}).get("coding", [{}])[0]
        if follow.get("system") != f"{X12}005010/889":
            yield f"error {coding} is followed up by {follow}"
        path = told.get("errorPath", {}).get("valueString", "")
        if not _leads(path, request):
            yield f"errorPath {path!r} leads nowhere"
        if "itemSequence" in error and error["itemSequence"] not in {i["itemSequence"] for i in response["item"]}:
            yield f"error is of line {error['itemSequence']}, which is not there"


def _leads(path: str, request: list[Any] | None) -> bool:
    """True when every element but the last is in the request: what is missing may be the fault itself."""
    place = ERROR_PATH.fullmatch(path)
    if place is None or request is None:
        return place is not None
    nodes = request[int(place[1]) : int(place[1]) + 1]
    for step in place[2].split(".")[1:]:
        name, _, index = step.rstrip("]").partition("[")
        if not nodes:
            return False
        found = [v for node in nodes for key, v in node.items() if re.fullmatch(f"{name}([A-Z][A-Za-z]*)?", key)]
        flat = [one for v in found for one in (v if isinstance(v, list) else [v])]
        nodes = flat[int(index) : int(index) + 1] if index else flat
    return bool(place[2]) or bool(nodes)


def _notes(response: dict[str, Any]) -> Iterator[str]:
    numbers = [note["number"] for note in response.get("processNote", [])]
    if len(set(numbers)) != len(numbers):
        yield f"notes are {numbers}"
    used = [number for item in response.get("item", []) for number in item.get("noteNumber", [])]
    for error in response.get("error", []):
        for extension in error.get("extension", []):
            used += [p["valuePositiveInt"] for p in extension.get("extension", []) if p["url"] == "processNote"]
    if set(used) != set(numbers):
        yield f"notes are {numbers}, named are {used}"


def _of_communication_request(asked: dict[str, Any], version: str) -> Iterator[str]:
    """Source: PAS 2.2.1 profile-communicationrequest (IdentifierUnlessVO); 2.0.1 puts the line on the payload."""
    yield from _empties(asked, "CommunicationRequest")
    yield from _elements(asked, "", {"": ASKED})
    payload = asked["payload"][0]
    spoken = {"communicatedDiagnosis": (99, "CodeableConcept"), "contentModifier": (99, "CodeableConcept")}
    line = {"serviceLineNumber": (1, "PositiveInt")}
    on_root, on_payload = (line, spoken) if version == "2.2.1" else ({}, spoken | line)
    for node, allowed in ((asked, on_root), (payload, on_payload)):
        urls = {f"{PAS}extension-{name}": rule for name, rule in allowed.items()}
        yield from _values(node.get("extension", []), urls, "CommunicationRequest", version)
        if line.items() <= allowed.items() and f"{PAS}extension-serviceLineNumber" not in str(node.get("extension")):
            yield "CommunicationRequest names no line"
    if set(payload) - {"extension", "contentString"} or not re.fullmatch(r"\d+-\d", payload["contentString"]):
        yield f"CommunicationRequest.payload is {payload}"
    if asked["status"] != "active" or not asked["identifier"][0].get("value"):
        yield "CommunicationRequest is not active, or has no control number"
