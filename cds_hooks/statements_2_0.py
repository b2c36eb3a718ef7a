"""How CRD 2.0.1 says an assertion: what it has no word for is said with the nearest true one, and in words.

Must not know orders or hooks. Source: CRD 2.0.1, ext-coverage-information and its value sets.
"""

from cds_hooks.desk import (
    Assertion,
    Covered,
    Detail,
    DocNeeded,
    InfoNeeded,
    Json,
    PaNeeded,
    Period,
    ReasonCode,
    Why,
)
from cds_hooks.statements import CODES_OF_ITS_OWN, Statement, coding, part, value_of

_CONDITIONAL = "conditional"
_OTHER = "OTH"
_DETAIL_CODES = frozenset(
    {
        "allowed-quantity",
        "allowed-period",
        "in-network-copay",
        "out-network-copay",
        "concurrent-review",
        "appropriate-use-needed",
    }
)
_DETAIL_WORDS = {"policy-link": "Policy", "instructions": "Instructions"}
_AWAITED = {
    InfoNeeded.PERFORMER: "who performs the service",
    InfoNeeded.LOCATION: "where it is performed",
    InfoNeeded.TIMEFRAME: "when it is performed",
    InfoNeeded.CONTRACT: "the contract in force when it is performed",
    InfoNeeded.DETAIL_CODE: "a more detailed code",
    InfoNeeded.OTHER: "further information",
}
_UNSTATED = "Whether prior authorization is needed is not said here."
_PATIENT = "The patient has questions to answer."
_DETAIL_CODE: Json = {
    "coding": [{"system": CODES_OF_ITS_OWN, "code": "detail-code"}],
    "text": "A more detailed code is needed.",
}


def in_crd_2_0(told: Assertion) -> Statement:
    """An assertion in the words of CRD 2.0.1.

    There every answer names prior authorization, `indeterminate` is `conditional` on other information, there is one
    doc-needed, and no expiry date. A contact without telecom cannot be said.
    """
    pa_needed = _pa_needed(told)
    doc_needed = _doc_needed(told.doc_needed)
    depends = _CONDITIONAL in (_or_conditional(told.covered), pa_needed, doc_needed)
    return Statement(
        covered=_or_conditional(told.covered),
        pa_needed=pa_needed,
        doc_needed=(doc_needed,) if doc_needed else (),
        doc_purpose=told.doc_purpose,
        info_needed=_info_needed(told) if depends else (),
        billing_codes=tuple(map(coding, told.billing_codes)),
        reasons=_reasons(told, depends),
        details=_details(told),
        depends_on=told.depends_on,
        questionnaires=told.questionnaires,
        on=told.on,
        id=told.id,
        satisfied_pa_id=told.satisfied_pa_id,
        contacts=tuple(
            {"valueContactPoint": {"system": system, "value": value}}
            for contact in told.contacts
            for system, value in contact.telecom
        ),
        expires=None,
    )


def _or_conditional(code: str) -> str:
    return _CONDITIONAL if code == Covered.INDETERMINATE else code


def _pa_needed(told: Assertion) -> str:
    """Never absent: the rule crd-ci-q2 of 2.0.1 asks for it even when nothing is covered."""
    if told.covered is Covered.NOT_COVERED:
        return PaNeeded.NO_AUTH
    return _or_conditional(told.pa_needed) if told.pa_needed else _CONDITIONAL


def _doc_needed(asked: tuple[DocNeeded, ...]) -> str:
    """The one word for all who are asked; who is certainly asked comes before who might be."""
    clinical = DocNeeded.CLINICAL in asked
    admin = DocNeeded.ADMIN in asked or DocNeeded.PATIENT in asked
    if clinical or admin:
        return "both" if clinical and admin else ("clinical" if clinical else "admin")
    return _CONDITIONAL if asked else ""


def _info_needed(told: Assertion) -> tuple[str, ...]:
    codes = [_OTHER if code is InfoNeeded.DETAIL_CODE else code.value for code in told.info_needed]
    if told.is_indeterminate or _leaves_pa_open(told):
        codes.append(_OTHER)
    return tuple(dict.fromkeys(codes))


def _leaves_pa_open(told: Assertion) -> bool:
    return told.pa_needed is None and told.covered is not Covered.NOT_COVERED


def _reasons(told: Assertion, depends: bool) -> tuple[Json, ...]:
    reasons = [_reason(why) for why in told.reasons]
    if InfoNeeded.DETAIL_CODE in told.info_needed:
        reasons.append(_DETAIL_CODE)
    if _leaves_pa_open(told):
        reasons.append({"text": _UNSTATED})
    if DocNeeded.PATIENT in told.doc_needed:
        reasons.append({"text": _PATIENT})
    if told.info_needed and not depends:
        awaited = ", ".join(_AWAITED[code] for code in told.info_needed)
        reasons.append({"text": f"More questions may come, depending on: {awaited}."})
    return tuple(reasons)


def _reason(why: Why) -> Json:
    if why.code is ReasonCode.GOLD_CARD:
        return {"coding": [{"system": CODES_OF_ITS_OWN, "code": why.code.value}], "text": why.text}
    return {"text": why.text}


def _details(told: Assertion) -> tuple[list[Json], ...]:
    """With the last day that the answer holds, for which 2.0.1 has no element."""
    details = [_detail(detail) for detail in told.details]
    if told.expires:
        words = {"valueCodeableConcept": {"text": "This answer holds until"}}
        details.append([part("code", words), part("value", value_of(Period(None, told.expires)))])
    return tuple(details)


def _detail(detail: Detail) -> list[Json]:
    known = detail.code in _DETAIL_CODES
    concept: Json = (
        {"coding": [{"system": CODES_OF_ITS_OWN, "code": detail.code}]}
        if known
        else {"text": _DETAIL_WORDS.get(detail.code, detail.code)}
    )
    parts = [part("code", {"valueCodeableConcept": concept}), part("value", value_of(detail.value))]
    return parts + ([part("qualification", {"valueString": detail.qualification})] if detail.qualification else [])
