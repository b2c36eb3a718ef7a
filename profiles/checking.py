"""Is this a PAS request we can take? Finds every fault, each with its path from Bundle, and refuses them together.

Holds a Bundle against its profiles and then against what PAS says in words. Must not know members, policies or cases.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain
from typing import Any

from profiles import rules
from profiles.bundle import LONGEST_URL, RESTFUL, Resolver
from profiles.canonicals import CERTIFICATION_CANCEL, EXT_CERTIFICATION_TYPE, PROFILE_INQUIRY_REQUEST_BUNDLE
from profiles.issues import Issue, Kind, Refusal
from profiles.links import link_issues
from profiles.primitives import PRIMITIVES
from profiles.reading import Entry, ReadBundle
from profiles.strictness import Strictness
from profiles.validating.validator import Validator

_is_sequence = PRIMITIVES["positiveInt"][0]
_UUID = re.compile(r"urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OID = re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+")
_URL = re.compile(r"https?://[^\s/?#]+\S*")
_CLAIM = "Bundle.entry[0].resource"
_INDEX = re.compile(r"\[\d+\]")
_ENTRY = re.compile(r"Bundle\.entry\[(\d+)\]\.resource\.")
_OF_FHIR = "http://hl7.org/fhir/StructureDefinition/"


def check_request(
    bundle: ReadBundle,
    version: str,
    inquiry: bool = False,
    *,
    validator: Validator,
    strictness: Strictness = Strictness.STRICT,
) -> tuple[Issue, ...]:
    """The warnings about a request (or inquiry) Bundle of that PAS version, in the order found.

    `validator` is that of the guide `rules.GUIDES[version]`.

    Raises: Refusal with all errors, then warnings: UNREADABLE when the first entry is no Claim, INVALID otherwise.
    Source: PAS 2.2.1 spec-11 to spec-25, spec-35, conf-14; FHIR R4 Claim and Bundle.
    """
    seen = validator.examine(bundle.resource, (f"{rules.PROFILES[inquiry]}|{version}",))
    has_claim = bundle.entries[0].resource.get("resourceType") == "Claim"
    of_claim = _claim_issues(bundle.entries, inquiry) if has_claim else iter((_NO_CLAIM,))
    by_profile = list(_weighed(seen.issues, bundle, version, strictness))
    told = {issue.path for issue in by_profile if issue.severity == "error"}
    in_words = chain(
        _bundle_issues(bundle),
        _valueless_issues(bundle),
        () if inquiry else _purpose_issues(bundle.resource),
        link_issues(bundle.entries, seen.links, version, inquiry) if has_claim else (),
        of_claim,
    )
    besides = (
        replace(issue, rule=rules.IN_WORDS) for issue in in_words if issue.severity != "error" or issue.path not in told
    )
    errors, warnings = _sorted_out(chain(by_profile, besides))
    if errors:
        raise Refusal(Kind.INVALID if has_claim else Kind.UNREADABLE, errors + warnings)
    return warnings


_NO_CLAIM = Issue("structure", "The first entry must be a Claim (PAS spec-12).", _CLAIM)


def _weighed(issues: list[Issue], bundle: ReadBundle, version: str, strictness: Strictness) -> Iterator[Issue]:
    """The findings of the profiles as this caller is to hear them."""
    for issue in issues:
        if issue.severity != "error":
            if strictness is not Strictness.OFF:
                yield issue
        elif not _is_exempt(issue, bundle, version):
            if strictness is Strictness.STRICT or _is_essential(issue, bundle):
                yield issue
            elif strictness is Strictness.LENIENT:
                yield replace(issue, severity="warning")


def _is_exempt(issue: Issue, bundle: ReadBundle, version: str) -> bool:
    names = _INDEX.sub("", issue.path)
    return any(
        names == row.names
        and issue.rule == row.rule
        and version in row.versions
        and (not row.of_whole_cancel or _cancels_all(bundle.entries[0].resource))
        for row in rules.EXEMPT
    )


def _is_essential(issue: Issue, bundle: ReadBundle) -> bool:
    """True when a request with this fault cannot be processed, by the tables of `rules`."""
    kind, names = _placed(issue.path, bundle)
    if issue.code == "required":
        return names in rules.MANDATORY.get(kind, ())
    if _may_change_meaning(issue):
        return True
    if kind not in rules.READ:
        return names == "resourceType"
    of_fhir = issue.profile == "" or issue.profile.startswith(_OF_FHIR)
    is_malformed = issue.rule == "" or issue.rule.startswith("type ") or issue.rule in rules.ESSENTIAL_RULES
    return of_fhir and is_malformed


def _may_change_meaning(issue: Issue) -> bool:
    """A modifier extension that is unknown, or stands where nobody looks for it (PAS 2.2.1 spec-25)."""
    if issue.code == "extension":
        return ".modifierExtension[" in issue.path or issue.rule == "isModifier"
    return issue.path.endswith(".modifierExtension")


def _placed(path: str, bundle: ReadBundle) -> tuple[str, str]:
    """The type of the resource a path leads into, and the rest of the path without indexes."""
    found = _ENTRY.match(path)
    if found is None:
        return "Bundle", _INDEX.sub("", path).removeprefix("Bundle.")
    kind = bundle.entries[int(found[1])].resource.get("resourceType")
    return (kind if isinstance(kind, str) else ""), _INDEX.sub("", path[found.end() :])


def _sorted_out(issues: Iterable[Issue]) -> tuple[tuple[Issue, ...], tuple[Issue, ...]]:
    """Errors, then all else, at most `MAX_ISSUES` of each; that there are more is the last one."""
    found: dict[bool, list[Issue]] = {True: [], False: []}
    for issue in issues:
        alike = found[issue.severity == "error"]
        if len(alike) < rules.MAX_ISSUES:
            alike.append(issue)
        elif len(alike) == rules.MAX_ISSUES:
            alike.append(Issue("too-costly", "There are more issues; they are not listed.", "", issue.severity))
    return tuple(found[True]), tuple(found[False])


def _bundle_issues(bundle: ReadBundle) -> Iterator[Issue]:
    if bundle.resource.get("type") not in ("collection", None):
        yield Issue("value", "A PAS request Bundle is of type 'collection'.", "Bundle.type")
    claims = [e.index for e in bundle.entries if e.resource.get("resourceType") == "Claim"]
    for index in claims[rules.MAX_CLAIMS :]:
        yield Issue(
            "structure", "One Claim, and in an update the one before it, may be sent.", f"Bundle.entry[{index}]"
        )
    first_at: dict[str, int] = {}
    for entry in bundle.entries:
        path = f"Bundle.entry[{entry.index}]"
        for name in rules.FORBIDDEN_IN_ENTRY:
            if name in bundle.resource["entry"][entry.index]:
                yield Issue("structure", f"A collection has no entry.{name}.", f"{path}.{name}")
        if entry.full_url:
            yield from _address_issues(entry, f"{path}.fullUrl")
            if first_at.setdefault(entry.full_url, entry.index) != entry.index:
                text = f"The same fullUrl as entry[{first_at[entry.full_url]}]; each resource may be there only once."
                yield Issue("duplicate", text, f"{path}.fullUrl")


def _purpose_issues(bundle: dict[str, Any]) -> Iterator[Issue]:
    """What says of itself that it asks about requests shall not open one.

    Source: PAS 2.2.1 profile-pas-inquiry-request-bundle, OperationDefinition Claim-inquiry.
    """
    meta = bundle.get("meta")
    told = meta.get("profile") if isinstance(meta, dict) else None
    names = {str(name).partition("|")[0] for name in told} if isinstance(told, list) else set()
    if names == {PROFILE_INQUIRY_REQUEST_BUNDLE}:
        text = "This Bundle says it is an inquiry: post it to Claim/$inquire, or name the profile of a request here."
        yield Issue("value", text, "Bundle.meta.profile")


def _address_issues(entry: Entry, path: str) -> Iterator[Issue]:
    """Source: PAS 2.2.1 spec-16; FHIR R4 Bundle.entry.fullUrl."""
    url = entry.full_url
    if len(url) > LONGEST_URL:
        yield Issue("too-long", f"A fullUrl has at most {LONGEST_URL} characters.", path)
        return
    restful = RESTFUL.fullmatch(url)
    if restful:
        kind, own_id = entry.resource.get("resourceType"), entry.resource.get("id")
        if isinstance(kind, str) and kind != restful["type"]:
            yield Issue("value", "The fullUrl says another type than the resource has.", path)
        elif isinstance(own_id, str) and own_id != restful["id"]:
            yield Issue("value", "The fullUrl ends in another id than the resource has.", path)
    elif "/_history/" in url:
        yield Issue("value", "A fullUrl names no version of a resource.", path)
    elif not any(form.fullmatch(url) for form in (_URL, _UUID, _OID)):
        text = "A fullUrl is an absolute http(s) URL, or urn:uuid: with a UUID in lower case."
        yield Issue("value", text, path)


def _valueless_issues(bundle: ReadBundle) -> Iterator[Issue]:
    """Elements that FHIR lets be there without a value (`_sequence`), though a request cannot be read so."""
    yield from _valueless(bundle.resource, "Bundle")
    for entry in bundle.entries:
        if isinstance(kind := entry.resource.get("resourceType"), str) and kind != "Bundle":
            yield from _valueless(entry.resource, kind, f"Bundle.entry[{entry.index}].resource")


def _valueless(resource: dict[str, Any], kind: str, place: str = "Bundle") -> Iterator[Issue]:
    for name in sorted(rules.VALUED.get(kind, ())):
        holder, _, last = name.rpartition(".")
        rows = [(f".{holder}[{index}]", row) for index, row in _rows(resource, holder)] if holder else [("", resource)]
        for step, node in rows:
            if f"_{last}" in node and last not in node:
                text = f"'{last}' has no value; without it the request cannot be processed."
                yield Issue("required", text, f"{place}{step}.{last}")


def _claim_issues(entries: tuple[Entry, ...], inquiry: bool) -> Iterator[Issue]:
    claim = entries[0].resource
    for name, fixed in rules.FIXED.items():
        if isinstance(claim.get(name), str) and claim[name] != fixed:
            yield Issue("value", f"Claim.{name} must be '{fixed}'.", f"{_CLAIM}.{name}")
    for name in rules.MUST_REFER:
        yield from _must_refer(claim, name.split(".")[1:], _CLAIM)
    sequences = {name: list(_sequences(claim, name)) for name in rules.SEQUENCED}
    for name, rows in sequences.items():
        yield from _doubled(name, rows)
    known = {name: {sequence for _, sequence in rows} for name, rows in sequences.items()}
    for index, item in _rows(claim, "item"):
        for name, among in rules.POINTERS.items():
            yield from _pointing_nowhere(item, name, among, known[among], f"{_CLAIM}.item[{index}].{name}")
    yield from _inquiry_issues(entries) if inquiry else _order_issues(claim)


def _rows(node: dict[str, Any], name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects in a list, with their index; what is no list of objects is told by the walk."""
    rows = node.get(name)
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if isinstance(row, dict):
            yield index, row


def _must_refer(node: dict[str, Any], names: list[str], path: str) -> Iterator[Issue]:
    name, *below = names
    if below:
        for index, row in _rows(node, name):
            yield from _must_refer(row, below, f"{path}.{name}[{index}]")
    elif isinstance(node.get(name), dict) and str(node[name].get("reference", "#")).startswith("#"):
        text = f"'{name}' must refer to an entry; an identifier, a name or a contained resource is not enough."
        yield Issue("required", text, f"{path}.{name}.reference")


def _sequences(claim: dict[str, Any], name: str) -> Iterator[tuple[int, int]]:
    for index, row in _rows(claim, name):
        if _is_sequence(row.get("sequence")):
            yield index, row["sequence"]


def _doubled(name: str, rows: list[tuple[int, int]]) -> Iterator[Issue]:
    """Source: PAS 2.2.1 spec-22, spec-34: sequences are the trace keys of a request."""
    first_at: dict[int, int] = {}
    for index, sequence in rows:
        if first_at.setdefault(sequence, index) != index:
            text = f"The sequence {sequence} is already that of {name}[{first_at[sequence]}]."
            yield Issue("duplicate", text, f"{_CLAIM}.{name}[{index}].sequence")


def _pointing_nowhere(item: dict[str, Any], name: str, among: str, known: set[int], path: str) -> Iterator[Issue]:
    pointers = item.get(name)
    for index, sequence in enumerate(pointers if isinstance(pointers, list) else ()):
        if _is_sequence(sequence) and sequence not in known:
            yield Issue("not-found", f"There is no {among} with sequence {sequence}.", f"{path}[{index}]")


def _order_issues(claim: dict[str, Any]) -> Iterator[Issue]:
    """A request asks for something, unless it takes back the whole of an earlier one."""
    if "item" not in claim and not _cancels_all(claim):
        yield Issue("required", "'item' is missing: nothing is requested.", f"{_CLAIM}.item")


def _cancels_all(claim: dict[str, Any]) -> bool:
    for _, extension in _rows(claim, "extension"):
        concept = extension.get("valueCodeableConcept")
        if extension.get("url") == EXT_CERTIFICATION_TYPE and isinstance(concept, dict):
            return any(coding.get("code") == CERTIFICATION_CANCEL for _, coding in _rows(concept, "coding"))
    return False


def _inquiry_issues(entries: tuple[Entry, ...]) -> Iterator[Issue]:
    """Source: PAS 2.2.1, Inquiry: questions without a specific patient are not allowed; spec-53."""
    resolver = Resolver(entries)
    patient = _target(entries[0].resource.get("patient"), entries[0], resolver)
    if patient is None or any(_has_value(row) for _, row in _rows(patient.resource, "identifier")):
        return
    for _, insurance in _rows(entries[0].resource, "insurance"):
        coverage = _target(insurance.get("coverage"), entries[0], resolver)
        if coverage and (
            isinstance(coverage.resource.get("subscriberId"), str)
            or any(_has_value(row) for _, row in _rows(coverage.resource, "identifier"))
        ):
            return
    path = f"Bundle.entry[{patient.index}].resource.identifier"
    yield Issue("required", "An inquiry is about a person by member identifier; this patient has none.", path)


def _target(reference: Any, container: Entry, resolver: Resolver[Entry]) -> Entry | None:
    literal = reference.get("reference") if isinstance(reference, dict) else None
    return resolver.resolve(literal, container) if isinstance(literal, str) else None


def _has_value(identifier: dict[str, Any]) -> bool:
    return isinstance(identifier.get("value"), str) and identifier["value"] != ""
