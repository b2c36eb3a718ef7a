"""The texts of letters: templates by kind, blocks by line of business and state, each with version and dates.

Every text is checked when it is read: a value that no letter has, a kind or a place that does not exist, two blocks for
one place are faults, and the house does not make letters with them. Must not know a case.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any

import msgspec
import yaml

from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.coverage.model import LineOfBusiness


class TemplateFault(Exception):
    """A text that may not be used, or none where one is needed; the words are for whoever writes letters."""


class Fill(StrEnum):
    """What a block tells from the case, after its own words."""

    LINES = "lines"
    REASONS = "reasons"
    CRITERIA = "criteria"
    FACTS = "facts"
    ALTERNATIVES = "alternatives"
    DECIDER = "decider"
    DOCUMENTS = "documents"
    SOFTWARE = "software"
    EFFECTIVE = "effective"


VALUES = frozenset(
    {
        "payer",
        "contact",
        "plan",
        "member",
        "provider",
        "request",
        "received_on",
        "decided_on",
        "due_on",
        "deadline",
        "days",
        "why",
    }
)
"""What a text may name in braces; `deadline` counts from the day of the letter, by `days` or `months` of its block."""

_NAMED = re.compile(r"\{([^{}]*)\}")
_OPTIONAL = "?"
_STATES = re.compile(r"[A-Z]{2}")


class Face(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A letter as one recipient reads it: its title, what it says first, and the places that follow in order.

    They stand with commas between; one that ends with `?` may stay empty.
    """

    title: str
    opening: str
    places: str

    @property
    def in_order(self) -> tuple[str, ...]:
        """The places, each with its mark."""
        return tuple(place.strip() for place in self.places.split(","))


class Template(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """One kind of letter, in force from a day to a day."""

    kind: NoticeKind
    version: str
    since: date
    member: Face
    provider: Face
    until: date | None = None

    @property
    def id(self) -> str:
        """What the record of a letter calls it."""
        return self.kind.value

    def face(self, recipient: Recipient) -> Face:
        """As that recipient reads it."""
        return self.member if recipient is Recipient.MEMBER else self.provider


class Block(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from", "until": "to"}):
    """A part of letters: at which place, for whom, where. What is left out means everybody, everywhere, always.

    The narrower one of two that fit is taken: one for a state before one for all. `marked` sets it apart as a note.
    """

    id: str
    place: str
    since: date
    text: str = ""
    heading: str = ""
    version: str = "1"
    lines_of_business: list[LineOfBusiness] = []
    states: list[str] = []
    kinds: list[NoticeKind] = []
    recipients: list[Recipient] = []
    fill: Fill | None = None
    days: int = 0
    months: int = 0
    marked: bool = False
    source: str = ""
    until: date | None = None


class Need(msgspec.Struct, frozen=True):
    """For what a text is wanted. `state` is where the plan is sold, as its two letters."""

    kind: NoticeKind
    recipient: Recipient
    line_of_business: str
    state: str
    on: date


class Texts:
    """All templates and blocks. Raises: TemplateFault when made of something that may not be used."""

    def __init__(self, templates: Iterable[Template], blocks: Iterable[Block]) -> None:
        self.templates = tuple(templates)
        self.blocks = tuple(blocks)
        faults = list(self._faults())
        if faults:
            raise TemplateFault("\n".join(faults))

    def template(self, need: Need) -> Template:
        """The text in force. Raises: TemplateFault when there is none."""
        fitting = [one for one in self.templates if one.kind is need.kind and _in_force(one, need.on)]
        if not fitting:
            raise TemplateFault(f"There is no text in force for a letter of kind {need.kind} on {need.on}.")
        return max(fitting, key=lambda one: one.since)

    def parts(self, need: Need) -> tuple[Block, ...]:
        """The blocks of the letter in their order. Raises: TemplateFault when a place stays empty, or has two."""
        places = self.template(need).face(need.recipient).in_order
        return tuple(block for place in places for block in self._at(place, need))

    def _at(self, place: str, need: Need) -> tuple[Block, ...]:
        name = place.removesuffix(_OPTIONAL)
        fitting = [block for block in self.blocks if block.place == name and _fits(block, need)]
        if not fitting and not place.endswith(_OPTIONAL):
            raise TemplateFault(f"{_told(need)}: nothing fits the place {name}.")
        if not fitting:
            return ()
        narrowest = max(map(_narrowness, fitting))
        best = [block for block in fitting if _narrowness(block) == narrowest]
        if len(best) > 1:
            raise TemplateFault(f"{_told(need)}: {', '.join(b.id for b in best)} all fit the place {name}.")
        return (best[0],)

    # --- what may be wrong ------------------------------------------------------------------------------------------

    def _faults(self) -> Iterator[str]:
        missing = set(NoticeKind) - {template.kind for template in self.templates}
        yield from (f"There is no text for letters of kind {kind}." for kind in sorted(missing))
        ids = [block.id for block in self.blocks]
        yield from (f"The block {id} is there twice." for id in sorted({i for i in ids if ids.count(i) > 1}))
        for template in self.templates:
            for face in (template.member, template.provider):
                yield from _unknown_values(f"{template.id}: ", face.title, face.opening)
        faces = [face for template in self.templates for face in (template.member, template.provider)]
        places = {place.removesuffix(_OPTIONAL) for face in faces for place in face.in_order}
        for block in self.blocks:
            yield from _faults_of(block, places)
        yield from self._faults_together()

    def _faults_together(self) -> Iterator[str]:
        """Every letter is put together once for every day on which a text changes."""
        days = sorted({each.since for each in self.templates} | {each.since for each in self.blocks})
        states = sorted({state for block in self.blocks for state in block.states})
        found = dict.fromkeys(
            fault
            for template in self.templates
            for recipient in Recipient
            for business in LineOfBusiness
            for state in (*states, "")
            for day in days
            if _in_force(template, day)
            for fault in self._fault(Need(template.kind, recipient, business, state, day))
        )
        yield from found

    def _fault(self, need: Need) -> Iterator[str]:
        try:
            self.parts(need)
        except TemplateFault as fault:
            yield str(fault)


def filled(text: str, values: dict[str, str]) -> str:
    """The text with its values. Raises: TemplateFault for a value that this letter does not have."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if not values.get(name):
            raise TemplateFault(f"The letter names {{{name}}}, and this case has none.")
        return values[name]

    return _NAMED.sub(value, text)


@cache
def shipped_texts() -> Texts:
    """The texts that come with the house. Raises: TemplateFault."""
    return read_texts(resources.files("fhir_um.notices") / "texts")


def read_texts(folder: Traversable) -> Texts:
    """The texts of a folder: `blocks-*.yaml` hold blocks, all others a template each. Raises: TemplateFault."""
    templates, blocks = [], []
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name):
        value = yaml.safe_load(file.read_text("utf-8"))
        if file.name.startswith("blocks-"):
            blocks += _read(value, list[Block], file.name)
        else:
            templates.append(_read(value, Template, file.name))
    return Texts(templates, blocks)


def _read(value: Any, shape: Any, name: str) -> Any:
    try:
        return msgspec.convert(value, shape)
    except msgspec.ValidationError as fault:
        raise TemplateFault(f"{name}: {fault}") from fault


def _faults_of(block: Block, places: set[str]) -> Iterator[str]:
    yield from _unknown_values(f"block {block.id}: ", block.heading, block.text)
    if block.place not in places:
        yield f"block {block.id}: no letter has the place {block.place}."
    if "{deadline}" in block.text and not block.days and not block.months:
        yield f"block {block.id}: it names a deadline and does not say after how many days or months."
    if not all(map(_STATES.fullmatch, block.states)):
        yield f"block {block.id}: a state is its two capital letters."


def _unknown_values(where: str, *texts: str) -> Iterator[str]:
    for text in texts:
        for name in _NAMED.findall(text):
            if name not in VALUES:
                yield f"{where}no letter has a value {{{name}}}."


def _fits(block: Block, need: Need) -> bool:
    return (
        _in_force(block, need.on)
        and (not block.lines_of_business or need.line_of_business in block.lines_of_business)
        and (not block.states or need.state in block.states)
        and (not block.kinds or need.kind in block.kinds)
        and (not block.recipients or need.recipient in block.recipients)
    )


def _narrowness(block: Block) -> tuple[bool, bool, bool, bool, date]:
    """Of two versions of the same block the one that began later is the narrower."""
    return bool(block.states), bool(block.lines_of_business), bool(block.kinds), bool(block.recipients), block.since


def _in_force(one: Template | Block, on: date) -> bool:
    return one.since <= on and (one.until is None or on <= one.until)


def _told(need: Need) -> str:
    where = f"{need.line_of_business} {need.state}".strip()
    return f"{need.kind} for {need.recipient}, {where}, {need.on}"
