"""Reads one item of a Claim into a line request, and one supportingInfo into house words.

Must not know what becomes of a line.
"""

from typing import Any

from fhir_um.cases.asked import DocumentInformation, LineRequest, SupportingInfo
from fhir_um.translate.elements_in import (
    Json,
    child,
    concept,
    concepts,
    decimal,
    each,
    extensions,
    first_code,
    flag,
    identifier,
    money,
    quantity,
    text,
    timed,
    whole,
    wholes,
)
from fhir_um.translate.parties_in import Place
from fhir_um.words import Code, Concept, Identifier
from profiles.canonicals import (
    EXT_ADMINISTRATION_REFERENCE_NUMBER,
    EXT_AUTHORIZATION_NUMBER,
    EXT_CERTIFICATION_TYPE,
    EXT_DOCUMENT_INFORMATION,
    EXT_EPSDT_INDICATOR,
    EXT_INFO_CHANGED,
    EXT_ITEM_TRACE_NUMBER,
    EXT_NURSING_HOME_LEVEL_OF_CARE,
    EXT_NURSING_HOME_RESIDENTIAL_STATUS,
    EXT_PRODUCT_OR_SERVICE_CODE_END,
    EXT_REQUESTED_SERVICE,
    EXT_REVENUE_UNIT_RATE_LIMIT,
    EXT_SERVICE_ITEM_REQUEST_TYPE,
    MODIFIER_INFO_CANCELLED,
)

_NO_CODE = Code("", "")


def line_requests(place: Place) -> tuple[LineRequest, ...]:
    """Every item of the claim, in order, with its FHIRPath from the Bundle."""
    items = enumerate(each(place.resource, "item"))
    return tuple(_line(place, item, place.path(f"item[{i}]")) for i, item in items)


def _line(place: Place, item: Json, path: str) -> LineRequest:
    return LineRequest(
        sequence=whole(item, "sequence"),
        path=path,
        service=concept(child(item, "productOrService")) or Concept(),
        modifiers=concepts(item, "modifier"),
        quantity=quantity(child(item, "quantity")),
        serviced=timed(item, "serviced"),
        location=concept(child(item, "locationCodeableConcept")),
        category=concept(child(item, "category")),
        revenue=concept(child(item, "revenue")),
        unit_price=money(child(item, "unitPrice")),
        diagnosis_sequences=wholes(item, "diagnosisSequence"),
        care_team_sequences=wholes(item, "careTeamSequence"),
        information_sequences=wholes(item, "informationSequence"),
        cancelled=cancelled(item),
        **_line_extensions(place, item),
    )


def _line_extensions(place: Place, item: Json) -> dict[str, Any]:
    found = extensions(item)

    def the(url: str) -> Json:
        return found.get(url, {})

    def value(url: str) -> Json:
        return child(the(url), "valueCodeableConcept")

    return {
        "service_end": concept(value(EXT_PRODUCT_OR_SERVICE_CODE_END)),
        "request_type": first_code(value(EXT_SERVICE_ITEM_REQUEST_TYPE)),
        "certification_type": first_code(value(EXT_CERTIFICATION_TYPE)),
        "trace_numbers": trace_numbers(item),
        "authorization_number": text(the(EXT_AUTHORIZATION_NUMBER), "valueString"),
        "administrative_reference": text(the(EXT_ADMINISTRATION_REFERENCE_NUMBER), "valueString"),
        "requested_service_ref": place.address(child(the(EXT_REQUESTED_SERVICE), "valueReference")),
        "epsdt": flag(the(EXT_EPSDT_INDICATOR), "valueBoolean"),
        "nursing_home_status": concept(value(EXT_NURSING_HOME_RESIDENTIAL_STATUS)),
        "nursing_home_level": concept(value(EXT_NURSING_HOME_LEVEL_OF_CARE)),
        "revenue_unit_rate_limit": _written(the(EXT_REVENUE_UNIT_RATE_LIMIT)),
        "changed": text(the(EXT_INFO_CHANGED), "valueCode"),
    }


def _written(extension: Json) -> str:
    limit = decimal(extension, "valueDecimal")
    return "" if limit is None else str(limit)


def trace_numbers(item: Json) -> tuple[Identifier, ...]:
    """Every trace number of an item (X12 2000F TRN)."""
    found = (e for e in each(item, "extension") if text(e, "url") == EXT_ITEM_TRACE_NUMBER)
    return tuple(known for e in found if (known := identifier(child(e, "valueIdentifier"))))


def cancelled(node: Json) -> bool:
    """True when the sender withdrew this item or information.

    Source: PAS 2.2.1 spec-69.
    """
    return flag(extensions(node, "modifierExtension").get(MODIFIER_INFO_CANCELLED, {}), "valueBoolean") is True


def supporting_information(place: Place) -> tuple[SupportingInfo, ...]:
    """Every supportingInfo of the claim, whatever its category."""
    return tuple(_information(place, info) for info in each(place.resource, "supportingInfo"))


def _information(place: Place, info: Json) -> SupportingInfo:
    found = extensions(info)
    return SupportingInfo(
        sequence=whole(info, "sequence"),
        category=first_code(child(info, "category")) or _NO_CODE,
        ref=place.address(child(info, "valueReference")),
        text=text(info, "valueString"),
        timing=timed(info, "timing"),
        changed=text(found.get(EXT_INFO_CHANGED, {}), "valueCode"),
        cancelled=cancelled(info),
        document=_document(found.get(EXT_DOCUMENT_INFORMATION)),
    )


def _document(extension: Json | None) -> DocumentInformation | None:
    if extension is None:
        return None
    parts = extensions(extension)
    return DocumentInformation(
        report_type=first_code(child(parts.get("reportTypeCode", {}), "valueCodeableConcept")),
        transmission=first_code(child(parts.get("transmissionMethod", {}), "valueCodeableConcept")),
        control_number=text(parts.get("controlNumber", {}), "valueString"),
        description=text(parts.get("description", {}), "valueString"),
    )
