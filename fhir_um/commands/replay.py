"""`fhir-um replay`: sends captured requests to a server again and shows how its answers differ from the recorded ones.

Must not know what the requests are about.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fhir_um import clock
from fhir_um.commands.plainly import on_one_line, plainly
from fhir_um.commands.telling import wrapped
from fhir_um.commands.typed import whole_number
from fhir_um.replaying.capture import SECRET_MEMBERS, Capture, Unreadable, as_json, as_text
from fhir_um.replaying.captures import read_captures
from fhir_um.replaying.comparing import IGNORED, IGNORED_SHAPES, Difference, differences, shown
from fhir_um.replaying.guarding import hidden, without_secrets
from fhir_um.replaying.renewing import Renewer
from fhir_um.replaying.sending import NotSent, Now, Sender, carries_credentials
from fhir_um.settings import Settings

_EPILOG = """Examples:
  fhir-um replay calls.jsonl --server http://127.0.0.1:8080
  fhir-um replay captured/ --server http://127.0.0.1:8080 --ignore ClaimResponse.processNote
  fhir-um replay session.har --server https://um.example.org/fhir --from https://old.example.org/r4 --token-file token
  fhir-um replay report/exchanges --server http://127.0.0.1:8080 --only 3 --verbose

Exit code 0 when every answer is as recorded, 1 when one differs, 2 when the captures cannot be read or nobody answers.
Credentials in captures are not sent (unless --send-credentials) and never printed. docs/replay.md tells the formats."""

SAME, DIFFERENT, UNREADABLE = 0, 1, 2
_REPLACED = "\ufffd".encode()
"""What stands in a capture where bytes were that are no text."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `replay` to the command line."""
    parser = subparsers.add_parser(
        "replay",
        help="send captured requests again and show how the answers differ",
        description="Sends captured requests to a server again, one after the other, and shows how its answers differ "
        "from the recorded ones.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("captures", metavar="FILE|FOLDER|HAR", type=Path, help="what was captured")
    parser.add_argument("--server", metavar="URL", required=True, help="the server that is asked now")
    parser.add_argument("--from", dest="base", metavar="URL", default="", help="the address that --server stands for")
    parser.add_argument(
        "--header", metavar="'NAME: VALUE'", action="append", default=[], help="send this header as well"
    )
    parser.add_argument("--token-file", metavar="FILE", type=Path, help="send the bearer token in that file")
    parser.add_argument("--send-credentials", action="store_true", help="send the credentials of the captures, too")
    parser.add_argument(
        "--ignore", metavar="PATH", action="append", default=[], help="do not compare what is below that"
    )
    parser.add_argument("--only", metavar="N", type=whole_number, help="only the first N requests")
    parser.add_argument("--keep-ids", action="store_true", help="send names as captured, not new ones for every run")
    parser.add_argument(
        "--verbose", action="store_true", help="also print answers that are as recorded, and what is sent"
    )
    parser.set_defaults(func=run)


@dataclass(slots=True)
class _Tally:
    """How many answers were as recorded, and how many not."""

    same: int = 0
    different: int = 0
    left_out: int = 0


def run(args: argparse.Namespace, _settings: Settings) -> int:
    """Replay; see `_EPILOG` for what is returned."""
    try:
        captures = read_captures(args.captures)[: args.only]
        headers = _headers(args)
    except (Unreadable, ValueError) as fault:
        print(plainly(str(fault)), file=sys.stderr)
        return UNREADABLE
    except OSError as fault:
        print(f"{fault.filename}: {fault.strerror}.", file=sys.stderr)
        return UNREADABLE
    print(f"{len(captures)} captured requests, sent to {args.server}")
    print("\n".join(_what_is_ignored(args.ignore)))
    sender = Sender(args.server, headers, args.send_credentials, args.base)
    try:
        tally = _replayed(captures, sender, args)
    except NotSent as fault:
        print(plainly(str(fault)), file=sys.stderr)
        return UNREADABLE
    finally:
        sender.close()
    left_out = f", {tally.left_out} not sent" if tally.left_out else ""
    print(f"\n{tally.same} as recorded, {tally.different} different{left_out}")
    return DIFFERENT if tally.different else SAME


def _headers(args: argparse.Namespace) -> dict[str, str]:
    """The headers that go with every request. Raises: ValueError, OSError."""
    found = {}
    for line in args.header:
        name, colon, value = line.partition(":")
        if not colon or not name.strip():
            raise ValueError("--header takes a name and a value, such as 'X-Tenant: north'.")
        found[name.strip()] = value.strip()
    if args.token_file:
        found["Authorization"] = f"Bearer {args.token_file.read_text('utf-8').strip()}"
    return found


def _what_is_ignored(also: list[str]) -> Iterator[str]:
    names = ", ".join(IGNORED)
    yield from wrapped(f"Compared only for being there: {names}.", 2)
    yield from wrapped(f"Taken as equal: {IGNORED_SHAPES}.", 2)
    if also:
        yield from wrapped(f"Not compared: {', '.join(also)}.", 2)


def _replayed(captures: list[Capture], sender: Sender, args: argparse.Namespace) -> _Tally:
    renewer, tally = Renewer("" if args.keep_ids else clock.new_id()[:8]), _Tally()
    for number, capture in enumerate(captures, start=1):
        label = f"{number:3}/{len(captures)} {on_one_line(f'{capture.method} {_safe(capture.path)}')}"
        if why := _not_sent(capture, args.send_credentials):
            tally.left_out += 1
            print(f"{label}: not sent, {why}")
            continue
        sent = renewer.renewed(capture)
        now = sender.send(sent)
        recorded, body = as_json(capture.answer), as_json(now.body)
        renewer.learn(recorded, body)
        found = list(_compared(capture, now, renewer.expected(recorded), body, args.ignore))
        tally.different += bool(found)
        tally.same += not found
        print(f"{label}: {now.status} in {now.milliseconds:.0f} ms, {_how(found)}", flush=True)
        print("".join(f"       {on_one_line(str(each))}\n" for each in found), end="")
        if args.verbose:
            told = f"       [{capture.name}]\n       > {_readable(sent.body)}\n       < {_readable(now.body)}"
            print(plainly(told))
    return tally


def _not_sent(capture: Capture, with_credentials: bool) -> str:
    if carries_credentials(capture) and not with_credentials:
        return "it asks for a token with credentials"
    if _REPLACED in capture.body:
        return "its body was no text and was not kept as it was"
    return "" if capture.is_of_data else "it is a page or a part of one"


def _how(found: list[Difference]) -> str:
    if not found:
        return "as recorded"
    return "1 difference" if len(found) == 1 else f"{len(found)} differences"


def _compared(capture: Capture, now: Now, recorded: object, body: object, ignored: list[str]) -> Iterator[Difference]:
    """The status first; two answers of which one is no JSON are compared as text."""
    if capture.status != now.status:
        yield Difference("changed", "status", str(capture.status), str(now.status))
    if recorded is not None and body is not None:
        yield from differences(recorded, body, ignored)
    elif capture.answer != now.body:
        texts = [each.decode(errors="replace") for each in (capture.answer, now.body)]
        yield Difference("changed", "body", shown(texts[0]), shown(texts[1]))


def _safe(path: str) -> str:
    """A path without the values of its query that open doors."""
    place, mark, query = path.partition("?")
    pairs = [pair for pair in query.split("&") if pair.partition("=")[0].lower() not in SECRET_MEMBERS]
    return place + mark + "&".join(pairs)


def _readable(body: bytes) -> str:
    """A body for people; what opens doors is left out of it, and so is what cannot be looked into."""
    content = as_json(body)
    if isinstance(content, dict | list):
        return hidden(as_text(without_secrets(content)))
    return f"({len(body)} bytes that are no JSON)" if body else "(nothing)"
