"""Somebody begins to sign in, and comes back from the provider: once, soon, and in the same browser.

Must not know the provider.
"""

from datetime import datetime, timedelta

from fhir_um.deps import Deps

SIGN_IN_SECONDS = 600
"""How long somebody may take at the provider."""


def start_sign_in(deps: Deps) -> tuple[str, str]:
    """A new sign-in: its state, which goes to the provider and back, and the secret that only the browser holds."""
    at, state, browser = deps.clock(), deps.new_token(), deps.new_token()
    with deps.open_work() as work:
        work.people.start_sign_in(state, browser, at, at + timedelta(seconds=SIGN_IN_SECONDS))
    return state, browser


def take_sign_in(deps: Deps, state: str, browser: str) -> datetime | None:
    """When that sign-in began; None when there is none, it is over or used up, or another browser began it.

    Source: RFC 9700 4.7.1 (state bound to the browser).
    """
    at = deps.clock()
    with deps.open_work() as work:
        return work.people.take_sign_in(state, browser, at)
