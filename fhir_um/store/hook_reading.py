"""What a transaction reads about hook calls: what was told, and what became of it. Holds no SQL.

Must not open or end the transaction. It is the part of `work.Reading` that is about the hook counter alone.
"""

from datetime import datetime

from sqlalchemy import Connection

from fhir_um.cases.guidance import CardTold, Explained, Guidance
from fhir_um.cases.model import PayerId
from fhir_um.store import hook_calls, hooks


class HookReading:
    """A transaction that reads about hook calls."""

    _connection: Connection

    def guidance(self, payer_id: PayerId, ids: tuple[str, ...]) -> tuple[Guidance, ...]:
        """The coverage assertions with those ids."""
        return hooks.guidance_named(self._connection, payer_id, ids)

    def guidance_about(self, payer_id: PayerId, member_id: str, ids: tuple[str, ...]) -> tuple[Guidance, ...]:
        """Those of the coverage assertions with those ids that are about that member."""
        return hooks.guidance_about(self._connection, payer_id, member_id, ids)

    def guidance_given(self, payer_id: PayerId, instance: str) -> tuple[Guidance, ...]:
        """Every coverage assertion given to that hook instance, by order."""
        return hooks.guidance_of_instance(self._connection, payer_id, instance)

    def explained(self, payer_id: PayerId, instance: str) -> Explained:
        """The latest call of that hook instance, every assertion given to it, its cards and what became of them."""
        calls = hooks.invocations_of(self._connection, payer_id, instance)
        given = hooks.guidance_of_instance(self._connection, payer_id, instance)
        cards = tuple(card for call in calls for card in hooks.cards_of(self._connection, payer_id, call.id))
        said = hooks.feedback_on(self._connection, payer_id, [card.id for card in cards])
        return Explained(calls[0] if calls else None, given, cards, said)

    def hook_calls(self, payer_id: PayerId, since: datetime | None) -> tuple[Explained, ...]:
        """Every hook call that is kept, or received from then on, each with what was told and what became of it."""
        return hook_calls.hook_calls(self._connection, payer_id, since)

    def cards(self, client: str, ids: tuple[str, ...]) -> tuple[CardTold, ...]:
        """Those of the cards with those uuids that were shown to that client."""
        return hooks.cards_shown(self._connection, client, ids)
