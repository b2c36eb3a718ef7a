"""Documents that are asked for. Must not know who asks."""

from dataclasses import dataclass

PAYER_QUESTIONNAIRE = "102089-0"
"""LOINC: the payer's questionnaire is to be completed."""


@dataclass(frozen=True, slots=True)
class DocumentNeeded:
    """A document to ask for: LOINC attachment code, our own label, and its X12 report type (PWK01) where known.

    `modifiers` are LOINC codes that narrow it down: which of such documents, or of what time.
    """

    loinc: str
    label: str
    report_type: str = ""
    modifiers: tuple[str, ...] = ()

    @property
    def is_form(self) -> bool:
        """True when the payer's own questionnaire is asked for, whatever it is about (PAS 2.2.1 ainfo-2)."""
        return self.loinc == PAYER_QUESTIONNAIRE
