"""The fake payer's answers to requests and inquiries, in both versions of PAS. Must not know rule files or HTTP.

Source: PAS 2.2.1 and 2.0.1, profile-claimresponse, profile-claiminquiryresponse, profile-communicationrequest and the
profiles of their Bundles.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from fhir_um.simulators.payer_asked import AskedLine, Json, resolve
from fhir_um.simulators.payer_case import BY_A_PERSON, GRANTED, HeldCase, HeldLine, Standing
from profiles import canonicals as at

OLDER = "2.0.1"
_ACTIONS = {
    Standing.APPROVED: "A1",
    Standing.DENIED: "A3",
    Standing.PENDED: "A4",
    Standing.IN_ERROR: "A4",
    Standing.MODIFIED: "A6",
    Standing.CANCELLED: "C",
}
"""X12 306."""
_CLAIM_AT = "Bundle.entry[0].resource"


def submit_answer(case: HeldCase, base: str) -> Json:
    """The Response Bundle of a case."""
    number = f"{case.id}-{case.version}"
    made = list(_made(case, base, inquiry=False))
    bundle = _bundle(at.PROFILE_RESPONSE_BUNDLE, case.changed_at, [*made, *echoed(case, made)])
    return {**bundle, "id": number, "identifier": {"system": f"{base}/NamingSystem/response", "value": number}}


def inquiry_answer(cases: list[HeldCase], guide: str, base: str, now: datetime) -> Json:
    """What an inquiry found: Parameters with a Bundle per case, or (2.0.1) all in one Bundle."""
    if guide != OLDER:
        found = [{"name": "return", "resource": _inquiry_bundle([case], base, now)} for case in cases]
        return {"resourceType": "Parameters"} | ({"parameter": found} if found else {})
    if cases:
        return _inquiry_bundle(cases, base, now)
    nothing = outcome("informational", "No authorization on file matches this inquiry.", "information")
    entry = {"fullUrl": f"{base}/OperationOutcome/inquiry", "resource": nothing}
    return _bundle(at.PROFILE_INQUIRY_RESPONSE_BUNDLE, now, [entry])


def _inquiry_bundle(cases: list[HeldCase], base: str, now: datetime) -> Json:
    made: dict[str, Json] = {}
    along: dict[str, Json] = {}
    for case in cases:
        answer = _entry(f"{base}/ClaimResponse/{case.id}", claim_response(case, base, inquiry=True))
        made[answer["fullUrl"]] = answer
        along |= {entry["fullUrl"]: entry for entry in echoed(case, [answer])}
    return _bundle(at.PROFILE_INQUIRY_RESPONSE_BUNDLE, now, [*made.values(), *along.values()])


def outcome(code: str, text: str, severity: str = "error") -> Json:
    """An OperationOutcome of one issue."""
    return {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": severity, "code": code, "details": {"text": text}}],
    }


def _bundle(profile: str, moment: datetime, entries: list[Json]) -> Json:
    return {
        "resourceType": "Bundle",
        "meta": {"profile": [profile]},
        "type": "collection",
        "timestamp": instant(moment),
        "entry": entries,
    }


def instant(moment: datetime) -> str:
    """A moment as FHIR writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _entry(url: str, resource: Json) -> Json:
    return {"fullUrl": url, "resource": resource}


def _made(case: HeldCase, base: str, inquiry: bool) -> Iterator[Json]:
    yield _entry(f"{base}/ClaimResponse/{case.id}", claim_response(case, base, inquiry))
    for asked in _documents(case, base):
        yield _entry(f"{base}/CommunicationRequest/{asked['id']}", asked)


def echoed(case: HeldCase, made: list[Json]) -> Iterator[Json]:
    """The sender's own entries that these refer to, and what those refer to, as they came; never the Claim."""
    seen = {case.asked.claim_url}
    layer: list[Any] = list(made)
    while layer:
        wanted = [url for part in layer for url in _led_to(case.asked.entries, part)]
        new = [url for url in dict.fromkeys(wanted) if url not in seen]
        seen |= set(new)
        layer = [case.asked.entries[url] for url in new]
        yield from (_entry(url, case.asked.entries[url]) for url in new)


def _led_to(entries: dict[str, Json], value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for one in value:
            yield from _led_to(entries, one)
    elif isinstance(value, dict):
        target = value.get("reference")
        if isinstance(target, str):
            yield from (url for url in entries if url == target or url.endswith(f"/{target}"))
        for one in value.values():
            yield from _led_to(entries, one)


def claim_response(case: HeldCase, base: str, inquiry: bool = False) -> Json:
    """The ClaimResponse that says where every line stands now."""
    claim, newer = case.asked.claim, case.guide != OLDER
    notes = [line for line in case.lines if line.rule.text and line.standing is not Standing.APPROVED]
    documents = [] if inquiry else list(_documents(case, base))
    granted = [line for line in case.lines if line.standing in GRANTED]
    written: Json = {
        "resourceType": "ClaimResponse",
        "id": case.id,
        "meta": {"profile": [at.PROFILE_CLAIM_INQUIRY_RESPONSE if inquiry else at.PROFILE_CLAIM_RESPONSE]},
        "extension": [_reviewer(case)] if newer else [],
        "identifier": claim.get("identifier", []),
        "status": "active",
        "type": claim.get("type", {}),
        "use": "preauthorization",
        "patient": _to(case, claim.get("patient", {})),
        "created": instant(case.changed_at),
        "insurer": _to(case, claim.get("insurer", {})),
        "requestor": _to(case, claim.get("provider", {})),
        "request": _request(case),
        "outcome": _outcome(case),
        "preAuthRef": granted[0].number if granted else "",
        "item": [_item(case, line, notes) for line in case.lines],
        "addItem": [_added(case, line) for line in case.lines if newer and line.standing is Standing.MODIFIED],
        "adjudication": [_review(Standing.CANCELLED)] if newer and case.asked.cancels_all else [],
        "error": [_error(case, notes)] if case.error else [],
        "processNote": [
            {"number": number, "type": "display", "text": line.rule.text} for number, line in enumerate(notes, start=1)
        ],
        "communicationRequest": [{"reference": f"{base}/CommunicationRequest/{each['id']}"} for each in documents],
    }
    return {name: value for name, value in written.items() if value}


def _to(case: HeldCase, reference: Json) -> Json:
    """A reference of the sender, written in full, so that it leads to the entry wherever it stands."""
    target = reference.get("reference", "")
    full = next((url for url in case.asked.entries if url == target or url.endswith(f"/{target}")), target)
    return {**reference, "reference": full} if target else reference


def _request(case: HeldCase) -> Json:
    if case.asked.claim_url.startswith("http"):
        return {"reference": case.asked.claim_url}
    return next(({"identifier": each} for each in case.asked.claim.get("identifier", ())), {})


def _outcome(case: HeldCase) -> str:
    if case.error:
        return "error"
    waits = any(line.standing is Standing.PENDED for line in case.lines)
    return "queued" if waits and case.guide == OLDER else "complete"


def _reviewer(case: HeldCase) -> Json:
    reviewed = any(line.standing in BY_A_PERSON for line in case.lines)
    flag = {"url": "wasHumanReviewedFlag", "valueBoolean": reviewed}
    return {"url": at.EXT_CLAIM_RESPONSE_REVIEWER, "extension": [flag]}


def _item(case: HeldCase, line: HeldLine, notes: list[HeldLine]) -> Json:
    told = [{"url": at.EXT_ITEM_TRACE_NUMBER, "valueIdentifier": trace} for trace in line.asked.traces]
    told += list(_issued(case, line))
    if line.standing not in GRANTED and line.standing is not Standing.CANCELLED:
        told.append({"url": at.EXT_ADMINISTRATION_REFERENCE_NUMBER, "valueString": line.reference})
    told += [{"url": at.EXT_ITEM_REQUESTED_SERVICE_DATE, **value} for value in _as_extension(line.asked.serviced)]
    if line.standing is Standing.MODIFIED:
        told.append(_detail(line, line.asked.quantity if case.guide != OLDER else _granted_quantity(line)))
    noted = {"noteNumber": [notes.index(line) + 1]} if line in notes else {}
    item = {"itemSequence": line.asked.sequence, **noted, "adjudication": [_reviewed(line, line.standing)]}
    return ({"extension": told} if told else {}) | item


def _as_extension(serviced: Json) -> Iterator[Json]:
    for name, value in serviced.items():
        yield {"valuePeriod": value} if name == "servicedPeriod" else {"valueDateTime": value}


def _issued(case: HeldCase, line: HeldLine) -> Iterator[Json]:
    if line.standing in GRANTED:
        yield {"url": at.EXT_ITEM_PRE_AUTH_ISSUE_DATE, "valueDate": case.changed_at.date().isoformat()}
        if "servicedPeriod" in line.asked.serviced:
            yield {"url": at.EXT_ITEM_PRE_AUTH_PERIOD, "valuePeriod": line.asked.serviced["servicedPeriod"]}


def _detail(line: HeldLine, quantity: Json) -> Json:
    parts: list[Json] = [{"url": "productOrServiceCode", "valueCodeableConcept": line.asked.service}]
    parts += [{"url": "quantity", "valueQuantity": quantity}] if quantity else []
    return {"url": at.EXT_ITEM_AUTHORIZED_DETAIL, "extension": parts}


def _granted_quantity(line: HeldLine) -> Json:
    granted = line.rule.quantity
    return line.asked.quantity if granted is None else {**line.asked.quantity, "value": _plain(granted)}


def _plain(number: float) -> float | int:
    return int(number) if number == int(number) else number


def _added(case: HeldCase, line: HeldLine) -> Json:
    """What is authorized instead of what was asked. Source: PAS 2.2.1 spec-37."""
    return {
        "extension": list(_issued(case, line)),
        "itemSequence": [line.asked.sequence],
        "productOrService": line.asked.service,
        **line.asked.serviced,
        "quantity": _granted_quantity(line),
        "adjudication": [_reviewed(line, Standing.APPROVED)],
    }


def _reviewed(line: HeldLine, standing: Standing) -> Json:
    return _review(standing, line.number if standing in GRANTED else "", line.rule.reason)


def _review(standing: Standing, number: str = "", reason: str = "") -> Json:
    parts: list[Json] = [{"url": "number", "valueString": number}] if number else []
    parts.append(
        {"url": at.EXT_REVIEW_ACTION_CODE, "valueCodeableConcept": _coded(at.X12_REVIEW_ACTION, _ACTIONS[standing])}
    )
    if reason and standing is not Standing.APPROVED:
        parts.append({"url": "reasonCode", "valueCodeableConcept": _coded(at.X12_DECISION_REASON, reason)})
    extension = {"url": at.EXT_REVIEW_ACTION, "extension": parts}
    return {"extension": [extension], "category": _coded(at.ADJUDICATION, "submitted")}


def _coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}


def _error(case: HeldCase, notes: list[HeldLine]) -> Json:
    rule = case.error
    if rule is None:
        return {}
    told: list[Json] = [
        {"url": at.EXT_ERROR_FOLLOWUP_ACTION, "valueCodeableConcept": _coded(at.X12_FOLLOWUP_ACTION, rule.followup)},
        {"url": at.EXT_ERROR_PATH, "valueString": _CLAIM_AT},
    ]
    text = {"text": rule.text} if rule.text else {}
    return {"extension": told, "code": _coded(at.X12_REJECT_REASON, rule.error) | text}


def _documents(case: HeldCase, base: str) -> Iterator[Json]:
    for line in case.lines:
        if line.standing is Standing.PENDED:
            for loinc in line.rule.documents:
                yield _document(case, line.asked, loinc, base)


def _document(case: HeldCase, line: AskedLine, loinc: str, base: str) -> Json:
    """What is asked for, under a control number. Source: profile-communicationrequest."""
    number = control_number(case, line.sequence, loinc)
    on_line = [{"url": at.EXT_SERVICE_LINE_NUMBER, "valuePositiveInt": line.sequence}]
    older = case.guide == OLDER
    insurer = _to(case, case.asked.claim.get("insurer", {}))
    provider = case.asked.claim.get("provider", {})
    is_organization = resolve(case.asked.entries, provider).get("resourceType") == "Organization"
    return {
        "resourceType": "CommunicationRequest",
        "id": number,
        "meta": {"profile": [at.PROFILE_COMMUNICATION_REQUEST]},
        **({} if older else {"extension": on_line}),
        "identifier": [{"system": f"{base}/NamingSystem/attachment-control-number", "value": number}],
        "status": "active",
        "medium": [_coded(at.PAS_TEMP_CODES, "CDEX")],
        "payload": [({"extension": on_line} if older else {}) | {"contentString": loinc}],
        "requester": insurer,
        "recipient": [insurer],
        **({"sender": _to(case, provider)} if is_organization else {}),
    }


def control_number(case: HeldCase, sequence: int, loinc: str) -> str:
    """What a document is asked for under."""
    return f"{case.id}-{sequence}-{loinc}"
