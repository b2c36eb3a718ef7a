"""Reads a PAS inquiry Bundle into an `Inquiry`: query by example, in house words.

Must not know what is on file. The identifiers of the Claim and the Bundle name the inquiry itself and are not read.
"""

from fhir_um.cases.asked import Party
from fhir_um.cases.inquiry import Inquiry, LineFilter
from fhir_um.translate.claim_in import claimed_diagnoses, first_place
from fhir_um.translate.codes import review_actions
from fhir_um.translate.elements_in import (
    Json,
    child,
    codes,
    concept,
    concepts,
    each,
    extensions,
    first_code,
    period,
    text,
    timed,
)
from fhir_um.translate.parties_in import care_team, claimed_coverage, claimed_member, parties, party
from fhir_um.words import Concept
from profiles.canonicals import (
    DATA_ABSENT_REASON,
    EXT_ADMINISTRATION_REFERENCE_NUMBER,
    EXT_AUTHORIZATION_NUMBER,
    EXT_CERTIFICATION_TYPE,
    EXT_ITEM_CERTIFICATION_EFFECTIVE_DATE,
    EXT_ITEM_CERTIFICATION_EXPIRATION_DATE,
    EXT_ITEM_CERTIFICATION_ISSUE_DATE,
    EXT_PRODUCT_OR_SERVICE_CODE_END,
    EXT_REVIEW_ACTION_CODE,
    X12_REVIEW_ACTION,
)
from profiles.reading import ReadBundle


def read_inquiry(bundle: ReadBundle) -> Inquiry:
    """The inquiry in house words.

    Source: PAS 2.2.1 spec-42 to spec-53, conf-4.
    """
    place = first_place(bundle)
    claim, found = place.resource, extensions(place.resource)
    requesters = parties(place, child(claim, "provider"), "provider")
    diagnoses = claimed_diagnoses(place)
    return Inquiry(
        payer=party(place, "insurer"),
        requester=requesters[0] if requesters else Party(),
        requester_parties=requesters,
        care_team_npis=frozenset(npi for member in care_team(place) for npi in member.npis),
        member=claimed_member(place),
        coverage=claimed_coverage(place),
        authorization_number=text(found.get(EXT_AUTHORIZATION_NUMBER, {}), "valueString"),
        administrative_reference=text(found.get(EXT_ADMINISTRATION_REFERENCE_NUMBER, {}), "valueString"),
        period=period(child(claim, "billablePeriod")),
        diagnoses=tuple(dict.fromkeys(c for d in diagnoses for c in d.concept.codes)),
        lines=tuple(_line_filter(item) for item in each(claim, "item")),
        certification_type=first_code(child(found.get(EXT_CERTIFICATION_TYPE, {}), "valueCodeableConcept")),
    )


def _line_filter(item: Json) -> LineFilter:
    found = extensions(item)

    def the(url: str) -> Json:
        return found.get(url, {})

    actions = _actions(child(the(EXT_REVIEW_ACTION_CODE), "valueCodeableConcept"))
    states = tuple(state for state, code in review_actions().items() if code in actions)
    return LineFilter(
        service=_service(item),
        service_end=concept(child(the(EXT_PRODUCT_OR_SERVICE_CODE_END), "valueCodeableConcept")),
        modifiers=concepts(item, "modifier"),
        category=concept(child(item, "category")),
        serviced=timed(item, "serviced"),
        issued=timed(the(EXT_ITEM_CERTIFICATION_ISSUE_DATE), "value"),
        effective=timed(the(EXT_ITEM_CERTIFICATION_EFFECTIVE_DATE), "value"),
        expires=timed(the(EXT_ITEM_CERTIFICATION_EXPIRATION_DATE), "value"),
        states=states,
        no_such_state=bool(actions) and not states,
        authorization_number=text(the(EXT_AUTHORIZATION_NUMBER), "valueString"),
        administrative_reference=text(the(EXT_ADMINISTRATION_REFERENCE_NUMBER), "valueString"),
    )


def _service(item: Json) -> Concept | None:
    """The service asked about; data-absent-reason means any.

    Source: PAS 2.2.1 spec-43.
    """
    service = concept(child(item, "productOrService"))
    return None if service is None or service.code_in(DATA_ABSENT_REASON) else service


def _actions(written: Json) -> frozenset[str]:
    return frozenset(c.code for c in codes(written) if c.system in (X12_REVIEW_ACTION, ""))
