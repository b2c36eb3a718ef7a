"""What an exchange of the scenes here is an example of, beside the words of `fhir_um.conformance.marks`."""

from fhir_um.conformance import marks

WITH_TOKEN = "with-token"  # noqa: S105 a mark
"""Discovery with a good token."""
PREFLIGHT = "preflight"
"""OPTIONS, as a browser asks before it sends."""
ORIGIN = "origin"
"""Sent as a browser's page sends it, with the header Origin."""
WRONG_METHOD = "wrong-method"
WRONG_MEDIA_TYPE = "wrong-media-type"
CHARSET = "charset"
"""A call whose Content-Type names a charset."""

GOOD_TOKEN = "good-token:"  # noqa: S105 a mark
"""Before the algorithm of a good token, or what is right about it: `good-token:ES384`, `good-token:aud-list`."""
BAD_TOKEN = "bad-token:"  # noqa: S105 a mark
"""Before what is wrong with a token: `bad-token:expired`."""
FIRST_USE = "first-use"
"""The call whose token is then sent again."""
ANY_BAD_TOKEN = "bad-token"  # noqa: S105 a mark

USUAL = "usual"
"""The call that the others of its scene are variations of."""
VARIED = "varied:"
"""Before what is different about a call that must be answered like the usual one: `varied:unknown-members`."""
UNREACHABLE = "unreachable"
"""A call without a Coverage whose FHIR server cannot be reached."""
OUTDATED = "outdated"
"""A call with an order that carries an older answer for its coverage, and one for another coverage."""
DO_NOT = "do-not-perform"
"""A call with an order not to do something."""
SEVERAL_COVERAGES = "several-coverages"
WRONG_FEEDBACK = "wrong-feedback"
UNKNOWN_CARD = "unknown-card"
SEVERAL_CARDS = "several-cards"

APART = frozenset(
    {
        marks.REFUSED,
        marks.NOT_JSON,
        marks.NOT_A_CALL,
        marks.UNKNOWN_SERVICE,
        marks.UNKNOWN_VERSION,
        marks.OLDER_VERSION,
        marks.BREAKS_GUIDE,
        marks.NO_COVERAGE,
        marks.OTHER_PAYER,
        PREFLIGHT,
        WRONG_METHOD,
        WRONG_MEDIA_TYPE,
        CHARSET,
        ANY_BAD_TOKEN,
        UNREACHABLE,
        SEVERAL_COVERAGES,
    }
)
"""Marks of exchanges whose status has a check of its own."""

APART_BEFORE = (GOOD_TOKEN, VARIED)
"""How marks begin whose exchanges have a check of their own for their status."""
