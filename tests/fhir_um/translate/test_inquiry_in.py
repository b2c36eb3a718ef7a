import json
from datetime import date

import pytest

from fhir_um.cases.inquiry import LineFilter
from fhir_um.cases.model import LineState
from fhir_um.translate.inquiry_in import read_inquiry
from fhir_um.words import Code, Period
from profiles.canonicals import DATA_ABSENT_REASON, PAS_SD
from tests.fhir_um.translate.by_hand import SUBMISSION, read


def inquiry(*items, **elements):
    bundle = json.loads(SUBMISSION)
    bundle["entry"][0]["resource"] |= elements | {"item": list(items)}
    return read_inquiry(read(json.dumps(bundle).encode()))


def item(*extensions, **elements):
    service = {"coding": [{"system": DATA_ABSENT_REASON, "code": "not-applicable"}]}
    return {"sequence": 1, "productOrService": service, "extension": list(extensions)} | elements


def action(code):
    coding = {"system": "https://codesystem.x12.org/005010/306", "code": code}
    return {"url": PAS_SD + "extension-reviewActionCode", "valueCodeableConcept": {"coding": [coding]}}


def test_who_asks_about_whom_is_read():
    found = inquiry(item(), billablePeriod={"start": "2026-01-01", "end": "2026-12-31"})

    assert found.npis == {"1999999976", "1999999968"}
    assert found.member.identifiers[0].value == "M-100"
    assert found.numbers == {"OLDAUTH", "OLDREF"}
    assert found.period == Period(date(2026, 1, 1), date(2026, 12, 31))
    assert found.diagnoses == (Code("http://hl7.org/fhir/sid/icd-10-cm", "J44.9"),)


@pytest.mark.spec("pas:spec-43")
def test_a_service_that_does_not_apply_matches_every_line():
    assert inquiry(item()).lines == (LineFilter(),)


def test_dates_of_the_certification_are_read_as_days_or_periods():
    period = {"start": "2026-03-01", "end": "2026-03-31"}
    asked = item(
        {"url": PAS_SD + "extension-itemCertificationIssueDate", "valueDate": "2026-03-01"},
        {"url": PAS_SD + "extension-itemCertificationEffectiveDate", "valuePeriod": period},
        {"url": PAS_SD + "extension-itemCertificationExpirationDate", "valueDate": "2026-06-01"},
    )

    line = inquiry(asked).lines[0]

    assert line.issued == Period(date(2026, 3, 1), date(2026, 3, 1))
    assert line.effective == Period(date(2026, 3, 1), date(2026, 3, 31))
    assert line.expires.end == date(2026, 6, 1)


def test_a_review_action_is_read_as_the_states_that_carry_it():
    denials = (LineState.DENIED_CLINICAL, LineState.DENIED_ADMINISTRATIVE)

    assert inquiry(item(action("A3"))).lines[0].states == denials


def test_a_review_action_no_line_can_have_matches_nothing():
    line = inquiry(item(action("A2"))).lines[0]

    assert (line.states, line.no_such_state) == ((), True)


@pytest.mark.spec("pas:conf-4")
def test_the_certification_type_of_the_whole_inquiry_is_read():
    coding = {"system": "https://codesystem.x12.org/005010/1322", "code": "R"}
    asked = {"url": PAS_SD + "extension-certificationType", "valueCodeableConcept": {"coding": [coding]}}

    assert inquiry(item(), extension=[asked]).certification_type == Code(coding["system"], "R")
    assert inquiry(item()).certification_type is None
