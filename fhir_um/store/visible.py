"""Cases as far as a party may see them: whose they are is part of every query. Must not know who that party is.

What is not theirs and what is not there are one thing here: the same statement, and no row. Nothing is read first and
compared afterwards, so neither the answer nor the work it takes tells one from the other.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Text, bindparam, exists, or_, select

from fhir_um.cases.model import Case, CaseId, ClientId, PayerId
from fhir_um.store.columns import as_key
from fhir_um.store.documents import case_of
from fhir_um.store.finding import WAS_GIVEN_NUMBER
from fhir_um.store.prepared import Prepared
from fhir_um.store.tables import case_providers, cases, member_identifiers
from fhir_um.words import Identifier

_PAYER: BindParameter[str] = bindparam("payer_id")
_SENDER: BindParameter[str] = bindparam("sender")
_SYSTEM: BindParameter[str] = bindparam("system", type_=Text)
_NOBODY = "\x01"
"""No member and no provider has it: who is not known is sought like who is, by the same index."""

_THIS = (cases.c.id == bindparam("case_id"), cases.c.payer_id.in_(bindparam("payers", expanding=True)))
_LOAD = Prepared(select(cases.c.document).where(*_THIS))
_LOAD_SENT = Prepared(select(cases.c.document).where(*_THIS, cases.c.sender == _SENDER))

_LATEST = (
    select(cases.c.document)
    .where(cases.c.payer_id == _PAYER)
    .order_by(cases.c.received_at.desc(), cases.c.id.desc())
    .limit(bindparam("most"))
)
_OF_MEMBER = _LATEST.where(cases.c.member_id == bindparam("member_id"))
_NAMES_A_PROVIDER: ColumnElement[bool] = exists().where(
    case_providers.c.case_id == cases.c.id,
    case_providers.c.payer_id == cases.c.payer_id,
    case_providers.c.npi.in_(bindparam("npis", expanding=True)),
)
_IS_OPEN = or_(cases.c.sensitivity == "", cases.c.sensitivity.is_(None))
_TOLD_OF = Prepared(_OF_MEMBER.where(or_(cases.c.sender == _SENDER, _NAMES_A_PROVIDER & _IS_OPEN)))
_TOLD_OF_NUMBER = Prepared(_OF_MEMBER.where(or_(cases.c.sender == _SENDER, _NAMES_A_PROVIDER), WAS_GIVEN_NUMBER))
_known_as = select(member_identifiers.c.member_id).where(
    member_identifiers.c.payer_id == _PAYER,
    member_identifiers.c.value == bindparam("value"),
    or_(_SYSTEM == "", member_identifiers.c.system.in_(("", _SYSTEM))),
)
_SENT_FOR_MEMBER = Prepared(_LATEST.where(cases.c.sender == _SENDER, cases.c.member_id.in_(_known_as)))


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants to see cases of a member: the sender they send as, and the providers they name (NPI)."""

    sender: ClientId
    npis: frozenset[str]


class Visible:
    """Cases inside one transaction, as far as the party that is named may see them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def case(self, payers: Sequence[PayerId], case_id: CaseId) -> Case | None:
        """The case with that id at one of those payers, for the payers' own people."""
        return self._one(_LOAD, {"case_id": as_key(case_id), "payers": list(payers)})

    def sent(self, payers: Sequence[PayerId], sender: ClientId, case_id: CaseId) -> Case | None:
        """The sender's own case with that id at one of those payers."""
        return self._one(_LOAD_SENT, {"case_id": as_key(case_id), "payers": list(payers), "sender": sender})

    def told_of(
        self, payer_id: PayerId, member_id: str | None, asker: Asker, numbers: Collection[str], limit: int
    ) -> tuple[Case, ...]:
        """The member's cases that the asker sent or whose providers they name, latest first; None is no member.

        Sensitive ones of others only by a number of ours; those nobody has classified are the caller's to classify.
        Source: PAS 2.2.1 spec-49, spec-52, spec-53.
        """
        named: dict[str, Any] = {
            "payer_id": payer_id,
            "member_id": member_id or _NOBODY,
            "sender": asker.sender,
            "npis": sorted(map(as_key, asker.npis or (_NOBODY,))),
            "most": limit,
        }
        if numbers:
            return self._all(_TOLD_OF_NUMBER, named | {"numbers": sorted(map(as_key, numbers))})
        return self._all(_TOLD_OF, named)

    def sent_for_member(self, payer_id: PayerId, sender: ClientId, member: Identifier, limit: int) -> tuple[Case, ...]:
        """The sender's cases of the member with that identifier, latest first; a system left out matches any."""
        named = {"payer_id": payer_id, "sender": sender, "most": limit}
        key = {"value": as_key(member.value), "system": as_key(member.system)}
        return self._all(_SENT_FOR_MEMBER, named | key)

    def _one(self, statement: Prepared, named: dict[str, Any]) -> Case | None:
        found = statement.scalar(self._connection, named)
        return None if found is None else case_of(found)

    def _all(self, statement: Prepared, named: dict[str, Any]) -> tuple[Case, ...]:
        return tuple(case_of(document) for (document,) in statement.rows(self._connection, named))
