"""Every operation of `/openapi.json`, asked by a program that knows nothing but that document, rightly and wrongly.

What comes back must be what the document says: no fault of ours, no other status, media type or shape, and in time.
A short run that is the same every time; `make fuzz` runs a long one (`docs/fuzzing.md`).
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fhir_um.api.openapi import openapi
from fhir_um.api.routes import ROUTES
from tests.fhir_um.doors import open_doors
from tools.fuzz.asking import LONGEST_SECONDS, in_time

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2"))
SEED = int(os.environ.get("FUZZ_SEED", "0"))
GOOD = Path(__file__).resolve().parents[2] / "fixtures" / "broken" / "good.request.json"
FHIR = {"Content-Type": "application/fhir+json"}
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
READY_TO_SAY_SO = 503
"""The one fault of ours that is declared: the store is out of reach, or too busy."""

PLAIN = {"Accept-Encoding": "identity"}
RIGHTLY, WRONGLY = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE


def _questions() -> Iterator[Any]:
    """Each operation asked rightly; wrongly too, where something can be wrong and no newer base has the same."""
    for path, row in openapi(ROUTES, "http://localhost")["paths"].items():
        for method, operation in row.items():
            given = [one for one in operation["parameters"] if one.get("in") in {"query", "path"}]
            can_err = (given or "requestBody" in operation) and not path.startswith("/2.0.1/")
            modes = (RIGHTLY, WRONGLY) if can_err else (RIGHTLY,)
            for mode in modes:
                yield pytest.param(f"{method.upper()} {path}", mode, id=f"{method.upper()} {path} {mode.value}")


class Api:
    """The application as the document tells it, and ids that are known there."""

    def __init__(self, application: Any, ids: dict[str, str]) -> None:
        self.ids = ids
        self._schema = schemathesis.openapi.from_wsgi("/openapi.json", application)

    def operation(self, label: str) -> Any:
        method, _, path = label.partition(" ")
        return self._schema[path][method]


@pytest.fixture(scope="module")
def api(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    file = tmp_path_factory.mktemp("asked") / "fhir-um.db"
    file.write_bytes(sqlite_template.read_bytes())
    with open_doors(f"sqlite:///{file}") as client:
        submitted = client.post("/fhir/Claim/$submit", data=GOOD.read_bytes(), headers=FHIR).json
        case_id = submitted["entry"][0]["resource"]["id"]
        queue = client.get("/um/v1/worklists").json["queues"][0]["queue"]
        known = {"case_id": case_id, "type_name": "Claim", "queue": queue, "policy_id": "home-oxygen", "year": "2026"}
        yield Api(client.application, known)


def asked_often(test: Callable[..., None]) -> Callable[..., None]:
    """So many examples, the same ones every time."""
    chosen = settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    return seed(SEED)(chosen(test))


@pytest.mark.parametrize(("label", "mode"), list(_questions()))
def test_what_comes_back_is_what_the_document_says(api: Api, label: str, mode: Any) -> None:
    operation = api.operation(label)

    @asked_often
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def ask(case: Any, known: bool) -> None:
        if known and case.path_parameters:
            case.path_parameters = {name: api.ids.get(name, each) for name, each in case.path_parameters.items()}
        with in_time(LONGEST_SECONDS):
            answer = case.call(headers=PLAIN)
        also = [] if answer.status_code == READY_TO_SAY_SO else [not_a_server_error]
        case.validate_response(answer, checks=[*CHECKS, *also])
        assert answer.headers["x-request-id"]

    ask()
