"""`fhir-um deliveries`: what is owed to subscribers, and how to have it sent again. Sends nothing itself."""

import argparse
from contextlib import closing

from fhir_um.cases.auditing import Subject
from fhir_um.cases.model import CaseId, MemberId
from fhir_um.commands.opening import open_house
from fhir_um.commands.typed import whole_number
from fhir_um.settings import Settings
from fhir_um.subscribers.model import Delivery, DeliveryState
from fhir_um.usecases.note_look import note_look
from fhir_um.usecases.oversee_deliveries import Owing, see_owed, see_owing, send_again


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `deliveries` to the command line."""
    parser = subparsers.add_parser(
        "deliveries",
        help="see what subscribers are owed, and have it sent again",
        description="What subscribers are owed, and how to have it sent again. `fhir-um deliver` does the sending.",
    )
    words = parser.add_subparsers(metavar="WHAT", required=True)
    listing = words.add_parser("list", help="subscriptions, and what has not arrived", description=_LIST)
    listing.add_argument("--held", action="store_true", help="only what is held until somebody sets it going")
    listing.set_defaults(func=list_owed)
    retry = words.add_parser("retry", help="send what is held", description=_RETRY)
    retry.add_argument("id", metavar="ID", help="id of the subscription")
    retry.set_defaults(func=again, since=0)
    replay = words.add_parser("replay", help="send events again that arrived", description=_REPLAY)
    replay.add_argument("id", metavar="ID", help="id of the subscription")
    replay.add_argument(
        "--from", dest="since", type=whole_number, required=True, metavar="N", help="first event number"
    )
    replay.set_defaults(func=again)


_LIST = "Every subscription with how it stands, and every delivery that has not arrived, those due first in front."
_RETRY = "Sets a subscription going that stands in error: what was held is sent at once, in order."
_REPLAY = "Sends events again from a number on, also those that arrived: same numbers, same content."


def list_owed(args: argparse.Namespace, settings: Settings) -> int:
    """Print subscriptions and what they are owed."""
    deps = open_house(settings, noted="command deliveries list")
    with closing(deps.store):
        owings, owed = see_owing(deps), see_owed(deps, args.held)
        note_look(deps, map(_about, owed))
        for owing in owings:
            if not args.held or owing.counts[DeliveryState.HELD]:
                print(_of_subscription(owing))
        for delivery in owed:
            print(_of_delivery(delivery))
    return 0


def again(args: argparse.Namespace, settings: Settings) -> int:
    """Set one going. Raises: Refusal when there is none, or it is switched off."""
    deps = open_house(settings, noted="command deliveries send")
    with closing(deps.store):
        named = send_again(deps, args.id, args.since)
        print(f"{named.id} goes on; `fhir-um deliver` sends what it is owed.")
    return 0


def _about(delivery: Delivery) -> Subject:
    return Subject(delivery.payer_id, MemberId(""), delivery.case_id or CaseId(""), delivery.case_version)


def _of_subscription(owing: Owing) -> str:
    one = owing.subscription
    counts = ", ".join(f"{count} {state}" for state, count in owing.counts.items() if count) or "nothing owed"
    fault = f" ({one.fault})" if one.fault else ""
    return f"{one.id}  {one.standing}{fault}  {one.sender}  {one.channel.host}  {counts}"


def _of_delivery(delivery: Delivery) -> str:
    what = f"event {delivery.event_number}" if delivery.event_number else str(delivery.kind)
    about = f"  case {delivery.case_id} version {delivery.case_version}" if delivery.case_id else ""
    when = f"due {delivery.due_at:%Y-%m-%d %H:%M:%S}Z" if delivery.state is DeliveryState.WAITING else "held"
    tries = f"  {delivery.attempts} tries, last {delivery.outcome}" if delivery.attempts else ""
    return f"  {delivery.subscription_id}  {what}{about}  {when}{tries}"
