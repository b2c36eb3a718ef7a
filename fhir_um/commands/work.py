"""`fhir-um work`: what waits for people, and who takes it, in the store of this machine. Must not know who may do what.

It says the same as `/um/v1/worklists` and meets the same rules.
"""

import argparse
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

import msgspec

from fhir_um.api.work_views import item_view, queue_view
from fhir_um.auth.guard import insider
from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.cases.model import CaseId
from fhir_um.cases.roles import REVIEWERS
from fhir_um.cases.work_items import Waiting, Wanted
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import whole_number
from fhir_um.deps import Deps
from fhir_um.errors import Kind, Refusal
from fhir_um.settings import Settings
from fhir_um.usecases.arrange_work import arrange_work
from fhir_um.usecases.locks import about_item, lock, unlock
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.usecases.see_worklist import demand_queue, see_queues, see_worklist
from fhir_um.usecases.take_work import Reassigning, assign, escalate, reassign, take_next

_EPILOG = """how work is taken:
  fhir-um work queues                                          how much waits where, and since when it is due
  fhir-um work list nurse-imaging                              one queue, least time left first
  fhir-um work next nurse-imaging --role nurse --reviewer n-17     the most urgent item is theirs
  fhir-um work assign CASE nurse-imaging --to n-18 --role operations-manager --reviewer m-2
  fhir-um work unassign CASE nurse-imaging --role nurse --reviewer n-17
  fhir-um work reassign --from n-17 --to n-18 --role operations-manager --reviewer m-2     all that n-17 has taken
  fhir-um work lock CASE nurse-imaging --role nurse --reviewer n-17     nobody else decides it for 15 minutes
  fhir-um work unlock CASE nurse-imaging --reviewer n-17       they have stopped working on it
  fhir-um work escalate CASE --reason "The member called twice." --role nurse --reviewer n-17
  fhir-um work rebuild                                         make what waits anew from the cases"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `work` to the command line."""
    parser = subparsers.add_parser(
        "work",
        help="see what waits in each queue, and who takes it",
        description="What waits for people, by queue, and who takes it. `fhir-um decide` decides.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    _add(words, "queues", "every queue, with how much waits in it", _queues)
    listing = _add(words, "list", "what waits in one queue", _list)
    listing.add_argument("queue", metavar="QUEUE", help="its name, as `fhir-um work queues` tells")
    listing.add_argument("--limit", metavar="N", type=whole_number, default=50, help="at most so many (50)")
    listing.add_argument("--assignee", metavar="ID", default="", help="what that person has taken")
    listing.add_argument("--unassigned", action="store_true", help="what is nobody's")
    pulling = _add(words, "next", "take what has the least time left in one queue", _next)
    pulling.add_argument("queue", metavar="QUEUE", help="its name")
    _add_person(pulling)
    giving = _add_item(words, "assign", "give an item to somebody", _assign)
    giving.add_argument("--to", metavar="ID", required=True, help="whose it is to be")
    _add_person(giving)
    taking = _add_item(words, "unassign", "leave an item to whoever pulls it", _assign)
    taking.set_defaults(to="")
    _add_person(taking)
    _add_reassign(words)
    locking = _add_item(words, "lock", "say that somebody works on an item, for 15 minutes", _lock)
    locking.add_argument("--reason", metavar="TEXT", default="", help="why, to take over somebody else's lock")
    _add_person(locking)
    unlocking = _add_item(words, "unlock", "lift somebody's lock", _unlock)
    unlocking.add_argument("--reviewer", metavar="ID", required=True, help="whose lock it is")
    sending = _add(words, "escalate", "show a case to the supervisors, as urgent", _escalate)
    sending.add_argument("case", metavar="CASE", help="the case id")
    sending.add_argument("--reason", metavar="TEXT", required=True, help="why, in 10 characters at least")
    _add_person(sending)
    _add(words, "rebuild", "make what waits anew from the cases, as after a change of routing", _rebuild)


def _add(words: Any, name: str, what: str, run: Callable[..., int]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = words.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    parser.add_argument("--json", action="store_true", help="print it as JSON")
    parser.set_defaults(func=run)
    return parser


def _add_item(words: Any, name: str, what: str, run: Callable[..., int]) -> argparse.ArgumentParser:
    parser = _add(words, name, what, run)
    parser.add_argument("case", metavar="CASE", help="the case id")
    parser.add_argument("queue", metavar="QUEUE", help="the queue it waits in")
    return parser


def _add_reassign(words: Any) -> None:
    moving = _add(words, "reassign", "give somebody's work, or nobody's in a queue, to somebody else", _reassign)
    moving.add_argument("--from", metavar="ID", dest="whose", default="", help="whose work it is")
    moving.add_argument("--queue", metavar="QUEUE", default="", help="in that queue alone")
    moving.add_argument("--to", metavar="ID", default="", help="whose it is to be; nobody's when left out")
    _add_person(moving)


def _add_person(parser: argparse.ArgumentParser) -> None:
    roles = sorted(REVIEWERS)
    parser.add_argument("--role", metavar="ROLE", choices=roles, required=True, help=f"one of: {', '.join(roles)}")
    parser.add_argument("--reviewer", metavar="ID", required=True, help="who acts")


# --- verbs ------------------------------------------------------------------------------------------------------------


def _queues(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings)
    with closing(deps.store):
        counts = see_queues(deps, _operator(deps))
        rows = [queue_view(deps.queues.by_name[count.queue], count) for count in counts]
    _print(args, {"queues": rows}, (_queue_line(row) for row in rows))
    return 0


def _list(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work list")
    with closing(deps.store):
        payers, queue = _operator(deps).payer_ids, demand_queue(deps, args.queue)
        if not queue and not args.assignee:
            raise Refusal.of(Kind.INVALID, "required", "Say whose: --assignee with their id.", "assignee")
        wanted = Wanted(payers, queue, assignee=args.assignee, unassigned=args.unassigned)
        found, following = see_worklist(deps, wanted, None, args.limit)
        note_look(deps, (about_item(each.item) for each in found))
        _tell(args, deps, found)
    if following and not args.json:
        print(f"There is more; --limit {args.limit * 2} shows it.")
    return 0


def _next(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work next")
    with closing(deps.store):
        found = take_next(deps, _operator(deps), demand_queue(deps, args.queue), _person(args))
        _tell(args, deps, (found,) if found else ())
    return 0


def _assign(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work assign")
    with closing(deps.store):
        case_id = CaseId(args.case)
        _tell(args, deps, (assign(deps, _operator(deps), case_id, args.queue, args.to, _person(args)),))
    return 0


def _reassign(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work reassign")
    with closing(deps.store):
        queue = demand_queue(deps, args.queue) if args.queue else ""
        done = reassign(deps, _operator(deps), Reassigning(args.whose, queue, args.to), _person(args))
        _tell(args, deps, done.moved)
    if done.locked and not args.json:
        print(f"{done.locked} stay where they are: somebody works on them just now.")
    if done.more and not args.json:
        print("There is more; say it again.")
    return 0


def _lock(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work lock")
    with closing(deps.store):
        found = lock(deps, _operator(deps), CaseId(args.case), args.queue, _person(args), args.reason)
        _tell(args, deps, (found,))
    return 0


def _escalate(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work escalate")
    with closing(deps.store):
        found = escalate(deps, _operator(deps), CaseId(args.case), args.reason, _person(args))
        _tell(args, deps, (found,))
    return 0


def _unlock(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work unlock")
    with closing(deps.store):
        _tell(args, deps, (unlock(deps, _operator(deps), CaseId(args.case), args.queue, args.reviewer),))
    return 0


def _rebuild(args: argparse.Namespace, settings: Settings) -> int:
    deps = open_house(settings, noted="command work rebuild")
    with closing(deps.store):
        count = arrange_work(deps)
    _print(args, {"cases": count}, (f"What waits was made anew from {count} cases.",))
    return 0


# --- telling ----------------------------------------------------------------------------------------------------------


def _operator(deps: Deps) -> Caller:
    return insider("command-line", "Command line", payers_on_file(deps))


def _person(args: argparse.Namespace) -> Decider:
    return Decider(args.reviewer, args.role, human=True)


def _tell(args: argparse.Namespace, deps: Deps, found: tuple[Waiting, ...]) -> None:
    items = [item_view(each, deps.clock()) for each in found]
    _print(args, {"items": items}, [_item_line(item) for item in items] or ["Nothing waits there."])


def _print(args: argparse.Namespace, value: dict[str, Any], lines: Iterable[str]) -> None:
    print(msgspec.json.format(msgspec.json.encode(value)).decode() if args.json else "\n".join(lines))


def _queue_line(row: dict[str, Any]) -> str:
    due = f"  first due {row['dueAt'][:16]}Z" if row["dueAt"] else ""
    return f"{row['queue']:<24} {row['waiting']:>6} waiting {row['unassigned']:>6} nobody's{due}"


def _item_line(item: dict[str, Any]) -> str:
    due = f"due {item['dueAt'][:16]}Z" if item["dueAt"] else "no deadline"
    lines = ",".join(map(str, item["lines"]))
    whose = f"  {item['assignee']}" if item["assignee"] else ""
    locked = f"  locked until {item['lock']['until'][11:16]}Z" if item["lock"] else ""
    flags = f"  [{' '.join(item['flags'])}]" if item["flags"] else ""
    return (
        f"{item['caseId']}  {item['queue']}  line {lines}  {item['code']}  {due}  {item['state']}{whose}{locked}{flags}"
    )
