"""`fhir-um demo`: plays a story against a running server, the way an EHR and a reviewer would, and tells each step.

Must not know the house behind the server: it speaks HTTP and nothing else.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import requests

from fhir_um import clock
from fhir_um.auth.client_keys import KeyFault
from fhir_um.commands.hook_telling import tell_hook
from fhir_um.commands.plainly import plainly
from fhir_um.commands.telling import instant, wrapped, wrapped_under
from fhir_um.commands.tokens import TokenFault, TokenSource, signing_key
from fhir_um.commands.wording import ERRORS, FOLLOWUPS, REASONS, REVIEW_ACTIONS, STATES, with_words
from fhir_um.settings import Settings
from fhir_um.simulators.receiver import Receiver
from fhir_um.stories.answers import Answer, SeenCase, SeenLine
from fhir_um.stories.playing import (
    NEWER,
    VERSIONS,
    Hearer,
    Played,
    Reply,
    Request,
    Sender,
    Story,
    StoryFault,
    load_stories,
    load_story,
    play,
)

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MAIN_STORY = "prior-authorization"
TIMEOUT_SECONDS = 30

HEARS_WITHIN_SECONDS = 20
"""How long a story waits for a notification."""

OK = 200
UNKNOWN_CALLER = 401
NOTHING_CAME = 0
HOOKS = "/cds-services"
INQUIRY = "/Claim/$inquire"

Authorize = Callable[[Request], dict[str, str]]
"""What a request brings to show who is calling."""

_SAYS_NO_ADDRESS = (
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
    requests.exceptions.InvalidURL,
)
OUTCOMES = {
    "complete": "answered (outcome complete)",
    "queued": "waits for a decision (outcome queued)",
    "error": "kept, with a fault of content to correct (outcome error)",
    "partial": "answered in part (outcome partial)",
}
"""What ClaimResponse.outcome means for the request as a whole; each line has its own answer."""

_ASKS_WHO = "{} asks who is calling. Register a client (docs/clients.md), and play as it: --client ID --key FILE."
_ENDS_WITH_FAULTS = (
    "{} differences from what was expected. (A run that was broken off leaves requests open, "
    "which later runs meet as duplicates; an empty database starts clean.)"
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `demo` to the command line."""
    parser = subparsers.add_parser(
        "demo",
        help="play a story against a running server",
        description="Plays a story against a running server, the way an EHR and a reviewer would, and tells each step: "
        "who asks what, what comes back, how long it took. Every run makes requests of its own: never on a server that "
        "knows real patients.",
        epilog="Start a server with `make run`. Codes of the wire are shown with their meaning in our own words. "
        "Exit code 1 when an answer is not the expected one.",
    )
    parser.add_argument("story", nargs="?", default=MAIN_STORY, help=f"its name (default {MAIN_STORY}); see --list")
    parser.add_argument("--server", metavar="URL", help="the server (default: as the settings say, on this machine)")
    parser.add_argument(
        "--version",
        choices=VERSIONS,
        default="",
        help=f"the base it is played on (default {NEWER}, or the one the story is for)",
    )
    parser.add_argument("--list", action="store_true", help="name the stories and stop")
    parser.add_argument("--all", action="store_true", help="play every story, one after the other")
    parser.add_argument("--fixtures", metavar="DIR", type=Path, default=FIXTURES, help="where the stories are kept")
    parser.add_argument(
        "--client",
        metavar="ID",
        default="",
        help="play as this client, on a server that asks for tokens; it plays the reviewers too and needs their scopes",
    )
    parser.add_argument("--key", metavar="FILE", type=Path, help="that client's private key (`fhir-um client key`)")
    parser.add_argument("--issuer", metavar="ISS", default="", help="the issuer of its hook calls (default: its id)")
    parser.add_argument("--verbose", action="store_true", help="print every request and answer as it went")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Play; 0 when everything came back as expected, 1 when not or when nobody answers."""
    server = (args.server or settings.base_url).rstrip("/")
    try:
        stories = _chosen(args, args.fixtures / "stories")
        if args.list:
            print("\n".join(_listed(stories)))
            return 0
        return _play_all(stories, server, args)
    except StoryFault as fault:
        print(f"{fault} `fhir-um demo --list` names the stories.", file=sys.stderr)
    except (KeyFault, TokenFault) as fault:
        print(fault, file=sys.stderr)
    except _SAYS_NO_ADDRESS:
        print(f"{server} is not an address; give one such as http://127.0.0.1:8080.", file=sys.stderr)
    except requests.RequestException as fault:
        print(
            f"Nobody answers at {server} ({type(fault).__name__}). Start a server with `make run` in another shell; "
            "when it has another port, give --server URL.",
            file=sys.stderr,
        )
    return 1


def _chosen(args: argparse.Namespace, folder: Path) -> tuple[Story, ...]:
    """The stories asked for; of several, those for the base. Raises: StoryFault when there are none."""
    if not (args.all or args.list):
        story = load_story(folder / args.story)
        if args.version and args.version not in story.versions:
            raise StoryFault(f"The story {story.name} is not for {args.version}, only for {', '.join(story.versions)}.")
        return (story,)
    stories = load_stories(folder)
    if not stories:
        raise StoryFault(f"There are no stories in {folder}.")
    return tuple(story for story in stories if not args.version or args.version in story.versions)


def _listed(stories: tuple[Story, ...]) -> Iterator[str]:
    """The name of each, the bases it is played on, its title; as wide as the longest name."""
    widest = max(len(story.name) for story in stories)
    for story in stories:
        yield f"{story.name:{widest}}  {' '.join(story.versions):11}  {story.title}"


def _play_all(stories: tuple[Story, ...], server: str, args: argparse.Namespace) -> int:
    with requests.Session() as session:
        ready = session.get(f"{server}/readyz", timeout=TIMEOUT_SECONDS)
        if ready.status_code != OK:
            told = " ".join(ready.text.split())[:200]
            print(f"{server} is not ready for a story: it answers {ready.status_code} {told}", file=sys.stderr)
            return 1
        send = sender(session, server, _authorize(session, server, args))
        if not args.client:
            send = _unless_asked_who(send, server)
        went_well = [_tell(story, send, server, args.verbose, args.version or story.versions[0]) for story in stories]
    if len(went_well) > 1:
        print(f"{len(went_well)} stories played, {sum(went_well)} as expected.")
    return 0 if all(went_well) else 1


def _anonymous(_request: Request) -> dict[str, str]:
    return {}


def _unless_asked_who(send: Sender, server: str) -> Sender:
    """A story of nobody in particular cannot go on once the server asks who that is."""

    def send_on(request: Request) -> Reply:
        reply = send(request)
        if reply.status == UNKNOWN_CALLER:
            raise TokenFault(_ASKS_WHO.format(server))
        return reply

    return send_on


def _authorize(session: requests.Session, server: str, args: argparse.Namespace) -> Authorize:
    if not args.client:
        return _anonymous
    if not args.key:
        raise KeyFault("A client signs: give --key FILE with its private key.")
    tokens = TokenSource(session, server, args.client, signing_key(args.key))
    return lambda request: {"Authorization": authorization(tokens, request, args.issuer or args.client)}


def authorization(tokens: TokenSource, request: Request, issuer: str) -> str:
    """The Authorization header of one request: a token of its own for a call of a hook, else the client's."""
    return tokens.hook_authorization(issuer, request.path) if HOOKS in request.path else tokens.authorization()


def sender(session: requests.Session, server: str, authorize: Authorize = _anonymous) -> Sender:
    """Sends requests to that server and takes the time each needs, to the last byte."""

    def send(request: Request) -> Reply:
        headers = {"Content-Type": request.content_type, "Accept": request.content_type} | authorize(request)
        start = time.perf_counter()
        got = session.request(
            request.method, server + request.path, data=request.body, headers=headers, timeout=TIMEOUT_SECONDS
        )
        return Reply(got.status_code, got.content, (time.perf_counter() - start) * 1000)

    return send


def _tell(story: Story, send: Sender, server: str, verbose: bool, version: str) -> bool:
    print(f"{story.title}  [{story.name}, {version}, {server}]")
    print("\n".join(wrapped(" ".join(story.shows.split()), 2)))
    faults = 0
    for number, played in enumerate(_played(story, send, version), start=1):
        faults += len(played.faults)
        print()
        print(plainly("\n".join(tell_step(number, played))))
        if verbose:
            print(plainly("\n".join(_as_it_went(played))))
    print(f"\n{_ENDS_WITH_FAULTS.format(faults) if faults else 'As expected, every step.'}\n")
    return not faults


def _played(story: Story, send: Sender, version: str) -> Iterator[Played]:
    """A story that waits for notifications gets somebody who takes them."""
    if not story.listens:
        yield from play(story, send, _mark(), _today(), version=version)
        return
    with Receiver() as receiver:
        yield from play(story, send, _mark(), _today(), hearer(receiver), receiver.url, version)


def hearer(receiver: Receiver) -> Hearer:
    """Waits at that receiver, and takes the time until a notification is there."""

    def hear(kind: str) -> Reply:
        start = time.perf_counter()
        body = receiver.hear(kind, HEARS_WITHIN_SECONDS)
        milliseconds = (time.perf_counter() - start) * 1000
        return Reply(NOTHING_CAME, b"", milliseconds) if body is None else Reply(OK, body, milliseconds)

    return hear


def _mark() -> str:
    return clock.new_id()[:8]


def _today() -> date:
    return clock.now().date()


# --- telling ----------------------------------------------------------------------------------------------------------


def tell_step(number: int, played: Played) -> Iterator[str]:
    """What happened in one step, line by line."""
    asked = f"{number:2}. {'(afterwards) ' if played.step.after else ''}{played.step.who}: {played.step.asks}"
    yield from wrapped_under(asked, 0, 4)
    if played.request and played.reply and played.answer:
        yield f"    {'comes' if played.step.hears else played.request.method} {played.request.path}"
        named = f" {played.answer.resource}" if played.answer.resource else ""
        yield f"    {played.reply.status}{named} in {played.reply.milliseconds:.0f} ms"
        yield from _told(played.answer)
        if played.request.path.endswith(INQUIRY) and played.reply.status == OK and not played.answer.cases:
            yield "    nothing found"
    yield from (f"    NOT AS EXPECTED: {fault}" for fault in played.faults)


def _told(answer: Answer) -> Iterator[str]:
    yield from tell_hook(answer)
    if answer.told:
        yield "    " + ", number ".join(answer.told)
    for case in answer.cases:
        yield from _case(case)
    for issue in answer.issues:
        place = f" at {issue.path}" if issue.path else ""
        yield from wrapped(f"{issue.severity} ({issue.code}){place}: {issue.text}", 4)


def _case(case: SeenCase) -> Iterator[str]:
    version = f" version {case.version}" if case.version else ""
    yield f"    case {case.id}{version}: {OUTCOMES.get(case.status, case.status)}"
    for error in case.errors:
        code, followup = with_words(error.code, ERRORS), with_words(error.followup, FOLLOWUPS)
        yield from wrapped(f"fault of content {code}, follow-up {followup}, at {error.path}", 6)
    for sequence, line in case.lines.items():
        yield from _line(f"line {sequence}", line, with_words(line.action, REVIEW_ACTIONS))
    for sequence, line in case.added.items():
        yield from _line(f"line {sequence}, authorized instead", line, "")


def _line(label: str, line: SeenLine, action: str) -> Iterator[str]:
    reasons = ", ".join(with_words(reason, REASONS) for reason in line.reasons)
    parts = (
        action,
        with_words(line.state, {state.value: words for state, words in STATES.items()}),
        line.service,
        f"quantity {line.quantity:g}" if line.quantity is not None else "",
        f"number {line.number}" if line.number else "",
        f"reference {line.reference}" if line.reference else "",
        f"reason {reasons}" if reasons else "",
        f"from {line.start} to {line.end}" if line.start or line.end else "",
        f"due {instant(datetime.fromisoformat(line.due))}" if line.due else "",
    )
    told = f"{label}: " + " · ".join(part for part in parts if part)
    yield from wrapped_under(told, 6, 10)
    yield from wrapped(line.text, 8)


def _as_it_went(played: Played) -> Iterator[str]:
    if played.request and played.reply:
        yield f"    > {played.request.body.decode()}"
        yield f"    < {played.reply.body.decode(errors='replace')}"
