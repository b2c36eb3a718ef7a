"""Reads a PAS request Bundle into a `ClaimRequest`: everything must-support of Claim, in house words.

Must not know policies, cases on file or the time. Shapes of PAS 2.0.1 and 2.2.1 are read by the same tolerant rules.
"""

from collections.abc import Iterator

from fhir_um.cases.asked import (
    Accident,
    ClaimedDiagnosis,
    ClaimRequest,
    ConditionCode,
    HomeHealth,
    Party,
    PriorClaim,
    TransmissionIds,
)
from fhir_um.translate.elements_in import (
    Json,
    child,
    codes,
    concept,
    day,
    each,
    extensions,
    first_code,
    flag,
    identifier,
    identifiers,
    text,
    whole,
)
from fhir_um.translate.lines_in import line_requests, supporting_information
from fhir_um.translate.parties_in import Place, care_team, claimed_coverage, claimed_member, parties, party
from fhir_um.words import Code, Concept, Identifier
from profiles.bundle import Resolver
from profiles.canonicals import (
    CERTIFICATION_CANCEL,
    EXT_ADMINISTRATION_REFERENCE_NUMBER,
    EXT_AUTHORIZATION_NUMBER,
    EXT_CERTIFICATION_TYPE,
    EXT_CLAIM_ENCOUNTER,
    EXT_CONDITION_CODE,
    EXT_COVERAGE_INFORMATION,
    EXT_DIAGNOSIS_RECORDED_DATE,
    EXT_HOME_HEALTH_CARE_INFORMATION,
    EXT_LEVEL_OF_SERVICE_CODE,
    EXT_TRANSMISSION_IDENTIFIERS,
    PROCESS_PRIORITY,
    X12_CERTIFICATION_TYPE,
    X12_LEVEL_OF_SERVICE,
)
from profiles.reading import ReadBundle

URGENT = frozenset({"U", "03"})
"""X12 1338 codes that ask for an expedited review."""
_BUILDS_ON = frozenset({"prior", "replaces"})
"""Relationships to the claim an update builds on: `prior` since 2.1.0, `replaces` in the text of 2.0.1."""


def first_place(bundle: ReadBundle) -> Place:
    """The Claim of the bundle: always its first entry (PAS 2.2.1 spec-12, checked before)."""
    return Place(bundle.entries[0], Resolver(bundle.entries))


def read_claim(bundle: ReadBundle) -> ClaimRequest:
    """The submission in house words.

    Source: PAS 2.2.1 conf-4 (every must-support element of Claim is processed), spec-12.
    """
    told = (known for entry in bundle.entries for known in assertions_on(entry.resource))
    return request_at(first_place(bundle), identifier(child(bundle.resource, "identifier")), tuple(dict.fromkeys(told)))


def assertions_on(resource: Json) -> Iterator[str]:
    """The ids of the coverage assertions a resource carries. Source: CRD 2.2.1 ext-coverage-information."""
    for extension in each(resource, "extension"):
        if text(extension, "url") == EXT_COVERAGE_INFORMATION:
            known = text(extensions(extension).get("coverage-assertion-id", {}), "valueString")
            if known:
                yield known


def request_at(
    place: Place,
    bundle_identifier: Identifier | None,
    told: tuple[str, ...] = (),
    beside: ClaimRequest | None = None,
) -> ClaimRequest:
    """The Claim at that place in house words; `told` are the coverage assertions its orders carry.

    `beside` is another Claim for the same patient, to the same insurer, under the same coverage: these are not read
    again.
    """
    claim, found = place.resource, extensions(place.resource)
    level = first_code(child(found.get(EXT_LEVEL_OF_SERVICE_CODE, {}), "valueCodeableConcept"))
    requesters = parties(place, child(claim, "provider"), "provider")
    return ClaimRequest(
        bundle_identifier=bundle_identifier,
        claim_url=place.entry.full_url,
        claim_identifiers=identifiers(claim),
        claim_type=concept(child(claim, "type")) or Concept(),
        created=text(claim, "created"),
        prior=_prior(place),
        cancel_all=_cancels_all(found),
        expedited=_is_urgent(level) or _is_stat(claim),
        level_of_service=level,
        payer=beside.payer if beside else party(place, "insurer"),
        requester=requesters[0] if requesters else Party(),
        requester_parties=requesters,
        member=beside.member if beside else claimed_member(place),
        coverage=beside.coverage if beside else claimed_coverage(place),
        care_team=care_team(place),
        diagnoses=claimed_diagnoses(place),
        supporting_info=supporting_information(place),
        transmission=_transmission(found),
        lines=line_requests(place),
        authorization_number=text(found.get(EXT_AUTHORIZATION_NUMBER, {}), "valueString"),
        administrative_reference=text(found.get(EXT_ADMINISTRATION_REFERENCE_NUMBER, {}), "valueString"),
        conditions=_conditions(claim),
        home_health=_home_health(found),
        accident=_accident(child(claim, "accident")),
        encounter_ref=place.address(child(found.get(EXT_CLAIM_ENCOUNTER, {}), "valueReference")),
        coverage_assertions=told,
    )


def _is_urgent(level: Code | None) -> bool:
    return level is not None and level.system in (X12_LEVEL_OF_SERVICE, "") and level.code in URGENT


def _is_stat(claim: Json) -> bool:
    given = codes(child(claim, "priority"))
    return any(c.code == "stat" and c.system in (PROCESS_PRIORITY, "") for c in given)


def _cancels_all(found: dict[str, Json]) -> bool:
    """True when the certification type stands on the claim itself (PAS 2.2.1 section on cancelling)."""
    given = codes(child(found.get(EXT_CERTIFICATION_TYPE, {}), "valueCodeableConcept"))
    return any(c.code == CERTIFICATION_CANCEL and c.system in (X12_CERTIFICATION_TYPE, "") for c in given)


def _prior(place: Place) -> PriorClaim | None:
    """The claim this one builds on, known by its address, its own identifiers, or those the sender wrote down.

    Source: PAS 2.2.1 spec-65; PAS 2.0.1 used `replaces`, or no relation at all.
    """
    for related in each(place.resource, "related"):
        if any(c.code in _BUILDS_ON for c in codes(child(related, "relationship"))):
            reference = child(related, "claim")
            known = (*identifiers(place.target(reference)), *identifiers(reference), *identifiers(related, "reference"))
            return PriorClaim(place.address(reference), tuple(dict.fromkeys(known)))
    return None


def claimed_diagnoses(place: Place) -> tuple[ClaimedDiagnosis, ...]:
    """Every diagnosis of the claim, also one given by reference to a Condition."""
    return tuple(_diagnosis(place, written) for written in each(place.resource, "diagnosis"))


def _diagnosis(place: Place, written: Json) -> ClaimedDiagnosis:
    recorded = extensions(written).get(EXT_DIAGNOSIS_RECORDED_DATE, {})
    condition = place.target(child(written, "diagnosisReference"))
    types = each(written, "type") or [child(written, "type")]
    return ClaimedDiagnosis(
        sequence=whole(written, "sequence"),
        concept=concept(child(written, "diagnosisCodeableConcept")) or concept(child(condition, "code")) or Concept(),
        type=first_code(types[0]),
        recorded=day(text(recorded, "valueDate")),
    )


def _transmission(found: dict[str, Json]) -> TransmissionIds | None:
    if EXT_TRANSMISSION_IDENTIFIERS not in found:
        return None
    parts = extensions(found[EXT_TRANSMISSION_IDENTIFIERS])
    names = ("applicationSenderCode", "applicationReceiverCode", "interchangeSenderID", "interchangeReceiverID")
    return TransmissionIds(*(text(parts.get(name, {}), "valueString") for name in names))


def _conditions(claim: Json) -> tuple[ConditionCode, ...]:
    given = (e for e in each(claim, "extension") if text(e, "url") == EXT_CONDITION_CODE)
    return tuple(_condition(extension) for extension in given)


def _condition(extension: Json) -> ConditionCode:
    parts = extensions(extension)
    written = (p for p in each(extension, "extension") if text(p, "url") == "code")
    return ConditionCode(
        category=first_code(child(parts.get("category", {}), "valueCodeableConcept")),
        holds=flag(parts.get("indicator", {}), "valueBoolean"),
        codes=tuple(c for p in written for c in codes(child(p, "valueCodeableConcept"))),
    )


def _home_health(found: dict[str, Json]) -> HomeHealth | None:
    if EXT_HOME_HEALTH_CARE_INFORMATION not in found:
        return None
    parts = extensions(found[EXT_HOME_HEALTH_CARE_INFORMATION])
    prognosis = first_code(child(parts.get("prognosis", {}), "valueCodeableConcept"))
    return HomeHealth(prognosis, day(text(parts.get("date", {}), "valueDate")))


def _accident(written: Json) -> Accident | None:
    if not written:
        return None
    state = text(child(written, "locationAddress"), "state")
    return Accident(day(text(written, "date")), first_code(child(written, "type")), state)
