"""What codes and states mean, in our own words, for people at the command line. Must not decide anything.

X12 codes stand bare on the wire and bare in our data; the words here are ours, not those of the code lists.
"""

from fhir_um.cases.model import Course, LineState

REVIEW_ACTIONS = {
    "A1": "authorized as asked",
    "A2": "authorized in part",
    "A3": "not authorized",
    "A4": "pending",
    "A6": "authorized with changes",
    "C": "cancelled",
    "CT": "ask the payer",
    "NA": "no authorization needed",
}
"""X12 306, the review action of a line."""

REASONS = {
    "04": "less than asked",
    "09": "outside the network",
    "0B": "a specialist looks at it",
    "0F": "need not shown",
    "0G": "setting above the need",
    "0H": "none required",
    "0L": "benefit used up",
    "0M": "not a benefit",
    "0N": "not asked for in advance",
    "0P": "what was asked for did not come",
    "0Q": "same as an earlier request",
    "0R": "does not fit the diagnosis",
    "0T": "not established treatment",
    "0U": "more information needed",
    "0V": "a clinician reviews it",
    "0W": "waits for review",
    "0X": "not for this kind of provider",
    "14": "excluded by the contract",
    "16": "not for this kind of facility",
    "17": "asked too late",
    "18": "notice is enough",
    "19": "cosmetic",
    "20": "once in a lifetime",
}
"""X12 886, why a line stands where it does."""

ERRORS = {
    "15": "something needed is missing",
    "33": "cannot be changed any more",
    "43": "the provider's identifier",
    "51": "the provider is not on file",
    "52": "the provider is not enrolled now",
    "57": "the day of service",
    "60": "service before birth",
    "61": "service after death",
    "65": "the member's name",
    "67": "no such member",
    "68": "more than one such member",
    "71": "the birth date",
    "77": "the subscriber is known, the patient is not",
    "95": "not covered on that day",
    "T4": "the payer",
    "T5": "the request it changes is not known",
}
"""X12 901, a fault of content; the answer's own text says more."""

FOLLOWUPS = {"C": "correct and send again", "N": "do not send again"}
"""X12 889, what the sender should do about it."""

STATES = {
    LineState.INTAKE_REVIEW: "waits for intake",
    LineState.PENDED_INFO: "waits for information from the sender",
    LineState.NURSE_REVIEW: "waits for a nurse",
    LineState.PHYSICIAN_REVIEW: "waits for a physician",
    LineState.SPECIALIST_REVIEW: "waits for a specialist",
    LineState.APPROVED: "authorized as asked",
    LineState.MODIFIED: "authorized with changes",
    LineState.DENIED_CLINICAL: "denied by a physician",
    LineState.DENIED_ADMINISTRATIVE: "denied as a matter of benefit or contract",
    LineState.NO_ACTION: "no authorization needed",
    LineState.DISMISSED: "not ours to decide",
    LineState.CANCELLED: "cancelled",
    LineState.WITHDRAWN: "taken back by phone or letter",
    LineState.VOIDED: "taken off the books",
}
"""Where a line stands."""

COURSES = {
    Course.NO_AUTHORIZATION: "no authorization is needed",
    Course.APPROVE: "software approves at once",
    Course.PEND_DOCUMENTS: "the sender is asked for what is missing",
    Course.PEND_REVIEW: "a nurse reviews it",
    Course.PEND_PHYSICIAN: "a physician reviews it",
    Course.PEND_INTAKE: "a person at intake looks at it",
    Course.DENY_BENEFIT: "denied as a benefit exclusion, never on medical need",
    Course.CONTACT_PAYER: "somebody else administers this benefit",
}
"""What software does with a line."""


def with_words(code: str, words: dict[str, str]) -> str:
    """The code with its meaning behind it, or the bare code when it has none here.

    >>> with_words("0U", REASONS)
    '0U (more information needed)'
    """
    return f"{code} ({words[code]})" if code in words else code
