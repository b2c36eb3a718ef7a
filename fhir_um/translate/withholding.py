"""What is said beside an answer about care that may be sensitive. Must not know whether anything was withheld."""

from profiles.issues import Issue

PART_2_NOTICE = "42 CFR part 2 prohibits unauthorized use or disclosure of these records."
"""Goes with records of substance-use care to whoever did not send them. Source: 42 CFR 2.32(a)(2), in its words."""


def may_be_withheld(contact: str) -> Issue:
    """The warning on every inquiry that names no number, whatever is on file: it depends on the question alone.

    Source: PAS 2.2.1 spec-50; FHIR R4 issue-type `suppressed`.
    """
    told = (
        "An inquiry without an authorization or reference number shows no authorizations that others asked for where "
        "the care may be sensitive, if there are any. Ask by the number, or ask the payer"
    )
    return Issue("suppressed", f"{told}: {contact}." if contact else f"{told}.", severity="warning")
