"""Looking into the audit log: payers apart, members found by their cases, and what was refused told nobody anything."""

from dataclasses import replace
from datetime import timedelta

import pytest

from fhir_um.cases.auditing import Act, AuditEntry, AuditSearch, Subject
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import CaseId, ClientId, MemberId, PayerId
from fhir_um.deps import Deps, make_deps
from fhir_um.settings import Settings
from fhir_um.usecases.search_audit import account_disclosures, audit_alerts, search_audit
from tests.builders import AT
from tests.fhir_um.store.stored import opened, put

HARBOR, OTHER = PayerId("payer-1"), PayerId("payer-2")
NORA, CASE = MemberId("m-nora"), CaseId("case-1")
READ = AuditEntry(AT, "GET /fhir/ClaimResponse/<case_id>", Act.READ, status=200, client_id="ehr-1")


def caller(*payers: PayerId) -> Caller:
    return Caller(ClientId("auditor"), "Auditor", payers, frozenset())


@pytest.fixture
def deps(database_url: str) -> Deps:
    """Six rows: of one payer, of the other, of both, of none, refused, and later."""
    made = make_deps(Settings(database_url=database_url), clock=lambda: AT)
    harbor, other = Subject(HARBOR, NORA, CASE, 1), Subject(OTHER, MemberId("m-2"), CaseId("case-2"), 3)
    add(
        made,
        replace(READ, payer_id=HARBOR, subjects=(harbor,), on_behalf_of="clinic"),
        replace(READ, payer_id=OTHER, subjects=(other,)),
        replace(READ, subjects=(harbor, other), person="p-1"),
        replace(READ, action="POST /oauth/token", client_id="ehr-2", request_id="r-4"),
        replace(READ, payer_id=HARBOR, subjects=(harbor,), outcome="not-allowed", status=403),
        replace(READ, payer_id=HARBOR, subjects=(harbor,), at=AT + timedelta(days=1)),
    )
    yield made
    made.store.close()


def add(deps: Deps, *entries: AuditEntry) -> None:
    for entry in entries:
        with deps.open_work() as work:
            work.audit.add(entry)


def found(deps: Deps, *payers: PayerId, **wanted: object) -> list[int]:
    return [row.sequence for row in search_audit(deps, caller(*payers), AuditSearch(**wanted))]


def test_rows_of_other_payers_are_not_there(deps: Deps) -> None:
    assert found(deps, HARBOR) == [6, 5, 4, 3, 1]
    assert found(deps, OTHER) == [4, 3, 2]
    assert found(deps, HARBOR, OTHER) == [6, 5, 4, 3, 2, 1]


def test_of_a_row_about_two_payers_each_sees_its_own_part(deps: Deps) -> None:
    (row,) = search_audit(deps, caller(OTHER), AuditSearch(person="p-1"))

    assert {subject.payer_id for subject in row.entry.subjects} == {OTHER}


def test_a_row_about_several_others_is_not_there(deps: Deps) -> None:
    third = PayerId("payer-3")

    assert found(deps, third) == [4]
    assert audit_alerts(deps, caller(third), AT) == ()


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ({"client_id": "ehr-2"}, [4]),
        ({"person": "p-1"}, [3]),
        ({"case_id": CASE}, [6, 5, 3, 1]),
        ({"member_id": NORA, "outcome": "answered"}, [6, 3, 1]),
        ({"member_id": "m-2"}, []),
        ({"action": "POST /oauth/token"}, [4]),
        ({"request_id": "r-4"}, [4]),
        ({"since": AT + timedelta(hours=1)}, [6]),
        ({"until": AT + timedelta(hours=1)}, [5, 4, 3, 1]),
        ({"before": 4, "limit": 1}, [3]),
        ({"limit": 2}, [6, 5]),
    ],
)
def test_all_that_is_given_holds(deps: Deps, wanted: dict, rows: list[int]) -> None:
    assert found(deps, HARBOR, **wanted) == rows


def test_what_was_told_of_a_member(deps: Deps) -> None:
    told = account_disclosures(deps, caller(HARBOR), HARBOR, NORA)

    assert [(one.row.sequence, one.recipient, one.is_outside) for one in told] == [
        (1, "clinic", True),
        (3, "p-1", False),
        (6, "ehr-1", True),
    ]
    assert {subject.payer_id for one in told for subject in one.row.entry.subjects} == {HARBOR}
    since = account_disclosures(deps, caller(HARBOR), HARBOR, NORA, AT + timedelta(hours=1))
    assert [one.row.sequence for one in since] == [6]


def test_of_another_payers_member_nothing_is_told(deps: Deps) -> None:
    assert account_disclosures(deps, caller(OTHER), HARBOR, NORA) == ()
    assert account_disclosures(deps, caller(OTHER), OTHER, NORA) == ()


def test_a_case_whose_member_was_not_known_then_is_told_of_the_member(deps: Deps) -> None:
    case = put(deps.store, opened("case-9"))
    add(deps, replace(READ, payer_id=HARBOR, subjects=(Subject(case.payer_id, MemberId(""), case.id, 1),)))

    (told,) = account_disclosures(deps, caller(HARBOR), case.payer_id, MemberId(case.member_id))

    assert told.row.sequence == 7


def test_alerts_are_of_the_callers_payers(deps: Deps) -> None:
    add(deps, *(replace(READ, payer_id=OTHER, outcome="not-allowed") for _ in range(10)))

    assert [alert.rule.name for alert in audit_alerts(deps, caller(OTHER), AT)] == ["repeated-refusals"]
    assert audit_alerts(deps, caller(HARBOR), AT) == ()
    assert audit_alerts(deps, caller(OTHER), AT + timedelta(days=2)) == ()


def test_members_of_other_payers_raise_no_alert_here(deps: Deps) -> None:
    many = tuple(Subject(OTHER, MemberId(f"m-{number}")) for number in range(40))
    add(deps, replace(READ, subjects=(Subject(HARBOR, NORA), *many), client_id="p-2", person="p-2"))

    def seen_by(payer: PayerId) -> set[str]:
        return {alert.rule.name for alert in audit_alerts(deps, caller(payer), AT) if alert.who == "p-2"}

    assert "many-members" in seen_by(OTHER)
    assert "many-members" not in seen_by(HARBOR)
