"""Who may deny as a matter of benefit is data, by line of business."""

import pytest

from fhir_um.cases.administrative_denials import may_deny, read_denial_roles
from fhir_um.cases.roles import ADMINISTRATIVE_DENIERS, Role
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.deps import shipped_denial_roles

TABLE = "# head\nline_of_business,roles\nMA,nurse physician\nMCO,intake nurse\n"


def test_every_line_of_business_has_its_row() -> None:
    assert set(shipped_denial_roles()) == set(LineOfBusiness)
    assert all(roles <= ADMINISTRATIVE_DENIERS for roles in shipped_denial_roles().values())


def test_the_strictest_of_all_rows_holds_while_nobody_knows() -> None:
    roles = read_denial_roles(TABLE)

    assert may_deny(roles, "MCO") == {Role.INTAKE, Role.NURSE}
    assert may_deny(roles, "") == {Role.NURSE}


@pytest.mark.parametrize(
    "rows", ["MA,", "MA,engine", "MA,compliance-privacy", "MA,nobody", "MA,nurse\nMA,physician", ""]
)
def test_a_table_that_leaves_doubt_stops_the_start(rows) -> None:
    with pytest.raises(ValueError, match="."):
        read_denial_roles(f"line_of_business,roles\n{rows}\n")
