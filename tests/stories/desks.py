"""A sender and a payer's desk at one server in process, with time that passes when a test says so."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fhir_um.stories.playing import Request
from fhir_um.usecases.housekeeping import tend
from tests.houses import FIXTURES, House

FHIR, JSON = "application/fhir+json", "application/json"
FALK = {"role": "physician", "reviewer": {"id": "dr-irene-falk", "npi": "1910200405"}}
REED = {"role": "nurse", "reviewer": {"id": "nurse-jonas-reed"}}
LAKE = {"role": "intake", "reviewer": {"id": "intake-mona-lake"}}
EXCEPTION = {"exception": "The note says why it cannot wait any longer."}


class Desk:
    """One request, from its receipt to the letter about it."""

    def __init__(self, house: House, request: Path, **other: str) -> None:
        self._house = house
        self._other = other
        self.house_clock = house.time
        answer = self.post("/fhir/Claim/$submit", self.message(request), FHIR)
        self.id: str = answer["entry"][0]["resource"]["id"]

    def message(self, file: Path) -> str:
        """A request file of the stories, for other people."""
        text = (FIXTURES / "stories" / file).read_text("utf-8")
        for old, new in self._other.items():
            text = text.replace(old, new)
        return text

    def post(self, path: str, body: Any, media: str = JSON, status: tuple[int, ...] = (200, 201)) -> Any:
        """What comes back, as JSON."""
        sent = body if isinstance(body, str) else json.dumps(body)
        got = self._house.send(Request("POST", path, sent.encode(), media))
        assert got.status in status, got.body
        return json.loads(got.body)

    def get(self, path: str, media: str = JSON) -> Any:
        got = self._house.send(Request("GET", path, b"", media))
        assert got.status == 200, got.body
        return json.loads(got.body)

    def case(self) -> Any:
        return self.get(f"/um/v1/cases/{self.id}")

    def act(self, where: str, who: dict[str, Any], **said: Any) -> Any:
        """One act on the version there is now."""
        version = {} if where == "openings" else {"version": self.case()["version"]}
        return self.post(f"/um/v1/cases/{self.id}/{where}", {**version, **who, **said})

    def rule(self, who: dict[str, Any], action: str, reason: str, text: str = "", **more: Any) -> Any:
        """A ruling on the first line."""
        line = {"sequence": 1, "action": action, "reason": reason, "text": text, **more}
        return self.act("decisions", who, lines=[line])

    def pass_time(self, **by: float) -> None:
        """Time goes by, and the house looks after itself."""
        self._house.time.now += timedelta(**by)
        tend(self._house.deps)

    @property
    def now(self) -> datetime:
        return self._house.time.now

    def decision_clock(self) -> Any:
        """The clock of the first line by which its decision is due, running or not."""
        clocks = self.get(f"/um/v1/cases/{self.id}/clocks")["clocks"]
        return next(clock for clock in clocks if clock["kind"] == "decision")
