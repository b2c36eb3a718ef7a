"""`fhir-um notices`: letters to members and providers: list, look at, confirm, make now, and try a text beforehand.

Must not know which letter follows from what.
"""

import argparse
import sys
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec

from fhir_um.api.notice_views import notice_view
from fhir_um.auth.guard import insider
from fhir_um.cases.auditing import Subject, subject_of
from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import CaseId, MemberId
from fhir_um.cases.notices import Channel, Notice, NoticeKind, NoticeSearch, NoticeStatus, Outcome, Recipient
from fhir_um.cases.roles import REVIEWERS, Role
from fhir_um.commands.noting import account
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import moment
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.deps import Deps
from fhir_um.errors import Refusal
from fhir_um.notices.composing import compose
from fhir_um.notices.page import page_of
from fhir_um.notices.printing import pdf_of
from fhir_um.notices.samples import DATED, sample
from fhir_um.notices.templates import shipped_texts
from fhir_um.settings import Settings
from fhir_um.usecases.give_notices import FOLLOWER, give_notices
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.print_notice import print_notice
from fhir_um.usecases.record_delivery import Told, record_delivery
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.usecases.see_notices import list_notices, notices_of, open_page, read_notice, unwritten

_MOST_LISTED = 200
_FORMS = (".pdf", ".html")

_EPILOG = """examples:
  fhir-um notices list --status ready                          what the mail house has to take
  fhir-um notices list --case CASE                             the letters of one case
  fhir-um notices show ID --pdf letter.pdf
  fhir-um notices confirm ID --outcome sent --at 2026-11-10T16:00:00Z
  fhir-um notices missing                                      decided lines nobody was written to about
  fhir-um notices preview --kind denial --line-of-business MA --state CA --to letter.pdf

docs/notices.md tells which letter follows from what."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `notices` to the command line."""
    parser = subparsers.add_parser(
        "notices",
        help="letters to members and providers",
        description="Lists letters, shows and prints them, and takes what became of them.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(title="what to do", metavar="WHAT", required=True)
    listing = verbs.add_parser("list", help="letters, oldest first")
    listing.add_argument("--case", metavar="CASE", default="", help="of that case alone")
    _add_words(listing, "--status", NoticeStatus, "how far they got; may be repeated", action="append", default=[])
    _add_words(listing, "--kind", NoticeKind, "what they are about; may be repeated", action="append", default=[])
    listing.set_defaults(func=_list)
    show = verbs.add_parser("show", help="one letter and what became of it")
    show.add_argument("notice", metavar="ID", help="the letter, as listed")
    show.add_argument("--pdf", metavar="FILE", type=Path, help="write the letter to this file")
    show.add_argument("--html", metavar="FILE", type=Path, help="write its page to this file")
    show.set_defaults(func=_show)
    _add_confirm(verbs)
    verbs.add_parser("make", help="make every letter that is owed, now").set_defaults(func=_make)
    verbs.add_parser("missing", help="lines decided more than a day ago without a letter").set_defaults(func=_missing)
    _add_preview(verbs)


def _add_confirm(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    confirm = verbs.add_parser("confirm", help="say what became of a letter")
    confirm.add_argument("notice", metavar="ID", help="the letter, as listed")
    _add_words(confirm, "--outcome", Outcome, "what became of it", required=True)
    _add_words(confirm, "--channel", Channel, "how it went out; mail when left out", default=Channel.MAIL.value)
    role = "the role you act in; operations-manager when left out"
    confirm.add_argument(
        "--role", metavar="ROLE", choices=sorted(REVIEWERS), default=Role.OPERATIONS_MANAGER, help=role
    )
    confirm.add_argument("--at", metavar="INSTANT", type=moment, help="when, 2026-11-10T16:00:00Z; now when left out")
    confirm.add_argument("--note", default="", help="what else is to be said")
    confirm.set_defaults(func=_confirm)


def _add_preview(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    preview = verbs.add_parser("preview", help="a letter about an invented case, to look at its words")
    _add_words(preview, "--kind", NoticeKind, "what it is about", required=True)
    _add_words(preview, "--recipient", Recipient, "to whom; the member when left out", default=Recipient.MEMBER.value)
    _add_words(preview, "--line-of-business", LineOfBusiness, "of the plan; COMM when left out", default="COMM")
    preview.add_argument(
        "--state", metavar="XX", default="MD", help="where the plan is sold: CA, TX, NY have their own"
    )
    preview.add_argument("--to", metavar="FILE", type=_letter_file, required=True, help="ends with .pdf or .html")
    preview.set_defaults(func=_preview)


def _add_words(parser: argparse.ArgumentParser, name: str, words: type[StrEnum], what: str, **named: Any) -> None:
    """An option that takes one of some words; they stand in the help, not in the usage line."""
    values = [word.value for word in words]
    parser.add_argument(name, metavar="WORD", choices=values, help=f"{what} ({', '.join(values)})", **named)


def _letter_file(text: str) -> Path:
    if not text.endswith(_FORMS):
        raise argparse.ArgumentTypeError(f"the name of the file ends with {' or '.join(_FORMS)}")
    return Path(text)


def _list(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command notices list")
    statuses, kinds = tuple(map(NoticeStatus, args.status)), tuple(map(NoticeKind, args.kind))
    wanted = NoticeSearch(statuses, kinds, None, _MOST_LISTED + 1)
    found = _of_case(deps, args.case, wanted) if args.case else list_notices(deps, _operator(deps), wanted)
    told = found[:_MOST_LISTED]
    note_look(deps, {_subject(notice) for notice in told})
    print("\n".join(map(_row, told)) or "There are no such letters.")
    if len(found) > len(told):
        print(f"There are more than {_MOST_LISTED}; narrow them by --case, --status or --kind.")
    return 0


def _of_case(deps: Deps, case_id: str, wanted: NoticeSearch) -> tuple[Notice, ...]:
    _, letters = notices_of(deps, _operator(deps), CaseId(case_id))
    return tuple(
        letter
        for letter in letters
        if letter.status in (wanted.statuses or NoticeStatus) and letter.kind in (wanted.kinds or NoticeKind)
    )


def _show(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command notices show")
    notice, tries = read_notice(deps, _operator(deps), args.notice)
    note_look(deps, (_subject(notice),))
    print(msgspec.json.format(msgspec.json.encode(notice_view(notice, tries))).decode())
    for path, taken in ((args.pdf, print_notice), (args.html, open_page)):
        if path:
            path.write_bytes(taken(deps, _operator(deps), notice.id)[1])
    return 0


def _confirm(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command notices confirm")
    told = Told(Channel(args.channel), Outcome(args.outcome), args.at, args.note)
    who = Decider(account(), Role(args.role), human=True)
    try:
        notice = record_delivery(deps, _operator(deps), args.notice, who, told)
    except Refusal as refusal:
        print("\n".join(issue.text for issue in refusal.issues), file=sys.stderr)
        return 1
    print(_row(notice))
    return 0


def _make(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings)
    total, before = 0, None
    while (reached := _reached(deps)) != before:
        total, before = total + give_notices(deps), reached
    print(f"{total} letters were made.")
    return 0


def _reached(deps: Deps) -> str:
    with deps.open_reading() as reading:
        return reading.feed.place_of(FOLLOWER)


def _missing(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command notices missing")
    found = unwritten(deps, _operator(deps))
    note_look(deps, [subject_of(each.case) for each in found])
    for each in found:
        print(f"{each.case.id} line {', '.join(map(str, each.sequences))}: decided, and nobody was written to")
    print("" if found else "Every decided line has its letters, or a reason for none.", end="" if found else "\n")
    return 1 if found else 0


def _preview(args: argparse.Namespace, settings: Settings) -> int:
    case, owed, people = sample(
        NoticeKind(args.kind), Recipient(args.recipient), LineOfBusiness(args.line_of_business), args.state.upper()
    )
    letter = compose(shipped_texts(), case, owed, people, DATED)
    args.to.write_bytes(page_of(letter) if args.to.suffix == ".html" else pdf_of(letter))
    print(f"{args.to}: {letter.title} (text {letter.template} {letter.template_version}, grade {letter.grade})")
    return 0


def _operator(deps: Deps) -> Caller:
    return insider("command-line", "Command line", payers_on_file(deps))


def _subject(notice: Notice) -> Subject:
    return Subject(notice.payer_id, MemberId(""), notice.case_id)


def _row(notice: Notice) -> str:
    flags = f" [{', '.join(notice.flags)}]" if notice.flags else ""
    held = f": {notice.why_held}" if notice.why_held else ""
    lines = ", ".join(map(str, notice.sequences))
    return (
        f"{notice.id}  {notice.created_at:%Y-%m-%d %H:%M}  {notice.status:9}  {notice.kind} to {notice.recipient}, "
        f"case {notice.case_id} line {lines}{flags}{held}"
    )
