"""Each kind of fact: what is found, on which evidence, and when nothing is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fhir_um.cases.asked import CareTeamMember, Party
from fhir_um.cases.evidence import Answer, Evidence, Medication, Observation, Order, Procedure
from fhir_um.coverage.model import Provider, UsedService
from fhir_um.policy.determine import asked_line
from fhir_um.policy.facts import compile_fact
from fhir_um.policy.model import Found, LineContext
from fhir_um.policy.schema import (
    AnswerFile,
    FactFile,
    MedicationFile,
    ObservationFile,
    PayerFile,
    ProcedureFile,
    ProviderFile,
)
from fhir_um.words import Code, Concept, Identifier, Period, Quantity
from profiles.canonicals import CPT, HCPCS, LOINC, NPI, PLACE_OF_SERVICE, RXNORM

Ask = Callable[..., LineContext]
TODAY = date(2026, 3, 1)
REQUESTER = "1999999984"


def find(context: LineContext, **source: Any) -> Found | None:
    codes = frozenset(context.line.service.codes)
    return compile_fact("f", FactFile("f", **source)).find(asked_line(context, codes))


def value(context: LineContext, **source: Any) -> object:
    found = find(context, **source)
    return None if found is None else found.value


def observed(number: str, days_ago: int) -> Observation:
    on = TODAY - timedelta(days=days_ago)
    return Observation(f"urn:{number}", (Code(LOINC, "4548-4"),), "final", Decimal(number), "%", on)


@pytest.mark.parametrize(("reduce", "expected"), [("min", "6"), ("max", "9"), ("latest", "7"), ("count", "3")])
def test_observations_are_reduced(ask: Ask, reduce: Any, expected: str) -> None:
    rows = (observed("9", 40), observed("7", 1), observed("6", 20))

    context = ask("E1390", evidence=Evidence(observations=rows))

    assert value(context, observation=ObservationFile(["4548-4"], unit="%", reduce=reduce)) == Decimal(expected)


@pytest.mark.parametrize("number", ["-1e999999999", "0", "100.1", "8.6e9", "-86"])
def test_a_measurement_that_cannot_be_is_as_good_as_none(ask: Ask, number: str) -> None:
    file = ObservationFile(["4548-4"], unit="%", reduce="min")
    slip = observed(number, 1)

    assert value(ask("E1390", evidence=Evidence(observations=(slip,))), observation=file) is None
    assert value(ask("E1390", evidence=Evidence(observations=(slip, observed("86", 2)))), observation=file) == 86


def test_nothing_is_measured_below_nothing(ask: Ask) -> None:
    weight = replace(observed("-1", 1), unit="kg/m2")
    context = ask("E1390", evidence=Evidence(observations=(weight,)))

    assert value(context, observation=ObservationFile(["4548-4"], unit="kg/m2")) is None


def test_an_observation_can_be_a_code(ask: Ask) -> None:
    row = replace(observed("1", 1), value=Code(LOINC, "LA33-6"))
    context = ask("E1390", evidence=Evidence(observations=(row,)))

    assert value(context, observation=ObservationFile(["4548-4"], take="code")) == "LA33-6"
    assert value(context, observation=ObservationFile(["4548-4"], take="exists")) is True
    assert value(context, observation=ObservationFile(["4548-4"], unit="%")) is None


def test_procedures_are_counted_when_completed_and_in_the_window(ask: Ask) -> None:
    done = Procedure("urn:p", (Code(HCPCS, "97110"),), "completed", TODAY)
    rows = (done, done, replace(done, status="in-progress"), replace(done, on=TODAY - timedelta(days=200)))

    found = find(
        ask("E1390", evidence=Evidence(procedures=rows)),
        procedure=ProcedureFile(["97110"], within_days=180, take="count"),
    )

    assert found == Found(Decimal(2), ("urn:p", "urn:p"), at_least=True)


def test_days_of_supply_are_summed(ask: Ask) -> None:
    drug = Medication("urn:m", (Code(RXNORM, "6851"),), "active", TODAY, Decimal(30))
    rows = (drug, replace(drug, days=None), replace(drug, days=Decimal(60)))

    context = ask("E1390", evidence=Evidence(medications=rows))

    assert value(context, medication=MedicationFile(["6851"], take="days")) == Decimal(90)


def test_the_newest_answer_of_the_right_type_counts(ask: Ask) -> None:
    old = Answer("urn:a", "http://example.org/q|1", "x", Decimal(1), TODAY - timedelta(days=9))
    rows = (old, replace(old, value=Decimal(2), on=TODAY), replace(old, value="three", on=TODAY))
    context = ask("E1390", evidence=Evidence(answers=rows))

    assert value(context, answer=AnswerFile(["x"], "integer")) == Decimal(2)
    assert value(context, answer=AnswerFile(["x"], "date")) is None
    assert value(context, answer=AnswerFile(["x"], "integer", "http://example.org/q")) == Decimal(2)
    assert value(context, answer=AnswerFile(["x"], "integer", "http://example.org/other")) is None


def test_an_answer_speaks_when_the_record_is_silent(ask: Ask) -> None:
    answer = Answer("urn:a", "", "x", Decimal(8), TODAY)
    source = {"observation": ObservationFile(["4548-4"], unit="%"), "answer": AnswerFile(["x"], "decimal")}

    silent = ask("E1390", evidence=Evidence(answers=(answer,)))
    both = ask("E1390", evidence=Evidence(answers=(answer,), observations=(observed("6", 1),)))

    assert value(silent, **source) == Decimal(8)
    assert value(both, **source) == Decimal(6)


def test_an_answer_about_a_measurement_may_be_no_older_than_one(ask: Ask) -> None:
    answer = Answer("urn:a", "", "x", Decimal(8), TODAY - timedelta(days=31))
    source = {
        "observation": ObservationFile(["4548-4"], within_days=30, unit="%"),
        "answer": AnswerFile(["x"], "decimal"),
    }

    assert value(ask("E1390", evidence=Evidence(answers=(answer,))), **source) is None
    recent = replace(answer, on=TODAY - timedelta(days=30))
    assert value(ask("E1390", evidence=Evidence(answers=(recent,))), **source) == Decimal(8)


def test_the_line_speaks_for_itself(ask: Ask) -> None:
    context = ask(
        "E1390",
        quantity="3",
        serviced=Period(TODAY, TODAY + timedelta(days=4)),
        location=Concept((Code(PLACE_OF_SERVICE, "12"),)),
        modifiers=(Concept((Code(HCPCS, "RR"),)),),
    )

    assert value(context, line="quantity") == 3
    assert value(context, line="units-total") == 3
    assert value(context, line="days") == 5
    assert value(context, line="serviced") == TODAY
    assert value(context, line="place-of-service") == "12"
    assert value(context, line="modifier") == ("RR",)
    assert value(context, line="request-type") is None


def test_a_line_that_says_nothing_is_unknown(ask: Ask) -> None:
    context = ask("E1390", quantity=None)

    assert [
        value(context, line=take) for take in ("quantity", "units-total", "days", "serviced", "place-of-service")
    ] == [None] * 5


def test_the_order_for_the_service_counts(ask: Ask) -> None:
    order = Order("urn:o", (Code(HCPCS, "E1390"),), Quantity(Decimal(2)), TODAY)

    assert value(ask("E1390", evidence=Evidence(orders=(order,))), order="quantity") == 2
    assert value(ask("E1390", evidence=Evidence(orders=(order,))), order="exists") is True
    assert value(ask("E0431", evidence=Evidence(orders=(order,))), order="exists") is None


def test_age_counts_whole_years(ask: Ask) -> None:
    assert value(ask("E1390", on=date(2026, 5, 19)), member="age") == 65
    assert value(ask("E1390", on=date(2026, 5, 20)), member="age") == 66
    assert value(ask("E1390"), member="sex") == "male"


def test_a_provider_is_looked_up_by_role(ask: Ask) -> None:
    surgeon = Provider("1888888885", "payer-1", "Invented Surgeon", "person", "surgery", ("plan-comm",), Period())
    team = CareTeamMember(1, (Party("", (Identifier(NPI, surgeon.npi),)),), None, None)
    context = ask("E1390", providers=(surgeon,))
    context = replace(context, request=replace(context.request, care_team=(team,)))

    assert value(context, provider=ProviderFile("on-file")) is False
    assert value(context, provider=ProviderFile("network", "team")) is True
    assert value(context, provider=ProviderFile("specialty", "team")) == ("surgery",)
    assert value(context, provider=ProviderFile("kind")) is None


def test_the_payers_records_are_always_known(ask: Ask) -> None:
    def history(kind: str, days_ago: int, units: str) -> UsedService:
        day = TODAY - timedelta(days=days_ago)
        return UsedService(kind, (Code(CPT, "97110"),), Period(day, day), Decimal(units))

    rows = (
        history("service", 30, "4"),
        history("approved", 30, "6"),
        history("service", 400, "9"),
        history("pended", 1, "2"),
    )
    context = ask("97110", CPT, history=rows)

    assert value(context, payer=PayerFile("units-used", within_days=365)) == 6
    assert value(context, payer=PayerFile("units-used")) == 13
    assert value(context, payer=PayerFile("prior-approvals", within_days=365)) == 1
    assert value(context, payer=PayerFile("last-service-days")) == 30
    assert value(context, payer=PayerFile("active-authorization")) is False
    assert value(ask("E1390"), payer=PayerFile("last-service-days")) == Decimal("Infinity")


def test_urgency_is_known(ask: Ask) -> None:
    assert value(ask("E1390"), expedited=True) is False
