"""Our own place in a trust community: what the operator gave us for it, and the endpoints we sign for.

Must not know who calls. Source: UDAP Security 2.0.0, 2.2 and 2.3; UDAP Server Metadata.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from joserfc import jwt
from joserfc.jwk import RSAKey

from fhir_um.auth.certificates import (
    Certified,
    Certify,
    Community,
    NotTrusted,
    OwnCertificate,
    read_community,
    read_own,
)
from fhir_um.auth.signed_tokens import Spend
from fhir_um.auth.udap_registration import Registrar
from fhir_um.logs import say
from fhir_um.settings import Settings, SettingsFault, variable_of

LIFE = timedelta(days=1)
"""How long signed metadata is good; the guide allows a year."""

_LONGEST_TOKEN_SECONDS = 3_600
_SIGNED_WITH = "RS256"
_FILES = ("udap_trust", "udap_certificate", "udap_key")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a client of the community registers and gets tokens."""

    registration: str
    token: str

    @classmethod
    def of(cls, base_url: str) -> "Endpoints":
        """Those of a server at that address."""
        return cls(f"{base_url}/oauth/register", f"{base_url}/oauth/token")


@dataclass(frozen=True, slots=True)
class Membership:
    """Whom the community vouches for, and our own certificate in it."""

    certify: Certify
    own: OwnCertificate


class TrustFile:
    """The community of a file, read again when the file changes: revocations count without a new start."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = _stamp(path)
        self._community = _community(path)

    def certify(self, x5c: Sequence[str], at: datetime) -> Certified:
        """See `certificates.Certify`. Raises: NotTrusted."""
        seen = _stamp(self._path)
        if seen != self._seen:
            self._seen = seen
            self._read_again()
        return self._community.certify(x5c, at)

    def _read_again(self) -> None:
        """A file that cannot be used leaves everything as it was, and our log says so."""
        try:
            self._community = _community(self._path)
        except SettingsFault:
            say(logging.ERROR, "udap-trust-unusable")


class Signer:
    """Signs what we say of ourselves, once for all who ask until half of its life is over."""

    def __init__(
        self, own: OwnCertificate, endpoints: Endpoints, now: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        self._own = own
        self._endpoints = endpoints
        self._now = now
        self._new_id = new_id
        self._key = RSAKey.import_key(own.key)
        self._kept: dict[str, tuple[str, datetime]] = {}

    def signed(self, issuer: str) -> str | None:
        """The endpoints, said by us under that name; None when our certificate does not bear it or is not good now."""
        at = self._now()
        if issuer not in self._own.uris or not self._own.valid_from <= at < self._own.valid_until:
            return None
        text, fresh_until = self._kept.get(issuer, ("", at))
        if at >= fresh_until:
            expires_at = min(at + LIFE, self._own.valid_until)
            text = self._sign(issuer, at, expires_at)
            self._kept[issuer] = (text, at + (expires_at - at) / 2)
        return text

    def _sign(self, issuer: str, at: datetime, expires_at: datetime) -> str:
        claims = {
            "iss": issuer,
            "sub": issuer,
            "iat": int(at.timestamp()),
            "exp": int(expires_at.timestamp()),
            "jti": self._new_id(),
            "token_endpoint": self._endpoints.token,
            "registration_endpoint": self._endpoints.registration,
        }
        header = {"alg": _SIGNED_WITH, "x5c": list(self._own.x5c)}
        return jwt.encode(header, claims, self._key, algorithms=[_SIGNED_WITH])


@dataclass(frozen=True, slots=True)
class Udap:
    """What a server has that is a member of a community: made once per process."""

    certify: Certify
    endpoints: Endpoints
    signer: Signer
    registrar: Registrar


def make_udap(
    settings: Settings, bases: tuple[str, ...], spend: Spend, now: Callable[[], datetime], new_id: Callable[[], str]
) -> Udap | None:
    """What those settings ask for; None when they do not ask for UDAP.

    Raises: SettingsFault as `read_membership`.
    """
    membership = read_membership(settings, bases, now())
    if membership is None:
        return None
    endpoints = Endpoints.of(settings.base_url)
    signer = Signer(membership.own, endpoints, now, new_id)
    for base in bases:
        signer.signed(base)
    registrar = Registrar(membership.certify, endpoints.registration, spend, now)
    return Udap(membership.certify, endpoints, signer, registrar)


def read_membership(settings: Settings, bases: tuple[str, ...], at: datetime) -> Membership | None:
    """What the files of the settings make of us; None when there are none.

    `bases` are our own addresses, one of which our certificate must bear. A certificate that has ended is not a fault:
    the server comes up without metadata, and serves those who have other ways in.
    Raises: SettingsFault when one file is missing or cannot be used.
    """
    given = {name: getattr(settings, name) for name in _FILES}
    if not any(given.values()):
        return None
    if missing := [variable_of(name) for name, path in given.items() if path is None]:
        raise SettingsFault(f"UDAP needs {', '.join(missing)} too; or set none of the FHIR_UM_UDAP_ files")
    if settings.token_seconds > _LONGEST_TOKEN_SECONDS:
        raise _fault("token_seconds", f"with UDAP an access token is good for {_LONGEST_TOKEN_SECONDS} seconds at most")
    certify = TrustFile(given["udap_trust"]).certify
    own = _own(given["udap_certificate"], given["udap_key"])
    if not set(bases) & set(own.uris):
        raise _fault("udap_certificate", f"its subjectAltName must have one of these as URI: {', '.join(bases)}")
    try:
        certify(own.x5c, min(max(at, own.valid_from), own.valid_until))
    except NotTrusted as fault:
        raise _fault("udap_certificate", f"{variable_of('udap_trust')} does not vouch for it") from fault
    return Membership(certify, own)


def _community(path: Path) -> Community:
    try:
        return read_community(_read("udap_trust", path))
    except ValueError as fault:
        raise _fault("udap_trust", str(fault)) from fault


def _stamp(path: Path) -> tuple[int, int]:
    """Tells one state of a file from another; a file that is not there has one too."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _own(certificate: Path, key: Path) -> OwnCertificate:
    chain, secret = _read("udap_certificate", certificate), _read("udap_key", key)
    try:
        return read_own(chain, secret)
    except ValueError as fault:
        raise SettingsFault(
            f"{variable_of('udap_certificate')} and {variable_of('udap_key')} cannot be used: {fault}"
        ) from fault


def _read(name: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise _fault(name, f"{path} cannot be read: {fault.strerror}") from fault


def _fault(name: str, why: str) -> SettingsFault:
    return SettingsFault(f"{variable_of(name)} cannot be used: {why}")
