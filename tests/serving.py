"""The whole application in process, over a seeded database, with a clock and ids that tests hold still."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from fhir_um.app import make_app
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.logs import HOUSE
from fhir_um.settings import Mode, OwnAnswers, Settings
from profiles.strictness import Strictness
from tests.conftest import now
from tests.people import people
from tests.told import hold_to_document

LEGAL_ACTIONS = {"A1", "A3", "A4", "A6", "C", "CT", "NA"}
REVIEW_ACTION_CODE = "http://hl7.org/fhir/us/davinci-pas/StructureDefinition/extension-reviewActionCode"


@contextmanager
def serving(database_url: str, clock=now, validation=Strictness.STRICT):
    """A Flask test client; ids and numbers count up from one.

    The server holds its own answers against their profiles: a test with a faulty one fails.
    """
    ids, numbers = count(1), count(1)
    settings = Settings(
        database_url=database_url,
        mode=Mode.SANDBOX,
        validation=validation,
        requests_per_minute=0,
        check_responses=OwnAnswers.REPORT,
    )
    deps = make_deps(
        settings,
        clock=clock,
        new_id=lambda: f"00000000-0000-4000-8000-{next(ids):012d}",
        new_number=lambda: f"{next(numbers):010d}",
    )
    seed(people(), deps)
    with heard_of_answers() as faulty:
        yield hold_to_document(make_app(deps, settings), faulty).test_client()
    deps.store.close()
    assert faulty == []


@contextmanager
def heard_of_answers() -> Iterator[list[Any]]:
    """The lines the server logs about its own answers."""
    heard: list[Any] = []
    listener = logging.Handler()
    listener.emit = lambda row: heard.append(row.given) if row.msg.startswith("answer-") else None  # type: ignore[assignment, attr-defined]
    HOUSE.addHandler(listener)
    try:
        yield heard
    finally:
        HOUSE.removeHandler(listener)


def actions_of(bundle: dict[str, Any]) -> dict[int, str]:
    """Line sequence -> X12 306 code, of the first ClaimResponse of a response Bundle."""
    response = bundle["entry"][0]["resource"]
    assert response["resourceType"] == "ClaimResponse", json.dumps(response)[:300]
    return {item["itemSequence"]: _action(item) for item in response.get("item", [])}


def _action(item: dict[str, Any]) -> str:
    parts = item["adjudication"][0]["extension"][0]["extension"]
    coded = next(part for part in parts if part["url"] == REVIEW_ACTION_CODE)
    code: str = coded["valueCodeableConcept"]["coding"][0]["code"]
    return code
