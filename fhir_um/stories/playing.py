"""Stories: what an EHR and a reviewer say to the server, step by step, and what should come back.

Must not know how a request is sent (`play` is given a sender) or how a step is shown. A story is a folder: `story.yaml`
and the request Bundles and hook calls it sends, each complete as it stands. Before one is sent, its days move with the
calendar, its own identifiers get the mark of the run, and earlier answers' numbers take the place of the written ones.
Paths are written for the newer base of each guide; played on the older one, they are those of the older base.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as with_changes
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import yaml

from fhir_um.simulators.receiver import PATH
from fhir_um.stories.answers import Answer, SeenCase, read_answer
from fhir_um.stories.comparing import differences
from fhir_um.stories.renewing import own_names, renewed
from profiles.reading import FHIR_JSON

NEWER, OLDER = "2.2.1", "2.0.1"
VERSIONS = (NEWER, OLDER)
"""Of both guides; CRD 2.2.1 and 2.0.1 are served beside PAS of the same number."""
_OLDER_BASE = f"/{OLDER}"
_HOOKS = "/cds-services"
_BASES = ("/fhir/", _HOOKS)
_REQUESTED_VERSION = "davinci-crd.requestedVersion"

JSON = "application/json"
OK = 200
_READ = msgspec.json.Decoder(float_hook=Decimal)
_WRITE = msgspec.json.Encoder(decimal_format="number")
_TEMPLATE = re.compile(r"\$\{([a-z0-9-]+)\.([a-z_]+)(?:\.([A-Za-z0-9/-]+))?\}")


@dataclass(frozen=True, slots=True)
class Step:
    """One request and what is expected of its answer.

    `request` names a Bundle or another resource beside the story, `hook` a hook call, `hears` the kind of notification
    that is waited for while nothing is sent; `replace` gives strings in it new values; `body` is JSON written in the
    story itself, `text` what is sent as it stands because it is no JSON. `path`, `replace`, `body` and `expect` may
    hold values from an earlier answer: `${step.case_id}`, `${step.version}`; of a line `${step.number.1}`,
    `${step.reference.1}`; of a hook `${step.instance}`, `${step.assertion.Type/id}`, `${step.number.Type/id}`,
    `${step.card.kind}`, `${step.suggestion.kind}`; of discovery `${step.service.order-sign}`; of any resource
    `${step.resource_id}`; of a document asked for `${step.document.11502-2}`, its control number; of a case the id of
    the latest entry of its review, `${step.entry.peerToPeers}`. `${receiver.service.url}` is where notifications are
    taken. `after` marks steps that only tidy up. Days in a request or a `body` move with the calendar.

    `marks` say what the step is an example of (`fhir_um.conformance.marks`); `expect_2_0_1` holds what is expected
    otherwise on the older base.
    """

    name: str
    who: str
    asks: str
    path: str
    expect: dict[str, Any]
    method: str = "POST"
    request: str = ""
    hook: str = ""
    hears: str = ""
    replace: dict[str, str] = field(default_factory=dict)
    body: Any = None
    text: str = ""
    after: bool = False
    marks: tuple[str, ...] = ()
    expect_2_0_1: dict[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The name of what it sends, if that lies beside the story."""
        return self.request or self.hook

    def expected(self, version: str) -> dict[str, Any]:
        """What is expected on the base of that version."""
        return self.expect | self.expect_2_0_1 if version == OLDER else self.expect


@dataclass(frozen=True, slots=True)
class Story:
    """A story; `written_on` is the day its request files were written for, `versions` are the bases it is played on.

    Without `versions` in its file it is played on both, unless it calls hooks: the calls of the two guides differ, so
    such a story says for which it is written, or it is for the newer one.
    """

    title: str
    shows: str
    written_on: date
    steps: tuple[Step, ...]
    folder: Path = Path()
    versions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    @property
    def listens(self) -> bool:
        """True when it waits for notifications or asks for them: that takes somebody who listens, and who delivers."""
        return any(step.hears or any(_OF_RECEIVER in new for new in step.replace.values()) for step in self.steps)

    def __post_init__(self) -> None:
        """Fills in the bases it is played on, when its file does not say."""
        if unknown := set(self.versions) - set(VERSIONS):
            raise ValueError(
                f"versions: there is no base of {', '.join(sorted(unknown))}, only of {', '.join(VERSIONS)}"
            )
        if not self.versions:
            hooks = any(step.hook for step in self.steps)
            object.__setattr__(self, "versions", (NEWER,) if hooks else VERSIONS)

    def file_of(self, step: Step, version: str = NEWER) -> Path | None:
        """What a step sends on the base of that version: a file of its own for the older, or the one for both."""
        if not step.file:
            return None
        stem, kind, ending = step.file.rsplit(".", 2)
        own = self.folder / f"{stem}.{version}.{kind}.{ending}"
        return own if own.is_file() else self.folder / step.file


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent, without saying where."""

    method: str
    path: str
    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, and how long it took."""

    status: int
    body: bytes
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Played:
    """One step as it went; `faults` says where the answer differs from what was expected."""

    step: Step
    request: Request | None
    reply: Reply | None
    answer: Answer | None
    faults: tuple[str, ...]


Sender = Callable[[Request], Reply]
Adapt = Callable[[Any], Any]
"""Puts other values into the content of a request file, before it is sent."""
Hearer = Callable[[str], Reply]
"""Waits for the next notification of a kind; one that does not come is a reply of status 0."""
RECEIVER = "receiver"
_OF_RECEIVER = f"${{{RECEIVER}."


class StoryFault(Exception):
    """A story cannot be read, or a step cannot be told because an earlier answer lacks what it needs."""


def load_stories(directory: Path) -> tuple[Story, ...]:
    """Every story below a folder, by name."""
    return tuple(load_story(path.parent) for path in sorted(directory.glob("*/story.yaml")))


def load_story(folder: Path) -> Story:
    """One story. Raises: StoryFault when there is none, or when it is written wrongly."""
    path = folder / "story.yaml"
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return msgspec.convert({**content, "folder": str(folder)}, type=Story, dec_hook=_as_path)
    except FileNotFoundError as fault:
        raise StoryFault(f"There is no story {folder.name} in {folder.parent}.") from fault
    except OSError as fault:
        raise StoryFault(f"{path}: {fault.strerror}.") from fault
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as fault:
        raise StoryFault(f"{path}: {fault}") from fault


def _as_path(_shape: type, value: Any) -> Path:
    return Path(value)


def play(
    story: Story,
    send: Sender,
    run: str,
    today: date,
    hear: Hearer | None = None,
    endpoint: str = "",
    version: str = NEWER,
    adapt: Adapt | None = None,
) -> Iterator[Played]:
    """Play a story to its end; a step that lacks an earlier answer is told as a fault, not sent.

    `run` marks identifiers, so that every run makes new requests. A story that waits for notifications needs `hear`
    and the `endpoint` they are sent to. `version` says on which base, `adapt` puts other people into what is sent.
    """
    answers = {RECEIVER: Answer(OK, RECEIVER, services={"url": endpoint})}
    for step in story.steps:
        if step.hears:
            yield _heard(step, hear, answers, version)
            continue
        try:
            request = prepare(story, step, answers, run, today, version, adapt)
            expected = _fill(step.expected(version), answers)
        except StoryFault as fault:
            yield Played(step, None, None, None, (str(fault),))
            continue
        reply = send(request)
        answer = with_changes(read_answer(reply.status, reply.body), instance=_instance(request))
        answers[step.name] = answer
        yield Played(step, request, reply, answer, differences(expected, answer))


def _heard(step: Step, hear: Hearer | None, answers: dict[str, Answer], version: str) -> Played:
    if hear is None:
        return Played(step, None, None, None, ("not waited for: nobody listens for notifications",))
    reply = hear(step.hears)
    if reply.status != OK:
        return Played(step, None, None, None, (f"no {step.hears} came",))
    answer = answers[step.name] = read_answer(reply.status, reply.body)
    request = Request("POST", PATH, b"", FHIR_JSON)
    try:
        expected = _fill(step.expected(version), answers)
    except StoryFault as fault:
        return Played(step, request, reply, answer, (str(fault),))
    return Played(step, request, reply, answer, differences(expected, answer))


# --- before sending ---------------------------------------------------------------------------------------------------


def prepare(
    story: Story,
    step: Step,
    answers: dict[str, Answer],
    run: str,
    today: date,
    version: str = NEWER,
    adapt: Adapt | None = None,
) -> Request:
    """The request of a step. Raises: StoryFault when an earlier answer lacks a value it needs."""
    path = _on_base(str(_fill(step.path, answers)), version)
    file = story.file_of(step, version)
    if step.text:
        return Request(step.method, path, step.text.encode(), JSON if _HOOKS in path else FHIR_JSON)
    if file is None:
        return Request(step.method, path, _written_body(story, step, answers, today, version), JSON)
    content = _of_version(_content(file), version)
    own = own_names(content, run)
    changes = {old: str(_fill(new, answers)) for old, new in step.replace.items()} | own
    content = renewed(content, changes, today - story.written_on)
    return Request(
        step.method, path, _WRITE.encode(adapt(content) if adapt else content), JSON if step.hook else FHIR_JSON
    )


def _written_body(story: Story, step: Step, answers: dict[str, Answer], today: date, version: str) -> bytes:
    """What is written in the story itself, if anything is."""
    if step.body is None:
        return b""
    moved = renewed(step.body, {}, today - story.written_on)
    return msgspec.json.encode(_of_version(_fill(moved, answers), version))


def _content(file: Path) -> Any:
    """What a request file holds. Raises: StoryFault when it is not there, or no JSON."""
    try:
        return _READ.decode(file.read_bytes())
    except OSError as fault:
        raise StoryFault(f"not sent: {file}: {fault.strerror}") from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise StoryFault(f"not sent: {file} is no JSON: {fault}") from fault


def _on_base(path: str, version: str) -> str:
    """The path on the base of that version; one of no guide, such as `/um/v1`, is the same for both."""
    return _OLDER_BASE + path if version == OLDER and path.startswith(_BASES) else path


def _of_version(content: Any, version: str) -> Any:
    """A hook call as a client of that version sends it: one of CRD 2.0.1 cannot ask for a version."""
    asked = content.get("extension") if isinstance(content, dict) and "hook" in content else None
    if version != OLDER or not isinstance(asked, dict):
        return content
    kept = {name: value for name, value in asked.items() if name != _REQUESTED_VERSION}
    rest = {name: value for name, value in content.items() if name != "extension"}
    return rest | ({"extension": kept} if kept else {})


def _fill(value: Any, answers: dict[str, Answer]) -> Any:
    """Templates replaced, at any depth; a value that is nothing but a template keeps its type."""
    if isinstance(value, dict):
        return {key: _fill(one, answers) for key, one in value.items()}
    if isinstance(value, list):
        return [_fill(one, answers) for one in value]
    if not isinstance(value, str):
        return value
    if whole := _TEMPLATE.fullmatch(value):
        return _value(whole, answers)
    return _TEMPLATE.sub(lambda found: str(_value(found, answers)), value)


def _value(found: re.Match[str], answers: dict[str, Answer]) -> str | int:
    name, value, which = found.groups()
    answer = answers.get(name)
    of_hook = value in _BESIDE_CASES or (value == "number" and which is not None and "/" in which)
    if answer is None or (answer.case is None and not of_hook):
        raise StoryFault(
            f"not sent: step {name} gave no case, so {found.group()} is not known{answer.because if answer else ''}"
        )
    got = _value_of_hook(answer, value, which) if of_hook else _value_of_case(answer.case, value, which)
    if not got:
        raise StoryFault(f"not sent: the answer of step {name} holds no {found.group()}{answer.because}")
    return got if isinstance(got, int) else str(got)


def _value_of_case(case: SeenCase | None, value: str, sequence: str | None) -> Any:
    if case is None:
        return None
    if sequence is None:
        return {"case_id": case.id, "version": case.version}.get(value)
    return getattr(case.lines.get(int(sequence)), value, None) if sequence.isdigit() else None


_BESIDE_CASES = frozenset(
    {"instance", "service", "assertion", "card", "suggestion", "resource_id", "document", "entry"}
)


def _value_of_hook(answer: Answer, value: str, which: str | None) -> Any:
    if value in {"instance", "resource_id"}:
        return getattr(answer, value)
    if value == "document":
        return answer.documents.get(which or "")
    if value == "entry":
        entry = answer.entries.get(which or "")
        return entry.id if entry else None
    if value == "service":
        return answer.services.get(which or "")
    if value in {"assertion", "number"}:
        return getattr(answer.orders.get(which or ""), value, None)
    return next((getattr(card, value) for card in answer.cards if card.kind == which), None)


def _instance(request: Request) -> str:
    """The hook instance of a call that was sent, or nothing."""
    if b"hookInstance" not in request.body:
        return ""
    content = _READ.decode(request.body)
    return str(content.get("hookInstance", "")) if isinstance(content, dict) else ""
