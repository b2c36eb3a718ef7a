"""How people come in and go out: by the OpenID provider, or, in a sandbox, with roles they choose. And who they are.

Must not know how a token is proved, or what a role may do. Whoever does not get in reads one sentence; why is in our
own log. Source: OpenID Connect Core 1.0, 3.1.
"""

import logging
from dataclasses import replace

from fhir_um.api.cookies import (
    forget_session,
    forget_sign_in,
    keep_session,
    keep_sign_in,
    session_of,
    sign_in_of,
)
from fhir_um.api.exchange import HTML, JSON, Answer, Asked, plain
from fhir_um.api.forms import read_form
from fhir_um.api.pages import page
from fhir_um.api.people_views import ROLES_TO_CHOOSE, chosen, session_view
from fhir_um.api.trail import current_trail, note
from fhir_um.auth.not_signed_in import NotSignedIn, SignInFault
from fhir_um.auth.people_claims import demand_admitted, standing_of
from fhir_um.auth.presented import Presented
from fhir_um.auth.sessions import Origins
from fhir_um.cases.people import Standing
from fhir_um.errors import Kind, Refusal
from fhir_um.logs import say
from fhir_um.settings import Mode
from fhir_um.usecases.keep_session import end_session, find_session, open_session, see_session
from fhir_um.usecases.see_directory import payers_on_file
from fhir_um.usecases.start_sign_in import SIGN_IN_SECONDS

_SEE_OTHER = 303
_NOT_ALLOWED, _LATER = 403, 503
_SESSION = "/session"
_FROM_OUR_PAGES = {"Referrer-Policy": "same-origin"}
"""Otherwise browsers would not tell us that a form came from our own page. Source: Fetch, append a request `Origin`."""


def begin(asked: Asked) -> Answer:
    """`GET /sign-in`: off to the provider; where there is none, in a sandbox, a form to choose roles from."""
    settings, relying = asked.house.settings, asked.house.relying
    if relying is None:
        _demand_sandbox(asked)
        return _form(page("sign_in.html", asked, roles=ROLES_TO_CHOOSE))
    try:
        address, secret = relying.begin()
    except NotSignedIn as fault:
        return _refused(asked, fault)
    return _on_to(address, keep_sign_in(settings, secret, SIGN_IN_SECONDS))


def callback(asked: Asked) -> Answer:
    """`GET /sign-in/callback`: back from the provider, with a code for an ID token."""
    settings, relying = asked.house.settings, asked.house.relying
    if relying is None:
        raise nothing_here()
    try:
        claims = relying.finish(asked.http.args, sign_in_of(asked.http, settings), asked.deps.clock())
        standing, ignored = standing_of(claims, settings, payers_on_file(asked.deps))
    except NotSignedIn as fault:
        return _refused(asked, fault)
    return _let_in(asked, standing, ignored)


def local(asked: Asked) -> Answer:
    """`POST /sign-in/local`: in a sandbox, somebody with the roles they chose."""
    _demand_sandbox(asked)
    _demand_own_page(asked)
    standing = chosen(read_form(asked.http, asked.house.settings), payers_on_file(asked.deps))
    try:
        demand_admitted(standing, 0)
    except NotSignedIn as fault:
        return _refused(asked, fault)
    return _let_in(asked, standing, 0)


def sign_out(asked: Asked) -> Answer:
    """`POST /sign-out`: the session ends, for whoever may still have its cookie."""
    settings = asked.house.settings
    _demand_own_page(asked)
    token = session_of(asked.http, settings)
    session = find_session(asked.deps, token, settings.session_idle_seconds) if token else None
    if session is not None:
        note("sign-out", person=session.person_id)
        end_session(asked.deps, token)
    return replace(page("signed_out.html", asked), cookies=(forget_session(settings),))


def show_session(asked: Asked) -> Answer:
    """`GET /session`: who is signed in, as what, and until when."""
    settings = asked.house.settings
    token = session_of(asked.http, settings)
    seen = see_session(asked.deps, asked.caller, token, settings.session_idle_seconds)
    view = session_view(asked.caller, seen)
    is_page = asked.http.accept_mimetypes.best_match([JSON, HTML], JSON) == HTML
    return _form(page("session.html", asked, session=view)) if is_page else plain(view)


def nothing_here() -> Refusal:
    """What an address answers that is not served in this house."""
    return Refusal.of(Kind.NOT_FOUND, "not-found", "There is nothing at this address; see /fhir/metadata.")


def _demand_sandbox(asked: Asked) -> None:
    if asked.house.settings.mode is not Mode.SANDBOX:
        raise nothing_here()


def _demand_own_page(asked: Asked) -> None:
    given = asked.http.headers
    Origins(asked.house.settings).demand_own(
        Presented(
            given.get("Host", ""),
            asked.http.method,
            origin=given.get("Origin", ""),
            fetch_site=given.get("Sec-Fetch-Site", ""),
        )
    )


def _let_in(asked: Asked, standing: Standing, ignored: int) -> Answer:
    settings = asked.house.settings
    if ignored:
        say(logging.INFO, "roles-ignored", request_id=current_trail().request_id, ignored=ignored)
    note("sign-in", person=standing.person.id, role=",".join(sorted(standing.roles)))
    token = open_session(asked.deps, standing, settings.session_seconds, session_of(asked.http, settings))
    return _on_to(_SESSION, keep_session(settings, token), forget_sign_in(settings))


def _refused(asked: Asked, fault: NotSignedIn) -> Answer:
    """One sentence for the person; the reason is for the operator."""
    trail = current_trail()
    say(
        logging.INFO,
        "sign-in-refused",
        request_id=trail.request_id,
        reason=fault.fault.value,
        ignored=fault.ignored or None,
    )
    note("sign-in", detail=fault.fault.value)
    is_later = fault.fault is SignInFault.UNREACHABLE
    trail.outcome = (Kind.BUSY if is_later else Kind.NOT_ALLOWED).value
    told = page("not_signed_in.html", asked, is_later=is_later)
    return replace(told, status=_LATER if is_later else _NOT_ALLOWED, cookies=(forget_sign_in(asked.house.settings),))


def _on_to(address: str, *cookies: str) -> Answer:
    return Answer(b"", HTML, _SEE_OTHER, {"Location": address}, cookies=cookies)


def _form(answer: Answer) -> Answer:
    return replace(answer, headers=answer.headers | _FROM_OUR_PAGES)
