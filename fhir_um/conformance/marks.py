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
