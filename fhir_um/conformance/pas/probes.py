"""Scenes that stories cannot tell: bodies that are none, media types, addresses, tokens, unusual and lawful requests.

They send a request of a story as it is, or spoil one thing of it.
"""

import gzip
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fhir_um.conformance.marks import APPROVED, REFUSED
from fhir_um.conformance.pas import situations
from fhir_um.conformance.pas.access import second_client
from fhir_um.conformance.pas.replacing import replaced_number
from fhir_um.conformance.stage import BrokenOff, Scene, Stage
from profiles.canonicals import DATA_ABSENT_REASON, NOT_APPLICABLE, PAS_SD, PROFILE_INQUIRY_REQUEST_BUNDLE

_SUBMIT, _INQUIRE = "Claim/$submit", "Claim/$inquire"
_STORY, _GOOD, _ASK = "public-suite", "approved", "found"
"""A request that is approved for what it says, whatever was asked before, and an inquiry."""
_ORIGIN = {"Origin": "https://ehr.example.org"}
_MANY = 40
_ANY_SERVICE = {"coding": [{"system": DATA_ABSENT_REASON, "code": NOT_APPLICABLE}]}
Json = dict[str, Any]


def _good(stage: Stage) -> Json:
    read: Json = msgspec.json.decode(stage.asked(_STORY, _GOOD))
    return read


def _written(content: Any) -> bytes:
    return msgspec.json.encode(content)


def _submit(
    stage: Stage, step: str, body: bytes, *marks: str, headers: Mapping[str, str] | None = None, as_client: str = ""
) -> None:
    stage.send(step, "POST", f"{stage.base}/{_SUBMIT}", body, headers, marks, as_client)


def _both(stage: Stage, step: str, body: bytes, *marks: str) -> None:
    for name, operation in (("submitted", _SUBMIT), ("inquired", _INQUIRE)):
        stage.send(f"{step}-{name}", "POST", f"{stage.base}/{operation}", body, None, (REFUSED, *marks))


# --- what must be refused ---------------------------------------------------------------------------------------------


def no_requests(stage: Stage) -> None:
    """Bodies that are no request at all, to both operations."""
    _both(stage, "empty", _written(_good(stage) | {"entry": []}), situations.EMPTY_BUNDLE)
    _both(stage, "bad-json", b'{"resourceType": "Bundle", ', situations.BAD_JSON)
    _both(stage, "a-list", b"[]", situations.BAD_JSON)
    _both(stage, "a-patient", b'{"resourceType": "Patient", "id": "nobody"}', situations.NO_BUNDLE)
    swapped = _good(stage)
    swapped["entry"] = [swapped["entry"][-1], *swapped["entry"][:-1]]
    _both(stage, "claim-last", _written(swapped), situations.CLAIM_NOT_FIRST)


def media_types(stage: Stage) -> None:
    """What is sent and what is taken, in media types that nobody speaks."""
    body = _written(_good(stage))
    _submit(stage, "as-text", body, REFUSED, situations.WRONG_MEDIA, headers={"Content-Type": "text/plain"})
    wanted = {"Accept": "application/x-nobody-writes-this"}
    stage.send("nothing-offered", "GET", f"{stage.base}/metadata", b"", wanted, (REFUSED, situations.WRONG_ACCEPT))
    kind = "application/fhir+json; fhirVersion=9.9"
    unknown = (situations.UNKNOWN_FHIR_VERSION,)
    stage.send("unknown-version", "GET", f"{stage.base}/metadata", b"", {"Accept": kind}, unknown)


def addresses(stage: Stage) -> None:
    """Addresses that are not there, and an operation asked by GET."""
    nowhere = f"{stage.base}/NoSuchThing/1"
    stage.send("nowhere", "GET", nowhere, b"", None, (REFUSED, situations.UNKNOWN_PATH))
    stage.send("no-answer", "GET", f"{stage.base}/Claim/no-such-claim", b"", None, (REFUSED, situations.UNKNOWN_PATH))
    stage.send("by-get", "GET", f"{stage.base}/{_SUBMIT}", b"", None, (REFUSED, situations.WRONG_METHOD))
    stage.send("statement", "GET", f"{stage.base}/metadata")


# --- what is unusual and must be taken --------------------------------------------------------------------------------


def _bare(bundle: Json) -> Json:
    """Without what the profiles leave open: care team, amount, trace numbers, how to reach an organization."""
    claim = bundle["entry"][0]["resource"]
    claim.pop("careTeam", None)
    for item in claim["item"]:
        item.pop("careTeamSequence", None)
        item.pop("quantity", None)
        item["extension"] = [one for one in item["extension"] if not one["url"].endswith("itemTraceNumber")]
    bundle["entry"] = [one for one in bundle["entry"] if not one["resource"]["resourceType"].startswith("Practitioner")]
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "Organization":
            entry["resource"].pop("telecom", None)
            entry["resource"].pop("address", None)
    return bundle


def _with_unknown_extension(bundle: Json) -> Json:
    known: list[Json] = bundle["entry"][0]["resource"].setdefault("extension", [])
    known.append({"url": "https://ehr.example.test/fhir/StructureDefinition/of-our-own", "valueString": "ignore me"})
    return bundle


def _with_urns(bundle: Json) -> Json:
    """Every entry under a urn:uuid, and every reference to it as well."""
    names = {entry["fullUrl"]: f"urn:uuid:00000000-0000-4000-8000-{n:012x}" for n, entry in enumerate(bundle["entry"])}
    short = {url.split("/", 4)[-1]: urn for url, urn in names.items()}
    short |= {"/".join(url.rsplit("/", 2)[-2:]): urn for url, urn in names.items()}
    renamed: Json = _renamed(bundle, names | short)
    return renamed


def _renamed(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        return {
            key: names.get(value, value)
            if key in ("reference", "fullUrl") and isinstance(value, str)
            else _renamed(value, names)
            for key, value in node.items()
        }
    return [_renamed(one, names) for one in node] if isinstance(node, list) else node


def _with_many_lines(bundle: Json) -> Json:
    claim = bundle["entry"][0]["resource"]
    first = claim["item"][0]
    claim["item"] = [first | {"sequence": number} for number in range(1, _MANY + 1)]
    return bundle


_UNUSUAL: tuple[tuple[str, str, Callable[[Json], Json]], ...] = (
    ("bare", situations.OPTIONAL_LEFT_OUT, _bare),
    ("extended", situations.UNKNOWN_EXTENSION, _with_unknown_extension),
    ("by-uuid", situations.URN_ADDRESSES, _with_urns),
    ("forty-lines", situations.MANY_LINES, _with_many_lines),
)


def unusual_requests(stage: Stage) -> None:
    """Requests that are lawful, and not what one sees every day."""
    for step, mark, change in _UNUSUAL:
        _submit(stage, step, _written(change(_good(stage))), mark)
    for step, mark, kind in (
        ("with-charset", situations.CHARSET, "application/fhir+json; charset=utf-8"),
        ("with-fhir-version", situations.NAMED_FHIR_VERSION, "application/fhir+json; fhirVersion=4.0"),
    ):
        _submit(stage, step, _written(_good(stage)), mark, headers={"Content-Type": kind})
    packed = gzip.compress(_written(_good(stage)), mtime=0)
    _submit(stage, "compressed", packed, situations.GZIP, headers={"Content-Encoding": "gzip"})


def _read_again(stage: Stage) -> None:
    """What was answered is read by its address, where that is offered."""
    said = stage.send("submitted", "POST", f"{stage.base}/{_SUBMIT}", _written(_good(stage)), None, (APPROVED,))
    id = _answered_id(said.answer)
    stage.send("read", "GET", f"{stage.base}/ClaimResponse/{id}")
    if second_client(stage.tester):
        marks = (REFUSED, situations.OTHER_CLIENT)
        asked = _written(_inquiry(said.asked))
        stage.send(
            "asked-by-another",
            "POST",
            f"{stage.base}/{_INQUIRE}",
            asked,
            None,
            (situations.OTHER_ASKS,),
            second_client(stage.tester),
        )
        stage.send(
            "read-by-another", "GET", f"{stage.base}/ClaimResponse/{id}", b"", None, marks, second_client(stage.tester)
        )


def _inquiry(bundle: Json) -> Json:
    """An inquiry for any service of the same member by the same provider."""
    inquiry: Json = msgspec.json.decode(_written(bundle))
    entry = inquiry["entry"][0]
    claim = entry["resource"]
    claim["id"], entry["fullUrl"] = f"{claim['id']}-asked", f"{entry['fullUrl']}-asked"
    inquiry["meta"] = {"profile": [PROFILE_INQUIRY_REQUEST_BUNDLE]}
    claim["meta"] = {"profile": [f"{PAS_SD}profile-claim-inquiry"]}
    claim["item"] = [{"sequence": 1, "category": claim["item"][0]["category"], "productOrService": _ANY_SERVICE}]
    for name in ("diagnosis", "supportingInfo"):
        claim.pop(name, None)
    claim["identifier"] = claim["identifier"][:1]
    for identifier in (inquiry["identifier"], *claim["identifier"]):
        identifier["value"] += "-asked"
    return inquiry


def _answered_id(answer: Any) -> str:
    """Raises: BrokenOff when there is none."""
    try:
        return str(answer["entry"][0]["resource"]["id"])
    except (LookupError, TypeError) as fault:
        raise BrokenOff("the submission was not answered with a ClaimResponse that has an id") from fault


# --- who asks, and from where -----------------------------------------------------------------------------------------


def tokens(stage: Stage) -> None:
    """Credentials that are good for nothing."""
    body = _written(_good(stage))
    for step, mark, value in (
        ("unknown", situations.UNKNOWN_BEARER, "Bearer nobody-issued-this"),
        ("malformed", situations.MALFORMED_BEARER, "Bearer"),
        ("another-scheme", situations.MALFORMED_BEARER, "Basic bm9ib2R5Om5vdGhpbmc="),
    ):
        _submit(stage, step, body, REFUSED, mark, headers={"Authorization": value})
    if second_client(stage.tester) or stage.tester.authentication.fhir.kind.value != "none":
        _submit(stage, "nobody", body, REFUSED, situations.NO_BEARER, as_client="nobody")


def origins(stage: Stage) -> None:
    """A page from elsewhere asks beforehand whether it may, and then asks."""
    asks = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    stage.send("beforehand", "OPTIONS", f"{stage.base}/{_SUBMIT}", b"", {**_ORIGIN, **asks}, (situations.PREFLIGHT,))
    stage.send("then", "GET", f"{stage.base}/metadata", b"", _ORIGIN, (situations.CROSS_ORIGIN,))


PROBES = (
    Scene("no-requests", "Bodies that are no request", no_requests),
    Scene("media-types", "Media types nobody speaks", media_types),
    Scene("addresses", "Addresses that are not there, and the server's statement", addresses),
    Scene("unusual-requests", "Unusual requests that are lawful", unusual_requests),
    Scene("read-again", "What was answered, read again", _read_again),
    Scene("replaced-number", "A number that another one has replaced", replaced_number),
    Scene("tokens", "Tokens that are good for nothing", tokens),
    Scene("origins", "Questions from other origins", origins),
)
