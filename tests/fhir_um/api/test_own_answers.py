"""Our own answers, held against their profiles when the operator asks for it."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from fhir_um.api.exchange import Answer, Asked, Route, fhir
from fhir_um.api.routes import ROUTES
from fhir_um.app import make_app
from fhir_um.auth.scopes import Scope
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, OwnAnswers, Settings
from tests.fhir_um.doors import NOW


def _route(name: str, body: bytes) -> Route:
    def answer(_asked: Asked) -> Answer:
        return fhir(body)

    return Route("GET", f"/fhir/{name}", Scope.PUBLIC, answer, "2.2.1")


WRONG = _route("wrong", b'{"resourceType": "Patient", "gender": "secret", "birthDate": 1}')
ODD = _route("odd", b'{"resourceType": "Patient", "AnnLee": 1, "contact": [{"Ann Lee, 1950.": 1}]}')
CUT = _route("cut", b'{"resourceType": "Patient", "gender": "secr')


@pytest.fixture
def settings(sqlite_url: str) -> Settings:
    return Settings(database_url=sqlite_url, mode=Mode.SANDBOX, check_responses=OwnAnswers.REPORT)


@pytest.fixture
def reporting(settings: Settings) -> Iterator[FlaskClient]:
    yield from _client(settings)


@pytest.fixture
def silent(settings: Settings) -> Iterator[FlaskClient]:
    yield from _client(replace(settings, check_responses=OwnAnswers.OFF))


def _client(settings: Settings) -> Iterator[FlaskClient]:
    deps = make_deps(settings, clock=lambda: NOW)
    yield make_app(deps, settings, (*ROUTES, WRONG, ODD, CUT)).test_client()
    deps.store.close()


def told(caplog: pytest.LogCaptureFixture, event: str = "answer-with-faults") -> list[dict[str, object]]:
    return [row.given for row in caplog.records if row.msg == event]  # type: ignore[attr-defined]


def test_faults_are_logged_by_their_rules_and_go_out_as_they_are(
    reporting: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="fhir_um"):
        answer = reporting.get("/fhir/wrong")

    assert answer.json["gender"] == "secret"
    (line,) = told(caplog)
    assert (line["route"], line["guide"], line["fault_count"]) == ("/fhir/wrong", "2.2.1", 2)
    assert "required of Patient|4.0.1 at Patient.gender" in line["faults"]
    assert "secret" not in str(line)


def test_the_name_of_an_element_nobody_knows_is_not_told(
    reporting: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    reporting.get("/fhir/odd")

    (line,) = told(caplog)
    unknown = [row for row in line["faults"] if row.startswith("unknown-element")]
    assert [row.rpartition(" at ")[2] for row in unknown] == ["Patient", "Patient.contact[0]"]
    assert "Lee" not in str(line)


def test_an_answer_that_cannot_be_looked_at_goes_out_too(
    reporting: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = reporting.get("/fhir/cut")

    assert (answer.status_code, answer.data) == (200, b'{"resourceType": "Patient", "gender": "secr')
    (line,) = told(caplog, "answer-unchecked")
    assert (line["error_type"], line["route"]) == ("Refusal", "/fhir/cut")
    assert "secr" not in str(line["frames"])


def test_nothing_is_logged_of_a_good_answer(reporting: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="fhir_um"):
        assert reporting.get("/fhir/metadata").status_code == 200
        assert reporting.get("/fhir/nowhere").status_code == 404
        assert reporting.get("/healthz").status_code == 200

    assert told(caplog) == []


def test_nothing_is_looked_at_unless_asked(silent: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="fhir_um"):
        silent.get("/fhir/wrong")

    assert told(caplog) == []
