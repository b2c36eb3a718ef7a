"""`python -m bench.authentication`: what it costs `$submit` to know its caller by an access token.

A server of the sandbox, where no token is sent, and one of production over the same store take turns.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from bench import bodies
from bench.load import Result, exchange, measure, review_actions
from bench.servers import UNHURRIED, Server, our_server
from bench.table import HEAD, row, say
from bench.trusted import Trust
from fhir_um.commands.seed import seed
from fhir_um.coverage.load import load_people
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings, cores

SUBMIT = "/fhir/Claim/$submit"
KINDS = {"approvable": ("01-submit-oxygen", "A1"), "pending": ("02-submit-wheelchair", "A4")}
CLIENT = "bench"
_CONNECTIONS = 4
_MOST_PER_SECOND = 1_500


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure: rounds of `seconds` each, with and without a token in turns."""

    rounds: int = 3
    seconds: float = 2.0
    workers: int = field(default_factory=cores)

    @property
    def stretch(self) -> int:
        """Members one measurement may use up; each submits once, or it would be a duplicate."""
        return int(self.seconds * _MOST_PER_SECOND)

    @property
    def members(self) -> int:
        """All that are needed."""
        return 2 * len(KINDS) * self.rounds * self.stretch


def main() -> int:
    """Runs the benchmark; 0 when every answer was the one measured."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m bench.authentication", description=__doc__)
    parser.add_argument("--rounds", type=int, default=usual.rounds, help="times each measurement is repeated (3)")
    parser.add_argument("--seconds", type=float, default=usual.seconds, help="seconds each measurement lasts (2)")
    parser.add_argument("--workers", type=int, default=usual.workers, help="server processes (one per core)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(Plan(args.rounds, args.seconds, args.workers), Path(folder))
    return 0


def run(plan: Plan, folder: Path) -> None:
    """The whole benchmark, printing as it goes."""
    trust, url = Trust(), f"sqlite:///{folder}/authentication.sqlite"
    say(f"seeding {plan.members:,} members")
    deps = make_deps(Settings(database_url=url, mode=Mode.SANDBOX))
    with closing(deps.store):
        deps.store.migrate()
        seed(load_people(bodies.FIXTURES / "people"), deps)
        with deps.open_work() as work:
            work.save_members(bodies.bench_members(plan.members))
        trust.register(deps, CLIENT)
    print(HEAD, flush=True)
    with _both(plan, folder, url, trust) as (bare, asking):
        _turns(plan, bare, asking, trust)


@contextmanager
def _both(plan: Plan, folder: Path, url: str, trust: Trust) -> Iterator[tuple[Server, Server]]:
    places = [folder / name for name in ("sandbox", "production")]
    for place in places:
        place.mkdir()
    same_vault = {"FHIR_UM_SECRET_KEYS": trust.vault_key}
    with (
        our_server(url, plan.workers, places[0], more=UNHURRIED | same_vault) as bare,
        our_server(url, plan.workers, places[1], more=UNHURRIED | trust.settings) as asking,
    ):
        yield bare, asking


def _turns(plan: Plan, bare: Server, asking: Server, trust: Trust) -> None:
    run = count()
    costs: list[tuple[str, float, float]] = []

    def fresh(body: bodies.Template) -> Iterator[bytes]:
        n = next(run)
        return bodies.numbered(body, n * plan.stretch, plan.stretch, f"run-{n}")

    for kind, (name, action) in KINDS.items():
        body, mark = bodies.template(name), f'"code":"{action}"'.encode()
        _look(asking, trust, body, action)
        before = bare.busy_seconds(), asking.busy_seconds()
        with_token, without = [], []
        for _ in range(plan.rounds):
            without.append(measure(bare.port, SUBMIT, fresh(body), _CONNECTIONS, plan.seconds, mark))
            token = trust.token(asking.port, CLIENT)
            given = measure(asking.port, SUBMIT, fresh(body), _CONNECTIONS, plan.seconds, mark, token=token)
            with_token.append(given)
        row(f"$submit {kind}, no token", _CONNECTIONS, without, [], "")
        row(f"$submit {kind}, access token", _CONNECTIONS, with_token, without, "of no token")
        costs.append((kind, _cost_ms(bare, before[0], without), _cost_ms(asking, before[1], with_token)))
    print()
    for kind, bare_ms, asking_ms in costs:
        times = f"{bare_ms:.2f} ms without, {asking_ms:.2f} ms with ({asking_ms / bare_ms:.2f} times)"
        print(f"processor time per $submit {kind}: {times}", flush=True)


def _cost_ms(server: Server, before_seconds: float, results: list[Result]) -> float:
    return (server.busy_seconds() - before_seconds) * 1000 / sum(result.answers for result in results)


def _look(asking: Server, trust: Trust, body: bodies.Template, action: str) -> None:
    """One answer, looked at: a benchmark of wrong answers is worthless."""
    sent = body.for_member(bodies.MEMBER_NUMBER, f"look-{action}")
    found = review_actions(exchange(asking.port, SUBMIT, sent, token=trust.token(asking.port, CLIENT)))
    if found != {action}:
        raise SystemExit(f"expected {action} on every line, got {sorted(found)}")


if __name__ == "__main__":
    sys.exit(main())
