"""`fhir-um demo`: plays a story against a running server, the way an EHR and a reviewer would, and tells each step.

Must not know the house behind the server: it speaks HTTP and nothing else.
"""

import argparse
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import requests

from fhir_um import clock
from fhir_um.commands.answers import Answer, SeenCase, SeenLine
from fhir_um.commands.stories import (
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
from fhir_um.settings import Settings

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
MAIN_STORY = "prior-authorization"
TIMEOUT_SECONDS = 30

MEANINGS = {
    "A1": "authorized as asked",
    "A2": "authorized in part",
    "A3": "not authorized",
    "A4": "pending",
    "A6": "authorized with changes",
    "C": "cancelled",
    "CT": "ask the payer",
    "NA": "no authorization needed",
}
"""What a review action code (X12 306) means, in our own words."""

_ENDS_WITH_FAULTS = (
    "{} differences from what was expected. (A run that was broken off leaves requests open, "
    "which later runs meet as duplicates; an empty database starts clean.)"
)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `demo` to the command line."""
    parser = subparsers.add_parser("demo", help="play a story against a running server", description=__doc__)
    parser.add_argument("story", nargs="?", default=MAIN_STORY, help=f"its name (default {MAIN_STORY}); see --list")
    parser.add_argument("--server", metavar="URL", help="the server (default: as the settings say, on this machine)")
    parser.add_argument("--list", action="store_true", help="name the stories and stop")
    parser.add_argument("--all", action="store_true", help="play every story, one after the other")
    parser.add_argument("--fixtures", metavar="DIR", type=Path, default=FIXTURES, help="where the stories are kept")
    parser.add_argument("--verbose", action="store_true", help="print every request and answer as it went")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Play; 0 when everything came back as expected, 1 when not or when nobody answers."""
    folder = args.fixtures / "stories"
    server = (args.server or settings.base_url).rstrip("/")
    try:
        stories = load_stories(folder) if args.all or args.list else (load_story(folder / args.story),)
        if args.list:
            print("\n".join(f"{story.name:28} {story.title}" for story in stories))
            return 0
        with requests.Session() as session:
            send = sender(session, server)
            went_well = [_tell(story, send, server, args.verbose) for story in stories]
    except StoryFault as fault:
        print(f"{fault} `fhir-um demo --list` names the stories.", file=sys.stderr)
        return 1
    except requests.RequestException as fault:
        print(f"Nobody answers at {server} ({type(fault).__name__}). Start it with make run.", file=sys.stderr)
        return 1
    return 0 if all(went_well) else 1


def sender(session: requests.Session, server: str) -> Sender:
    """Sends requests to that server and takes the time each needs, to the last byte."""

    def send(request: Request) -> Reply:
        headers = {"Content-Type": request.content_type, "Accept": request.content_type}
        start = time.perf_counter()
        got = session.request(
            request.method, server + request.path, data=request.body, headers=headers, timeout=TIMEOUT_SECONDS
        )
        return Reply(got.status_code, got.content, (time.perf_counter() - start) * 1000)

    return send


def _tell(story: Story, send: Sender, server: str, verbose: bool) -> bool:
    print(f"{story.title}  [{story.name}, {server}]")
    print(textwrap.fill(" ".join(story.shows.split()), 100, initial_indent="  ", subsequent_indent="  "))
    faults = 0
    for number, played in enumerate(play(story, send, _mark(), _today()), start=1):
        faults += len(played.faults)
        print()
        print("\n".join(tell_step(number, played)))
        if verbose:
            print("\n".join(_as_it_went(played)))
    print(f"\n{_ENDS_WITH_FAULTS.format(faults) if faults else 'As expected, every step.'}\n")
    return not faults


def _mark() -> str:
    return clock.new_id()[:8]


def _today() -> date:
    return clock.now().date()


# --- telling ----------------------------------------------------------------------------------------------------------


def tell_step(number: int, played: Played) -> Iterator[str]:
    """What happened in one step, line by line."""
    asked = f"{number:2}. {'(afterwards) ' if played.step.after else ''}{played.step.who}: {played.step.asks}"
    yield from textwrap.wrap(asked, 100, subsequent_indent="    ")
    if played.request and played.reply and played.answer:
        yield f"    {played.request.method} {played.request.path}"
        yield f"    {played.reply.status} {played.answer.resource} in {played.reply.milliseconds:.0f} ms"
        yield from _told(played.answer)
    yield from (f"    NOT AS EXPECTED: {fault}" for fault in played.faults)


def _told(answer: Answer) -> Iterator[str]:
    for case in answer.cases:
        yield from _case(case)
    if not answer.cases and answer.resource in {"Bundle", "Parameters"}:
        yield "    nothing found"
    for issue in answer.issues:
        place = f" at {issue.path}" if issue.path else ""
        yield f"    {issue.severity} ({issue.code}){place}: {issue.text}"


def _case(case: SeenCase) -> Iterator[str]:
    version = f" version {case.version}" if case.version else ""
    yield f"    case {case.id}{version}: {case.status}"
    for error in case.errors:
        yield f"      business error {error.code}, follow-up {error.followup}, at {error.path}"
    for sequence, line in case.lines.items():
        yield from _line(f"line {sequence}", line)
    for sequence, line in case.added.items():
        yield from _line(f"line {sequence}, what is authorized", line)


def _line(label: str, line: SeenLine) -> Iterator[str]:
    parts = (
        f"{line.action} {MEANINGS.get(line.action, '')}".strip(),
        line.state,
        line.service,
        f"quantity {line.quantity:g}" if line.quantity is not None else "",
        f"number {line.number}" if line.number else "",
        f"reference {line.reference}" if line.reference else "",
        f"reason {', '.join(line.reasons)}" if line.reasons else "",
        f"from {line.start} to {line.end}" if line.start or line.end else "",
        f"due {_instant(line.due)}" if line.due else "",
    )
    yield f"      {label}: " + " · ".join(part for part in parts if part)
    if line.text:
        yield from textwrap.wrap(line.text, 100, initial_indent="        ", subsequent_indent="        ")


def _instant(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _as_it_went(played: Played) -> Iterator[str]:
    if played.request and played.reply:
        yield f"    > {played.request.body.decode()}"
        yield f"    < {played.reply.body.decode(errors='replace')}"
