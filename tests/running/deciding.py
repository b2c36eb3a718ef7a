"""Senders who submit and reviewers who decide, over HTTP, whatever becomes of the server meanwhile."""

from collections.abc import Callable
from itertools import count
from threading import Event, Lock, Thread
from typing import Any

import requests

from bench import bodies
from tests.running.conftest import MEMBERS

SENDERS = 3
EVENTS_EACH = 5
"""So often every case is decided, the last time for good."""

FHIR = {"Content-Type": "application/fhir+json"}
REVIEWER = {"id": "dr-1", "npi": "1910200405"}
ASKS = {"action": "request-information", "reason": "need-patient-info", "text": "Where is the seating evaluation?"}
REFERS = {"action": "refer-physician", "reason": "needs-medical-review", "text": ""}
EXCEPTION = {"exception": "The seating evaluation shows the need."}
APPROVES = {"action": "approve", "reason": "criteria-met", "text": "", "basis": EXCEPTION}
NEXT = {"physician-review": ASKS, "pended-info": REFERS, "nurse-review": REFERS}
DECIDED = frozenset({"approved"})


class Load:
    """Each thread is a sender and a reviewer, who ask over and over until they are answered."""

    def __init__(self, url: str, run: str, pause_seconds: float = 0.0, first: int = 0) -> None:
        self._url, self._run, self._pause_seconds = url, run, pause_seconds
        self._members = count(first)
        self._template = bodies.template("02-submit-wheelchair", 0)
        self._lock = Lock()
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(SENDERS)]
        self.cases: list[str] = []
        self.answered: set[tuple[str, int]] = set()
        self.stop = Event()

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def one(self) -> str:
        """A case with all its decisions; its id."""
        with requests.Session() as session:
            return self._case(session, next(self._members))

    def _work(self) -> None:
        with requests.Session() as session:
            while not self.stop.is_set() and (n := next(self._members)) < MEMBERS - 1:
                self._case(session, n)

    def _case(self, session: requests.Session, n: int) -> str:
        body = self._template.for_member(bodies.number_of(n), f"{self._run}-{n}")
        url = f"{self._url}/fhir/Claim/$submit"
        answer = self._until_answered(lambda: session.post(url, body, headers=FHIR, timeout=10))
        if answer is None:
            return ""
        id = str(answer["entry"][0]["resource"]["id"])
        with self._lock:
            self.cases.append(id)
        address = f"{self._url}/um/v1/cases/{id}"
        while case := self._until_answered(lambda: session.get(address, timeout=10)):
            state = case["lines"][0]["state"]
            if state in DECIDED:
                break
            ruling = NEXT[state] if case["version"] < EVENTS_EACH else APPROVES
            self.stop.wait(self._pause_seconds)
            self._decide(session, address, case["version"], ruling)
        return id

    def _decide(self, session: requests.Session, address: str, version: int, ruling: dict[str, Any]) -> None:
        """Once; whether it was heard, the next look at the case tells."""
        decision = {"version": version, "role": "physician", "reviewer": REVIEWER, "lines": [{"sequence": 1, **ruling}]}
        opening = {"role": "physician", "reviewer": REVIEWER}
        try:
            if ruling is APPROVES:
                session.post(f"{address}/openings", json=opening, timeout=10)
            got = session.post(f"{address}/decisions", json=decision, timeout=10)
        except requests.RequestException:
            return
        assert got.status_code in (200, 409, 503), got.text
        if got.status_code == 200:
            with self._lock:
                self.answered.add((got.json()["id"], got.json()["version"]))

    def _until_answered(self, ask: Callable[[], requests.Response]) -> Any:
        while not self.stop.is_set():
            try:
                got = ask()
                if got.status_code == 200:
                    return got.json()
                assert got.status_code == 503, got.text
            except requests.RequestException:
                pass
            self.stop.wait(0.1)
        return None
