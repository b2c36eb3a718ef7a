"""The entry of a review that somebody names. Must not know any machine."""

from typing import Protocol, TypeVar

from fhir_um.errors import Kind, Refusal


class _Named(Protocol):
    @property
    def id(self) -> str: ...


E = TypeVar("E", bound=_Named)


def entry_named(entries: tuple[E, ...], id: str | None, thing: str) -> E | None:
    """The entry with that id; None when no id is given, because something is begun.

    Raises: Refusal NOT_FOUND when the case has none.
    """
    if id is None:
        return None
    found = next((entry for entry in entries if entry.id == id), None)
    if found is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", f"There is not {thing} with that id in this case.")
    return found
