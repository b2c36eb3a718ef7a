"""Writes what became of one line: ClaimResponse.item and, for a modified line, addItem.

Must not know other lines, bundles, or how a decision came about.
"""

from collections.abc import Callable

from fhir_um.cases.asked import LineRequest, Party, SupportingInfo
from fhir_um.cases.model import (
    AUTHORIZED,
    DENIED,
    PENDED,
    Line,
    LineState,
)
from fhir_um.cases.reasons import Reason
from fhir_um.translate.codes import decision_reasons, review_actions
from fhir_um.translate.detail_out import authorized_content, detail_parts, epsdt, rate_limit, revenue
from fhir_um.translate.dialect import Dialect
from fhir_um.translate.elements_out import (
    Json,
    code_extension,
    coded,
    complete_identifiers,
    concept,
    concept_extension,
    day,
    money,
    period,
    quantity,
    string_extension,
    timed,
)
from fhir_um.translate.notes import Notes
from fhir_um.words import Period
from profiles.canonicals import (
    ADJUDICATION,
    EXT_ADMINISTRATION_REFERENCE_NUMBER,
    EXT_ADMISSION_DATES,
    EXT_AUTHORIZATION_NUMBER,
    EXT_CERTIFICATION_TYPE,
    EXT_DISCHARGE_DATE,
    EXT_ITEM_AUTHORIZED_DETAIL,
    EXT_ITEM_AUTHORIZED_PROVIDER,
    EXT_ITEM_CATEGORY,
    EXT_ITEM_PRE_AUTH_ISSUE_DATE,
    EXT_ITEM_PRE_AUTH_PERIOD,
    EXT_ITEM_REQUESTED_SERVICE_DATE,
    EXT_ITEM_TRACE_NUMBER,
    EXT_NURSING_HOME_LEVEL_OF_CARE,
    EXT_NURSING_HOME_RESIDENTIAL_STATUS,
    EXT_PRODUCT_OR_SERVICE_CODE_END,
    EXT_REVENUE_CODE,
    EXT_REVIEW_ACTION,
    EXT_REVIEW_ACTION_CODE,
    EXT_SERVICE_ITEM_REQUEST_TYPE,
    X12_DECISION_REASON,
    X12_REVIEW_ACTION,
)

Refer = Callable[[Party], Json]
"""How an answer refers to a party: by the entry that comes along, or by identifier."""

_REFERENCE_KEPT = PENDED | DENIED
"""States whose line carries the number of the not (yet) authorised outcome (X12 REF NT)."""


def item(line: Line, stay: tuple[SupportingInfo, ...], dialect: Dialect, refer: Refer, notes: Notes) -> Json:
    """The answer to one line, under the sequence it was asked with.

    `stay` is the supporting information that tells admission and discharge.
    Source: PAS 2.2.1 spec-34, spec-36, spec-46; profile-claimresponse.
    """
    written: Json = {"itemSequence": line.sequence}
    told = _item_extensions(line, stay, dialect, refer)
    if told:
        written = {"extension": told, **written}
    note = notes.number(line.decision.text)
    if note:
        written["noteNumber"] = [note]
    written["adjudication"] = [_adjudication(line, review_actions()[line.state])]
    return written


def _item_extensions(line: Line, stay: tuple[SupportingInfo, ...], dialect: Dialect, refer: Refer) -> list[Json]:
    told = [*_trace_numbers(line), *_issued(line)]
    told += string_extension(EXT_AUTHORIZATION_NUMBER, line.previous_authorization_number)
    if line.state in _REFERENCE_KEPT:
        told += string_extension(EXT_ADMINISTRATION_REFERENCE_NUMBER, line.administrative_reference)
    asked_for = timed("value", line.request.serviced, moment="DateTime")
    if asked_for:
        told.append({"url": EXT_ITEM_REQUESTED_SERVICE_DATE, **asked_for})
    if line.state in AUTHORIZED:
        told += _authorized_provider(line, refer)
        told += _authorized_detail(line, dialect)
        told += _stay_dates(stay) if dialect.stay_dates else []
    return told


def _trace_numbers(line: Line) -> list[Json]:
    known = complete_identifiers(line.request.trace_numbers)
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


def _authorized_provider(line: Line, refer: Refer) -> list[Json]:
    authorized = line.decision.authorized
    if authorized is None or authorized.provider is None:
        return []
    part = {"url": "provider", "valueReference": refer(authorized.provider)}
    return [{"url": EXT_ITEM_AUTHORIZED_PROVIDER, "extension": [part]}]


def _stay_dates(stay: tuple[SupportingInfo, ...]) -> list[Json]:
    told: list[Json] = []
    for info in stay:
        if info.category.code == "admissionDates":
            told.append({"url": EXT_ADMISSION_DATES, **timed("value", info.timing)})
        elif info.timing.start:
            told.append({"url": EXT_DISCHARGE_DATE, "valueDate": day(info.timing.start)})
    return told


def _authorized_detail(line: Line, dialect: Dialect) -> list[Json]:
    """What the line is about: what was authorised, or, where an added item shows that, what was asked.

    Source: PAS 2.2.1 spec-36, spec-37 and the text on itemAuthorizedDetail; 2.0.1: given only when it differs.
    """
    modified = line.state == LineState.MODIFIED
    if not modified and not dialect.added_items:
        return []
    asked = modified and dialect.added_items
    content = line.request if asked else authorized_content(line)
    return [{"url": EXT_ITEM_AUTHORIZED_DETAIL, "extension": detail_parts(content, dialect)}]


def added_item(line: Line, dialect: Dialect, refer: Refer) -> Json:
    """What was authorised instead of what was asked, under the same sequence.

    Source: PAS 2.2.1 spec-37.
    """
    content = authorized_content(line)
    written: Json = {
        "extension": _added_extensions(line, content, dialect),
        "itemSequence": [line.sequence],
        "productOrService": concept(content.service),
    }
    authorized = line.decision.authorized
    if authorized and authorized.provider:
        written["provider"] = [refer(authorized.provider)]
    if content.modifiers:
        written["modifier"] = [concept(m) for m in content.modifiers]
    written |= timed("serviced", content.serviced)
    if content.location:
        written["locationCodeableConcept"] = concept(content.location)
    amount = quantity(content.quantity)
    written |= {"quantity": amount} if amount else {}
    written |= {"unitPrice": money(content.unit_price)} if content.unit_price else {}
    written["adjudication"] = [_adjudication(line, review_actions()[LineState.APPROVED])]
    return written if written["extension"] else {k: v for k, v in written.items() if k != "extension"}


def _added_extensions(line: Line, content: LineRequest, dialect: Dialect) -> list[Json]:
    told = [*_trace_numbers(line), *_issued(line)]
    told += string_extension(EXT_AUTHORIZATION_NUMBER, line.previous_authorization_number)
    told += epsdt(content)
    told += concept_extension(EXT_NURSING_HOME_RESIDENTIAL_STATUS, content.nursing_home_status)
    told += concept_extension(EXT_NURSING_HOME_LEVEL_OF_CARE, content.nursing_home_level)
    told += concept_extension(EXT_PRODUCT_OR_SERVICE_CODE_END, content.service_end)
    told += concept_extension(EXT_REVENUE_CODE, revenue(content, dialect))
    told += rate_limit(content)
    told += code_extension(EXT_SERVICE_ITEM_REQUEST_TYPE, content.request_type)
    told += code_extension(EXT_CERTIFICATION_TYPE, content.certification_type)
    return told + concept_extension(EXT_ITEM_CATEGORY, content.category)


def _adjudication(line: Line, action: str) -> Json:
    parts: list[Json] = []
    if line.state in AUTHORIZED and line.authorization_number:
        parts.append({"url": "number", "valueString": line.authorization_number})
    parts.append({"url": EXT_REVIEW_ACTION_CODE, "valueCodeableConcept": coded(X12_REVIEW_ACTION, action)})
    why = _reason_code(line.decision.reason)
    if why:
        parts.append({"url": "reasonCode", "valueCodeableConcept": coded(X12_DECISION_REASON, why)})
    review = {"url": EXT_REVIEW_ACTION, "extension": parts}
    return {"extension": [review], "category": coded(ADJUDICATION, "submitted")}


def _reason_code(reason: str) -> str:
    try:
        return decision_reasons()[Reason(reason)]
    except ValueError:
        return ""
