"""Plays a preset against a server as the PAS server suites of Inferno do, and tells of each test how it would end.

Groups in the order of the suite; only POSTs, no redirects, one session. A listener of ours stands for that of Inferno.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec

from fhir_um.conformance import must_support
from fhir_um.conformance.inferno import pas_tests as tests
from fhir_um.conformance.inferno.pas_tests import NEWER, OLDER, Json
from fhir_um.conformance.inferno.rehearsal import Ran, ran
from fhir_um.conformance.wire import Got, Sending, Transport
from fhir_um.simulators.receiver import Receiver

_HEADERS = {
    "User-Agent": "Ruby FHIR Client",
    "Accept": "application/fhir+json",
    "Content-Type": "application/fhir+json",
}
SUBMIT, INQUIRE = "Claim/$submit", "Claim/$inquire"
_OUTCOMES = (("2.1", "approval", tests.APPROVED), ("2.2", "denial", tests.DENIED), ("2.3", "pended", tests.PENDED))
_UPDATES = ("initial", "add_item", "modify_cancel", "cancel_all")
_EMPTY = (
    b'{"resourceType":"Bundle","meta":{"profile":["http://hl7.org/fhir/us/davinci-pas/StructureDefinition/'
    b'profile-pas-request-bundle"]},"identifier":{"system":"https://ehr.example.test/message","value":"EMPTY"},'
    b'"type":"collection","timestamp":"2026-01-01T00:00:00Z","entry":[]}'
)
_REQUESTS = (("submit", must_support.SUBMIT_REQUESTS), ("inquire", must_support.INQUIRY_REQUESTS))
_UNASKED = frozenset({"claim"})
"""The suite holds every request against the profile of updates, which has all that of first requests."""


@dataclass(frozen=True, slots=True)
class _Said:
    """One request and its answer."""

    sent: Json
    status: int
    answer: Any


@dataclass(slots=True)
class PasRehearsal:
    """One session: the inputs of a preset, a server, and a listener for its notifications."""

    values: Mapping[str, str]
    version: str
    transport: Transport
    receiver: Receiver
    patience_seconds: float = 300
    _submitted: list[_Said] = field(default_factory=list)
    _inquired: list[_Said] = field(default_factory=list)
    _subscription: Json = field(default_factory=dict)

    def run(self) -> Iterator[Ran]:
        """Every test in order, as it ends."""
        yield from self._set_up()
        for group, use, action in _OUTCOMES:
            yield from self._outcome(f"{group}.1", use, action)
        yield from self._notified()
        if self.version == NEWER:
            yield from self._updates()
        yield from self._must_support()
        yield from self._errors()

    # --- group 1 ------------------------------------------------------------------------------------------------------

    def _set_up(self) -> Iterator[Ran]:
        sent = self._rewritten(msgspec.json.decode(self.values["subscription_resource"]))
        yield ran("1.01", "the subscription to send is in order", tests.subscription_faults(sent, self.version))
        got = self._post("Subscription", msgspec.json.encode(sent))
        made = _json(got.body)
        faults = list(tests.creation_faults(got.status, made, sent))
        created, shaken = ("1.04", "1.05") if self.version == OLDER else ("1.03", "1.04")
        yield ran(created, "the subscription is created as requested", faults)
        if faults:
            return
        self._subscription = made
        handshake = self.receiver.next("handshake", self.patience_seconds)
        found = ["no handshake came"]
        if handshake:
            found = list(tests.notification_faults(handshake, made, "handshake", "requested", self.version))
        yield ran(shaken, "the handshake comes", found)

    def _rewritten(self, subscription: Json) -> Json:
        """The listener's own address, and the token it knows this session by."""
        channel = subscription["channel"]
        bearer = f"Authorization: Bearer {self.values['access_token']}"
        others = [line for line in channel.get("header", ()) if not line.lower().startswith("authorization:")]
        return subscription | {"channel": channel | {"endpoint": self.receiver.url, "header": [*others, bearer]}}

    # --- group 2 ------------------------------------------------------------------------------------------------------

    def _outcome(self, group: str, use: str, action: str) -> Iterator[Ran]:
        yield from self._submit(group, self.values[f"{use}_pa_submit_request_payload"])
        answer = self._submitted[-1].answer
        faults = tests.decision_faults(answer, action) if isinstance(answer, dict) else ["there is no answer"]
        yield ran(f"{group}.04", f"the {use} is told as {action}", faults)

    def _submit(self, group: str, payload: str) -> Iterator[Ran]:
        """Tests T1, T2 and T4 over one request or a list of them."""
        bodies = _bodies(payload)
        wrong = [f for b in bodies for f in tests.request_faults(b.decode(), self.version, inquiry=False)]
        yield ran(f"{group}.01", "what is sent is valid", wrong)
        said = [self._said(SUBMIT, body) for body in bodies]
        self._submitted += said
        statuses = [f"answered {one.status}" for one in said if one.status not in (200, 201)]
        yield ran(f"{group}.02", "$submit is answered with a Bundle", statuses)
        faults = [f for one in said for f in tests.response_faults(one.status, one.answer, self.version)]
        yield ran(f"{group}.03", "the answer is valid", faults or ([] if said else ["nothing was sent"]))

    def _notified(self) -> Iterator[Ran]:
        """2.3.2: what is heard of the pended request, and in 2.0.1 what an inquiry tells of it."""
        kind = "event-notification"
        came = self.receiver.next(kind, self.patience_seconds) if self._subscription else None
        yield ran("2.3.2.01", "a notification comes", () if came else ["none came"])
        if came:
            told = tests.notification_faults(came, self._subscription, kind, "active", self.version)
            yield ran("2.3.2.02", "the notification is in order", told)
            yield ran("2.3.2.03", "its content is of the kind asked for", tests.content_faults(came, self.version))
        if self.version == OLDER:
            yield from self._inquire("2.3.2", 4, self.values["pended_pa_inquire_request_payload"])

    def _inquire(self, group: str, first: int, payload: str) -> Iterator[Ran]:
        bodies = _bodies(payload)
        wrong = [f for b in bodies for f in tests.request_faults(b.decode(), self.version, inquiry=True)]
        yield ran(f"{group}.{first:02}", "the inquiry sent is valid", wrong)
        said = [self._said(INQUIRE, body) for body in bodies]
        self._inquired += said
        faults = [f for one in said for f in tests.inquiry_faults(one.status, one.answer, self.version)]
        yield ran(f"{group}.{first + 1:02}", "$inquire is answered", faults or ([] if said else ["nothing was sent"]))

    def _updates(self) -> Iterator[Ran]:
        """2.4: four steps, and line numbers kept throughout."""
        foreign, silent = [], []
        for number, step in enumerate(_UPDATES, start=1):
            yield from self._submit(f"2.4.{number}", self.values[f"claim_update_{step}_submit_payload"])
            last = self._submitted[-1]
            if isinstance(last.answer, dict):
                unasked, unanswered = tests.sequence_faults(last.sent, last.answer)
                foreign += [f"{step}: {fault}" for fault in unasked]
                silent += [f"{step}: {fault}" for fault in unanswered]
        yield ran("2.4.5.01", "no line is answered that was not sent", foreign)
        yield ran("2.4.5.02", "every line sent is answered", silent)

    # --- groups 3 and 4 -----------------------------------------------------------------------------------------------

    def _must_support(self) -> Iterator[Ran]:
        yield from self._submit("3.1.1", self.values["must_support_pa_submit_request_payload"])
        yield from self._inquire("3.2.1", 1, self.values["must_support_pa_inquire_request_payload"])
        for group, said, (_, asked), answers in (
            ("3.1", self._submitted, _REQUESTS[0], must_support.SUBMIT_ANSWERS),
            ("3.2", self._inquired, _REQUESTS[1], must_support.INQUIRY_ANSWERS),
        ):
            sent = must_support.pool(one.sent for one in said)
            wanted = [name for name in asked if name not in _UNASKED]
            yield from self._shown(f"{group}.2", wanted, sent, first=2 if group == "3.1" else 1)
            yield from self._shown(f"{group}.3", answers, must_support.pool(one.answer for one in said))

    def _shown(self, group: str, profiles: Any, resources: list[Any], first: int = 1) -> Iterator[Ran]:
        for number, name in enumerate(profiles, start=first):
            missing = must_support.missing(must_support.pas_profile(name, self.version), resources)
            yield ran(f"{group}.{number:02}", f"must-support of {name}", (f"{each} is never said" for each in missing))

    def _errors(self) -> Iterator[Ran]:
        for number, path in (("4.01", SUBMIT), ("4.02", INQUIRE)):
            got = self._post(path, _EMPTY)
            faults = tests.refusal_faults(got.status, _json(got.body))
            yield ran(number, f"a Bundle without entries is refused by {path}", faults)

    # --- the wire -----------------------------------------------------------------------------------------------------

    def _said(self, path: str, body: bytes) -> _Said:
        got = self._post(path, body)
        return _Said(msgspec.json.decode(body), got.status, _json(got.body))

    def _post(self, path: str, body: bytes) -> Got:
        url = f"{self.values['server_endpoint'].rstrip('/')}/{path}"
        return self.transport(Sending("POST", url, _HEADERS, body))


_list_of = partial(msgspec.json.decode, type=list[msgspec.Raw])


def _bodies(payload: str) -> list[bytes]:
    """The Bundles of an input, which is one or a list of them; numbers stay as they are written."""
    text = payload.strip()
    if not text:
        return []
    return [bytes(each) for each in _list_of(text)] if text.startswith("[") else [text.encode()]


def _json(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
