"""Who may deny as a matter of benefit or contract, by line of business: data. Must not know lines or rulings."""

import csv
from collections.abc import Mapping
from types import MappingProxyType

from fhir_um.cases.roles import ADMINISTRATIVE_DENIERS, Role

DenialRoles = Mapping[str, frozenset[Role]]
"""The roles of each line of business."""


def read_denial_roles(text: str) -> DenialRoles:
    """The roles of a CSV text; lines that begin with # are its head.

    Raises: ValueError for a role that is not one of those who may deny anywhere, a row without roles, or one repeated.
    """
    found: dict[str, frozenset[Role]] = {}
    for row in csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#")):
        name, roles = row["line_of_business"], frozenset(map(Role, row["roles"].split()))
        if not roles or name in found or not roles <= ADMINISTRATIVE_DENIERS:
            raise ValueError(f"administrative denials, {name}: one row, with roles that may deny at all")
        found[name] = roles
    if not found:
        raise ValueError("administrative denials: no rows")
    return MappingProxyType(found)


def may_deny(roles: DenialRoles, line_of_business: str) -> frozenset[Role]:
    """Who may deny there; while the line of business is not known, those who may in every one."""
    if line_of_business in roles:
        return roles[line_of_business]
    return frozenset.intersection(*roles.values())
