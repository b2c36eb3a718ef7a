"""Cookies: the session of a person, and the secret of a browser on its way through the provider.

Must not know what they open. Source: RFC 6265bis 4.1.3 (`__Host-`), 5.6.7 (`SameSite`); OWASP, session management.
"""

from flask import Request

from fhir_um.auth.sessions import SESSION_COOKIE, cookie_name, is_secure
from fhir_um.settings import Settings

_SIGN_IN_COOKIE = "fhir-um-sign-in"
_NO_SECONDS = 0


def session_of(request: Request, settings: Settings) -> str:
    """The session that the browser shows; empty when it shows none."""
    return request.cookies.get(cookie_name(settings.base_url), "")


def sign_in_of(request: Request, settings: Settings) -> str:
    """The secret of a sign-in on its way; empty when there is none."""
    return request.cookies.get(cookie_name(settings.base_url, _SIGN_IN_COOKIE), "")


def keep_session(settings: Settings, token: str) -> str:
    """Has the browser keep its session, as long as it runs."""
    return _cookie(settings, SESSION_COOKIE, token, None)


def forget_session(settings: Settings) -> str:
    """Has the browser forget its session."""
    return _cookie(settings, SESSION_COOKIE, "", _NO_SECONDS)


def keep_sign_in(settings: Settings, secret: str, seconds: int) -> str:
    """Has the browser keep the secret of a sign-in for a while."""
    return _cookie(settings, _SIGN_IN_COOKIE, secret, seconds)


def forget_sign_in(settings: Settings) -> str:
    """Has the browser forget the secret of a sign-in."""
    return _cookie(settings, _SIGN_IN_COOKIE, "", _NO_SECONDS)


def _cookie(settings: Settings, name: str, value: str, seconds: int | None) -> str:
    age = "" if seconds is None else f"; Max-Age={seconds}"
    secure = "; Secure" if is_secure(settings.base_url) else ""
    return f"{cookie_name(settings.base_url, name)}={value}; Path=/; HttpOnly; SameSite=Lax{age}{secure}"
