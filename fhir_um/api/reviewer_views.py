"""How the payer's clinicians look in our own API, and how they are put on file. Must not know who decides."""

from datetime import date
from typing import Any

import msgspec

from fhir_um.api.decision_in import PeriodIn
from fhir_um.cases.credentials import Credential, LicenceHeld
from fhir_um.cases.model import PayerId
from fhir_um.errors import Kind, Refusal
from fhir_um.words import Period

_LONGEST_WORD = 200
_MOST_ROWS = 60
"""There are 56 states and territories; nobody is licensed in more."""


class LicenceIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A licence, and the first and last day it is valid."""

    state: str
    number: str
    period: PeriodIn


class CredentialIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is on file about a clinician; the NPI stands in the address. `payer` is whose, where a caller has several.

    `attested` is the time for which they stated that nothing rewards them for denials and that they rule on nobody they
    are tied to.
    """

    name: str
    kind: str
    licences: list[LicenceIn]
    specialties: list[str] = []
    attested: PeriodIn | None = None
    payer: str = ""


def credential_of(given: CredentialIn, npi: str, home_payer: PayerId) -> Credential:
    """What is to be put on file. Raises: Refusal INVALID for texts and lists nobody needs so long."""
    words = [given.name, given.kind, given.payer, *given.specialties]
    words += [word for one in given.licences for word in (one.state, one.number)]
    if max(len(given.licences), len(given.specialties)) > _MOST_ROWS or any(len(one) > _LONGEST_WORD for one in words):
        text = f"At most {_MOST_ROWS} licences and specialties, and {_LONGEST_WORD} characters in a text."
        raise Refusal.of(Kind.INVALID, "too-long", text)
    return Credential(
        payer_id=PayerId(given.payer) if given.payer else home_payer,
        npi=npi,
        name=given.name.strip(),
        kind=given.kind.strip(),
        specialties=tuple(given.specialties),
        licences=tuple(LicenceHeld(one.state, one.number.strip(), _days(one.period)) for one in given.licences),
        attested=_days(given.attested) if given.attested else Period(),
    )


def reviewer_view(one: Credential, on: date) -> dict[str, Any]:
    """One clinician, and whether they may rule that day as far as licence and attestation go."""
    return {
        "npi": one.npi,
        "payerId": one.payer_id,
        "name": one.name,
        "kind": one.kind,
        "isPhysician": one.is_physician,
        "specialties": list(one.specialties),
        "licences": [
            {"state": held.state, "number": held.number, "period": _period(held.period)} for held in one.licences
        ],
        "attested": _period(one.attested) if one.attested != Period() else None,
        "hasValidLicence": one.valid_licence(on) is not None,
        "hasAttested": one.attested_on(on),
    }


def _days(given: PeriodIn) -> Period:
    return Period(given.start, given.end)


def _period(period: Period) -> dict[str, str | None]:
    first, last = period.start, period.end
    return {"start": first.isoformat() if first else None, "end": last.isoformat() if last else None}
