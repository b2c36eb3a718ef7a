"""Find the authorizations an inquiry describes, as far as the asker may see them. Changes nothing.

Whose a case is, which providers the asker names and what is sensitive are part of the query. An unknown member is
sought like a known one, so what is not there and what is not theirs are the same work and the same answer.
Source: PAS 2.2.1 spec-42 to spec-53; docs/adr/0015-sensitive-care.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_um.cases.caller import Caller
from fhir_um.cases.inquiry import Inquiry, matches
from fhir_um.cases.model import Case, EventKind, PayerId
from fhir_um.cases.sensitivity import Category
from fhir_um.coverage.model import Directory, Member, Payer
from fhir_um.deps import Asker, Deps, Reading
from fhir_um.usecases.eligibility import choose_payer
from fhir_um.usecases.members import find_member, same_name_and_birth, shares_identifier
from fhir_um.usecases.read_case import body_of

_MOST_MATCHES = 50


@dataclass(frozen=True, slots=True)
class Inquired:
    """Each match, most recent first, with the submission bytes its answer echoes from.

    `is_broad`: no number of ours was named, so sensitive cases of others were left out if there are any; `contact` is
    where else to ask. Both follow from the question alone, so they tell nothing of what is on file.
    `under_part_2`: matches of substance-use care that were sent by others; `own`: those the asker sent.
    """

    found: tuple[tuple[Case, bytes], ...]
    is_broad: bool
    contact: str
    under_part_2: frozenset[str]
    own: frozenset[str]


def inquire(deps: Deps, caller: Caller, inquiry: Inquiry) -> Inquired:
    """What the inquiry finds.

    An unknown payer or member, or a case the asker may not see, is simply no match: the answer never tells which. What
    an order earned is told with the request that took it over.
    """
    with deps.open_reading() as work:
        asking = _asking(deps, work, caller, inquiry)
        found = {case.id: case for case in (*_of_member(work, asking), *_of_number(work, asking))}
        latest = sorted(found.values(), key=lambda case: (case.received_at, case.id), reverse=True)
        live = (case for case in latest if not case.is_taken_over)
        matching = tuple(case for case in live if matches(case, inquiry, on_numbers=bool(inquiry.numbers)))
        return Inquired(
            found=tuple((case, body_of(work, case)) for case in matching),
            is_broad=not inquiry.numbers,
            contact=asking.payer.contact or asking.payer.name,
            under_part_2=frozenset(case.id for case in matching if _is_under_part_2(deps, caller, case)),
            own=frozenset(case.id for case in matching if case.sender == caller.sender),
        )


def _is_under_part_2(deps: Deps, caller: Caller, case: Case) -> bool:
    return case.sender != caller.sender and Category.SUBSTANCE_USE in deps.sensitive.of_case(case)


@dataclass(frozen=True, slots=True)
class _Asking:
    """Who asks, and whom our records say they name; with `payer_named` False the payer is the caller's home payer."""

    deps: Deps
    caller: Caller
    inquiry: Inquiry
    directory: Directory
    payer: Payer
    payer_named: bool
    member: Member | None


def _asking(deps: Deps, work: Reading, caller: Caller, inquiry: Inquiry) -> _Asking:
    directory = work.directory()
    payer, named = choose_payer(directory, inquiry.payer, caller)
    member = find_member(work, PayerId(payer.id), inquiry.member, inquiry.coverage)
    return _Asking(deps, caller, inquiry, directory, payer, named, member if isinstance(member, Member) else None)


def _of_member(work: Reading, asking: _Asking) -> Iterator[Case]:
    """The submitter sees its own; anybody else must name a provider of the case, and sensitive ones by number.

    Cases kept before anybody looked at their codes are looked at now.
    """
    payer_id, numbers = PayerId(asking.payer.id), asking.inquiry.numbers
    member_id = asking.member.id if asking.member and asking.payer_named else None
    asker = Asker(asking.caller.sender, asking.inquiry.npis)
    for case in work.visible.told_of(payer_id, member_id, asker, numbers, _MOST_MATCHES):
        if numbers or case.sender == asker.sender or not asking.deps.sensitive.of_case(case):
            yield case


def _of_number(work: Reading, asking: _Asking) -> Iterator[Case]:
    """The caller's own cases by a number we gave it, also while their member or payer is not established."""
    caller, numbers = asking.caller, asking.inquiry.numbers
    for payer_id in caller.payer_ids if numbers else ():
        for case in work.find_sent(payer_id, caller.sender, numbers, _MOST_MATCHES):
            if not _is_of_another(case, asking) and any(_is_about(each, asking) for each in _headers(work, case)):
                yield case


def _headers(work: Reading, case: Case) -> Iterator[Case]:
    """The case as it was asked for: now, and before updates corrected it."""
    yield case
    if case.version > 1:
        events = work.events_of(case.payer_id, case.id)
        yield from (e.case for e in events if e.case is not None and e.kind is not EventKind.UPDATE_REFUSED)


def _is_of_another(case: Case, asking: _Asking) -> bool:
    known = asking.member is not None and case.payer_id == asking.payer.id
    return known and case.member_id not in ("", asking.member and asking.member.id)


def _is_about(header: Case, asking: _Asking) -> bool:
    """True when the inquiry names that payer and person: by our records, else as they were sent or look alike.

    The likeness is only asked for among cases of the same sender and number.
    """
    payer, named = choose_payer(asking.directory, header.request.payer, asking.caller)
    if named and (not asking.payer_named or payer.id != asking.payer.id):
        return False
    if header.member_id and header.payer_id == asking.payer.id:
        return asking.member is not None and header.member_id == asking.member.id
    new, old = asking.inquiry.member, header.request.member
    same_entry = bool(new.full_url) and new.full_url == old.full_url
    return same_entry or shares_identifier(new, old) or same_name_and_birth(new, old)
