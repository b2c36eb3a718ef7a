"""`fhir-um fake-ehr fire`: one call of a hook, signed, with the fake EHR behind it, and the answer told to a person.

Must not know the payer.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec

from fhir_um import clock
from fhir_um.commands.demo import FIXTURES
from fhir_um.commands.hook_telling import tell_hook
from fhir_um.commands.plainly import plainly
from fhir_um.simulators.calling import Called, Caller, CallFault, call_hook, discover
from fhir_um.simulators.chart import Json, resources_in
from fhir_um.simulators.ehr import FakeEhr
from fhir_um.stories.answers import read_answer
from fhir_um.stories.playing import VERSIONS, Step, Story, StoryFault, load_story, prepare

_OK = 200
_SHOWN_LETTERS = 2_000
_REQUESTED = {"2.2.1": "2.2", "2.0.1": "2.0"}
_VERSION = "davinci-crd.requestedVersion"
_LASTS_SECONDS = 300

OpenEhr = Callable[[argparse.Namespace, str, tuple[Json, ...]], FakeEhr]


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `fire`."""
    parser.add_argument("--server", metavar="URL", required=True, help="the payer, with or without /cds-services")
    parser.add_argument("--hook", required=True, help="such as order-sign")
    parser.add_argument("--story", default="", help="the story whose call is sent (the first that calls the hook)")
    parser.add_argument("--step", default="", help="the step of that story (the first that calls the hook)")
    parser.add_argument("--file", type=Path, help="a call of your own in place of a story's")
    parser.add_argument("--dialect", choices=VERSIONS, default=VERSIONS[0], help="the version of CRD that is asked for")
    parser.add_argument("--no-prefetch", action="store_true", help="leave prefetch out: the payer must read the chart")
    parser.add_argument("--unsigned", action="store_true", help="send no token")
    parser.add_argument("--issuer", metavar="ISS", default="", help="the issuer of the token (its own address)")


def fire(args: argparse.Namespace, open_ehr: OpenEhr) -> int:
    """Call the hook; 0 when it was answered with 200. Raises: CallFault; ValueError for a call that cannot be read."""
    call = _call(args)
    token = clock.new_token()
    with open_ehr(args, token, tuple(resources_in(call))) as ehr:
        caller = Caller(ehr.key, args.issuer or ehr.issuer, ehr.jwks_url, clock.now, clock.new_id)
        signing = None if args.unsigned else caller
        services = discover(args.server, signing)
        if args.hook not in services:
            raise CallFault(f"No service there answers {args.hook}; offered are {', '.join(services) or 'none'}.")
        called = call_hook(services[args.hook], _with_access(call, ehr, token, args), signing)
    return _tell(called, args.verbose)


def _call(args: argparse.Namespace) -> Json:
    """The call that is sent, new for every run. Raises: ValueError."""
    if args.file is None:
        return _from_story(args)
    try:
        content = msgspec.json.decode(args.file.read_bytes())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise ValueError(f"{args.file} is no JSON: {fault}.") from fault
    if not isinstance(content, dict) or "context" not in content:
        raise ValueError(f"{args.file} is no hook call: it has no context.")
    return {**content, "hookInstance": clock.new_id()}


def _from_story(args: argparse.Namespace) -> Json:
    folder = FIXTURES / "stories"
    try:
        named = [folder / args.story] if args.story else sorted(folder.glob("crd*"))
        stories = tuple(load_story(each) for each in named)
        story, step = _step(stories, args.hook, args.step, args.story)
        request = prepare(story, replace(step, path="/"), {}, clock.new_id()[:8], clock.now().date(), args.dialect)
    except StoryFault as fault:
        raise ValueError(str(fault)) from fault
    read: Json = msgspec.json.decode(request.body)
    return read


def _step(stories: tuple[Story, ...], hook: str, name: str, named: str) -> tuple[Story, Step]:
    """The step of that name, or the first, that calls the hook. Raises: ValueError that tells which there are."""
    calls = [(story, step) for story in stories for step in story.steps if step.hook and _hook_of(story, step) == hook]
    found = next((each for each in calls if name in ("", each[1].name)), None)
    if found is None:
        where = f"The story {named} has" if named else "The stories have"
        those = ", ".join(f"{story.name}/{step.name}" if not named else step.name for story, step in calls)
        raise ValueError(
            f"{where} no step {name or 'at all'} that calls {hook}{'; those that do are ' + those if those else ''}."
        )
    return found


def _hook_of(story: Story, step: Step) -> str:
    file = story.file_of(step)
    content = msgspec.json.decode(file.read_bytes()) if file else None
    return str(content.get("hook", "")) if isinstance(content, dict) else ""


def _with_access(call: Json, ehr: FakeEhr, token: str, args: argparse.Namespace) -> Json:
    """The call with the way back to the chart, and the version that is asked for."""
    extension = {**call.get("extension", {}), _VERSION: _REQUESTED[args.dialect]}
    access = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": _LASTS_SECONDS,
        "scope": "patient/*.rs user/*.rs",
        "subject": "payer-under-test",
    }
    whole = {**call, "hook": args.hook, "extension": extension, "fhirServer": ehr.url, "fhirAuthorization": access}
    return {name: value for name, value in whole.items() if name != "prefetch"} if args.no_prefetch else whole


def _tell(called: Called, verbose: bool) -> int:
    print(f"{called.url}\n  {called.status} in {called.milliseconds:.0f} ms")
    text = plainly(called.body.decode(errors="replace"))
    if called.status != _OK:
        print(text[:_SHOWN_LETTERS], file=sys.stderr)
        return 1
    answer = read_answer(called.status, called.body)
    if answer.unreadable:
        print(answer.unreadable, file=sys.stderr)
        return 1
    lines = list(tell_hook(answer))
    print(plainly("\n".join(lines)) if lines else "    nothing to say: no card, no coverage information")
    if verbose:
        print(text)
    return 0
