"""The stories about hooks: together they show every kind of answer at every hook that may give it, in both versions of
CRD, and nothing a guide forbids; what is sent and what comes back conforms.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from fhir_um.conformance import marks
from fhir_um.conformance.inferno.crd_answers import HOOKS, PRIMARY, Exchange
from fhir_um.conformance.inferno.crd_tests import failures, run
from fhir_um.conformance.inferno.crd_tests import verdicts as verdicts_of
from fhir_um.conformance.model import Verdict
from fhir_um.stories.hook_answers import read_cards, read_orders
from fhir_um.stories.playing import Played, Step, Story
from profiles.reading import Limits, read_json
from profiles.validating.validator import Validator, shipped_library
from tests.fhir_um.conformance.inferno.test_crd_tests import faults_of
from tests.houses import STORIES, House, by_name, house

COVERAGE_INFORMATION = "coverage-information"
_EVERYWHERE = frozenset(HOOKS)
_DRAFTS = frozenset({"order-select", "order-sign"})
_CLERKS = frozenset({"appointment-book", "encounter-start"})

ALLOWED: dict[str, frozenset[str]] = {
    COVERAGE_INFORMATION: _EVERYWHERE,
    "external-reference": _EVERYWHERE,
    "instructions": _EVERYWHERE,
    "smart-launch": _EVERYWHERE,
    "form-completion": _EVERYWHERE,
    "alternate-request": _DRAFTS,
    "additional-orders": _DRAFTS,
    "coverage-update": _CLERKS,
}
"""Which hook may give which kind of answer, in both versions of CRD. Source: CRD 2.0.1 and 2.2.1, cards: orders are
proposed while there are drafts; coverage records are not for clinicians to correct (resp-70)."""

CRD = [story for story in STORIES if story.name.startswith("crd")]
PLAYED = [(story, version) for story in CRD for version in story.versions]
CELLS = [
    (version, hook, kind) for version in ("2.2.1", "2.0.1") for kind, hooks in ALLOWED.items() for hook in sorted(hooks)
]

GUIDES = {"2.2.1": "hl7.fhir.us.davinci-crd#2.2.0", "2.0.1": "hl7.fhir.us.davinci-crd#2.0.1"}
_PROFILE = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-"
_PROFILED = frozenset(
    {
        "Appointment",
        "CommunicationRequest",
        "Coverage",
        "DeviceRequest",
        "Encounter",
        "MedicationRequest",
        "NutritionOrder",
        "Organization",
        "Patient",
        "Practitioner",
        "ServiceRequest",
        "Task",
        "VisionPrescription",
    }
)
_EHR = "https://ehr.example.test/fhir/"
_LIMITS = Limits(max_bytes=1_000_000, max_depth=64, max_entries=100)
_UNTESTABLE = ("has no 'Patient'; profile-appointment", "extension-CommunicationRequest.payload.content")
"""Slices no item can be told to belong to: that of the patient at an appointment names no type, though slices go by
type; and the definition of the extension with a payload's code is in no package of the guide."""

_ODD = frozenset({f"{marks.OFF}coverage-info", marks.NO_COVERAGE, marks.OTHER_PAYER, marks.BREAKS_GUIDE})

Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One hook call of a story and its answer."""

    story: str
    version: str
    step: Step
    call: Json
    status: int
    body: Json

    @property
    def hook(self) -> str:
        return str(self.call["hook"])

    @property
    def is_marked_odd(self) -> bool:
        """Whether the story tells it as a call that need not be answered with coverage information."""
        return not _ODD.isdisjoint(self.step.marks)

    @property
    def cards(self) -> list[Json]:
        """The cards of the answer, if it has any."""
        return list(self.body.get("cards", ()))


class Stage:
    """All stories about hooks, each played on every base it is for, on one server."""

    def __init__(self, house: House) -> None:
        self.played = {(s.name, v): house.play(s, v, f"hooks-{v}") for s, v in PLAYED}
        self.told = [told for (name, version), steps in self.played.items() for told in _told(name, version, steps)]
        self.discovery = house.client.get("/2.0.1/cds-services").get_json()


def _told(story: str, version: str, steps: list[Played]) -> Iterator[Told]:
    for each in steps:
        if each.step.hook and each.request and each.reply:
            call, body = read_json(each.request.body, _LIMITS), read_json(each.reply.body, _LIMITS)
            yield Told(story, version, each.step, call, each.reply.status, body)


@pytest.fixture(scope="module")
def stage(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with house(sqlite_template, tmp_path_factory.mktemp("hooks")) as made:
        yield Stage(made)


@pytest.mark.parametrize(("story", "version"), PLAYED, ids=by_name)
def test_a_story_about_hooks_goes_as_told(stage: Stage, story: Story, version: str) -> None:
    assert {each.step.name: each.faults for each in stage.played[story.name, version] if each.faults} == {}


# --- what is shown ----------------------------------------------------------------------------------------------------


def expected_kinds(told: Told) -> set[str]:
    """The kinds of answer that the story says must come."""
    expected = told.step.expected(told.version)
    cards = {kind for kind, wanted in expected.get("cards", {}).items() if wanted != "none"}
    return cards | ({COVERAGE_INFORMATION} if expected.get("orders") else set())


def seen_kinds(told: Told) -> set[str]:
    """The kinds of answer that did come."""
    cards = {card.kind for card in read_cards(told.body)} if told.cards else set()
    return cards | ({COVERAGE_INFORMATION} if read_orders(told.body) else set())


@pytest.mark.spec("crd:resp-14", "crd:resp-15", "crd:resp-26", "crd:hook-4", "crd:ops-1")
@pytest.mark.parametrize(("version", "hook", "kind"), CELLS)
def test_every_kind_of_answer_that_a_hook_may_give_is_shown_by_a_story(
    stage: Stage, version: str, hook: str, kind: str
) -> None:
    shown = [
        f"{told.story}/{told.step.name}"
        for told in stage.told
        if (told.version, told.hook) == (version, hook) and kind in expected_kinds(told)
    ]

    assert shown


@pytest.mark.spec("crd:resp-70", "crd-check:109")
def test_no_hook_gives_a_kind_of_answer_that_it_may_not(stage: Stage) -> None:
    forbidden = [
        f"{told.story}/{told.step.name} of {told.version}: {kind}"
        for told in stage.told
        for kind in seen_kinds(told)
        if told.hook not in ALLOWED[kind]
    ]

    assert forbidden == []


@pytest.mark.spec("crd:resp-59", "crd-check:107")
def test_no_form_comes_as_a_task_where_documents_are_asked_for(stage: Stage) -> None:
    both = [
        f"{told.story}/{told.step.name}"
        for told in stage.told
        for card in told.cards
        if is_form(card) and not asking(told).isdisjoint(about(card))
    ]

    assert both == []


def is_form(card: Json) -> bool:
    return any(resource["resourceType"] == "Task" for resource in proposed({"cards": [card]}))


def about(card: Json) -> set[str]:
    """References of the orders a card is about, which the versions write differently."""
    named = card.get("extension", {}).get("davinci-crd.associated-resource", ())
    return {each["reference"] if isinstance(each, dict) else each for each in named}


def asking(told: Told) -> set[str]:
    """References of the orders for which documents are asked for."""
    orders = read_orders(told.body)
    return {ref for ref, order in orders.items() if order.doc_needed or order.questionnaires}


@pytest.mark.spec("crd:hook-19")
def test_documents_are_asked_for_at_primary_hooks_only(stage: Stage) -> None:
    assert {told.hook for told in stage.told if asking(told)} == PRIMARY


@pytest.mark.parametrize("told_by", CRD, ids=by_name)
def test_the_marks_of_a_step_say_what_it_expects(told_by: Story) -> None:
    """On the newer base; on the older an answer may say less and a card may stand for it."""
    for step in told_by.steps:
        if not step.hook or step.expect["status"] != 200:
            continue
        words = set(step.marks)
        orders = step.expect.get("orders", {}).values()
        cards = {kind for kind, wanted in step.expect.get("cards", {}).items() if wanted != "none"}
        assert {word.removeprefix(marks.CARD) for word in words if word.startswith(marks.CARD)} <= cards, step.name
        assert _said(orders) <= words, step.name
        assert (len(orders) > 1) is (marks.SEVERAL in words), step.name


_WORDS = {
    "not-covered": marks.NOT_COVERED,
    "conditional": marks.CONDITIONAL,
    "indeterminate": marks.CONDITIONAL,
    "covered": marks.COVERED,
    "auth-needed": marks.AUTH_NEEDED,
    "no-auth": marks.NO_AUTH,
    "satisfied": marks.SATISFIED,
}


def _said(orders: Any) -> set[str]:
    """The marks for what is expected; 2.0.1 says `no-auth` also of what is not covered, which means nothing."""
    told = {order["covered"] for order in orders}
    told |= {order.get("pa_needed") for order in orders if order["covered"] == "covered"}
    documented = any(order.get("doc_needed", "none") != "none" for order in orders)
    return {_WORDS[word] for word in told if word in _WORDS} | ({marks.DOCUMENTED} if documented else set())


# --- the public suite -------------------------------------------------------------------------------------------------


_CHECKED_AS = {COVERAGE_INFORMATION: "coverage-information-validity", "alternate-request": "propose-alternate"}
"""What the suite calls its check of a kind, where that is something else."""


def exchanges(stage: Stage) -> list[Exchange]:
    """What a tester would put in: the calls that ask for coverage information and may have it."""
    return [
        Exchange(told.call, told.status, told.body)
        for told in stage.told
        if told.version == "2.0.1" and not told.is_marked_odd
    ]


@pytest.mark.spec("crd:resp-26", "crd-check:104", "crd-check:124")
def test_the_stories_pass_the_public_suite(stage: Stage) -> None:
    outcomes = run(Exchange({}, 200, stage.discovery), exchanges(stage), faults_of)

    assert failures(outcomes) == []
    verdicts = verdicts_of(outcomes)
    checked = [f"{hook}/{_CHECKED_AS.get(kind, kind)}" for kind, hooks in ALLOWED.items() for hook in sorted(hooks)]
    assert [name for name in checked if verdicts[name] is not Verdict.PASSED] == []


# --- what conforms ----------------------------------------------------------------------------------------------------


@cache
def validator(version: str) -> Validator:
    return Validator(shipped_library(), GUIDES[version])


def resources_in(value: Any) -> Iterator[Json]:
    """Every resource in a member of a call, alone or in a Bundle."""
    if isinstance(value, dict) and value.get("resourceType") == "Bundle":
        for entry in value["entry"]:
            yield entry["resource"]
    elif isinstance(value, dict) and "resourceType" in value:
        yield value


def profile_of(resource: Json, version: str) -> str:
    """The profile of CRD for a resource; empty for what CRD has none for."""
    kind = str(resource["resourceType"])
    if kind not in _PROFILED:
        return ""
    special = {"Task": "taskquestionnaire"}
    if version == "2.2.1":
        special["Appointment"] = f"appointment-{'with' if resource.get('basedOn') else 'no'}-order"
    return _PROFILE + special.get(kind, kind.lower())


def faults(resources: list[Json], version: str) -> set[str]:
    """Errors and warnings about resources that refer to each other, each held against its profile."""
    held: dict[str, Json] = {}
    for number, resource in enumerate(resources):
        profile = profile_of(resource, version)
        claimed = {"meta": {"profile": [profile]}} if profile else {}
        held[f"{resource['resourceType']}/{resource.get('id', f'new-{number}')}"] = resource | claimed
    entries = [{"fullUrl": _EHR + ref, "resource": resource} for ref, resource in held.items()]
    found = validator(version).check({"resourceType": "Bundle", "type": "collection", "entry": entries})
    return {
        f"{issue.path} of {', '.join(held)}: {issue.text}"
        for issue in found
        if issue.severity != "information" and not any(part in issue.text for part in _UNTESTABLE)
    }


def sent(call: Json) -> list[Json]:
    """Everything a call carries."""
    return [r for part in (call["context"], call["prefetch"]) for value in part.values() for r in resources_in(value)]


@pytest.mark.parametrize(("story", "version"), PLAYED, ids=by_name)
def test_what_hook_calls_carry_and_answers_bring_back_conforms(stage: Stage, story: Story, version: str) -> None:
    found = {}
    for told in stage.told:
        if (told.story, told.version) == (story.name, version) and marks.BREAKS_GUIDE not in told.step.marks:
            dialect = "2.0.1" if marks.OLDER_VERSION in told.step.marks else version
            carried = sent(told.call)
            found[told.step.name] = faults([*carried, *written(told.body)], dialect)
            found[told.step.name] |= faults([*carried, *proposed(told.body)], dialect)

    assert {name: issues for name, issues in found.items() if issues} == {}


def written(body: Json) -> list[Json]:
    """The resources that an answer writes at once."""
    return [action["resource"] for action in body.get("systemActions", ())]


def proposed(body: Json) -> list[Json]:
    """The resources that the cards of an answer would write or change."""
    suggestions = [each for card in body.get("cards", ()) for each in card.get("suggestions", ())]
    return [action["resource"] for each in suggestions for action in each["actions"] if "resource" in action]
