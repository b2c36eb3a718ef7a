"""`docs/people.md` tells the truth: its table of roles is the program's, its reasons are those of the log."""

import re
from pathlib import Path

import pytest

from fhir_um.auth.not_signed_in import SignInFault
from fhir_um.auth.people_roles import APART, MAY, sees_health_data
from fhir_um.cases.people import EMERGENCY_MINUTES, REVIEW_BUSINESS_DAYS
from fhir_um.cases.roles import Role
from fhir_um.settings import Settings
from fhir_um.usecases.start_sign_in import SIGN_IN_SECONDS

PAGE = (Path(__file__).resolve().parents[2] / "docs/people.md").read_text("utf-8")
WORDS = " ".join(PAGE.split())


def _row(role: Role) -> str:
    scopes = ", ".join(f"`{scope}`" for scope in sorted(MAY[role]))
    return f"| `{role}` | {scopes} | {'yes' if sees_health_data({role}) else 'no'} |"


def rows() -> str:
    """The table as it must be written."""
    told = (_row(role) for role, may in sorted(MAY.items()) if may)
    return "\n".join(("| Role | May ask for | Second factor |", "|---|---|---|", *told))


def test_the_table_of_roles_is_the_programs() -> None:
    written = re.search(r"<!-- roles:.*?-->\n(.*?)\n?<!-- end of roles -->", PAGE, re.DOTALL)

    assert written is not None
    assert written[1] == rows()


@pytest.mark.parametrize("fault", SignInFault)
def test_every_reason_is_explained(fault: SignInFault) -> None:
    assert f"`{fault}`" in PAGE


@pytest.mark.parametrize("rule", APART, ids=lambda rule: rule.why)
def test_what_is_kept_apart_is_told(rule: object) -> None:
    assert rule.why in WORDS  # type: ignore[attr-defined]


def test_times_are_the_programs() -> None:
    settings = Settings()

    assert (settings.session_idle_seconds, settings.session_seconds) == (15 * 60, 12 * 60 * 60)
    assert (SIGN_IN_SECONDS, EMERGENCY_MINUTES, REVIEW_BUSINESS_DAYS) == (600, 60, 2)
    assert "after 15 minutes" in WORDS and "after 12 hours" in WORDS and "for an hour" in WORDS
    assert "ten minutes" in WORDS and "second business day" in WORDS
