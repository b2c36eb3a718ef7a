"""Real servers with four processes over loopback: many at once, and killed in the middle. Both databases."""

import json
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import requests

from bench import bodies
from bench.load import exchange, review_actions
from bench.servers import our_server

SUBMIT, INQUIRE = "/fhir/Claim/$submit", "/fhir/Claim/$inquire"
MEMBERS = 300


def case_id(answer: bytes) -> str:
    return json.loads(answer)["entry"][0]["resource"]["id"]


def verify(database_url: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fhir_um", "verify"]
    return subprocess.run(
        command, env={"FHIR_UM_DATABASE_URL": database_url}, capture_output=True, text=True, check=False, timeout=60
    )


def test_the_same_bundle_from_16_connections_opens_one_case(server, seeded_url) -> None:
    body = bodies.template("01-submit-oxygen").for_member(bodies.number_of(1), "at-once")
    together = threading.Barrier(16)

    def send(_: int) -> bytes:
        together.wait(timeout=20)
        return exchange(server.port, SUBMIT, body)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))

    assert len({case_id(answer) for answer in answers}) == 1
    assert len(set(answers)) == 1
    assert verify(seeded_url).returncode == 0


def test_of_two_decisions_on_one_version_one_wins_and_one_conflicts(server) -> None:
    body = bodies.template("02-submit-wheelchair").for_member(bodies.number_of(2), "decide")
    case = case_id(exchange(server.port, SUBMIT, body))
    approve = {"sequence": 1, "action": "approve", "reason": "criteria-met", "text": ""}
    why = "A cane serves the need inside the home."
    deny = {"sequence": 1, "action": "deny-clinical", "reason": "not-necessary", "text": why}
    reviewer = {"id": "dr-1", "npi": "1910140148"}
    together = threading.Barrier(8)

    def decide(n: int) -> int:
        decision = {"version": 1, "role": "physician", "reviewer": reviewer, "lines": [(approve, deny)[n % 2]]}
        together.wait(timeout=20)
        url = f"http://127.0.0.1:{server.port}/um/v1/cases/{case}/decisions"
        return requests.post(url, json=decision, timeout=20).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(decide, range(8)))

    assert statuses == [200] + [409] * 7


@pytest.mark.spec("pas:spec-73")
def test_killed_in_a_burst_it_loses_nothing_it_answered(seeded_url, tmp_path) -> None:
    oxygen = bodies.template("01-submit-oxygen")
    answered: dict[int, str] = {}
    members = count()
    enough = threading.Event()

    with our_server(seeded_url, 4, tmp_path) as doomed:

        def submit_until_killed() -> None:
            while (n := next(members)) < MEMBERS:
                try:
                    answer = exchange(doomed.port, SUBMIT, oxygen.for_member(bodies.number_of(n), f"burst-{n}"))
                    answered[n] = case_id(answer)
                except Exception:  # the server died, perhaps half way through an answer; only whole answers count
                    return
                if len(answered) >= 40:
                    enough.set()

        senders = [threading.Thread(target=submit_until_killed) for _ in range(8)]
        for sender in senders:
            sender.start()
        assert enough.wait(timeout=30)
        doomed.kill()
        for sender in senders:
            sender.join(timeout=30)

    checked = verify(seeded_url)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with our_server(seeded_url, 4, tmp_path) as restarted:
        found = {n: exchange(restarted.port, INQUIRE, _inquiry(n)) for n in answered}
    assert {n for n, case in answered.items() if case.encode() not in found[n]} == set()


def test_a_restarted_server_answers_a_repeat_with_the_same_bytes(seeded_url, tmp_path) -> None:
    body = bodies.template("01-submit-oxygen").for_member(bodies.number_of(3), "repeat")
    with our_server(seeded_url, 1, tmp_path) as first:
        before = exchange(first.port, SUBMIT, body)

    with our_server(seeded_url, 1, tmp_path) as second:
        after = exchange(second.port, SUBMIT, body)

    # The base URL holds the port, which differs; nothing else may.
    assert after.replace(str(second.port).encode(), b"") == before.replace(str(first.port).encode(), b"")
    assert review_actions(after) == {"A1"}


def _inquiry(n: int) -> bytes:
    return bodies.inquiry().for_member(bodies.number_of(n), f"asked-{n}")
