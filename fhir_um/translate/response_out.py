"""Writes every answer of the FHIR side from the case and the bytes it came in: submit, inquire, read.

Must not know HTTP, the store or the time. The same case gives the same bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from fhir_um.cases.model import Case
from fhir_um.translate.claim_response_out import claim_response_of
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.documents_out import communication_requests
from fhir_um.translate.echo import ByAddress, Echo, References
from fhir_um.translate.elements_out import Json, instant
from fhir_um.translate.manner import Manner
from fhir_um.translate.sent import AsSent
from fhir_um.translate.tasks_out import tasks
from fhir_um.translate.withholding import PART_2_NOTICE
from profiles.canonicals import PROFILE_INQUIRY_RESPONSE_BUNDLE, PROFILE_RESPONSE_BUNDLE
from profiles.issues import Issue
from profiles.outcome import operation_outcome
from profiles.reading import raw_entries, write_json

NOTHING_FOUND = Issue("informational", "No authorization on file matches this inquiry.", severity="information")
"""What a 2.0.1 inquiry without a match carries, since its Bundle must have an entry."""

Found = tuple[tuple[Case, bytes], ...]
"""Cases with the exact bytes of their current submission."""


def submit_response(
    case: Case, raw_body: bytes, dialect: Dialect, base_url: str, warnings: tuple[Issue, ...] = ()
) -> bytes:
    """The PAS Response Bundle of a case: the ClaimResponse, the documents it asks for, and all it refers to.

    `warnings` about the request go out in an OperationOutcome at the end, for the sender's technical staff.
    Source: PAS 2.2.1 spec-30, spec-31, spec-33, spec-34, spec-38 to spec-41; profile-pas-response-bundle.
    """
    echo = Echo()
    manner = _beside(echo, case, raw_body, dialect, inquiry=False)
    answer = claim_response_of(case, manner)
    asked = list(communication_requests(case, manner, base_url))
    urls = [f"{base_url}/CommunicationRequest/{request['id']}" for request in asked]
    if urls:
        answer["communicationRequest"] = [{"reference": url} for url in urls]
    work = _work(case, manner, base_url)
    made = [_entry(_address(case, base_url), answer), *map(_entry, urls, asked), *work]
    told = [_entry(f"{base_url}/OperationOutcome/{case.id}", operation_outcome(warnings))] if warnings else []
    number = f"{case.id}-{case.version}"
    identity = {"id": number, "identifier": {"system": f"{base_url}/NamingSystem/response", "value": number}}
    written = _bundle(PROFILE_RESPONSE_BUNDLE, case.changed_at, [*made, *_echoed(echo), *told], identity)
    return write_json(written)


def claim_response(case: Case, raw_body: bytes, dialect: Dialect, base_url: str) -> bytes:
    """The ClaimResponse alone, as a read gives it.

    What only a Bundle can carry (`urn:uuid` addresses) is named by identifier; documents asked for are contained, so
    that a sender who was notified by id finds them. Source: FHIR R4 2.3.13 (contained resources).
    """
    manner = _manner(ByAddress(), case, raw_entries(raw_body), dialect, inquiry=False)
    answer = claim_response_of(case, manner)
    asked = list(communication_requests(case, manner, base_url))
    if asked:
        answer["contained"] = asked
        answer["communicationRequest"] = [{"reference": f"#{request['id']}"} for request in asked]
    if not case.request.claim_url.startswith("http"):
        answer["request"] = {"reference": f"{base_url}/Claim/{case.id}"}
    return write_json(answer)


def claim_resource(case: Case, raw_body: bytes) -> bytes:
    """The current Claim exactly as received, but for its `id`, which is the case's."""
    received = msgspec.json.decode(raw_entries(raw_body)[case.request.claim_url], type=dict[str, msgspec.Raw])
    head: dict[str, Any] = {"resourceType": "Claim", "id": case.id}
    return write_json(head | {name: raw for name, raw in received.items() if name not in head})


@dataclass(frozen=True, slots=True)
class Beside:
    """What is said beside what an inquiry found: `warnings` about the inquiry itself, `limits` of the answer.

    `under_part_2` are the cases that take the notice of 42 CFR part 2; `own` those the asker sent, who is told what
    they wait for as Tasks.
    """

    warnings: tuple[Issue, ...] = ()
    limits: tuple[Issue, ...] = ()
    under_part_2: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()


def inquiry_response(found: Found, dialect: Dialect, base_url: str, at: datetime, beside: Beside = Beside()) -> bytes:
    """What an inquiry found: one Bundle per case in Parameters, or (2.0.1) all in one Bundle.

    The limits of the answer are an entry of its first Bundle, or stand alone where there is none.
    Source: PAS 2.2.1 OperationDefinition Claim-inquiry, spec-46 to spec-50.
    """
    outcome_url = f"{base_url}/OperationOutcome/inquiry"
    if dialect.inquiry_answers_parameters:
        return write_json(_parameters(found, dialect, base_url, at, beside, outcome_url))
    entries = _inquiry_entries(found, dialect, base_url, beside)
    nothing = () if found or beside.warnings else (NOTHING_FOUND,)
    said = (*nothing, *beside.limits, *beside.warnings)
    if said:
        entries.append(_entry(outcome_url, operation_outcome(said)))
    return write_json(_bundle(PROFILE_INQUIRY_RESPONSE_BUNDLE, at, entries))


def _parameters(found: Found, dialect: Dialect, base_url: str, at: datetime, beside: Beside, outcome_url: str) -> Json:
    parameters: list[Json] = []
    for one in found:
        entries = _inquiry_entries((one,), dialect, base_url, beside)
        if beside.limits and not parameters:
            entries.append(_entry(outcome_url, operation_outcome(beside.limits)))
        parameters.append({"name": "return", "resource": _bundle(PROFILE_INQUIRY_RESPONSE_BUNDLE, at, entries)})
    said = beside.warnings if found else (*beside.limits, *beside.warnings)
    if said:
        parameters.append({"name": "outcome", "resource": operation_outcome(said)})
    return {"resourceType": "Parameters"} | ({"parameter": parameters} if parameters else {})


def _inquiry_entries(found: Found, dialect: Dialect, base_url: str, beside: Beside) -> list[Json]:
    """ClaimResponses first, then the Tasks of the asker, then what they refer to, each address once."""
    echo, answers, work = Echo(), [], []
    for case, raw_body in found:
        notice = PART_2_NOTICE if case.id in beside.under_part_2 else ""
        manner = _beside(echo, case, raw_body, dialect, inquiry=True, notice=notice)
        answers.append(_entry(_address(case, base_url), claim_response_of(case, manner)))
        work += _work(case, manner, base_url) if case.id in beside.own else []
    return [*answers, *work, *_echoed(echo)]


def _beside(echo: Echo, case: Case, raw_body: bytes, dialect: Dialect, inquiry: bool, notice: str = "") -> Manner:
    """The manner of an answer that has the entries it refers to beside it."""
    came = raw_entries(raw_body)
    echo.turn_to(came)
    return _manner(echo, case, came, dialect, inquiry, notice)


def _manner(
    refs: References, case: Case, came: dict[str, bytes], dialect: Dialect, inquiry: bool, notice: str = ""
) -> Manner:
    url = case.request.claim_url
    return Manner(dialect, refs, AsSent(url, came.get(url), refs), inquiry, notice)


def _work(case: Case, manner: Manner, base_url: str) -> list[Json]:
    """What a case waits for, as entries with Tasks."""
    return [_entry(f"{base_url}/Task/{task['id']}", task) for task in tasks(case, manner, base_url)]


def _address(case: Case, base_url: str) -> str:
    return f"{base_url}/ClaimResponse/{case.id}"


def _entry(full_url: str, resource: Any) -> Json:
    return {"fullUrl": full_url, "resource": resource}


def _echoed(echo: Echo) -> Iterator[Json]:
    return (_entry(url, msgspec.Raw(raw)) for url, raw in echo.taken.items())


def _bundle(profile: str, at: datetime, entries: list[Json], identity: Json | None = None) -> Json:
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [profile]},
        **(identity or {}),
        "type": "collection",
        "timestamp": instant(at),
        "entry": entries,
    }
