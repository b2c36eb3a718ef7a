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
    SUBSCRIBE = "system/Subscription.c"
    READ_SUBSCRIPTION = "system/Subscription.r"
    CHANGE_SUBSCRIPTION = "system/Subscription.u"
    END_SUBSCRIPTION = "system/Subscription.d"
    SEARCH_SUBSCRIPTION = "system/Subscription.s"
    ATTACH = "system/DocumentReference.c"
    VALIDATE = "um/validate"
    READ_CASES = "um/cases.read"
    DECIDE_CASES = "um/cases.decide"
    READ_HOOKS = "um/crd.read"


ALL = frozenset(scope.value for scope in Scope if scope is not Scope.PUBLIC)
"""Every permission there is."""
