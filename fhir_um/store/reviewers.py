"""The payer's clinicians and their credentials, inside one transaction. Must not know what anybody may decide."""

from collections.abc import Callable, Sequence

import msgspec
from sqlalchemy import Connection, bindparam, select

from fhir_um.cases.credentials import Credential
from fhir_um.cases.model import PayerId
from fhir_um.store.columns import as_key
from fhir_um.store.credential_tables import reviewers
from fhir_um.store.documents import document
from fhir_um.store.prepared import Prepared
from fhir_um.store.writing import insert_or_replace

_credential_of = msgspec.json.Decoder(Credential).decode
_OF_PAYER = reviewers.c.payer_id == bindparam("of_payer")
_ONE = Prepared(select(reviewers.c.document).where(_OF_PAYER, reviewers.c.npi == bindparam("of_npi")))
_ALL = Prepared(select(reviewers.c.document).where(_OF_PAYER).order_by(reviewers.c.npi))
_PUT = Prepared(insert_or_replace(reviewers))


class ReviewersRead:
    """A transaction that reads credentials."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_npi(self, payer_id: PayerId, npi: str) -> Credential | None:
        """What that payer has on file about the clinician with that NPI, or None."""
        found = _ONE.scalar(self._connection, {"of_payer": payer_id, "of_npi": as_key(npi)})
        return None if found is None else _credential_of(found)

    def all_of(self, payer_id: PayerId) -> tuple[Credential, ...]:
        """Everybody that payer has on file, by NPI."""
        return tuple(_credential_of(kept) for (kept,) in _ALL.rows(self._connection, {"of_payer": payer_id}))


class Reviewers(ReviewersRead):
    """A transaction that may put credentials on file."""

    def __init__(self, connection: Connection, writing: Callable[[], Connection]) -> None:
        super().__init__(connection)
        self._writing = writing

    def save(self, credentials: Sequence[Credential]) -> None:
        """Put them on file, or in the place of those with the same NPI."""
        rows = [{"payer_id": one.payer_id, "npi": one.npi, "document": document(one)} for one in credentials]
        if rows:
            _PUT.change(self._writing(), rows)
