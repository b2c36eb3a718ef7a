"""What each role of a person may do, and which roles nobody holds together: two tables. Must not know how they sign in.

Source: the roles of a utilization-management programme; minimum necessary (45 CFR 164.502(b), 164.514(d)); separation
of duties (45 CFR 164.308(a)(3)-(4)).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_um.auth.scopes import Scope
from fhir_um.cases.roles import CLINICIANS, Role

_SIGNED_IN = frozenset({Scope.SESSION, Scope.ASK_EMERGENCY})
_READS = _SIGNED_IN | {Scope.READ_CASES}
_STUDIES = _READS | {Scope.READ_HOOKS}
_DECIDES = _READS | {Scope.DECIDE_CASES}
_WORKS = _DECIDES | {Scope.TAKE_WORK}
_KEEPS_REVIEWERS = frozenset({Scope.READ_REVIEWERS, Scope.KEEP_REVIEWERS})

MAY: dict[Role, frozenset[Scope]] = {
    Role.ENGINE: frozenset(),
    Role.PROVIDER: frozenset(),
    Role.INTAKE: _WORKS,
    **dict.fromkeys(sorted(CLINICIANS), _WORKS | {Scope.READ_HOOKS}),
    Role.OPERATIONS_MANAGER: _WORKS
    | _KEEPS_REVIEWERS
    | {Scope.ASSIGN_WORK, Scope.READ_HOOKS, Scope.READ_EVENTS, Scope.MATCH_CLAIMS, Scope.VOID_CASES}
    | {Scope.READ_MEASURES},
    Role.APPEALS_COORDINATOR: _DECIDES,
    Role.APPEALS_PHYSICIAN: _STUDIES,
    Role.CASE_MANAGER: _READS,
    Role.POLICY_AUTHOR: _SIGNED_IN,
    Role.POLICY_APPROVER: _SIGNED_IN,
    Role.AUDITOR: _STUDIES | {Scope.READ_AUDIT, Scope.READ_EVENTS, Scope.READ_REVIEWERS, Scope.READ_MEASURES},
    Role.COMPLIANCE_PRIVACY: _DECIDES
    | _KEEPS_REVIEWERS
    | {Scope.REVIEW_EMERGENCY, Scope.READ_AUDIT, Scope.READ_MEASURES, Scope.VOID_CASES},
    Role.DELEGATE: frozenset({Scope.SESSION}),
    Role.IT_ADMIN: _SIGNED_IN | {Scope.READ_TOKENS},
}
"""A role -> what it may ask for; what a decision on a line takes besides is in `cases/move_table.py`.

Nobody signs in as software or as a provider. A delegate sees nothing until a delegation says what.
"""

HEALTH_DATA = frozenset(
    {
        Scope.READ_CASES,
        Scope.DECIDE_CASES,
        Scope.VOID_CASES,
        Scope.TAKE_WORK,
        Scope.ASSIGN_WORK,
        Scope.MATCH_CLAIMS,
        Scope.READ_EVENTS,
        Scope.READ_HOOKS,
        Scope.READ_AUDIT,
        Scope.READ_MEASURES,
        Scope.REVIEW_EMERGENCY,
    }
)
"""What shows health data, or whose was seen. Who may ask for any of it signs in with a second factor."""

EMERGENCY = frozenset({Scope.READ_CASES})
"""What emergency access adds while it lasts."""


def those_who_may(*scopes: Scope) -> frozenset[Role]:
    """The roles that may ask for any of those scopes."""
    return frozenset(role for role, may in MAY.items() if not may.isdisjoint(scopes))


@dataclass(frozen=True, slots=True)
class Apart:
    """Nobody holds a role of `one` and another one of `other`."""

    one: frozenset[Role]
    other: frozenset[Role]
    why: str


APART = (
    Apart(
        frozenset({Role.IT_ADMIN}),
        those_who_may(*HEALTH_DATA),
        "who runs the system does not see health data, and does not judge who did",
    ),
    Apart(
        frozenset({Role.AUDITOR, Role.COMPLIANCE_PRIVACY}),
        those_who_may(Scope.DECIDE_CASES) - {Role.COMPLIANCE_PRIVACY},
        "who looks over decisions makes none",
    ),
    Apart(
        frozenset({Role.DELEGATE}),
        frozenset(Role) - {Role.DELEGATE},
        "a delegate acts inside a delegation and nowhere else",
    ),
)
"""Roles that are refused at sign-in when one person brings both. Duties that clash over one thing only (the draft and
its approval, a denial and its appeal, emergency access and its review) are kept apart where that thing is done."""


def clash(roles: Iterable[Role]) -> Apart | None:
    """The first rule that those roles, held by one person, break."""
    held = frozenset(roles)
    return next((rule for rule in APART if held & rule.one and held & rule.other), None)


def scopes_of(roles: Iterable[Role]) -> frozenset[Scope]:
    """Everything that somebody with those roles may ask for."""
    return frozenset[Scope]().union(*(MAY[role] for role in roles))


def sees_health_data(roles: Iterable[Role]) -> bool:
    """True when one of those roles shows health data."""
    return not scopes_of(roles).isdisjoint(HEALTH_DATA)
