"""The PDF of a letter: made when somebody first needs it, of what the letter says and not of the case as it is now.

From then on it is kept, with a hash of its own, and everybody gets those bytes.
"""

from dataclasses import replace

from fhir_um.cases.caller import Caller
from fhir_um.cases.notices import Notice, NoticeWords
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.notices.letter import CannotPrint, read_letter
from fhir_um.notices.printing import pdf_of
from fhir_um.usecases.see_notices import open_words


def print_notice(deps: Deps, caller: Caller, id: str) -> tuple[Notice, bytes]:
    """The letter and its PDF.

    Raises: Refusal NOT_FOUND, also for one that could not be made; CONFLICT for one that only its page can show.
    """
    notice, words = open_words(deps, caller, id)
    if words.pdf:
        return notice, words.pdf
    made = replace(words, pdf=_drawn(words))
    with deps.open_work() as work:
        work.notices.keep_pdf(notice, made)
    notice, words = open_words(deps, caller, id)
    return notice, words.pdf


def _drawn(words: NoticeWords) -> bytes:
    try:
        return pdf_of(read_letter(words.letter))
    except CannotPrint as fault:
        raise Refusal.of(Kind.CONFLICT, "conflict", f"{fault} Take its page (text/html).", "format") from fault
