"""The ways to find cases: by claim, by member, by number, by search, by what is due. Must not change anything.

Every query is led by an index and bounded, so none grows with the number of cases of others.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, Text, bindparam, exists, literal_column, or_, select, tuple_

from fhir_um.cases.model import PENDED, Case, CaseId, ClientId, LineState, PayerId
from fhir_um.cases.submission import CaseSearch, DueAfter
from fhir_um.store.cases import PENDED_STATUS
from fhir_um.store.columns import as_key
from fhir_um.store.documents import case_of
from fhir_um.store.prepared import Prepared
from fhir_um.store.submissions import CLAIM_URL
from fhir_um.store.tables import case_lines, cases, claim_identifiers, issued_numbers, member_identifiers
from fhir_um.words import Identifier
from profiles.bundle import relative

_MOST_BY_CLAIM = 20

_PAYER: BindParameter[str] = bindparam("payer_id")
_SENDER: BindParameter[str] = bindparam("sender")
_CASES = select(cases.c.document).where(cases.c.payer_id == _PAYER).limit(bindparam("most"))
_LATEST = _CASES.order_by(cases.c.received_at.desc(), cases.c.id.desc())

_name = claim_identifiers.c
_BY_CLAIM_NAME = (
    select(cases.c.id, cases.c.document)
    .join_from(claim_identifiers, cases, (cases.c.payer_id == _name.payer_id) & (cases.c.id == _name.case_id))
    .where(
        _name.payer_id == _PAYER,
        _name.sender == _SENDER,
        _name.value.in_(bindparam("values", expanding=True)),  # leads the index, which pairs of columns do not
        tuple_(_name.value, _name.system).in_(bindparam("names", expanding=True)),
    )
    .order_by(_name.received_at.desc(), _name.case_id.desc())
    .limit(bindparam("most"))
)

_of_member = _LATEST.where(cases.c.member_id == bindparam("member_id"))
_OF_MEMBER = Prepared(_of_member)
WAS_GIVEN_NUMBER = cases.c.id.in_(
    select(issued_numbers.c.case_id).where(
        issued_numbers.c.payer_id == _PAYER,
        issued_numbers.c.number.in_(bindparam("numbers", expanding=True)),
    )
)
"""Was any of the numbers ever handed out for it? Binds `payer_id` and `numbers`."""

_BY_NUMBER = Prepared(_of_member.where(WAS_GIVEN_NUMBER))

_PATIENT: BindParameter[str] = bindparam("patient", type_=Text)
_REFERENCE: BindParameter[str] = bindparam("reference", type_=Text)
_OF_SENDER = _LATEST.where(cases.c.sender == _SENDER)
_SENT_BY_NUMBER = Prepared(_OF_SENDER.where(WAS_GIVEN_NUMBER))
_named = select(_name.case_id).where(
    _name.payer_id == _PAYER, _name.sender == _SENDER, _name.value == bindparam("value"), _name.system != CLAIM_URL
)
_HAS_IDENTIFIER = cases.c.id.in_(_named)
_HAS_IDENTIFIER_OF_SYSTEM = cases.c.id.in_(_named.where(_name.system == bindparam("system")))
_IS_ABOUT = or_(
    (cases.c.patient_reference == _REFERENCE) & or_(cases.c.patient_url == _PATIENT, _PATIENT == _REFERENCE),
    cases.c.member_id.in_(
        select(member_identifiers.c.member_id).where(
            member_identifiers.c.payer_id == _PAYER, member_identifiers.c.value == _PATIENT
        )
    ),
)
_BY_PATIENT = _OF_SENDER.where(_IS_ABOUT)
_BY_IDENTIFIER = _OF_SENDER.where(_HAS_IDENTIFIER)
_BY_IDENTIFIER_OF_SYSTEM = _OF_SENDER.where(_HAS_IDENTIFIER_OF_SYSTEM)
_BY_BOTH = _BY_IDENTIFIER.where(_IS_ABOUT)
_BY_BOTH_OF_SYSTEM = _BY_IDENTIFIER_OF_SYSTEM.where(_IS_ABOUT)

_HAS_LINE = exists().where(
    case_lines.c.payer_id == cases.c.payer_id,
    case_lines.c.case_id == cases.c.id,
    case_lines.c.state.in_(bindparam("states", expanding=True)),
)
_AFTER = tuple_(bindparam("after_due", type_=cases.c.due_at.type), bindparam("after_id", type_=cases.c.id.type))
_WORK = _CASES.where(_HAS_LINE, tuple_(cases.c.due_at, cases.c.id) > _AFTER).order_by(cases.c.due_at, cases.c.id)
_WAITS_OVER = Prepared(
    select(case_lines.c.payer_id, case_lines.c.case_id)
    .where(case_lines.c.asked_until <= bindparam("at", type_=case_lines.c.asked_until.type))
    .distinct()
    .limit(bindparam("most"))
)
_PENDED_WORK = _WORK.where(cases.c.status == literal_column(f"'{PENDED_STATUS}'"))  # as the index has it, not bound


def find_by_claim(
    connection: Connection, payer_id: PayerId, sender: ClientId, claim_url: str, identifiers: tuple[Identifier, ...]
) -> tuple[Case, ...]:
    """Cases made or changed by a submission of this sender with that claim address, else with any of the identifiers.

    Latest submission first, at most 20.
    """
    by_address = [(as_key(claim_url), CLAIM_URL)] if claim_url else []
    by_identifier = [(as_key(each.value), as_key(each.system)) for each in identifiers if each.value]
    return _by_names(connection, payer_id, sender, by_address) or _by_names(connection, payer_id, sender, by_identifier)


def _by_names(
    connection: Connection, payer_id: PayerId, sender: ClientId, names: list[tuple[str, str]]
) -> tuple[Case, ...]:
    if not names:
        return ()
    most = _MOST_BY_CLAIM * len(names)  # a case comes once for each of its names
    values = [value for value, _ in names]
    named = {"payer_id": payer_id, "sender": sender, "values": values, "names": names, "most": most}
    rows = connection.execute(_BY_CLAIM_NAME, named)
    documents = dict.fromkeys(row.document for row in rows)
    return tuple(case_of(each) for each in list(documents)[:_MOST_BY_CLAIM])


def find_for_inquiry(
    connection: Connection, payer_id: PayerId, member_id: str, numbers: frozenset[str], limit: int
) -> tuple[Case, ...]:
    """The member's cases, latest first; with numbers, only those the numbers were ever handed out for."""
    named: dict[str, Any] = {"payer_id": payer_id, "member_id": member_id, "most": limit}
    if numbers:
        rows = _BY_NUMBER.rows(connection, named | {"numbers": sorted(map(as_key, numbers))})
    else:
        rows = _OF_MEMBER.rows(connection, named)
    return tuple(case_of(document) for (document,) in rows)


def find_sent(
    connection: Connection, payer_id: PayerId, sender: ClientId, numbers: frozenset[str], limit: int
) -> tuple[Case, ...]:
    """The sender's cases any of the numbers was ever handed out for, whoever the member, latest first."""
    named = {"payer_id": payer_id, "sender": sender, "most": limit, "numbers": sorted(map(as_key, numbers))}
    return tuple(case_of(document) for (document,) in _SENT_BY_NUMBER.rows(connection, named))


def search(connection: Connection, payer_id: PayerId, sender: ClientId, wanted: CaseSearch) -> tuple[Case, ...]:
    """The sender's own cases that match everything asked, latest first; a search for nothing finds nothing."""
    statement = _search_statement(wanted)
    if statement is None:
        return ()
    given = {
        "value": wanted.identifier_value,
        "system": wanted.identifier_system,
        "patient": wanted.patient,
        "reference": relative(wanted.patient),
    }
    named = {name: as_key(text) for name, text in given.items() if text is not None}
    return _cases(connection, statement, {"payer_id": payer_id, "sender": sender, "most": wanted.limit} | named)


def _search_statement(wanted: CaseSearch) -> Select[str] | None:
    if not wanted.identifier_value:
        return _BY_PATIENT if wanted.patient else None
    if wanted.identifier_system is None:
        return _BY_BOTH if wanted.patient else _BY_IDENTIFIER
    return _BY_BOTH_OF_SYSTEM if wanted.patient else _BY_IDENTIFIER_OF_SYSTEM


def worklist(
    connection: Connection, payer_id: PayerId, states: frozenset[LineState], limit: int, after: DueAfter | None = None
) -> tuple[Case, ...]:
    """Cases with a line in one of the states, earliest due first, those without a deadline last; after that one."""
    statement = _PENDED_WORK if states <= PENDED else _WORK
    due_at, case_id = after or (datetime.min.replace(tzinfo=UTC), "")
    named = {"payer_id": payer_id, "states": sorted(states), "most": limit}
    return _cases(connection, statement, named | {"after_due": due_at, "after_id": case_id})


def waits_over(connection: Connection, at: datetime, limit: int) -> tuple[tuple[PayerId, CaseId], ...]:
    """Payer and id of cases with a line that has waited for its documents as long as it should."""
    return tuple((PayerId(payer), CaseId(id)) for payer, id in _WAITS_OVER.rows(connection, {"at": at, "most": limit}))


def _cases(connection: Connection, statement: Select[str], named: dict[str, Any]) -> tuple[Case, ...]:
    return tuple(case_of(each) for each in connection.execute(statement, named).scalars())
