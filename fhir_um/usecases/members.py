"""Who the patient of a request is among the payer's members. Shared by submit, amend and inquire; changes nothing.

A wrong person is worse than no person: identifiers propose, name and birth date must agree, and of several none is
guessed. Source: X12 reject reasons 65, 67, 68, 71 and 77 (list 901).
"""

from fhir_um.cases.asked import ClaimedCoverage, ClaimedMember
from fhir_um.cases.model import CORRECT, BusinessError, PayerId
from fhir_um.coverage.model import Member
from fhir_um.coverage.names import same_name
from fhir_um.deps import Reading
from fhir_um.words import Identifier


def find_member(
    work: Reading, payer_id: PayerId, claimed: ClaimedMember, coverage: ClaimedCoverage | None
) -> Member | BusinessError:
    """The one member meant, or why there is none.

    The patient's own identifiers come first; those of the coverage, which dependents share with the subscriber, count
    only when the patient's find nobody. Members who share an identifier are told apart by birth date and name. Both
    are looked up at once: whether somebody is a member does not show in how much was asked of the store.
    """
    of_coverage = _of_coverage(coverage) if coverage is not None else ()
    all_found = work.find_members(payer_id, claimed.identifiers + of_coverage)
    found = tuple(member for member in all_found if _is_known_by(member, claimed.identifiers))
    by_coverage = coverage is not None and not found
    if by_coverage:
        found = all_found
    if not found:
        return _fault("67", claimed, "identifier", "No member with this identifier was found.")
    fitting = [member for member in found if same_family(member, claimed) and same_birth(member, claimed)]
    if len(fitting) > 1:
        fitting = [member for member in fitting if claimed.given and same_name(member.given, claimed.given)]
        if len(fitting) != 1:
            text = "The identifiers belong to more than one member; send the member id of the card alone."
            return _fault("68", claimed, "identifier", text)
    return fitting[0] if fitting else _misfit(found, claimed, by_coverage)


def same_family(member: Member, claimed: ClaimedMember) -> bool:
    """True when the family names agree, or the sender gave none."""
    return not claimed.family or same_name(claimed.family, member.family)


def same_birth(member: Member, claimed: ClaimedMember) -> bool:
    """True when the birth dates agree, or the sender gave none."""
    return claimed.birth_date is None or claimed.birth_date == member.birth_date


def shares_identifier(one: ClaimedMember, other: ClaimedMember) -> bool:
    """True when both were described with the same identifier."""
    return not {(i.system, i.value) for i in one.identifiers}.isdisjoint((i.system, i.value) for i in other.identifiers)


def same_name_and_birth(one: ClaimedMember, other: ClaimedMember) -> bool:
    """True when both were described with a family name and a birth date, and these agree."""
    known = one.family and one.birth_date
    return bool(known) and same_name(one.family, other.family) and one.birth_date == other.birth_date


def _is_known_by(member: Member, identifiers: tuple[Identifier, ...]) -> bool:
    """True when it has one of them; a system that either side left out matches any."""
    return any(
        known.value == given.value and (not known.system or not given.system or known.system == given.system)
        for given in identifiers
        for known in member.identifiers
        if given.value
    )


def _of_coverage(coverage: ClaimedCoverage) -> tuple[Identifier, ...]:
    subscriber = (Identifier("", coverage.subscriber_id),) if coverage.subscriber_id else ()
    return coverage.identifiers + subscriber


def _misfit(found: tuple[Member, ...], claimed: ClaimedMember, by_coverage: bool) -> BusinessError:
    if by_coverage:
        return _fault("77", claimed, "identifier", "The subscriber was found, the patient was not.")
    if not any(same_family(member, claimed) for member in found):
        return _fault("65", claimed, "name", "The family name does not match the member with this identifier.")
    return _fault("71", claimed, "birthDate", "The birth date does not match the member with this identifier.")


_ELEMENTS = {"identifier": "2010C-NM109", "name": "2010C-NM103", "birthDate": "2010C-DMG02"}


def _fault(code: str, claimed: ClaimedMember, part: str, text: str) -> BusinessError:
    return BusinessError(code, CORRECT, f"{claimed.path}.{part}", text, _ELEMENTS[part])
