"""People in the words of the business, inside one transaction: what may be read of them, and what may be changed.

Must not open or end the transaction, and holds no SQL.
"""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from fhir_um.cases.model import ClientId, PayerId
from fhir_um.cases.people import EmergencyAccess, Known, Person, Session, Standing
from fhir_um.store import emergencies, people_rows
from fhir_um.vault import Vault


class PeopleRead:
    """A transaction that reads about people."""

    def __init__(self, connection: Connection, vault: Vault | None) -> None:
        self._connection = connection
        self._sealing = vault

    @property
    def _vault(self) -> Vault:
        if self._sealing is None:
            raise LookupError("the store was opened without a key for secrets")
        return self._sealing

    def find(self, id: ClientId) -> Person | None:
        """Who that is; None for somebody who never signed in, or was sealed with a key that is gone."""
        return people_rows.find_person(self._connection, self._vault, id)

    def known(self, at: datetime) -> tuple[Known, ...]:
        """Everybody who ever signed in, last first, with how many sessions they have."""
        return people_rows.known_people(self._connection, self._vault, at)

    def session(self, token: str, at: datetime) -> Session | None:
        """The session behind what a browser holds, unless its time is over; how long it was idle is not looked at."""
        return people_rows.find_session(self._connection, token, at)

    def open_emergency(self, person_id: ClientId, payers: tuple[PayerId, ...], at: datetime) -> str:
        """That person's emergency access at just those payers that has not ended; empty when there is none."""
        return emergencies.open_emergency(self._connection, person_id, payers, at)

    def emergency(self, id: str) -> EmergencyAccess | None:
        """The emergency access with that id."""
        return emergencies.find_emergency(self._connection, self._vault, id)

    def emergencies(self, most: int) -> tuple[EmergencyAccess, ...]:
        """Emergency access: what was not reviewed yet, then the rest, each the latest first."""
        return emergencies.latest_emergencies(self._connection, self._vault, most)


class People(PeopleRead):
    """A transaction that may change what is kept of people."""

    def __init__(self, connection: Connection, vault: Vault | None, writing: Callable[[], Connection]) -> None:
        super().__init__(connection, vault)
        self._writing = writing

    def keep(self, person: Person, at: datetime) -> None:
        """Keep who somebody is, sealed, as of this sign-in."""
        people_rows.keep_person(self._writing(), self._vault, person, at)

    def start_sign_in(self, state: str, browser: str, at: datetime, ends_at: datetime) -> None:
        """Keep a sign-in on its way."""
        people_rows.start_sign_in(self._writing(), state, browser, at, ends_at)

    def take_sign_in(self, state: str, browser: str, at: datetime) -> datetime | None:
        """When that sign-in began; None when there is none, it is over, or another browser began it. Good once."""
        return people_rows.take_sign_in(self._writing(), state, browser, at)

    def open_session(self, token: str, standing: Standing, at: datetime, ends_at: datetime) -> None:
        """Keep a new session."""
        people_rows.open_session(self._writing(), token, standing, at, ends_at)

    def touch_session(self, token: str, at: datetime) -> None:
        """Note that a session is in use."""
        people_rows.touch_session(self._writing(), token, at)

    def end_session(self, token: str) -> None:
        """Forget a session."""
        people_rows.end_session(self._writing(), token)

    def end_sessions(self, person_id: ClientId) -> int:
        """Forget every session of that person; how many there were."""
        return people_rows.end_sessions(self._writing(), person_id)

    def add_emergency(self, new: EmergencyAccess) -> None:
        """Keep a grant of emergency access."""
        emergencies.add_emergency(self._writing(), self._vault, new)

    def close_emergency(self, id: str, reviewed_by: ClientId, at: datetime, finding: str) -> bool:
        """Note the review of emergency access; False when it was reviewed already."""
        return emergencies.close_emergency(self._writing(), self._vault, id, reviewed_by, at, finding)
