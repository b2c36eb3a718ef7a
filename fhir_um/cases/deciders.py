"""Who acted on a case. Must not know what they may do."""

from dataclasses import dataclass

from fhir_um.words import Code


@dataclass(frozen=True, slots=True)
class Decider:
    """Who acted: `id` of the person or engine, the role they acted in, and for a clinician NPI and specialty."""

    id: str
    role: str
    human: bool
    npi: str = ""
    specialty: Code | None = None
