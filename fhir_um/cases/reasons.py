"""Why a line stands where it does: our own reason codes, in our own words.

Must not know X12; `translate/crosswalks/reasons.csv` maps them to list 886 where it has an equivalent.
"""

from enum import StrEnum


class Reason(StrEnum):
    """One row per reason; `TEXTS` gives the sentence a sender reads."""

    CRITERIA_MET = "criteria-met"
    NO_AUTHORIZATION_REQUIRED = "no-auth-required"
    GOLD_CARD = "gold-card"
    NOTIFICATION_ONLY = "notification-only"
    WITHIN_FREE_VISITS = "within-free-visits"
    INFORMATION_NEEDED = "need-patient-info"
    MEDICAL_REVIEW = "needs-medical-review"
    PENDING_REVIEW = "pending-review"
    UNKNOWN_SERVICE = "unknown-service"
    INTAKE_REVIEW = "intake-review"
    DUPLICATE = "dup"
    CONTACT_OTHER = "contact-other-administrator"
    NOT_NECESSARY = "not-necessary"
    SETTING_TOO_HIGH = "setting-too-high"
    EXCEEDS_PLAN_MAXIMUM = "exceeds-plan-max"
    NOT_COVERED = "not-covered"
    NOT_ELIGIBLE = "not-eligible"
    NO_PRIOR_APPROVAL = "no-prior-approval"
    INFORMATION_NOT_RECEIVED = "info-not-received"
    OUT_OF_NETWORK = "out-of-network"
    WRONG_FACILITY_TYPE = "wrong-facility-type"
    ONCE_PER_LIFE = "once-per-life"
    DIAGNOSIS_MISMATCH = "dx-mismatch"
    EXPERIMENTAL = "experimental"
    PROVIDER_TYPE = "provider-type"
    QUANTITY_REDUCED = "qty-reduced"
    CONTRACT_RULE = "contract-rule"
    LATE_REQUEST = "late-request"
    COSMETIC = "cosmetic"
    CANCELLED_BY_REQUESTER = "cancelled-by-requester"
    SUBMITTED = "submitted"
    EXTERNAL_REVIEWER = "external-reviewer"
    WITHDRAWN = "withdrawn"
    REOPENED = "reopened"
    VOIDED = "entered-in-error"


APPROVALS = frozenset(
    {
        Reason.CRITERIA_MET,
        Reason.NO_AUTHORIZATION_REQUIRED,
        Reason.GOLD_CARD,
        Reason.NOTIFICATION_ONLY,
        Reason.WITHIN_FREE_VISITS,
    }
)
"""Reasons to say yes."""

CLINICAL_DENIALS = frozenset(
    {
        Reason.NOT_NECESSARY,
        Reason.SETTING_TOO_HIGH,
        Reason.INFORMATION_NOT_RECEIVED,
        Reason.WRONG_FACILITY_TYPE,
        Reason.DIAGNOSIS_MISMATCH,
        Reason.EXPERIMENTAL,
        Reason.PROVIDER_TYPE,
        Reason.QUANTITY_REDUCED,
        Reason.COSMETIC,
    }
)
"""Reasons only a physician may give (lack of information counts as clinical)."""

PENDING = frozenset(
    {
        Reason.INFORMATION_NEEDED,
        Reason.MEDICAL_REVIEW,
        Reason.PENDING_REVIEW,
        Reason.UNKNOWN_SERVICE,
        Reason.INTAKE_REVIEW,
        Reason.EXTERNAL_REVIEWER,
    }
)
"""Reasons why a line waits on; the sender reads them, so none of them sounds like a decision."""

DISMISSALS = frozenset({Reason.CONTACT_OTHER, Reason.DUPLICATE, Reason.NOT_ELIGIBLE, Reason.LATE_REQUEST})
"""Reasons why a request is none that is decided here; none of them is about medical necessity."""

ADMINISTRATIVE_DENIALS = frozenset(
    {
        Reason.NOT_COVERED,
        Reason.NOT_ELIGIBLE,
        Reason.EXCEEDS_PLAN_MAXIMUM,
        Reason.ONCE_PER_LIFE,
        Reason.DUPLICATE,
        Reason.NO_PRIOR_APPROVAL,
        Reason.OUT_OF_NETWORK,
        Reason.CONTRACT_RULE,
        Reason.LATE_REQUEST,
    }
)
"""Reasons of contract and benefit, which trained non-physicians may give."""
