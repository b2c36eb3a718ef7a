"""Put the payer's clinicians on file: their licences, and that they attested to be free to rule."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from fhir_um.cases.caller import Caller
from fhir_um.cases.credentials import (
    LONGEST_ATTESTATION_DAYS,
    Credential,
    LicenceHeld,
    attests_too_long,
    faults_in,
)
from fhir_um.cases.model import PayerId
from fhir_um.coverage.model import Reviewer
from fhir_um.deps import Deps
from fhir_um.errors import Issue, Kind, Refusal
from fhir_um.words import Period

_TOO_LONG = f"an attestation is for a year, {LONGEST_ATTESTATION_DAYS} days at most; attest again when it ends"
_BACKWARDS = "the last day of the attestation lies before the first; exchange them"
_GAP = "the attestation on file still holds, and the new one begins days after its end; begin it on {day} or before"


def on_file(rows: Iterable[Reviewer]) -> tuple[Credential, ...]:
    """The rows of a payer's file as credentials.

    Raises: Refusal with every fault, each with its row.
    """
    found = tuple(map(_credential, rows))
    faults = [
        f"reviewers.yaml, row {row}: {fault}." for row, one in enumerate(found, start=1) for fault in faults_in(one)
    ]
    if faults:
        raise Refusal(Kind.INVALID, tuple(Issue("value", fault) for fault in faults))
    return found


def see_reviewers(deps: Deps, caller: Caller) -> tuple[Credential, ...]:
    """Everybody on file with the payers the caller may speak to."""
    with deps.open_reading() as reading:
        return tuple(one for payer_id in caller.payer_ids for one in reading.reviewers.all_of(payer_id))


def keep_reviewers(deps: Deps, caller: Caller, credentials: tuple[Credential, ...]) -> None:
    """Put them on file, or in the place of those with the same NPI; all or none.

    Raises: Refusal for a payer that is not the caller's, and for every fault of theirs.
    """
    if any(one.payer_id not in caller.payer_ids for one in credentials):
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such payer here.", "payer")
    faults = [issue for row, one in enumerate(credentials, start=1) for issue in _issues(one, row, len(credentials))]
    if faults:
        raise Refusal(Kind.INVALID, tuple(faults))
    with deps.open_work() as work:
        work.reviewers.save(credentials)


def _issues(credential: Credential, row: int, rows: int) -> Iterator[Issue]:
    """Every fault, with its row where there are several."""
    too_long = (_TOO_LONG,) if attests_too_long(credential.attested) else ()
    for fault in (*faults_in(credential), *too_long):
        yield Issue("value", f"Row {row}: {fault}." if rows > 1 else f"{fault.capitalize()}.")


def attest(deps: Deps, caller: Caller, npi: str, first: date, last: date) -> tuple[Credential, ...]:
    """Note that somebody attested for those days, with every payer of the caller that has them on file.

    Days attested before stay where the new ones go on from them: who attests early may rule meanwhile.

    Raises: Refusal when nobody has them on file; for an attestation that is backwards or longer than a year, or that
    would end one that holds today and leave days without any.
    """
    attested = Period(first, last)
    faults = [_BACKWARDS] if last < first else [_TOO_LONG] if attests_too_long(attested) else []
    if faults:
        raise Refusal(Kind.INVALID, tuple(Issue("value", f"{fault.capitalize()}.") for fault in faults))
    today = deps.clock().date()
    return _change(deps, caller, npi, lambda one: replace(one, attested=_joined(one, attested, today)))


def expire(deps: Deps, caller: Caller, npi: str, last: date) -> tuple[Credential, ...]:
    """Note that all licences and the attestation of somebody end on that day, or ended before.

    Raises: Refusal when no payer of the caller has them on file.
    """
    return _change(deps, caller, npi, lambda one: _ended(one, last))


def _change(
    deps: Deps, caller: Caller, npi: str, changed: Callable[[Credential], Credential]
) -> tuple[Credential, ...]:
    with deps.open_work(alone=True) as work:
        found = [work.reviewers.by_npi(payer_id, npi) for payer_id in caller.payer_ids]
        new = tuple(changed(one) for one in found if one is not None)
        if not new:
            raise Refusal.of(Kind.NOT_FOUND, "not-found", "Nobody with that NPI is on file.", "npi")
        work.reviewers.save(new)
    return new


def _joined(credential: Credential, attested: Period, today: date) -> Period:
    held = credential.attested
    if held.start is None or held.end is None or attested.start is None or attested.end is None:
        return attested
    if held.start <= attested.start <= held.end + timedelta(days=1):
        return Period(held.start, max(held.end, attested.end))
    if credential.attested_on(today) and attested.start > held.end:
        text = _GAP.format(day=held.end + timedelta(days=1)).capitalize()
        raise Refusal.of(Kind.INVALID, "value", f"{text}.")
    return attested


def _ended(credential: Credential, last: date) -> Credential:
    licences = tuple(
        replace(licence, period=ended) for licence in credential.licences if (ended := _until(licence.period, last))
    )
    return replace(credential, licences=licences, attested=_until(credential.attested, last) or Period())


def _until(period: Period, last: date) -> Period | None:
    """The part of it up to that day; None when it had not begun then."""
    if period.start is not None and period.start > last:
        return None
    return replace(period, end=last if period.end is None else min(period.end, last))


def _credential(row: Reviewer) -> Credential:
    return Credential(
        payer_id=PayerId(row.payer_id),
        npi=row.npi,
        name=row.name,
        kind=row.kind,
        specialties=row.specialties,
        licences=tuple(LicenceHeld(one.state, one.number, one.period) for one in row.licences),
        attested=row.attested,
    )
