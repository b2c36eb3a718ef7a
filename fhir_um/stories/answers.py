"""What the server said, put in a form that a story can compare and a person can read.

Must not know how it was sent or what was expected. Reads a PAS response (2.2.1 and 2.0.1), an OperationOutcome, a case
or a problem of the `/um/v1` interface, or what the hook counter says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from fhir_um.stories.hook_answers import (
    SeenCard,
    SeenOrder,
    SeenWhy,
    read_cards,
    read_explanation,
    read_orders,
    read_services,
)
from profiles import canonicals

_PROBLEM = "urn:fhir-um:problem:"
_MOST_CHARACTERS = 200
"""Of what was met instead of what is usual, which may be the answer itself."""


@dataclass(frozen=True, slots=True)
class SeenLine:
    """One service line: its action code, numbers, reasons, deadline; parts that were not said are empty."""

    action: str = ""
    state: str = ""
    number: str = ""
    reference: str = ""
    reasons: tuple[str, ...] = ()
    text: str = ""
    due: str = ""
    previous: str = ""
    service: str = ""
    quantity: float | None = None
    start: str = ""
    end: str = ""


@dataclass(frozen=True, slots=True)
class SeenError:
    """A business error: X12 codes and the place."""

    code: str
    followup: str
    path: str


@dataclass(frozen=True, slots=True)
class SeenCase:
    """One case as an answer tells it; `added` holds what was authorized instead, by line."""

    id: str
    version: int | None
    status: str
    lines: dict[int, SeenLine]
    added: dict[int, SeenLine]
    errors: tuple[SeenError, ...] = ()
    priority: str = ""


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """What people did about a case beside ruling: of one kind the latest, and how many there are."""

    id: str
    state: str = ""
    granted: bool | None = None
    count: int = 1


@dataclass(frozen=True, slots=True)
class SeenIssue:
    """One issue of an OperationOutcome, or one error of the problem details of the `/um/v1` interface."""

    severity: str
    code: str
    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything one reply said. `resource` is its resourceType; `case` for the `/um/v1` interface, `services`,
    `hook` and `explanation` for the hook counter. `services` are ids by hook, `orders` by `Type/id`; `instance` is
    that of the call. `documents` are control numbers of documents asked for, by LOINC code; `resource_status` is the
    `status` of a resource such as a Subscription, `told` the type of a notification and its event number, `entries` the
    latest of each kind of a case's review. `unreadable` says why nothing is said of an answer whose form nobody thought
    of.
    """

    status: int
    resource: str
    cases: tuple[SeenCase, ...] = ()
    issues: tuple[SeenIssue, ...] = ()
    types: tuple[str, ...] = ()
    services: dict[str, str] = field(default_factory=dict)
    orders: dict[str, SeenOrder] = field(default_factory=dict)
    cards: tuple[SeenCard, ...] = ()
    why: dict[str, SeenWhy] = field(default_factory=dict)
    instance: str = ""
    resource_id: str = ""
    resource_status: str = ""
    documents: dict[str, str] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    entries: dict[str, SeenEntry] = field(default_factory=dict)
    unreadable: str = ""

    @property
    def because(self) -> str:
        """Why it says nothing, in brackets, if that is so."""
        return f" ({self.unreadable})" if self.unreadable else ""

    @property
    def case(self) -> SeenCase | None:
        """The first case told of, or None."""
        return self.cases[0] if self.cases else None


def read_answer(status: int, body: bytes) -> Answer:
    """Read a reply; one that is not JSON, or of a form nobody thought of, has no resource."""
    try:
        content = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Answer(status, "")
    if not isinstance(content, dict):
        return Answer(status, "")
    try:
        return _read(status, content)
    except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as fault:
        text = (
            f"the answer has a form that cannot be read here ({type(fault).__name__}: {str(fault)[:_MOST_CHARACTERS]})"
        )
        return Answer(status, "", unreadable=text)


def _read(status: int, content: dict[str, Any]) -> Answer:
    if "resourceType" not in content:
        return _plain_answer(status, content)
    resources = tuple(_resources(content))
    return Answer(
        status=status,
        resource=str(content["resourceType"]),
        cases=tuple(_fhir_case(r) for r in resources if r.get("resourceType") == "ClaimResponse"),
        issues=tuple(i for r in resources if r.get("resourceType") == "OperationOutcome" for i in _issues(r)),
        types=tuple(str(r.get("resourceType")) for r in resources),
        resource_id=str(content.get("id", "")),
        resource_status=str(content.get("status", "")),
        documents=dict(document for r in resources for document in _document(r)),
        told=tuple(_told(content)),
    )


def _plain_answer(status: int, content: dict[str, Any]) -> Answer:
    """An answer that is no FHIR resource."""
    if "services" in content:
        return Answer(status, "services", services=read_services(content))
    if "assertions" in content:
        return Answer(status, "explanation", why=read_explanation(content))
    if "cards" in content:
        return Answer(status, "hook", orders=read_orders(content), cards=read_cards(content))
    if str(content.get("type", "")).startswith(_PROBLEM):
        return Answer(status, "problem", issues=tuple(map(_problem_issue, content.get("errors", ()))))
    if "lines" in content and "answers" in content:
        return Answer(status, "worksheet", (_worksheet(content),))
    cases = (_um_case(content),) if "lines" in content else ()
    return Answer(status, "case" if content else "", cases, entries=dict(_entries(content.get("review", {}))))


def _problem_issue(error: dict[str, Any]) -> SeenIssue:
    return SeenIssue("error", error["code"], error.get("path", ""), error["detail"])


def _resources(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    match content["resourceType"]:
        case "Bundle":
            for entry in content.get("entry", ()):
                yield from _resources(entry.get("resource", {"resourceType": ""}))
        case "Parameters":
            for parameter in content.get("parameter", ()):
                if "resource" in parameter:
                    yield from _resources(parameter["resource"])
        case _:
            yield content
            yield from content.get("contained", ())


def _document(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """LOINC code and control number of a document asked for."""
    if resource.get("resourceType") == "CommunicationRequest" and resource.get("identifier"):
        yield resource["payload"][0]["contentString"], resource["identifier"][0]["value"]


def _told(content: dict[str, Any]) -> Iterator[str]:
    """Of a notification its type, and the number of each event in it."""
    if content.get("type") != "history" or not content.get("entry"):
        return
    for part in content["entry"][0]["resource"].get("parameter", ()):
        if part["name"] == "type":
            yield part["valueCode"]
        yield from (p["valueString"] for p in part.get("part", ()) if p["name"] == "event-number")


def _issues(outcome: dict[str, Any]) -> Iterator[SeenIssue]:
    for issue in outcome.get("issue", ()):
        text = issue.get("details", {}).get("text") or issue.get("diagnostics", "")
        yield SeenIssue(issue["severity"], issue["code"], ", ".join(issue.get("expression", ())), text)


# --- a case of the /um/v1 interface -----------------------------------------------------------------------------------


def _um_case(content: dict[str, Any]) -> SeenCase:
    lines = {line["sequence"]: _um_line(line) for line in content["lines"]}
    return SeenCase(
        content["id"], content["version"], content["status"], lines, {}, priority=content.get("priority", "")
    )


def _worksheet(content: dict[str, Any]) -> SeenCase:
    lines = {line["sequence"]: SeenLine(state=line["state"], text=line["why"]) for line in content["lines"]}
    return SeenCase(content["id"], content["version"], "", lines, {})


def _entries(review: dict[str, Any]) -> Iterator[tuple[str, SeenEntry]]:
    """Of each kind of entry the one that began last."""
    for kind, entries in review.items():
        if entries and "id" in entries[-1]:
            last = entries[-1]
            yield kind, SeenEntry(last["id"], last.get("state", ""), last.get("granted"), len(entries))


def _um_line(line: dict[str, Any]) -> SeenLine:
    decision = line["decision"]
    period = line.get("period") or {}
    return SeenLine(
        action="",
        state=line["state"],
        number=line["authorizationNumber"],
        reference=line["administrativeReference"],
        reasons=(decision["reason"],),
        text=decision["text"],
        due=line.get("dueAt") or "",
        previous=line.get("previousAuthorizationNumber") or "",
        start=period.get("start") or "",
        end=period.get("end") or "",
    )


# --- a ClaimResponse --------------------------------------------------------------------------------------------------


def _fhir_case(response: dict[str, Any]) -> SeenCase:
    notes = {note.get("number"): note.get("text", "") for note in response.get("processNote", ())}
    return SeenCase(
        id=response.get("id", ""),
        version=None,
        status=response.get("outcome", ""),
        lines={item["itemSequence"]: _item(item, notes) for item in response.get("item", ())},
        added={s: _item(item, notes) for item in response.get("addItem", ()) for s in item.get("itemSequence", ())},
        errors=tuple(_error(error) for error in response.get("error", ())),
    )


def _item(item: dict[str, Any], notes: dict[Any, str]) -> SeenLine:
    actions = (_extension(a, canonicals.EXT_REVIEW_ACTION) for a in item.get("adjudication", ()))
    action = next((a for a in actions if a), {})
    period = _extension(item, canonicals.EXT_ITEM_PRE_AUTH_PERIOD).get("valuePeriod", {})
    return SeenLine(
        action=_code(_extension(action, canonicals.EXT_REVIEW_ACTION_CODE).get("valueCodeableConcept")),
        number=_extension(action, "number").get("valueString", ""),
        reference=_extension(item, canonicals.EXT_ADMINISTRATION_REFERENCE_NUMBER).get("valueString", ""),
        reasons=tuple(_code(e["valueCodeableConcept"]) for e in _extensions(action, "reasonCode")),
        text=" ".join(notes.get(number, "") for number in item.get("noteNumber", ())),
        service=_code(item.get("productOrService")),
        quantity=(item.get("quantity") or _authorized_amount(item)).get("value"),
        start=period.get("start", ""),
        end=period.get("end", ""),
    )


def _authorized_amount(item: dict[str, Any]) -> dict[str, Any]:
    """What was authorized on a line that was changed, as PAS 2.0.1 tells it: on the line itself."""
    amount: dict[str, Any] = _extension(_extension(item, canonicals.EXT_ITEM_AUTHORIZED_DETAIL), "quantity")
    found: dict[str, Any] = amount.get("valueQuantity", {})
    return found


def _error(error: dict[str, Any]) -> SeenError:
    followup = _extension(error, canonicals.EXT_ERROR_FOLLOWUP_ACTION).get("valueCodeableConcept")
    path = _extension(error, canonicals.EXT_ERROR_PATH).get("valueString", "")
    return SeenError(_code(error.get("code")), _code(followup), path)


def _extensions(element: dict[str, Any], url: str) -> Iterator[dict[str, Any]]:
    return (e for e in element.get("extension", ()) if e.get("url") == url)


def _extension(element: dict[str, Any], url: str) -> dict[str, Any]:
    return next(_extensions(element, url), {})


def _code(concept: dict[str, Any] | None) -> str:
    return next((c.get("code", "") for c in (concept or {}).get("coding", ())), "")
