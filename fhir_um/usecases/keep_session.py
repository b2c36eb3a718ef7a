"""The session of a person, from sign-in to sign-out. Must not know how they signed in, or cookies.

Source: 45 CFR 164.312(a)(2)(iii) (automatic logoff); um-domain SEC1 (idle and absolute limits).
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fhir_um.cases.caller import Caller
from fhir_um.cases.people import EmergencyAccess, Session, Standing
from fhir_um.deps import Deps

_NOTED_EVERY_SECONDS = 60
"""That a session is in use is written so often at most, or every read would write."""


def open_session(deps: Deps, standing: Standing, seconds: int, replaced: str = "") -> str:
    """A new session, under an id that nobody has seen before; the one the browser had until now ends.

    Source: OWASP, session management (renew the id at sign-in).
    """
    at, token = deps.clock(), deps.new_token()
    with deps.open_work() as work:
        if replaced:
            work.people.end_session(replaced)
        work.people.keep(standing.person, at)
        work.people.open_session(token, standing, at, at + timedelta(seconds=seconds))
    return token


def find_session(deps: Deps, token: str, idle_seconds: int) -> Session | None:
    """The session behind what a browser holds, with the emergency access it has; None when it is over.

    Emergency access opens no session that could not have asked for it: none without a second factor, none for other
    payers than it was asked for. A session may end up to a minute early, never late.
    """
    at = deps.clock()
    with deps.open_reading() as work:
        session = work.people.session(token, at)
        if session is None or at >= session.ends(idle_seconds):
            return None
        if session.has_second_factor:
            granted = work.people.open_emergency(session.person_id, session.payer_ids, at)
            session = replace(session, emergency=granted)
    if at - session.used_at >= timedelta(seconds=min(_NOTED_EVERY_SECONDS, idle_seconds / 4)):
        with deps.open_work() as change:
            change.people.touch_session(token, at)
    return session


def end_session(deps: Deps, token: str) -> None:
    """Nobody gets in with it any more."""
    with deps.open_work() as work:
        work.people.end_session(token)


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody may know of their own session; no end when they have none (the sandbox's caller)."""

    name: str
    ends_at: datetime | None = None
    emergency: EmergencyAccess | None = None


def see_session(deps: Deps, caller: Caller, token: str, idle_seconds: int) -> Seen:
    """The caller's own session."""
    at = deps.clock()
    with deps.open_reading() as work:
        session = work.people.session(token, at) if caller.is_person else None
        if session is None:
            return Seen(caller.name)
        person = work.people.find(session.person_id)
        emergency = work.people.emergency(caller.emergency) if caller.emergency else None
        return Seen(person.name if person else "", session.ends(idle_seconds), emergency)
