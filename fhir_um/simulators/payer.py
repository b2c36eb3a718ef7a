"""A fake payer for EHR developers: answers PAS and CRD of both versions by a rule file, and notifies subscribers.

Shares nothing with a payer's server. Everything is in memory and ends with the block. PAS 2.2.1 is at `/fhir`, 2.0.1 at
`/2.0.1/fhir`; hooks at `/cds-services` (both versions) and `/2.0.1/cds-services`.
"""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from threading import Timer
from types import TracebackType
from typing import Any, Self

from fhir_um.simulators.calling import CallFault, post_resource
from fhir_um.simulators.listening import JSON, LOOPBACK, Asked, Listener, Told, json_told
from fhir_um.simulators.payer_asked import Json, NoRequest
from fhir_um.simulators.payer_case import HeldCase, Names
from fhir_um.simulators.payer_desk import Desk
from fhir_um.simulators.payer_hooks import HOOKS, OLDER, HookDesk, NoCall, discovery
from fhir_um.simulators.payer_notices import NoSubscription, Notices, Subscriber
from fhir_um.simulators.payer_rules import Rules
from fhir_um.simulators.payer_told import claim_response, inquiry_answer, outcome, submit_answer

BASES = {"2.2.1": "/fhir", "2.0.1": "/2.0.1/fhir"}
_OPEN_TO_ALL = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Accept",
}
Heard = Callable[[Asked, Told], None]


def _nobody(_asked: Asked, _told: Told) -> None:
    """Nobody listens."""


class FakePayer:
    """A payer on this machine, as long as the block. `seed`: ids that are the same in every run; empty for chance."""

    def __init__(
        self,
        rules: Rules,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
        *,
        port: int = 0,
        host: str = LOOPBACK,
        seed: str = "",
        public_url: str = "",
        heard: Heard = _nobody,
    ) -> None:
        names = Names(seed, new_id)
        self._now = now
        self._desk = Desk(rules, names, now)
        self._hooks = HookDesk(rules, names.id, lambda: now().date())
        self._notices = Notices(names.id, now)
        self._heard = heard
        self._timers: list[Timer] = []
        self._listener = Listener(self._answer, port, host)
        self.url = public_url.rstrip("/") or self._listener.url

    def __enter__(self) -> Self:
        self._listener.__enter__()
        return self

    def __exit__(self, *fault: type[BaseException] | BaseException | TracebackType | None) -> None:
        for timer in self._timers:
            timer.cancel()
        self._listener.__exit__(*fault)

    def _answer(self, asked: Asked) -> Told:
        try:
            told = self._routed(asked)
        except (AttributeError, TypeError, LookupError, ValueError, RecursionError) as fault:
            text = f"This cannot be read: its elements are not of the kinds FHIR gives them ({type(fault).__name__})."
            told = _refused(HTTPStatus.BAD_REQUEST, "structure", text)
        told = Told(told.status, told.body, told.content_type, {**_OPEN_TO_ALL, **told.headers})
        self._heard(asked.without_secrets(), told)
        return told

    def _routed(self, asked: Asked) -> Told:
        if asked.method == "OPTIONS":
            return Told(HTTPStatus.NO_CONTENT)
        steps, guide = asked.steps, "2.2.1"
        if steps[:1] == ["2.0.1"]:
            steps, guide = steps[1:], "2.0.1"
        if steps[:1] == ["cds-services"]:
            return self._hook(asked, steps[1:], OLDER if guide == "2.0.1" else "")
        if steps[:1] == ["fhir"]:
            return self._fhir(asked, steps[1:], guide)
        return _refused(HTTPStatus.NOT_FOUND, "not-found", "There is nothing at this address.")

    # --- hooks --------------------------------------------------------------------------------------------------------

    def _hook(self, asked: Asked, steps: list[str], version: str) -> Told:
        match asked.method, steps:
            case "GET", []:
                return json_told(discovery(version), content_type=JSON)
            case "POST", [hook] if hook in HOOKS:
                try:
                    return json_told(self._hooks.answer(hook, asked.content, version), content_type=JSON)
                except NoCall as fault:
                    return json_told({"error": str(fault)}, HTTPStatus.BAD_REQUEST, JSON)
            case "POST", [hook, "feedback"] if hook in HOOKS:
                return Told(content_type=JSON, body=b"{}")
        return json_told({"error": "There is no such service."}, HTTPStatus.NOT_FOUND, JSON)

    # --- requests -----------------------------------------------------------------------------------------------------

    def _fhir(self, asked: Asked, steps: list[str], guide: str) -> Told:
        base = self.url + BASES[guide]
        try:
            match asked.method, steps:
                case "POST", ["Claim", "$submit"]:
                    return self._submit(asked.content, guide, base)
                case "POST", ["Claim", "$inquire"]:
                    return json_told(inquiry_answer(self._desk.inquire(asked.content), guide, base, self._now()))
                case "POST", ["$submit-attachment"]:
                    return self._attach(asked.content, base)
                case "GET", ["ClaimResponse", id]:
                    case = self._desk.case(id)
                    return json_told(claim_response(case, base)) if case else _nothing(f"ClaimResponse/{id}")
                case "GET", ["metadata"]:
                    return json_told(_metadata(base))
                case _, ["Subscription", *rest]:
                    return self._subscription(asked, rest, guide, base)
        except NoRequest as fault:
            return _refused(HTTPStatus.BAD_REQUEST, "structure", str(fault))
        except NoSubscription as fault:
            return _refused(HTTPStatus.UNPROCESSABLE_ENTITY, "not-supported", str(fault))
        return _refused(HTTPStatus.NOT_FOUND, "not-supported", "This is not offered here.")

    def _submit(self, bundle: Any, guide: str, base: str) -> Told:
        case, is_new = self._desk.submit(bundle, guide)
        if is_new and case.decides_after is not None:
            self._later(case.decides_after, lambda: self._decide(case))
        return json_told(submit_answer(case, base))

    def _attach(self, content: Any, base: str) -> Told:
        rows = content.get("parameter", ()) if isinstance(content, dict) else ()
        numbers = [row.get("valueIdentifier", {}).get("value", "") for row in rows if row.get("name") == "TrackingId"]
        case = self._desk.attach(numbers[0]) if numbers else None
        if case is None:
            return _refused(
                HTTPStatus.UNPROCESSABLE_ENTITY, "not-found", "Nobody asked for documents under that number."
            )
        self._later(0, lambda: self._decide(case))
        return json_told(outcome("informational", "The documents were taken.", "information"))

    def _decide(self, case: HeldCase) -> None:
        """A pended case comes to its end, and whoever wants to hear of it does."""
        decided = self._desk.decide(case.id, case.version)
        if decided is None:
            return
        base = self.url + BASES[decided.guide]
        for subscriber in [one for one in self._notices.subscribers.values() if one.guide == decided.guide]:
            if subscriber.resource["status"] == "active" and subscriber.wants(decided):
                self._send(subscriber, self._notices.event(subscriber, decided, base))

    # --- subscriptions ------------------------------------------------------------------------------------------------

    def _subscription(self, asked: Asked, rest: list[str], guide: str, base: str) -> Told:
        if asked.method == "POST" and not rest:
            return self._subscribe(asked.content, guide, base)
        found = self._notices.subscribers.get(rest[0]) if rest else None
        if found is None:
            return _nothing("Subscription")
        match asked.method, rest[1:]:
            case "GET", []:
                return json_told(found.resource)
            case "DELETE", []:
                del self._notices.subscribers[found.id]
                return Told(HTTPStatus.NO_CONTENT)
            case ("GET" | "POST", ["$status"]):
                return json_told(self._notices.status(found, base))
        return _refused(HTTPStatus.METHOD_NOT_ALLOWED, "not-supported", "This is not offered here.")

    def _subscribe(self, resource: Any, guide: str, base: str) -> Told:
        subscriber = self._notices.add(resource, guide)
        body = json_told(subscriber.resource).body
        self._later(0, lambda: self._shake_hands(subscriber, base))
        location = {"Location": f"{base}/Subscription/{subscriber.id}"}
        return Told(HTTPStatus.CREATED, body, headers=location)

    def _shake_hands(self, subscriber: Subscriber, base: str) -> None:
        taken = self._send(subscriber, self._notices.handshake(subscriber, base))
        subscriber.resource["status"] = "active" if taken else "error"

    def _send(self, subscriber: Subscriber, notification: Json) -> bool:
        """True when it was taken. There is one try: who was not there asks by `$inquire`."""
        try:
            return post_resource(subscriber.url, notification, subscriber.headers).status < HTTPStatus.BAD_REQUEST
        except CallFault:
            return False

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        timer = Timer(seconds, act)
        timer.daemon = True
        self._timers = [each for each in self._timers if each.is_alive()] + [timer]
        timer.start()


def _metadata(base: str) -> Json:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-01",
        "kind": "instance",
        "software": {"name": "fhir-um fake payer"},
        "implementation": {"description": "Answers by a rule file, in memory", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {"mode": "server", "resource": [{"type": "Claim"}, {"type": "ClaimResponse"}, {"type": "Subscription"}]}
        ],
    }


def _nothing(what: str) -> Told:
    return _refused(HTTPStatus.NOT_FOUND, "not-found", f"There is no {what} here.")


def _refused(status: int, code: str, text: str) -> Told:
    return json_told(outcome(code, text), status)
