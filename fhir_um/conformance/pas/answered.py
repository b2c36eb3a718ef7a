"""Takes answers apart: decision Bundles, ClaimResponses, lines and review actions, each with the place where it stands.

Judges nothing, and stumbles over nothing: what is not there, or is of another shape, is left out.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from fhir_um.conformance.marks import INQUIRE, NOTIFICATION, READ, SUBMIT
from fhir_um.conformance.model import Exchange, Fault, Json
from profiles.canonicals import PAS_SD

T = TypeVar("T")
REVIEW_ACTION = PAS_SD + "extension-reviewAction"
REVIEW_ACTION_CODE = PAS_SD + "extension-reviewActionCode"
APPROVED, DENIED, PENDED, MODIFIED, CANCELLED, ELSEWHERE, NOT_NEEDED = "A1", "A3", "A4", "A6", "C", "CT", "NA"
ACTIONS = frozenset({APPROVED, DENIED, PENDED, MODIFIED, CANCELLED, ELSEWHERE, NOT_NEEDED})
"""Review actions of X12 278, 2000F HCR01, as far as they are public."""


@dataclass(frozen=True)
class Placed:
    """A part of an answer, and where it stands: `Bundle.entry[0].resource`."""

    path: str
    content: Json

    def fault(self, text: str, inside: str = "") -> Fault:
        """A fault at this place, or at something inside."""
        return Fault(text, f"{self.path}{inside}")


@dataclass(frozen=True, slots=True)
class Line:
    """One `item` or `addItem` of a ClaimResponse; `action` is the code of its first review action, or nothing.

    An `item` has one `sequence`, an `addItem` a list of `sequences`.
    """

    at: Placed
    sequence: int | None
    sequences: list[int]
    action: str
    system: str
    number: str
    reasons: tuple[Json, ...]


# --- any JSON ---------------------------------------------------------------------------------------------------------


def parts(node: Any, name: str) -> list[Json]:
    """The objects an element holds, whether it is a list or one."""
    value = node.get(name) if isinstance(node, dict) else None
    held = value if isinstance(value, list) else [value]
    return [one for one in held if isinstance(one, dict)]


def part(node: Any, name: str) -> Json:
    """The first object an element holds; an empty one when there is none."""
    return next(iter(parts(node, name)), {})


def placed(at: Placed, name: str) -> list[Placed]:
    """The objects a repeating element holds, each with its place."""
    value = at.content.get(name)
    held = value if isinstance(value, list) else []
    return [Placed(f"{at.path}.{name}[{n}]", one) for n, one in enumerate(held) if isinstance(one, dict)]


def text(node: Any, name: str) -> str:
    """An element that is a string; an empty one when it is none."""
    value = node.get(name) if isinstance(node, dict) else None
    return value if isinstance(value, str) else ""


def texts(node: Any, name: str) -> list[str]:
    """The strings of an element that is a list of them."""
    value = node.get(name) if isinstance(node, dict) else None
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def extensions(node: Any, name: str) -> list[Json]:
    """The extensions of PAS with that short name (`authorizationNumber`)."""
    return [one for one in parts(node, "extension") if text(one, "url") == f"{PAS_SD}extension-{name}"]


def walk(node: Any, path: str) -> Iterator[tuple[str, Json]]:
    """Every object inside, with its place, from the outside in."""
    if isinstance(node, dict):
        yield path, node
        for name, child in node.items():
            if isinstance(child, dict | list):
                yield from walk(child, f"{path}.{name}")
    elif isinstance(node, list):
        for number, child in enumerate(node):
            if isinstance(child, dict | list):
                yield from walk(child, f"{path}[{number}]")


def kind_of(node: Any) -> str:
    """The resourceType."""
    return text(node, "resourceType")


# --- messages ---------------------------------------------------------------------------------------------------------


def is_good(exchange: Exchange) -> bool:
    """True when it was answered with 2xx."""
    return 200 <= exchange.status < 300


def _once(holder: object, name: str, find: Callable[[], list[T]]) -> list[T]:
    """What was found in something stays beside it, as `Exchange.answer` does: a hundred checks look for the same."""
    held = vars(holder)
    if name not in held:
        held[name] = find()
    found: list[T] = held[name]
    return found


def decision_bundles(exchange: Exchange) -> list[Placed]:
    """The Bundles that carry decisions: of a submission, of an inquiry, and those inside a notification."""
    return _once(exchange, "decision_bundles", lambda: _decision_bundles(exchange))


def _decision_bundles(exchange: Exchange) -> list[Placed]:
    if NOTIFICATION in exchange.marks:
        entries = placed(Placed("Bundle", exchange.asked if isinstance(exchange.asked, dict) else {}), "entry")
        inside = [Placed(f"{one.path}.resource", part(one.content, "resource")) for one in entries]
        return [one for one in inside if kind_of(one.content) == "Bundle"]
    if not exchange.marks & {SUBMIT, INQUIRE} or not is_good(exchange):
        return []
    return _answered_bundles(exchange.answer)


def _answered_bundles(answer: Any) -> list[Placed]:
    if kind_of(answer) == "Bundle":
        return [Placed("Bundle", answer)]
    if kind_of(answer) != "Parameters":
        return []
    returned = [
        one for one in placed(Placed("Parameters", answer), "parameter") if text(one.content, "name") == "return"
    ]
    inside = [Placed(f"{one.path}.resource", part(one.content, "resource")) for one in returned]
    return [one for one in inside if kind_of(one.content) == "Bundle"]


def resources(bundle: Placed, kind: str = "") -> list[Placed]:
    """The resources of a Bundle's entries, all or those of one type."""
    found = [Placed(f"{one.path}.resource", part(one.content, "resource")) for one in placed(bundle, "entry")]
    return [one for one in found if one.content and kind in ("", kind_of(one.content))]


def claim_responses(exchange: Exchange) -> list[Placed]:
    """Every ClaimResponse of an answer or a notification, also one that was read by itself."""
    return _once(exchange, "claim_responses", lambda: _claim_responses(exchange))


def _claim_responses(exchange: Exchange) -> list[Placed]:
    if READ in exchange.marks and is_good(exchange):
        if kind_of(exchange.answer) == "ClaimResponse":
            return [Placed("ClaimResponse", exchange.answer)]
        found = Placed("Bundle", exchange.answer if kind_of(exchange.answer) == "Bundle" else {})
        return resources(found, "ClaimResponse")
    return [one for bundle in decision_bundles(exchange) for one in resources(bundle, "ClaimResponse")]


def has_decision(exchange: Exchange) -> bool:
    """True when there is a Bundle with decisions in it."""
    return bool(decision_bundles(exchange))


def has_response(exchange: Exchange) -> bool:
    """True when there is a ClaimResponse in it."""
    return bool(claim_responses(exchange))


def inside(at: Placed) -> list[tuple[str, Json]]:
    """Every object inside, with its place."""
    return _once(at, "inside", lambda: list(walk(at.content, at.path)))


# --- requests ---------------------------------------------------------------------------------------------------------


def asked_claim(exchange: Exchange) -> Json:
    """The Claim that was sent: the first entry of the Bundle; an empty one when there is none."""
    if NOTIFICATION in exchange.marks:
        return {}
    first = part(part(exchange.asked, "entry"), "resource")
    return first if kind_of(first) == "Claim" else {}


def asked_entries(exchange: Exchange) -> dict[str, Json]:
    """What was sent, by address."""
    return {text(one, "fullUrl"): part(one, "resource") for one in parts(exchange.asked, "entry")}


def resolved(reference: str, base: str) -> str:
    """A reference as an absolute address; a relative one is meant beside the resource at `base`."""
    if re.match(r"[a-z]+:", reference):
        return reference
    return re.sub(r"[A-Z][A-Za-z]+/[^/]+$", "", base) + reference


# --- lines ------------------------------------------------------------------------------------------------------------


def lines(response: Placed, name: str = "item") -> list[Line]:
    """The lines of a ClaimResponse."""
    return _once(response, f"lines of {name}", lambda: [_line(at) for at in placed(response, name)])


def _line(at: Placed) -> Line:
    said = review_parts(at)
    coding = part(part(_said(said, REVIEW_ACTION_CODE), "valueCodeableConcept"), "coding")
    reasons = tuple(coding for one in said if text(one, "url") == "reasonCode" for coding in _codings(one))
    number = text(_said(said, "number"), "valueString")
    said_of = at.content.get("itemSequence")
    return Line(
        at=at,
        sequence=said_of if isinstance(said_of, int) else None,
        sequences=[one for one in said_of if isinstance(one, int)] if isinstance(said_of, list) else [],
        action=text(coding, "code"),
        system=text(coding, "system"),
        number=number,
        reasons=reasons,
    )


def _codings(extension: Json) -> list[Json]:
    return parts(part(extension, "valueCodeableConcept"), "coding")


def _said(said: list[Json], url: str) -> Json:
    return next((one for one in said if text(one, "url") == url), {})


def review_parts(at: Placed) -> list[Json]:
    """What the review actions of a line say, part by part."""
    return [
        told
        for adjudication in parts(at.content, "adjudication")
        for action in parts(adjudication, "extension")
        if text(action, "url") == REVIEW_ACTION
        for told in parts(action, "extension")
    ]


def actions(exchange: Exchange) -> list[str]:
    """The review actions of all lines of all ClaimResponses."""
    return [line.action for response in claim_responses(exchange) for line in lines(response)]


def is_subset(response: Placed) -> bool:
    """True when the ClaimResponse says that it tells changed lines only, as 2.0.1 allows."""
    return any(text(one, "code") == "SUBSETTED" for one in parts(part(response.content, "meta"), "security"))
