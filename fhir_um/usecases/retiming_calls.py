"""Conversations that may still be had end with the time to decide, wherever that moves. Runs inside a transaction."""

from fhir_um.cases.model import EventKind
from fhir_um.cases.peer_to_peers import CALL_PATH, call_clocks, retimed_calls
from fhir_um.cases.review import Review
from fhir_um.usecases.changing_case import Change


def retime_calls(change: Change) -> None:
    """Have open conversations end when their lines are due by now."""
    retimed = retimed_calls(change.case)
    if retimed:
        change.journal.review(EventKind.PEER_TO_PEER, Review(peer_to_peers=retimed), CALL_PATH)
        for call in retimed:
            change.clocks += call_clocks(change.case, call, change.zone)
