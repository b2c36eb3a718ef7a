"""Real servers with four processes over loopback: many at once, and killed in the middle. Both databases."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import pytest
import requests

from bench import bodies
from bench.load import exchange, review_actions
from bench.servers import our_server
from tests.running.conftest import Calm, faults_in

SUBMIT, INQUIRE = "/fhir/Claim/$submit", "/fhir/Claim/$inquire"
MEMBERS = 300


def case_id(answer: bytes) -> str:
    return json.loads(answer)["entry"][0]["resource"]["id"]


def test_the_same_bundle_from_16_connections_opens_one_case(calm: Calm) -> None:
    body = bodies.template("01-submit-oxygen").for_member(bodies.number_of(1), "at-once")
    together = threading.Barrier(16)

    def send(_: int) -> bytes:
        together.wait(timeout=20)
        return exchange(calm.port, SUBMIT, body)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(send, range(16)))

    assert len({case_id(answer) for answer in answers}) == 1
    assert len(set(answers)) == 1
    assert faults_in(calm.database_url) == []


def test_of_two_decisions_on_one_version_one_wins_and_one_conflicts(calm: Calm) -> None:
    body = bodies.template("02-submit-wheelchair").for_member(bodies.number_of(2), "decide")
    case = case_id(exchange(calm.port, SUBMIT, body))
    exception = {"exception": "The examination shows the need at home."}
    approve = {"sequence": 1, "action": "approve", "reason": "criteria-met", "text": "", "basis": exception}
    basis = {"considered": ["request"], "alternative": "A cane is covered.", "attestation": True}
    why = "A cane serves the need inside the home."
    deny = {"sequence": 1, "action": "deny-clinical", "reason": "not-necessary", "text": why, "basis": basis}
    reviewer = {"id": "dr-1", "npi": "1910200405"}
    address = f"http://127.0.0.1:{calm.port}/um/v1/cases/{case}"
    requests.post(f"{address}/openings", json={"role": "physician", "reviewer": reviewer}, timeout=20)
    together = threading.Barrier(8)

    def decide(n: int) -> int:
        decision = {"version": 1, "role": "physician", "reviewer": reviewer, "lines": [(approve, deny)[n % 2]]}
        together.wait(timeout=20)
        return requests.post(f"{address}/decisions", json=decision, timeout=20).status_code

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

    assert faults_in(seeded_url) == []
    with our_server(seeded_url, 2, tmp_path) as restarted:
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
