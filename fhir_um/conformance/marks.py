"""What an exchange is an example of: the words between scenes and checks. Must not judge.

A story's steps carry them (`marks` in story.yaml); what a request is by its address is added when it is kept.
"""

# --- by address and answer, added by the stage ------------------------------------------------------------------------

SUBMIT = "submit"
INQUIRE = "inquire"
ATTACHMENT = "attachment"
SUBSCRIPTION = "subscription"
"""Create, read, search, delete of a Subscription, $status and $events."""
METADATA = "metadata"
READ = "read"
"""A read or search of ClaimResponse or Claim."""
NOTIFICATION = "notification"
"""Something the server sent to us."""
DISCOVERY = "discovery"
HOOK = "hook"
"""A hook call; beside it stands the name of the hook (`order-sign`)."""
FEEDBACK = "feedback"

# --- by intention, given by stories and scenes ------------------------------------------------------------------------

APPROVED = "approved"
DENIED = "denied"
PENDED = "pended"
MODIFIED = "modified"
PARTIAL = "partial"
UPDATE = "update"
CANCELLED = "cancelled"
RENEWED = "renewed"
FOUND = "found"
"""An inquiry that must find something."""
NOT_FOUND = "not-found"
"""An inquiry that must find nothing."""
FINAL = "final"
"""An inquiry or notification after a pended request was decided."""
REFUSED = "refused"
"""A request that must be answered with 4xx."""
BUSINESS_ERROR = "business-error"
"""A request that is answered with 200 and an error of content."""
REPEATED = "repeated"
MUST_SUPPORT = "must-support"
TIDYING = "tidying"
HANDSHAKE = "handshake"
EVENT = "event"

# --- of hook calls, by intention --------------------------------------------------------------------------------------

COVERED = "covered"
"""A call with an order that must be answered as covered."""
NOT_COVERED = "not-covered"
"""A call with an order that must be answered as not covered."""
AUTH_NEEDED = "auth-needed"
"""A call with an order that must be told to need prior authorization."""
NO_AUTH = "no-auth"
"""A call with an order that must be told to need none."""
SATISFIED = "satisfied"
"""A call with an order that is authorized already, or is authorized while it is asked about."""
CONDITIONAL = "conditional"
"""A call with an order of which something cannot be told yet: `indeterminate` in 2.2.1, `conditional` in 2.0.1."""
DOCUMENTED = "documented"
"""A call with an order for which documents must be asked for, or a form."""
SEVERAL = "several-orders"
"""A call with more than one order, each of which gets its own answer."""
CARD = "card:"
"""Before the kind of a card that the answer must have among others: `card:instructions`."""
CARDS = (
    "external-reference",
    "instructions",
    "alternate-request",
    "additional-orders",
    "form-completion",
    "coverage-update",
    "smart-launch",
)
"""The kinds of card, as `fhir_um.stories.hook_answers` tells them apart."""
OFF = "off:"
"""Before the topic that the call switches off: `off:coverage-info`."""
FEW_CARDS = "max-cards"
"""A call that limits the number of cards to one."""
WHAT_IF = "what-if"
"""A call that must not be given an authorization number."""
NO_MEMBER = "no-member"
"""A call whose patient is not a member of the payer it is about."""
NO_ACTIVE_COVERAGE = "no-active-coverage"
"""A call whose patient was a member, and is insured no more."""
OTHER_PAYER = "other-payer"
"""A call whose Coverage is of a payer that the server does not answer for."""
NO_COVERAGE = "no-coverage"
"""A call without any Coverage: 2.2.1 wants it refused, 2.0.1 answered as well as may be. So with `other-payer`."""
PREFETCH_NULL = "prefetch-null"
"""A call with prefetch that is null, missing, bare or under other names: no fault, and answered as well as may be."""
TOLD_ALREADY = "told-already"
"""A call with an order that carries the server's own answer, unchanged: nothing new is said of it."""
OLDER_VERSION = "older-version"
"""A call that asks for 2.0 at an address where newer ones are spoken: answered as CRD 2.0.1 has it."""
NOT_JSON = "not-json"
NOT_A_CALL = "not-a-call"
"""JSON that is no call of the service: something the hook requires is missing, or the hook is another one."""
UNKNOWN_SERVICE = "unknown-service"
UNKNOWN_VERSION = "unknown-version"
"""A call that asks for a version of CRD that nobody speaks."""
BREAKS_GUIDE = "breaks-guide"
"""A hook call whose orders are not as CRD wants them: 2.2.1 wants it refused; 2.0.1 may answer without them."""
ACCEPTED = "accepted"
"""Feedback of a card that was taken."""
OVERRIDDEN = "overridden"
"""Feedback of a card that was passed over."""
UNHEARD = "unheard"
"""A notification that a story waited for and that did not come; beside it stands HANDSHAKE or EVENT."""

# --- of PAS requests, by intention, beside those above ----------------------------------------------------------------

MIXED = "mixed"
"""A request or an inquiry whose answer must tell lines in different states; `approved`, `denied` and the like are given
only where every line must be so."""
NOT_NEEDED = "not-needed"
"""A request for something that needs no authorization, by anybody or by this provider."""
ELSEWHERE = "elsewhere"
"""A request for something that another company decides about."""
DUPLICATE = "duplicate"
"""A request for what was asked for before, in other words; a person compares them."""
REVIEW = "review"
"""What a person of the payer sees or decides; not part of any guide."""
