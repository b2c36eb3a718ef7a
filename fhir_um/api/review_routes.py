"""Rows of the route table for what people do about a case beside ruling on its lines, and what each of them reads."""

from collections.abc import Mapping

from fhir_um.api import extensions, information_requests, opinions, peer_to_peers, priorities, voidings
from fhir_um.api.exchange import Handler, Route
from fhir_um.auth.scopes import Scope

_CASE = "/um/v1/cases/<case_id>"
_INFORMATION = f"{_CASE}/information-requests"
_CALLS = f"{_CASE}/peer-to-peers"
_OPINIONS = f"{_CASE}/opinions"
_EXTENSIONS = f"{_CASE}/extensions"
_VOIDINGS = f"{_CASE}/voidings"
_PRIORITIES = f"{_CASE}/priority-requests"

REVIEW_ROUTES: tuple[Route, ...] = (
    Route("GET", _INFORMATION, Scope.READ_CASES, information_requests.list_requests),
    Route("POST", _INFORMATION, Scope.DECIDE_CASES, information_requests.draft, success=201),
    Route("POST", f"{_INFORMATION}/<draft_id>/steps", Scope.DECIDE_CASES, information_requests.step),
    Route("GET", _CALLS, Scope.READ_CASES, peer_to_peers.list_calls),
    Route("POST", _CALLS, Scope.DECIDE_CASES, peer_to_peers.begin, success=201),
    Route("POST", f"{_CALLS}/<call_id>/steps", Scope.DECIDE_CASES, peer_to_peers.step),
    Route("GET", _OPINIONS, Scope.READ_CASES, opinions.list_opinions),
    Route("POST", _OPINIONS, Scope.DECIDE_CASES, opinions.ask, success=201),
    Route("POST", f"{_OPINIONS}/<opinion_id>/steps", Scope.DECIDE_CASES, opinions.step),
    Route("GET", _EXTENSIONS, Scope.READ_CASES, extensions.list_extensions),
    Route("POST", _EXTENSIONS, Scope.DECIDE_CASES, extensions.propose, success=201),
    Route("POST", f"{_EXTENSIONS}/<extension_id>/steps", Scope.DECIDE_CASES, extensions.step),
    Route("GET", _VOIDINGS, Scope.READ_CASES, voidings.list_voidings),
    Route("POST", _VOIDINGS, Scope.VOID_CASES, voidings.propose, success=201),
    Route("POST", f"{_VOIDINGS}/<voiding_id>/steps", Scope.VOID_CASES, voidings.step),
    Route("GET", _PRIORITIES, Scope.READ_CASES, priorities.list_requests),
    Route("POST", _PRIORITIES, Scope.DECIDE_CASES, priorities.answer, success=201),
)

REVIEW_BODIES: Mapping[Handler, type] = {
    information_requests.draft: information_requests.InformationDraftIn,
    information_requests.step: information_requests.InformationStepIn,
    peer_to_peers.begin: peer_to_peers.PeerToPeerIn,
    peer_to_peers.step: peer_to_peers.PeerToPeerStepIn,
    opinions.ask: opinions.OpinionIn,
    opinions.step: opinions.OpinionStepIn,
    extensions.propose: extensions.ExtensionIn,
    extensions.step: extensions.ExtensionStepIn,
    voidings.propose: voidings.VoidingIn,
    voidings.step: voidings.VoidingStepIn,
    priorities.answer: priorities.PriorityIn,
}
"""What each of the handlers that take a body reads."""
