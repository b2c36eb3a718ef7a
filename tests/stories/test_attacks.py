"""By no way round comes a denial or a reduction from anybody but a physician, and two people are never one."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from fhir_um.usecases.housekeeping import tend
from tests.houses import House, house
from tests.stories.desks import FALK, REED, Desk

WHY = "The member and the clinic were told why it is so."
MANAGER = {"role": "operations-manager", "reviewer": {"id": "om-kim-ode"}}
SAME_OFFICER = {"role": "compliance-privacy", "reviewer": {"id": "OM-Kim-Ode"}}
CLINIC = {"role": "physician", "reviewer": {"id": "dr-of-the-clinic", "npi": "1910010010"}}
AS_PEER = {**FALK, "role": "peer"}
READ = {"criteria": [{"id": "diagnosis", "truth": "met", "reason": "The letter names it."}]}
ELSEWHERE = {"provider": {"npi": "1910010028"}}
ADVERSE = {"considered": ["request"], "missing": ["x"], "alternative": "Nothing else.", "attestation": True}
_numbers = count(1)


@pytest.fixture(scope="module")
def made(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(sqlite_template, tmp_path_factory.mktemp("attacked")) as made:
        yield made
        tend(made.deps)
        assert made.deps.store.verify().faults == []


@pytest.fixture
def desk(made: House) -> Desk:
    changes = {"1210-CONSULTATION": f"ATTACK-{(n := next(_numbers))}", "2026-11-09": f"2026-12-{n:02}"}
    return Desk(made, Path("asked-for-notes/01-submit.request.json"), **changes)


def refused(desk: Desk, who: dict[str, Any], **ruling: Any) -> str:
    """What is said against a ruling on the first line, which stays as it is."""
    before = desk.case()
    body = {"version": before["version"], **who, "lines": [{"sequence": 1, "text": WHY, **ruling}]}
    said = desk.post(f"/um/v1/cases/{desk.id}/decisions", body, status=(403, 422))
    assert desk.case()["lines"] == before["lines"]
    return " ".join(each["detail"] for each in said["errors"])


@pytest.mark.parametrize("action", ["refer-physician", "request-information", "dismiss"])
def test_nothing_sounds_like_a_clinical_denial(desk: Desk, action: str) -> None:
    who = MANAGER if action == "dismiss" else REED
    assert "does not fit" in refused(desk, who, action=action, reason="not-necessary")


def test_an_approval_for_somebody_else_is_no_approval(desk: Desk) -> None:
    desk.act("openings", REED)
    told = refused(desk, REED, action="approve", reason="criteria-met", authorized=ELSEWHERE, **READ)
    assert "a physician rules modify" in told


def test_a_nurse_does_not_take_a_line_from_a_physician(desk: Desk) -> None:
    desk.rule(REED, "refer-physician", "needs-medical-review")
    assert "physician" in refused(desk, REED, action="request-information", reason="need-patient-info")


def test_nobody_decides_on_their_own_request(desk: Desk) -> None:
    desk.act("openings", CLINIC)
    told = refused(desk, CLINIC, action="approve", reason="criteria-met", basis={"exception": WHY})
    assert "order, request or render" in told


def test_nobody_is_their_own_specialist(desk: Desk) -> None:
    desk.rule(FALK, "refer-physician", "needs-medical-review")
    desk.rule(FALK, "refer-specialist", "external-reviewer", WHY)
    desk.act("openings", AS_PEER)
    assert "Who asked" in refused(desk, AS_PEER, action="deny-clinical", reason="not-necessary", basis=ADVERSE)


def test_one_person_under_two_spellings_is_one(desk: Desk) -> None:
    proposed = desk.act("voidings", MANAGER, lines=[1], reason=WHY)
    steps = f"/um/v1/cases/{desk.id}/voidings/{proposed['review']['voidings'][0]['id']}/steps"
    said = desk.post(steps, {"version": proposed["version"], **SAME_OFFICER, "step": "confirm"}, status=(422,))
    assert "two people" in said["detail"]
