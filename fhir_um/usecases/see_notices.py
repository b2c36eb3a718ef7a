"""Read letters: those of a case, lists of them, one with its words; and lines that nobody was written to about.

Changes nothing. "Not yours" and "not there" are the same answer.
"""

from dataclasses import dataclass
from datetime import timedelta

from fhir_um.cases.caller import Caller
from fhir_um.cases.model import Case, CaseId
from fhir_um.cases.notices import Notice, NoticeDelivery, NoticeSearch, NoticeWords
from fhir_um.cases.noticing import lacks_notice
from fhir_um.deps import Deps, Reading
from fhir_um.errors import Kind, Refusal
from fhir_um.notices.letter import read_letter
from fhir_um.notices.page import page_of
from fhir_um.usecases.read_case import case_of_payers

_OLDEST_DAYS = 30
_CASES_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Unwritten:
    """Lines of a case that were decided more than a day ago, and for which a letter or a reason for none is missing."""

    case: Case
    sequences: tuple[int, ...]


def notices_of(deps: Deps, caller: Caller, case_id: CaseId) -> tuple[Case, tuple[Notice, ...]]:
    """A case and every letter about it. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as work:
        case = case_of_payers(work, caller, case_id)
        return case, work.notices.of_case(case.payer_id, case.id)


def list_notices(deps: Deps, caller: Caller, wanted: NoticeSearch) -> tuple[Notice, ...]:
    """One page of the letters of the caller's payers, oldest first."""
    with deps.open_reading() as work:
        return work.notices.search(caller.payer_ids, wanted)


def read_notice(deps: Deps, caller: Caller, id: str) -> tuple[Notice, tuple[NoticeDelivery, ...]]:
    """A letter without its words, and every try to give it. Raises: Refusal NOT_FOUND."""
    with deps.open_reading() as work:
        notice = _of_payers(work, caller, id)
        return notice, work.notices.tries(notice)


def open_page(deps: Deps, caller: Caller, id: str) -> tuple[Notice, bytes]:
    """A letter and its page. Raises: Refusal NOT_FOUND, also for one that could not be made."""
    notice, words = open_words(deps, caller, id)
    return notice, page_of(read_letter(words.letter))


def open_words(deps: Deps, caller: Caller, id: str) -> tuple[Notice, NoticeWords]:
    """A letter with what it says. Raises: Refusal NOT_FOUND, also for one that could not be made."""
    with deps.open_reading() as work:
        notice = _of_payers(work, caller, id)
        if not notice.content_hash:
            raise Refusal.of(Kind.NOT_FOUND, "not-found", f"The letter could not be made: {notice.why_held}")
        return notice, work.notices.words(notice)


def unwritten(deps: Deps, caller: Caller) -> tuple[Unwritten, ...]:
    """Decided lines without a letter after a day, by case (I10); those from before letters were made are left out."""
    at = deps.clock()
    since, until = at - timedelta(days=_OLDEST_DAYS), at - timedelta(days=1)
    found: list[Unwritten] = []
    after = ("", "")
    while True:
        with deps.open_reading() as work:
            cases = work.notices.cases_decided(caller.payer_ids, since, until, after, _CASES_AT_ONCE)
        for case in cases:
            lines = tuple(line.sequence for line in case.lines if lacks_notice(case, line))
            found += [Unwritten(case, lines)] if lines else []
        if len(cases) < _CASES_AT_ONCE:
            return tuple(found)
        after = (cases[-1].id, cases[-1].payer_id)


def no_such_notice() -> Refusal:
    """The refusal of a letter that is not there, or not the caller's to see."""
    return Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such notice here.")


def _of_payers(work: Reading, caller: Caller, id: str) -> Notice:
    notice = work.notices.find(caller.payer_ids, id)
    if notice is None:
        raise no_such_notice()
    return notice
