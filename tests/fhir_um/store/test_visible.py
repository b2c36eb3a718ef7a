"""Whose a case is, is part of the query; what others have takes no place in the answer."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from fhir_um.cases.asked import CareTeamMember
from fhir_um.cases.model import CaseId, ClientId, PayerId
from fhir_um.store.database import Store
from fhir_um.store.visible import Asker
from fhir_um.store.work import Reading
from fhir_um.words import Identifier
from tests.builders import claim_request, line_request, party
from tests.conftest import now
from tests.fhir_um.store.stored import EHR, PAYER, opened, put
from tests.fhir_um.store.test_plans import plan_of

OTHER = ClientId("ehr-2")
NPI, FOREIGN = "1910010010", "1910040041"
ELSEWHERE = PayerId("payer-2")


def _request(npi: str):
    team = (CareTeamMember(1, (party(npi),), True, None),)
    return replace(claim_request(line_request(1)), lines=(), care_team=team, requester_parties=())


def _keep(store: Store, id: str, npi: str = NPI, **header: object) -> None:
    put(store, opened(id, request=_request(npi), **header))


def _told(store: Store, sender: ClientId, *npis: str, numbers: frozenset[str] = frozenset(), most: int = 50):
    with store.open_reading() as work:
        found = work.visible.told_of(PAYER, "member-1", Asker(sender, frozenset(npis)), numbers, most)
    return [case.id for case in found]


def test_a_case_is_found_by_id_at_its_payer_and_by_its_sender(store: Store) -> None:
    _keep(store, "case-1")

    with store.open_reading() as work:
        assert work.visible.case((ELSEWHERE, PAYER), CaseId("case-1")) is not None
        assert work.visible.case((ELSEWHERE,), CaseId("case-1")) is None
        assert work.visible.case((), CaseId("case-1")) is None
        assert work.visible.sent((ELSEWHERE, PAYER), EHR, CaseId("case-1")) is not None
        assert work.visible.sent((PAYER,), OTHER, CaseId("case-1")) is None
        assert work.visible.sent((ELSEWHERE,), EHR, CaseId("case-1")) is None


@pytest.mark.spec("pas:spec-52")
@pytest.mark.spec("pas:spec-53")
def test_others_find_a_members_case_by_its_providers(store: Store) -> None:
    _keep(store, "case-1")

    assert _told(store, EHR) == ["case-1"]
    assert _told(store, OTHER, NPI) == _told(store, OTHER, FOREIGN, NPI) == ["case-1"]
    assert _told(store, OTHER, FOREIGN) == _told(store, OTHER) == []
    with store.open_reading() as work:
        assert work.visible.told_of(PAYER, None, Asker(EHR, frozenset({NPI})), (), 50) == ()
        assert work.visible.told_of(ELSEWHERE, "member-1", Asker(EHR, frozenset({NPI})), (), 50) == ()


@pytest.mark.spec("hrex:sec-17")
@pytest.mark.spec("pas:spec-49")
def test_others_find_a_sensitive_case_by_its_number(store: Store) -> None:
    _keep(store, "case-1", sensitivity=("hiv",))
    _keep(store, "case-2", sensitivity=())
    _keep(store, "case-3")
    number = frozenset({"Acase-1-1"})

    assert _told(store, OTHER, NPI) == ["case-3", "case-2"]
    assert _told(store, OTHER, NPI, numbers=number) == ["case-1"]
    assert _told(store, OTHER, FOREIGN, numbers=number) == []
    assert _told(store, EHR) == ["case-3", "case-2", "case-1"]


def test_what_is_not_the_askers_takes_no_place_in_the_answer(store: Store) -> None:
    _keep(store, "case-1")
    _keep(store, "case-2", FOREIGN, sender=OTHER)
    _keep(store, "case-3", FOREIGN, sender=OTHER)

    assert _told(store, EHR, NPI, most=1) == ["case-1"]


@pytest.mark.parametrize(
    ("look_up", "index"),
    [
        (lambda work: work.visible.case((PAYER,), CaseId("c")), "(id=?"),
        (lambda work: work.visible.sent((PAYER,), EHR, CaseId("c")), "(id=?"),
        (
            lambda work: work.visible.told_of(PAYER, "m", Asker(EHR, frozenset({NPI})), (), 50),
            "cases_by_member (member_id",
        ),
        (lambda work: work.visible.told_of(PAYER, "m", Asker(EHR, frozenset()), ("1",), 50), "issued_numbers"),
        (
            lambda work: work.visible.sent_for_member(PAYER, EHR, Identifier("s", "v"), 50),
            "cases_by_member (member_id",
        ),
    ],
)
def test_every_look_up_uses_its_index(sqlite_url: str, look_up: Callable[[Reading], object], index: str) -> None:
    store = Store(sqlite_url, now)
    plan = plan_of(store, look_up)
    store.close()

    assert not [step for step in plan if step.startswith("SCAN") and "CONSTANT ROW" not in step]
    assert any(index in step for step in plan), plan
