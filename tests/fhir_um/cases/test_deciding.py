"""Who decides is who is calling."""

import pytest

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.deciding import demand_decider, signed_in
from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.roles import Role
from fhir_um.errors import RoleNotAllowed

ROLES = frozenset({"nurse", "intake"})
PERSON = Caller(ClientId("person-1"), "", (PayerId("h"),), frozenset(), ROLES, is_person=True)
SYSTEM = Caller(ClientId("payer-system"), "", (PayerId("h"),), frozenset(), ROLES)


@pytest.mark.parametrize(
    ("caller", "id", "role", "may"),
    [
        (PERSON, "person-1", Role.NURSE, True),
        (PERSON, "person-2", Role.NURSE, False),
        (PERSON, "", Role.NURSE, False),
        (PERSON, "person-1", Role.PHYSICIAN, False),
        (PERSON, "person-1", Role.IT_ADMIN, False),
        (SYSTEM, "rn-7", Role.NURSE, True),
        (SYSTEM, "payer-system", Role.INTAKE, True),
        (SYSTEM, "rn-7", Role.PHYSICIAN, False),
        (SYSTEM, "engine", Role.ENGINE, False),
    ],
)
def test_a_person_decides_alone_and_a_system_for_its_people(caller: Caller, id: str, role: Role, may: bool) -> None:
    decider = Decider(id, role, human=True)
    if may:
        demand_decider(caller, decider)
        return
    with pytest.raises(RoleNotAllowed):
        demand_decider(caller, decider)


def test_only_a_person_decides_without_saying_so() -> None:
    assert (signed_in(PERSON), signed_in(SYSTEM)) == ("person-1", "")
