"""What every part of one answer needs to be told. Must not know what is said."""

from dataclasses import dataclass

from fhir_um.translate.dialect import Dialect
from fhir_um.translate.echo import References
from fhir_um.translate.sent import AsSent


@dataclass(frozen=True, slots=True)
class Manner:
    """How an answer speaks: its dialect, how it refers, the identifiers as sent, and whether it answers an inquiry.

    `notice` is what whoever reads it has to be told about passing it on.
    """

    dialect: Dialect
    refs: References
    sent: AsSent
    inquiry: bool
    notice: str = ""
