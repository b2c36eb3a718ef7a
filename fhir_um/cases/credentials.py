"""Who of the payer's clinicians may rule on medical necessity that day: licences, specialties, attestations.

Pure values and what makes one usable. Must not know who decides what, or where they are kept.
Source: 42 CFR 422.566(d), 438.210(b)(3); um-domain 2.11 I1, SEC29.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from fhir_um.cases.model import PayerId
from fhir_um.words import Period

PHYSICIANS = frozenset({"MD", "DO"})
"""Kinds of clinicians who are physicians. Source: Social Security Act 1861(r)(1)."""

LONGEST_ATTESTATION_DAYS = 366
"""Somebody attests for a year at a time. Source: um-domain SEC29."""

_NPI = re.compile(r"[0-9]{10}", re.ASCII)
_STATE = re.compile(r"[A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class LicenceHeld:
    """A licence to practise in one state (its postal code), with the days it is valid."""

    state: str
    number: str
    period: Period


@dataclass(frozen=True, slots=True)
class Credential:
    """What the payer has on file about one of its clinicians.

    `kind` is the degree (`MD`). `specialties` are words of ours or NUCC taxonomy codes. `attested` is for how long they
    stated that nothing rewards them for denials and that they rule on nobody they are tied to; without a first and a
    last day it counts for nothing.
    """

    payer_id: PayerId
    npi: str
    name: str
    kind: str
    specialties: tuple[str, ...]
    licences: tuple[LicenceHeld, ...]
    attested: Period = Period()

    @property
    def is_physician(self) -> bool:
        """True for a doctor of medicine or osteopathy."""
        return self.kind in PHYSICIANS

    def valid_licence(self, on: date, preferred_state: str = "") -> LicenceHeld | None:
        """A licence valid that day: that of the preferred state if there is one, else the first; None without any."""
        valid = [licence for licence in self.licences if licence.period.covers(on)]
        return next((one for one in valid if one.state == preferred_state), valid[0] if valid else None)

    def attested_on(self, day: date) -> bool:
        """True when an attestation covers that day."""
        return _is_closed(self.attested) and self.attested.covers(day)


def faults_in(credential: Credential) -> tuple[str, ...]:
    """Everything that keeps it from being put on file, one sentence each; none of them repeats a name."""
    return tuple(_faults(credential))


def attests_too_long(attested: Period) -> bool:
    """True when an attestation is for more than a year."""
    first, last = attested.start, attested.end
    return first is not None and last is not None and (last - first).days >= LONGEST_ATTESTATION_DAYS


def _faults(credential: Credential) -> Iterator[str]:
    if not _NPI.fullmatch(credential.npi):
        yield "the NPI has ten digits"
    if not credential.name.strip():
        yield "name them as a letter would"
    if not credential.kind.strip():
        yield "say what they are, for example MD"
    if not credential.licences:
        yield "give at least one licence"
    for place, licence in enumerate(credential.licences, start=1):
        yield from _licence_faults(place, licence)
    if credential.attested != Period() and not _is_closed(credential.attested):
        yield "an attestation has a first and a last day, in that order; leave it out when there is none"


def _licence_faults(place: int, licence: LicenceHeld) -> Iterator[str]:
    if not _STATE.fullmatch(licence.state):
        yield f"licence {place}: the state is its two capital letters, for example MD"
    if not licence.number.strip():
        yield f"licence {place}: give its number"
    if not _is_closed(licence.period):
        yield f"licence {place}: give the first and the last day it is valid, in that order"


def _is_closed(period: Period) -> bool:
    return period.start is not None and period.end is not None and period.start <= period.end
