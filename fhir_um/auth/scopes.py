"""What a route may ask of a caller. Must not know routes or callers.

FHIR scopes follow SMART v2 (`system/Resource.cruds`); those of our own API begin with `um/`.
"""

from enum import StrEnum


class Scope(StrEnum):
    """One permission; a route declares exactly one."""

    PUBLIC = "public"
    SUBMIT = "system/Claim.c"
    READ_CLAIM = "system/Claim.r"
    SEARCH_CLAIM = "system/Claim.s"
    READ_RESPONSE = "system/ClaimResponse.r"
    SEARCH_RESPONSE = "system/ClaimResponse.s"
    READ_PROVENANCE = "system/Provenance.r"
    SEARCH_PROVENANCE = "system/Provenance.s"
    SUBSCRIBE = "system/Subscription.c"
    READ_SUBSCRIPTION = "system/Subscription.r"
    CHANGE_SUBSCRIPTION = "system/Subscription.u"
    END_SUBSCRIPTION = "system/Subscription.d"
    SEARCH_SUBSCRIPTION = "system/Subscription.s"
    ATTACH = "system/DocumentReference.c"
    VALIDATE = "um/validate"
    READ_CASES = "um/cases.read"
    DECIDE_CASES = "um/cases.decide"
    VOID_CASES = "um/cases.void"
    TAKE_WORK = "um/work.take"
    ASSIGN_WORK = "um/work.assign"
    READ_EVENTS = "um/events.read"
    MATCH_CLAIMS = "um/claims.match"
    READ_REVIEWERS = "um/reviewers.read"
    KEEP_REVIEWERS = "um/reviewers.write"
    READ_HOOKS = "um/crd.read"
    READ_TOKENS = "um/tokens.read"
    READ_AUDIT = "um/audit.read"
    READ_MEASURES = "um/measures.read"
    SESSION = "um/session"
    ASK_EMERGENCY = "um/emergency.ask"
    REVIEW_EMERGENCY = "um/emergency.review"


ALL = frozenset(scope.value for scope in Scope if scope is not Scope.PUBLIC)
"""Every permission there is."""

MEANING: dict[Scope, str] = {
    Scope.PUBLIC: "What anybody may read.",
    Scope.SUBMIT: "Send requests, updates and cancellations.",
    Scope.READ_CLAIM: "Read one's own requests, by id.",
    Scope.SEARCH_CLAIM: "Search one's own requests.",
    Scope.READ_RESPONSE: "Read the answers to one's own requests, by id.",
    Scope.SEARCH_RESPONSE: "Search one's own answers, and inquire.",
    Scope.READ_PROVENANCE: "Read who decided one's own requests, and on what grounds.",
    Scope.SEARCH_PROVENANCE: "Find who decided one's own requests.",
    Scope.SUBSCRIBE: "Ask to be told of decisions on one's own requests.",
    Scope.READ_SUBSCRIPTION: "Read one's own subscriptions, their status and events.",
    Scope.CHANGE_SUBSCRIPTION: "Change one's own subscriptions.",
    Scope.END_SUBSCRIPTION: "End one's own subscriptions.",
    Scope.SEARCH_SUBSCRIPTION: "List one's own subscriptions and their status.",
    Scope.ATTACH: "Send documents for one's own requests.",
    Scope.VALIDATE: "Have a message checked; nothing of it is kept.",
    Scope.READ_CASES: "See the payer's cases, their worksheets and documents.",
    Scope.DECIDE_CASES: "Decide, and match documents; the role says what may be decided.",
    Scope.VOID_CASES: "Propose to void lines entered in error, or confirm it: it takes two people.",
    Scope.TAKE_WORK: "Pull what waits in one's queues, take it, lock it, send it to supervisors.",
    Scope.ASSIGN_WORK: "Give somebody's work to somebody else, many at once.",
    Scope.READ_EVENTS: "Follow what happens to the payer's cases, without seeing into them.",
    Scope.MATCH_CLAIMS: "Hold claims against authorizations, and count what they use.",
    Scope.READ_REVIEWERS: "See licences and attestations of those who rule.",
    Scope.KEEP_REVIEWERS: "Put licences and attestations of those who rule on file.",
    Scope.READ_HOOKS: "See why an EHR was told what it was told.",
    Scope.READ_TOKENS: "Ask what a token stands for.",
    Scope.READ_AUDIT: "See who did what, and to whom a member's data went.",
    Scope.READ_MEASURES: "See how the house works in figures, and requests without their members.",
    Scope.SESSION: "See one's own session.",
    Scope.ASK_EMERGENCY: "Break the glass: see health data for an hour, with a reason.",
    Scope.REVIEW_EMERGENCY: "Look at emergency access, and judge it.",
}
"""Each permission in words, for people who grant it."""
