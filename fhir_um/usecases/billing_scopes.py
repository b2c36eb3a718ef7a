"""Where the codes an order may be billed by have different answers, an answer for each. Pure.

Must not know how a line is weighed, or what is told. Source: CRD 2.2.1 billopt-3, covinfo-1 and the reading rules of
ext-coverage-information: scopes do not overlap, and outside of all of them nothing is said.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fhir_um.cases.model import Determination
from fhir_um.words import Code

MOST_CODES = 12
"""With more codes than that the strictest answer stands for all: nobody reads as many."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Some codes of an order and what holds when it is billed by them; `is_granted`: it is authorized for them."""

    codes: tuple[Code, ...]
    determination: Determination
    is_granted: bool = False


def scopes_of(
    known: tuple[Code, ...], whole: Determination, granted: frozenset[Code], propose: Callable[[Code], Determination]
) -> tuple[Scope, ...]:
    """One scope for the whole order, or several whose codes are disjoint.

    `known` are the codes that rules name, `whole` the strictest of their answers, `granted` the codes of an
    authorization that the order has. `propose` weighs the order as if it had one of the codes only.
    """
    covered = tuple(code for code in known if code in granted)
    if not 1 < len(known) <= MOST_CODES or covered == known or (granted and not covered):
        return (Scope(known, whole, bool(granted)),)
    scopes = [Scope(covered, whole, is_granted=True)] if covered else []
    for code in known:
        if code not in granted:
            _file(scopes, code, propose(code))
    return tuple(scopes) if len(scopes) > 1 else (Scope(known, whole, bool(granted)),)


def _file(scopes: list[Scope], code: Code, found: Determination) -> None:
    """Puts a code with those of the same answer."""
    for index, scope in enumerate(scopes):
        if scope.determination == found and not scope.is_granted:
            scopes[index] = Scope((*scope.codes, code), found)
            return
    scopes.append(Scope((code,), found))
