"""Writes what became of one line: ClaimResponse.item and, for a modified line, addItem.

Must not know other lines, bundles, or how a decision came about.
"""

from fhir_um.cases.asked import ClaimRequest, LineRequest, SupportingInfo
from fhir_um.cases.model import AUTHORIZED, DENIED, OVER, PENDED, Line, LineState
from fhir_um.cases.reasons import Reason
from fhir_um.translate.closed_lists import repeatable
from fhir_um.translate.codes import decision_reasons, review_actions
from fhir_um.translate.detail_out import authorized_content, detail_parts, epsdt, rate_limit, revenue
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.elements_out import (
    Json,
    code_extension,
    coded,
    concept,
    concept_extension,
    day,
    money,
    period,
    quantity,
    string_extension,
    timed,
)
from fhir_um.translate.manner import Manner
from fhir_um.translate.notes import Notes
from fhir_um.translate.providers_out import line_providers, provider_extension, provider_reference
from fhir_um.words import Concept, Period
from profiles.canonicals import (
    ADJUDICATION,
    DATA_ABSENT_REASON,
    EXT_ADMINISTRATION_REFERENCE_NUMBER,
    EXT_ADMISSION_DATES,
    EXT_AUTHORIZATION_NUMBER,
    EXT_CERTIFICATION_TYPE,
    EXT_COMMUNICATED_DIAGNOSIS,
    EXT_DISCHARGE_DATE,
    EXT_ITEM_AUTHORIZED_DETAIL,
    EXT_ITEM_CATEGORY,
    EXT_ITEM_PRE_AUTH_ISSUE_DATE,
    EXT_ITEM_PRE_AUTH_PERIOD,
    EXT_ITEM_REQUESTED_SERVICE_DATE,
    EXT_ITEM_TRACE_NUMBER,
    EXT_NURSING_HOME_LEVEL_OF_CARE,
    EXT_NURSING_HOME_RESIDENTIAL_STATUS,
    EXT_PRODUCT_OR_SERVICE_CODE_END,
    EXT_REQUESTED_SERVICE,
    EXT_REVENUE_CODE,
    EXT_REVIEW_ACTION,
    EXT_REVIEW_ACTION_CODE,
    EXT_SERVICE_ITEM_REQUEST_TYPE,
    ICD10_CM,
    NOT_APPLICABLE,
    X12_DECISION_REASON,
    X12_REVIEW_ACTION,
)

_REFERENCE_KEPT = PENDED | DENIED | {LineState.DISMISSED}
"""States whose line carries the number of the not (yet) authorized outcome (X12 REF NT)."""


def item(line: Line, request: ClaimRequest, stay: tuple[SupportingInfo, ...], manner: Manner, notes: Notes) -> Json:
    """The answer to one line, under the sequence it was asked with.

    `stay` is the supporting information that tells admission and discharge.
    Source: PAS 2.2.1 spec-34, spec-36, spec-46; profile-claimresponse.
    """
    written: Json = {"itemSequence": line.sequence}
    told = _item_extensions(line, request, stay, manner)
    if told:
        written = {"extension": told, **written}
    note = notes.number(line.decision.text)
    if note:
        written["noteNumber"] = [note]
    written["adjudication"] = [_adjudication(line, review_actions()[line.state])]
    return written


def _item_extensions(line: Line, request: ClaimRequest, stay: tuple[SupportingInfo, ...], manner: Manner) -> list[Json]:
    told = [*_trace_numbers(line, manner), *_issued(line)]
    told += string_extension(EXT_AUTHORIZATION_NUMBER, _previous_number(line))
    if line.state in _REFERENCE_KEPT:
        told += string_extension(EXT_ADMINISTRATION_REFERENCE_NUMBER, line.administrative_reference)
    asked_for = timed("value", line.request.serviced, moment="DateTime")
    if asked_for:
        told.append({"url": EXT_ITEM_REQUESTED_SERVICE_DATE, **asked_for})
    if line.state in AUTHORIZED:
        told += [provider_extension(p, manner) for p in line_providers(line, request, manner.refs)]
        told += _authorized_detail(line, manner.dialect)
        told += _stay_dates(stay) if manner.dialect.stay_dates else []
    elif line.state == LineState.PENDED_INFO:
        told += communicated_diagnoses(line, request)[: 1 if manner.inquiry else None]
    return told


def _previous_number(line: Line) -> str:
    """The authorization number this state replaced, or put an end to when the line was cancelled or voided."""
    ended = line.authorization_number if line.state in OVER else ""
    return ended or line.previous_authorization_number


def communicated_diagnoses(line: Line, request: ClaimRequest) -> list[Json]:
    """The diagnoses a request for documents is about: those the sender pointed to from the line, ICD-10-CM only.

    Source: PAS 2.2.1 extension-communicatedDiagnosis, once at most in profile-claiminquiryresponse.
    """
    wanted = line.request.diagnosis_sequences
    codes = (d.concept.code_in(ICD10_CM) for d in request.diagnoses if d.sequence in wanted)
    return [
        {"url": EXT_COMMUNICATED_DIAGNOSIS, "valueCodeableConcept": coded(ICD10_CM, code)} for code in codes if code
    ]


FORM_CONTEXT = "urn:fhir-um:questionnaire-context"
"""The system of our own trace numbers."""


def _trace_numbers(line: Line, manner: Manner) -> list[Json]:
    """Those of the sender, and ours where the payer's questionnaire is asked for: it is the context of that form.

    Source: PAS 2.2.1 ainfo-3.
    """
    known = list(manner.sent.identifiers(line.request.trace_numbers))
    if any(needed.is_form for needed in line.documents):
        known.append({"system": FORM_CONTEXT, "value": line.administrative_reference})
    return [{"url": EXT_ITEM_TRACE_NUMBER, "valueIdentifier": number} for number in known]


def _issued(line: Line) -> list[Json]:
    if line.state not in AUTHORIZED:
        return []
    told: list[Json] = []
    if line.issued_on:
        told.append({"url": EXT_ITEM_PRE_AUTH_ISSUE_DATE, "valueDate": day(line.issued_on)})
    if line.period and line.period != Period():
        told.append({"url": EXT_ITEM_PRE_AUTH_PERIOD, "valuePeriod": period(line.period)})
    return told


def _stay_dates(stay: tuple[SupportingInfo, ...]) -> list[Json]:
    told: list[Json] = []
    for info in stay:
        if info.category.code == "admissionDates":
            told.append({"url": EXT_ADMISSION_DATES, **timed("value", info.timing)})
        elif info.timing.start:
            told.append({"url": EXT_DISCHARGE_DATE, "valueDate": day(info.timing.start)})
    return told


def _authorized_detail(line: Line, dialect: Dialect) -> list[Json]:
    """What the line is about: what was authorized, or, where an added item shows that, what was asked.

    Source: PAS 2.2.1 spec-36, spec-37 and the text on itemAuthorizedDetail; 2.0.1: given only when it differs.
    """
    modified = line.state == LineState.MODIFIED
    if not modified and not dialect.added_items:
        return []
    asked = modified and dialect.added_items
    content = line.request if asked else authorized_content(line)
    parts = detail_parts(repeatable(content), dialect)
    return [{"url": EXT_ITEM_AUTHORIZED_DETAIL, "extension": parts}] if parts else []


def added_item(line: Line, request: ClaimRequest, stay: tuple[SupportingInfo, ...], manner: Manner) -> Json:
    """What was authorized instead of what was asked, under the same sequence.

    Source: PAS 2.2.1 spec-37.
    """
    content = repeatable(authorized_content(line))
    amount = quantity(content.quantity)
    written: Json = {
        "extension": _added_extensions(line, content, manner) + _stay_dates(stay),
        "itemSequence": [line.sequence],
        "provider": [provider_reference(p, manner) for p in line_providers(line, request, manner.refs)],
        "productOrService": concept(content.service) or coded(DATA_ABSENT_REASON, NOT_APPLICABLE),
        "modifier": [concept(m) for m in content.modifiers],
        **timed("serviced", content.serviced),
        "locationCodeableConcept": concept(content.location or Concept()),
        "quantity": amount,
        "unitPrice": money(content.unit_price) if content.unit_price else {},
        "adjudication": [_adjudication(line, review_actions()[LineState.APPROVED])],
    }
    return {name: value for name, value in written.items() if value}


def _added_extensions(line: Line, content: LineRequest, manner: Manner) -> list[Json]:
    told = [*_trace_numbers(line, manner), *_issued(line)]
    told += string_extension(EXT_AUTHORIZATION_NUMBER, line.previous_authorization_number)
    told += string_extension(EXT_ADMINISTRATION_REFERENCE_NUMBER, line.administrative_reference)
    told += epsdt(content)
    told += concept_extension(EXT_NURSING_HOME_RESIDENTIAL_STATUS, content.nursing_home_status)
    told += concept_extension(EXT_NURSING_HOME_LEVEL_OF_CARE, content.nursing_home_level)
    told += concept_extension(EXT_PRODUCT_OR_SERVICE_CODE_END, content.service_end)
    told += concept_extension(EXT_REVENUE_CODE, revenue(content, manner.dialect))
    told += rate_limit(content)
    order = manner.refs.refer_to(line.request.requested_service_ref)
    told += [{"url": EXT_REQUESTED_SERVICE, "valueReference": order}] if order else []
    told += code_extension(EXT_SERVICE_ITEM_REQUEST_TYPE, content.request_type)
    told += code_extension(EXT_CERTIFICATION_TYPE, content.certification_type)
    return told + concept_extension(EXT_ITEM_CATEGORY, content.category)


def _adjudication(line: Line, action: str) -> Json:
    number = line.authorization_number if line.state in AUTHORIZED else ""
    return review(action, number, _reason_code(line.decision.reason), line.decision.second_opinion)


def review(action: str, number: str = "", why: str = "", second_opinion: bool | None = None) -> Json:
    """An adjudication that carries a review action: X12 306 code, authorization number, X12 886 reason.

    `second_opinion`: whether a second surgical opinion is wanted, where somebody said so.
    """
    parts = string_extension("number", number)
    parts.append({"url": EXT_REVIEW_ACTION_CODE, "valueCodeableConcept": coded(X12_REVIEW_ACTION, action)})
    if why:
        parts.append({"url": "reasonCode", "valueCodeableConcept": coded(X12_DECISION_REASON, why)})
    if second_opinion is not None:
        parts.append({"url": "secondSurgicalOpinionFlag", "valueBoolean": second_opinion})
    return {"extension": [{"url": EXT_REVIEW_ACTION, "extension": parts}], "category": coded(ADJUDICATION, "submitted")}


def _reason_code(reason: str) -> str:
    try:
        return decision_reasons()[Reason(reason)]
    except ValueError:
        return ""
