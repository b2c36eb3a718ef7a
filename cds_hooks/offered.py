"""The services on offer: hooks, options, prefetch queries, and the discovery document made from them.

Must not know requests or answers. Another hook is one row in `SERVICES` and its `templates`. Source: CDS Hooks
(discovery); CRD 2.2.1 hook-4, dev-1 to dev-10, found-24, found-29; CRD 2.0.1 (prefetch per type).
"""

import re
from dataclasses import dataclass

from cds_hooks.desk import Json, Topic
from cds_hooks.templates import PREFETCH

VERSIONS = ("2.2", "2.0")
"""Versions of CRD that are spoken, the newest first."""

MAX_CARDS = "max-cards"
"""The option that limits how many cards are sent. No value set has it; the guide's own example does."""


_TYPE = re.compile(r"^[A-Z][A-Za-z]+")
"""The resource type that a prefetch template asks for."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something a client may switch or set in a call. `type` is boolean or integer, as in JSON."""

    code: str
    type: str
    name: str
    description: str
    default: bool | int


@dataclass(frozen=True, slots=True)
class Service:
    """One hook as it is offered. `primary`: one that must be answered with coverage information (resp-26).

    `options` are all that its answers can be told: what it has no option for, it does not send.
    """

    id: str
    hook: str
    title: str
    description: str
    primary: bool
    options: tuple[Option, ...]


def service(id: str) -> Service | None:
    """The service of that id."""
    return _BY_ID.get(id)


def discovery(versions: tuple[str, ...], usage: str) -> Json:
    """The document a client finds at `/cds-services`; `usage` says what is asked of clients, in words.

    Each service adds its hook and what it reads of the EHR. Its prefetch keys stand in the order in which one needs
    the other, so the document must be written unsorted.
    """
    return {"services": [_described(row, versions, usage) for row in SERVICES]}


def _described(row: Service, versions: tuple[str, ...], usage: str) -> Json:
    described: Json = {"hook": row.hook, "id": row.id, "title": row.title, "description": row.description}
    described["usageRequirements"] = " ".join(filter(None, (usage, _needed(row))))
    described["prefetch"] = dict(PREFETCH[versions[0]][row.hook])
    described["extension"] = {
        "davinci-crd.version": list(versions),
        "davinci-crd.configuration-options": [_option(o) for o in row.options if _is_known(o, versions)],
    }
    return described


def _needed(row: Service) -> str:
    """The hook a service is for, and what the token of a call must open where prefetch brings nothing."""
    kinds = dict.fromkeys(kind for _, template in PREFETCH[VERSIONS[0]][row.hook] for kind in _TYPE.findall(template))
    return (
        f"Hook: {row.hook}. Read from the FHIR server where prefetch does not bring them: {', '.join(kinds)}; the "
        "access token needs the scopes to read and search these."
    )


def _is_known(option: Option, versions: tuple[str, ...]) -> bool:
    """CRD 2.0 has no code for unsolicited determinations."""
    return option.code != Topic.UNSOLICITED_DETERMINATION or versions != ("2.0",)


def _option(option: Option) -> Json:
    return {
        "code": option.code,
        "type": option.type,
        "name": option.name,
        "description": option.description,
        "default": option.default,
    }


def _switch(topic: Topic, name: str, description: str) -> Option:
    return Option(topic.value, "boolean", name, description, default=True)


_OPTIONS: dict[str, Option] = {
    option.code: option
    for option in (
        _switch(Topic.COVERAGE_INFO, "Coverage information", "Whether an order is covered, and what is needed for it."),
        _switch(
            Topic.UNSOLICITED_DETERMINATION,
            "Unsolicited determination",
            "An authorization number without being asked for one. Switch it off for what-if calls.",
        ),
        _switch(Topic.CLAIM, "Claim", "What a later claim should carry."),
        _switch(Topic.INSURANCE, "Insurance", "Corrections to the insurance on record."),
        _switch(Topic.LIMITS, "Limits", "Benefit limits that the order meets or passes."),
        _switch(Topic.NETWORK, "Network", "Whether the performer is in the member's network."),
        _switch(Topic.APPROPRIATE_USE, "Appropriate use", "Appropriate-use criteria that apply to the order."),
        _switch(Topic.COST, "Cost", "What the member is likely to pay."),
        _switch(Topic.ALTERNATIVES_OPTIONAL, "Optional alternatives", "Other therapies the plan also covers."),
        _switch(Topic.ALTERNATIVES_REQUIRED, "Required alternatives", "Other therapies the plan wants tried first."),
        _switch(Topic.CLINICAL_REMINDER, "Clinical reminders", "Services the member is due for."),
        _switch(Topic.DUPLICATE_THERAPY, "Duplicate therapy", "A service like this one that is on record already."),
        _switch(Topic.CONTRAINDICATION, "Contraindications", "What in the record speaks against the order."),
        _switch(Topic.GUIDELINE, "Guidelines", "Where the policy or guideline behind an answer can be read."),
        _switch(Topic.OFF_GUIDELINE, "Off guideline", "Where the order departs from a guideline."),
        Option(MAX_CARDS, "integer", "Maximum cards", "At most so many cards, the most important ones.", 10),
    )
}

_WHILE_DRAFT = {Topic.ALTERNATIVES_OPTIONAL, Topic.ALTERNATIVES_REQUIRED}
"""Only an order that is not out yet can be replaced by another."""

_SIGNING = tuple(_OPTIONS)
_SENDING = tuple(code for code in _SIGNING if code not in _WHILE_DRAFT)
_SELECTING = tuple(code for code in _SIGNING if code != Topic.UNSOLICITED_DETERMINATION)
_ADMITTING = tuple(code for code in _SENDING if code != Topic.UNSOLICITED_DETERMINATION)


def _service(hook: str, title: str, description: str, primary: bool, codes: tuple[str, ...]) -> Service:
    return Service(hook, hook, title, description, primary, tuple(_OPTIONS[code] for code in codes))


SERVICES: tuple[Service, ...] = (
    _service(
        "order-sign",
        "Coverage requirements of orders being signed",
        "Says of each order whether it is covered, whether it needs prior authorization, and which documents.",
        True,
        _SIGNING,
    ),
    _service(
        "order-dispatch",
        "Coverage requirements of orders being dispatched",
        "Says of each order sent to a performer whether it is covered there, and what is needed for it.",
        True,
        _SENDING,
    ),
    _service(
        "appointment-book",
        "Coverage requirements of appointments",
        "Says of each appointment, or of the order behind it, whether it is covered and what is needed for it.",
        True,
        _SENDING,
    ),
    _service(
        "order-select",
        "Coverage of orders being selected",
        "Says early of each selected order whether it is covered and whether it will need prior authorization.",
        False,
        _SELECTING,
    ),
    _service(
        "encounter-start",
        "Coverage of an encounter that starts",
        "Says whether the encounter is covered.",
        False,
        _ADMITTING,
    ),
    _service(
        "encounter-discharge",
        "Coverage of an encounter that ends",
        "Says whether the encounter is covered, and what a claim for it needs.",
        False,
        _ADMITTING,
    ),
)
"""Ids are unique, because clients file services under them."""

_BY_ID = {row.id: row for row in SERVICES}
