"""The numbered notes of one answer: each text once. Must not know what a note is about."""

from fhir_um.translate.elements_out import Json


class Notes:
    """Texts people read (processNote), numbered in the order they were first given."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int | None:
        """The number of a text, a new one when it is new; None for no text."""
        return self._numbers.setdefault(text, len(self._numbers) + 1) if text else None

    def written(self) -> list[Json]:
        """Every note, by number."""
        return [{"number": n, "type": "display", "text": text} for text, n in self._numbers.items()]
