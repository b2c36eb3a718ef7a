"""`fhir-um conformance inferno-presets`: presets for the public test suites, and a rehearsal of them.

Must not know what a suite looks at, or what a preset holds.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from fhir_um import clock
from fhir_um.commands.demo import FIXTURES
from fhir_um.commands.plainly import on_one_line, plainly
from fhir_um.commands.typed import seconds
from fhir_um.conformance.client_profile import ProfileFault, make_tester
from fhir_um.conformance.guarding import UNREADABLE, told
from fhir_um.conformance.inferno import crd_presets, pas_presets
from fhir_um.conformance.inferno.crd_rehearsal import rehearse
from fhir_um.conformance.inferno.pas_rehearsal import PasRehearsal
from fhir_um.conformance.inferno.payloads import Script
from fhir_um.conformance.inferno.preparing import LastRun, NotPrepared, prepared, read_last_run, withdraw, written
from fhir_um.conformance.inferno.presets import Preset, values_of
from fhir_um.conformance.inferno.rehearsal import Ran
from fhir_um.conformance.model import Verdict
from fhir_um.conformance.substituting import adapted
from fhir_um.conformance.tester import Member
from fhir_um.conformance.wire import Sending, Wire
from fhir_um.settings import Settings
from fhir_um.simulators.ehr import FakeEhr
from fhir_um.simulators.receiver import Receiver
from fhir_um.simulators.signing import SigningKey, hook_claims
from fhir_um.stories.playing import Reply, Request, Sender, StoryFault

_BASES = {"2.2.1": "/fhir", "2.0.1": "/2.0.1/fhir"}
_CRD_BASE = "/2.0.1"
_FOLDER = Path("var/inferno-presets")
LAST_RUN = "last-run.json"
"""Beside the presets: what the next run has to withdraw."""

_TWINS = {
    "2.2.1": {"H1401-6602": Member(value="H1115-6602", given="Rosalind")},
    "2.0.1": {"H1401-6602": Member(value="H1105-6602", given="Philippa")},
}
"""Who takes the place of whom: what presets leave open is in the way neither of each other nor of our own runner."""

_MOST_FAULTS = 5
"""Of one test, on the screen."""

_DESCRIPTION = """Writes preset files for the public test suites: PAS servers 2.0.1 and 2.2.1, and CRD servers. Their
requests are those of the stories, about invented people that `fhir-um seed` loads, and have the outcomes
the suites look for on the policies that come with this server."""

_EPILOG = """The server must be running: requests that show every must-support element are played first, with the
decisions of people that this takes, and the presets hold the same requests again.

How to use them: copy the files into config/presets of the test kit, restart it, and choose the preset.
  - The pended requests are decided by a person: run `fhir-um simulate-reviewer` beside the server.
  - Identifiers are those of one run. Write the presets again before the next, or its update group meets the
    requests of this one, already changed and withdrawn.
  - The suites have one test for TLS (CRD 1.01), which a server without it cannot pass.

With --rehearse the presets are played at once, by checks rebuilt from what the suites do: exit code 0 when
every test would pass, 1 when one would not."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `inferno-presets` to the verbs of `conformance`."""
    parser = subparsers.add_parser(
        "inferno-presets",
        help="write presets for the public test suites",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--server", metavar="URL", help="the server (default: as the settings say, on this machine)")
    parser.add_argument("--to", metavar="FOLDER", type=Path, default=_FOLDER, help=f"where to write ({_FOLDER})")
    parser.add_argument("--fixtures", metavar="DIR", type=Path, default=FIXTURES, help="where the stories are kept")
    parser.add_argument("--rehearse", action="store_true", help="play the presets against the server")
    parser.add_argument(
        "--patience",
        metavar="SECONDS",
        type=seconds,
        default=300.0,
        help="in a rehearsal, how long to wait for a notification (300, as the suites)",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace, settings: Settings) -> int:
    """Write the presets, and play them when asked to; 2 when they cannot be written."""
    server = (args.server or settings.base_url).rstrip("/")
    try:
        presets = _written(server, args.to, args.fixtures / "stories")
    except (StoryFault, NotPrepared, ProfileFault) as fault:
        print(plainly(str(fault)), file=sys.stderr)
        return 2
    except OSError as fault:
        print(f"{fault.filename}: cannot be written: {fault.strerror}", file=sys.stderr)
        return 2
    if not args.rehearse:
        print("Copy them into config/presets of the test kit; `--help` tells what else a run needs.")
        return 0
    return 1 if sum([_rehearsed(preset, args.patience) for preset in presets]) else 0


def _written(server: str, folder: Path, stories: Path) -> tuple[Preset, ...]:
    """Raises: StoryFault; NotPrepared; OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    now = LastRun(server, clock.new_id()[:8], clock.now().date())
    last = folder / LAST_RUN
    if last.is_file():
        _withdraw_again(last, server, stories)
    last.write_bytes(written(now))
    presets = presets_for(now, stories)
    for preset in presets:
        (folder / preset.file_name).write_bytes(preset.as_bytes())
        print(f"{folder / preset.file_name}: {preset.title}, {len(preset.inputs)} inputs", flush=True)
    return presets


def _withdraw_again(last: Path, server: str, stories: Path) -> None:
    """Raises: StoryFault; NotPrepared; OSError."""
    try:
        left_open = read_last_run(last.read_bytes())
    except NotPrepared as fault:
        raise NotPrepared(f"{last} is damaged: {fault}. Delete it; then nothing is withdrawn.") from fault
    withdrawn(left_open, server, stories)


def presets_for(run: LastRun, stories: Path) -> tuple[Preset, ...]:
    """A preset for each suite; the server is prepared for them. Raises: StoryFault; NotPrepared."""
    made = []
    for version, base in _BASES.items():
        script = _script(run, version, stories)
        ready = prepared(script, _sender(run.server))
        made.append(pas_presets.preset(run.server + base, script, ready, f"session-{run.run}-{version}"))
    of_crd = crd_presets.preset(run.server + _CRD_BASE, _script(run, crd_presets.VERSION, stories))
    return (*made, of_crd)


def withdrawn(last: LastRun, server: str, stories: Path) -> None:
    """Withdraws what the presets of an earlier run left open on that server."""
    if last.server == server:
        for version in _BASES:
            withdraw(_script(last, version, stories), _sender(server))


def _script(run: LastRun, version: str, stories: Path) -> Script:
    tester = replace(make_tester({"server": run.server}), members=_TWINS.get(version, {}))
    return Script.read(stories, version, f"{run.run}-{version}", run.today, lambda content: adapted(content, tester))


def _sender(server: str) -> Sender:
    wire = Wire()

    def send(request: Request) -> Reply:
        kinds = {"Accept": request.content_type, "Content-Type": request.content_type}
        got = wire(Sending(request.method, server + request.path, kinds, request.body))
        if not got.status:
            raise NotPrepared(f"Nobody answers at {server}: {got.why}. `make run` starts a server.")
        return Reply(got.status, got.body, got.milliseconds)

    return send


# --- rehearsing -------------------------------------------------------------------------------------------------------


def _rehearsed(preset: Preset, patience_seconds: float) -> int:
    """How many tests would keep the run from being green."""
    print(f"\n{preset.title}", flush=True)
    in_the_way = count = 0
    try:
        for test in _tests(preset, patience_seconds):
            count += 1
            in_the_way += test.is_in_the_way
            for line in _told(test):
                print(on_one_line(line), flush=True)
    except UNREADABLE as fault:
        in_the_way += 1
        print(on_one_line(f"  The rehearsal ends here: {told(fault)}."))
    print(f"  {count} tests, {in_the_way or 'none'} in the way of a green run")
    return in_the_way


def _tests(preset: Preset, patience_seconds: float) -> Iterator[Ran]:
    values = values_of(preset.as_bytes())
    wire = Wire()
    if preset.suite != "crd_server":
        with Receiver() as receiver:
            yield from PasRehearsal(values, preset.version, wire, receiver, patience_seconds).run()
        return
    key = SigningKey.new()
    with FakeEhr(key=key) as ehr:

        def authorize(url: str) -> str:
            claims = hook_claims(ehr.issuer, url, clock.now(), clock.new_id())
            return f"Bearer {key.token(claims, {'jku': ehr.jwks_url})}"

        yield from rehearse(values, wire, authorize)


def _told(test: Ran) -> Iterator[str]:
    if test.verdict is Verdict.PASSED or (test.verdict is Verdict.SKIPPED and not test.is_required):
        return
    yield f"  {test.number} {test.title}: {test.verdict}"
    yield from (f"      {fault}" for fault in test.faults[:_MOST_FAULTS])
    if len(test.faults) > _MOST_FAULTS:
        yield f"      and {len(test.faults) - _MOST_FAULTS} more"
