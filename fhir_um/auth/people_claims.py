"""What the claims of an ID token make of a person here: roles, payers, second factor. Must not know how it was proved.

A word that is no role here is counted and left out; somebody with no role, or no payer, does not get in.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from fhir_um.auth.not_signed_in import NotSignedIn, SignInFault
from fhir_um.auth.people_roles import MAY, clash, sees_health_data
from fhir_um.cases.model import PayerId
from fhir_um.cases.people import Person, Standing
from fhir_um.cases.roles import Role
from fhir_um.settings import Settings

_LONGEST_NAME = 200
FOR_PEOPLE = {role.value: role for role, may in MAY.items() if may}
"""The roles that somebody can sign in with, by the word for them."""


def standing_of(claims: Mapping[str, Any], settings: Settings, payers: Iterable[PayerId]) -> tuple[Standing, int]:
    """What that person is here, and how many of the roles they brought are none; `payers` are those on file.

    Raises: NotSignedIn.
    """
    brought = _words(_found(claims, settings.oidc_roles_claim))
    roles = known_roles(brought)
    has_second = not {*_words(claims.get("amr")), *_words(claims.get("acr"))}.isdisjoint(settings.oidc_mfa)
    works_for = _words(_found(claims, settings.oidc_payers_claim))
    person = Person(claims["iss"], claims["sub"], _name(claims.get("name")))
    standing = Standing(person, roles, tuple(each for each in payers if each in works_for), has_second)
    ignored = len(brought) - len(roles)
    demand_admitted(standing, ignored)
    return standing, ignored


def known_roles(words: Collection[str]) -> frozenset[Role]:
    """The roles a person may have, among those words."""
    return frozenset(FOR_PEOPLE[word] for word in words if word in FOR_PEOPLE)


def demand_admitted(standing: Standing, ignored: int) -> None:
    """Passes for somebody who may come in. Raises: NotSignedIn."""
    if not standing.roles:
        raise NotSignedIn(SignInFault.NO_ROLE, ignored)
    if not standing.payer_ids:
        raise NotSignedIn(SignInFault.NO_PAYER, ignored)
    if clash(standing.roles) is not None:
        raise NotSignedIn(SignInFault.ROLES_APART, ignored)
    if sees_health_data(standing.roles) and not standing.has_second_factor:
        raise NotSignedIn(SignInFault.SECOND_FACTOR, ignored)


def _found(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of that name; else the one it leads to, step by step from dot to dot.

    >>> _found({"realm_access": {"roles": ["nurse"]}}, "realm_access.roles")
    ['nurse']
    >>> _found({"https://example.org/roles": "nurse"}, "https://example.org/roles")
    'nurse'
    """
    if name in claims:
        return claims[name]
    value: Any = claims
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _name(value: Any) -> str:
    return value[:_LONGEST_NAME] if isinstance(value, str) and value.isprintable() else ""


def _words(value: Any) -> frozenset[str]:
    """The texts of a list, or the one text there is."""
    listed = value if isinstance(value, list) else [value]
    return frozenset(each for each in listed if isinstance(each, str))
