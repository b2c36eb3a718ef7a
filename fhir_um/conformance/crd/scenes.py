"""What is played for CRD: every story of hooks, and what stories leave out. Must not judge.

Each scene finds the services first, as a client does, so that one that breaks off leaves the others alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from fhir_um.conformance import marks
from fhir_um.conformance.crd import calls
from fhir_um.conformance.crd import marks as own
from fhir_um.conformance.crd.calls import Change, another, call_of, changed, configured, written
from fhir_um.conformance.crd.dialects import Dialect
from fhir_um.conformance.crd.options_offered import MEMBER
from fhir_um.conformance.crd.reading import actions_of, cards, object_of, objects_of
from fhir_um.conformance.model import Exchange, Json
from fhir_um.conformance.stage import BrokenOff, Scene, Stage
from fhir_um.conformance.tester import NOBODY, HookAuth
from fhir_um.simulators.ehr import FakeEhr

JSON = "application/json"
USUAL = ("crd-wheelchair", "signed")
"""Story and step of the call that most scenes vary: order-sign with everything at hand, and several cards."""
SERVICE = ("crd-therapy-first", "signed")
"""One with a ServiceRequest."""
STORIES = {
    "crd": ("2.2.1",),
    "crd-answers": ("2.2.1", "2.0.1"),
    "crd-options": ("2.2.1", "2.0.1"),
    "crd-order-types": ("2.2.1", "2.0.1"),
    "crd-prefetch": ("2.2.1", "2.0.1"),
    "crd-refused": ("2.2.1", "2.0.1"),
    "crd-therapy-first": ("2.2.1", "2.0.1"),
    "crd-therapy-more": ("2.2.1", "2.0.1"),
    "crd-versions": ("2.2.1",),
    "crd-wheelchair": ("2.2.1", "2.0.1"),
}
"""The stories of hooks -> the versions they are told in."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_VARIATIONS: tuple[tuple[str, Change], ...] = (
    ("unknown-members", calls.with_unknown_members),
    ("nonsense", configured(coverage_info="perhaps", max_cards=-1, cost=7)),
    ("left-out", calls.without_optional),
    ("other-keys", calls.under_other_keys),
    ("null-prefetch", calls.with_null_prefetch),
    ("code-system", calls.in_other_spelling),
    ("again", lambda _: None),
    ("unreachable-server", calls.from_server(calls.NOBODY)),
    ("user-role", calls.by_another_user),
)


@dataclass(frozen=True, slots=True)
class Counter:
    """The services of a server, as discovery told of them, and how they are called."""

    stage: Stage
    discovered: Exchange

    def url(self, hook: str) -> str:
        """Where a hook is answered, by the first service of it. Raises: BrokenOff."""
        for service in objects_of(object_of(self.discovered.answer).get("services")):
            if service.get("hook") == hook and isinstance(service.get("id"), str):
                return f"{self.stage.hooks}/{service['id']}"
        raise BrokenOff(f"discovery tells of no service for {hook}")

    def ask(self, step: str, call: Json, told: Iterable[str] = (), headers: dict[str, str] | None = None) -> Exchange:
        """Makes that call, as one of its own."""
        content = {"Content-Type": JSON, "Accept": JSON} | (headers or {})
        return self.stage.send(step, "POST", self.url(str(call["hook"])), written(another(call, step)), content, told)

    def switches(self, hook: str) -> list[str]:
        """The options of a hook that can be switched off."""
        for service in objects_of(object_of(self.discovered.answer).get("services")):
            if service.get("hook") == hook:
                offered = objects_of(object_of(service.get("extension")).get(MEMBER))
                return [str(each.get("code")) for each in offered if each.get("type") == "boolean"]
        return []


def counter(stage: Stage) -> Counter:
    """Finds the services."""
    return Counter(stage, stage.send("discovered", "GET", stage.hooks, headers={"Accept": JSON}))


def discovery(stage: Stage) -> None:
    """Discovery, plain, with a token, and from a browser."""
    found = counter(stage)
    origin = {"Origin": "https://ehr.example.test"}
    # Who lets registered clients in may ask them for their token at discovery too.
    client = "" if stage.tester.authentication.hooks.kind is HookAuth.JWT else NOBODY
    stage.send("plain", "GET", stage.hooks, headers=origin, marks=(own.ORIGIN,), as_client=client)
    for step, url, method in (
        ("services", stage.hooks, "GET"),
        ("service", found.url("order-sign"), "POST"),
        ("feedback", f"{found.url('order-sign')}/feedback", "POST"),
    ):
        asks = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "authorization,content-type"}
        stage.send(f"preflight-{step}", "OPTIONS", url, headers=origin | asks, marks=(own.PREFLIGHT,))


def carried(stage: Stage) -> None:
    """How calls are carried: media types, methods, browsers, and what is no call."""
    found, call = counter(stage), call_of(stage, *USUAL)
    origin = {"Origin": "https://ehr.example.test"}
    found.ask("from-browser", call, (own.ORIGIN,), origin)
    found.ask("charset", call, (own.CHARSET,), {"Content-Type": "application/json; charset=utf-8"})
    found.ask("plain-text", call, (own.WRONG_MEDIA_TYPE,), {"Content-Type": "text/plain"})
    stage.send("get", "GET", found.url("order-sign"), marks=(own.WRONG_METHOD,))
    broken = {"Content-Type": JSON, **origin}
    told = (marks.NOT_JSON, own.ORIGIN)
    stage.send("not-json", "POST", found.url("order-sign"), b'{"hook": ', broken, told)
    nowhere = f"{stage.hooks}/no-such-service"
    stage.send("nowhere", "POST", nowhere, written(call), broken, (marks.UNKNOWN_SERVICE, own.ORIGIN))


def varied(stage: Stage) -> None:
    """One call in many spellings, each of which asks for the same."""
    found, call = counter(stage), call_of(stage, *USUAL)
    found.ask("usual", call, (own.USUAL,))
    for name, change in _VARIATIONS:
        found.ask(name, changed(call, change), (own.VARIED + name,))


def fetched(stage: Stage) -> None:
    """A call with nothing at hand, from an EHR that has it all."""
    if urlsplit(stage.tester.server).hostname not in _LOOPBACK:
        raise BrokenOff("the server is on another machine, which cannot reach the EHR that is played here")
    found, call = counter(stage), call_of(stage, *USUAL)
    found.ask("usual", call, (own.USUAL,))
    with FakeEhr(
        [*calls.resources_at_hand(call), *calls.orders_of(call)], token=str(calls.ACCESS["access_token"])
    ) as ehr:
        asks = changed(call, calls.without_prefetch, calls.from_server(ehr.url))
        found.ask("fetched", asks, (f"{own.VARIED}fetched",))


def dispatched(stage: Stage) -> None:
    """The order of the usual call is sent to somebody, in both shapes of that hook."""
    found, call = counter(stage), call_of(stage, *USUAL)
    for name, is_newer in (("dispatch-1.1", True), ("dispatch-1.0", False)):
        found.ask(name, changed(call, calls.dispatched(is_newer=is_newer)), (own.VARIED + name,))


def again(stage: Stage) -> None:
    """Orders that carry an answer already: one that is outdated, and the one that was given just now."""
    found, call = counter(stage), call_of(stage, *USUAL)
    first = found.ask("usual", call, (own.USUAL,))
    carrying = calls.as_answered(call, first)
    found.ask("outdated", changed(carrying, calls.outdated), (own.OUTDATED,))
    found.ask("told-already", carrying, (marks.TOLD_ALREADY,))
    found.ask("do-not", changed(call_of(stage, *SERVICE), calls.forbidding), (own.DO_NOT,))


def configuring(stage: Stage) -> None:
    """Calls that switch something off, or want few cards."""
    found, call = counter(stage), call_of(stage, *USUAL)
    found.ask("usual", call, (own.USUAL,))
    found.ask("no-coverage-information", changed(call, configured(coverage_info=False)))
    off = {code: False for code in found.switches("order-sign") if code != "coverage-info"}
    found.ask("no-cards", changed(call, configured(**off)))
    found.ask("one-card", changed(call, configured(max_cards=1)), (marks.FEW_CARDS,))
    found.ask("two-cards", changed(call, configured(max_cards=2)), (marks.FEW_CARDS,))


def coverages(stage: Stage) -> None:
    """Calls with several Coverages, and with one that can be had from nowhere."""
    found, call = counter(stage), call_of(stage, *USUAL)
    found.ask("several", changed(call, calls.with_second_coverage), (own.SEVERAL_COVERAGES,))
    nowhere = (calls.without_coverage, calls.from_server(calls.NOBODY))
    found.ask("unreachable", changed(call, *nowhere), (own.UNREACHABLE,))


def feedback(stage: Stage) -> None:
    """What became of cards is told: taken, passed over, of several, of one nobody knows, and badly."""
    found, call = counter(stage), call_of(stage, *USUAL)
    answer = found.ask("usual", call, (own.USUAL,))
    told = [(str(card["uuid"]), _suggestion(card)) for _, card in cards(answer) if card.get("uuid")]
    if not told:
        raise BrokenOff("no card has a uuid, so nothing can be told about one")
    card, suggestion = next((each for each in told if each[1]), told[0])
    at = {"outcomeTimestamp": "2026-11-02T16:20:00Z"}
    passed_over = {"outcome": "overridden", "overrideReason": {"userComment": "It was done last week"}, **at}
    taken = {"card": card, "outcome": "accepted", "acceptedSuggestions": [{"id": suggestion}], **at}
    rows: tuple[tuple[str, list[Json], str], ...] = (
        ("overridden", [{"card": card, **passed_over}], marks.OVERRIDDEN),
        ("several", [{"card": each, **passed_over} for each, _ in told] * 2, own.SEVERAL_CARDS),
        ("unknown-card", [{"card": "c0ffee00-0000-4000-8000-00000000abcd", **passed_over}], own.UNKNOWN_CARD),
        ("no-outcome", [{"card": card, **at}], own.WRONG_FEEDBACK),
        *((("accepted", [taken], marks.ACCEPTED),) if suggestion else ()),
    )
    for step, entries, mark in rows:
        body = written({"feedback": entries})
        stage.send(step, "POST", f"{found.url('order-sign')}/feedback", body, {"Content-Type": JSON}, (mark,))


def _suggestion(card: Json) -> str:
    """A suggestion of a card that can be taken, by its uuid; nothing when there is none."""
    if not actions_of(card):
        return ""
    return next((str(each["uuid"]) for each in objects_of(card.get("suggestions")) if each.get("uuid")), "")


def _story(name: str) -> Scene:
    def play(stage: Stage) -> None:
        stage.play(name)

    return Scene(name, f"The story {name}", play)


_OWN = (
    Scene("discovery", "What is offered, asked for plainly and by a browser", discovery),
    Scene("carried", "Media types, methods and browsers", carried),
    Scene("varied", "One call in many spellings", varied),
    Scene("fetched", "Nothing is at hand, and the EHR has it all", fetched),
    Scene("dispatched", "An order is sent to somebody, in both shapes", dispatched),
    Scene("again", "Orders that carry an answer already", again),
    Scene("configuring", "Calls with options", configuring),
    Scene("coverages", "Several Coverages, and none", coverages),
    Scene("feedback", "What became of cards", feedback),
)


def scenes(dialect: Dialect) -> tuple[Scene, ...]:
    """The scenes for a version."""
    stories = tuple(_story(name) for name, versions in STORIES.items() if dialect.version in versions)
    return (*_OWN, *stories)
