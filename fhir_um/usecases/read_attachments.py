"""Read documents that came after requests: those of a case, those nobody has matched, and the bytes of one.

Changes nothing. "Not yours" and "not there" are the same answer.
"""

from collections.abc import Iterator
from itertools import count

from fhir_um.cases.attachments import Attachment
from fhir_um.cases.caller import Caller
from fhir_um.cases.model import CaseId
from fhir_um.deps import Deps, Reading
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.read_case import read_case


def attachments_of(deps: Deps, caller: Caller, case_id: CaseId) -> tuple[Attachment, ...]:
    """Every document of a case, in the order they came. Raises: Refusal NOT_FOUND."""
    case = read_case(deps, caller, case_id)
    with deps.open_reading() as work:
        return work.attachments.of_case(case.payer_id, case.id)


def held_attachments(deps: Deps, caller: Caller, most: int) -> tuple[Attachment, ...]:
    """Documents a person has to match, oldest first."""
    with deps.open_reading() as work:
        held = [row for payer in caller.payer_ids for row in work.attachments.held(payer, most)]
    return tuple(sorted(held, key=lambda row: (row.received_at, row.place, row.id))[:most])


def open_attachment(deps: Deps, caller: Caller, id: str) -> tuple[Attachment, Iterator[bytes]]:
    """A document and its bytes, which are read piece by piece as they are asked for. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as work:
        row = of_payers(work, caller, id)
    return row, _pieces(deps, row)


def of_payers(work: Reading, caller: Caller, id: str) -> Attachment:
    """The document of one of the caller's payers. Raises: Refusal NOT_FOUND."""
    row = work.attachments.find(caller.payer_ids, id)
    if row is not None:
        return row
    raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such attachment here.")


def _pieces(deps: Deps, row: Attachment) -> Iterator[bytes]:
    for place in count():
        with deps.open_reading() as work:
            piece = work.attachments.piece(row, place)
        if piece is None:
            return
        yield piece
