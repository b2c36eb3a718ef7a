"""The keys of clients: those an operator hands in, and new ones with which a client signs. Must not know the store.

Source: SMART App Launch 2.2, asymmetric authentication; RFC 7517; RFC 7638 (a key is named by its thumbprint).
"""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from fhir_um.auth.hook_keys import PUBLISHED, Key, usable_keys
from fhir_um.auth.signed_tokens import ALGORITHMS

_SECRET = frozenset({"d", "k", "p", "q", "dp", "dq", "qi", "oth"})
_RSA_BITS = 3072
_LIFE = timedelta(minutes=4)
"""Of an assertion: under the five minutes that are allowed, whatever the clocks say."""

Jwk = dict[str, Any]


class KeyFault(Exception):
    """Keys that cannot be used; the text is for whoever handed them in, and says what to do."""


def public_keys(text: bytes, is_sandbox: bool) -> tuple[Jwk, ...]:
    """The keys of a JWK Set (or one JWK) that a client may sign with. Raises: KeyFault."""
    written = _written(text)
    for jwk in written:
        _demand_usable(jwk, is_sandbox)
    if len({jwk["kid"] for jwk in written}) != len(written):
        raise KeyFault("Two keys have the same kid; give each one of its own.")
    return tuple(written)


def _written(text: bytes) -> list[Jwk]:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise KeyFault('This is no JSON; give a JWK Set, such as {"keys": [...]}.') from fault
    keys = content.get("keys", [content]) if isinstance(content, dict) else None
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise KeyFault('This is no JWK Set; give one such as {"keys": [...]}, with at least one key.')
    return keys


def _demand_usable(jwk: Jwk, is_sandbox: bool) -> None:
    kid = jwk.get("kid")
    if not isinstance(kid, str) or not kid:
        raise KeyFault("A key has no kid; give each key one of its own.")
    if not _SECRET.isdisjoint(jwk):
        raise KeyFault(
            f"The key {kid} is a secret one. Its secret part belongs to the client alone: ask for the public key, and "
            "for another pair when this one has been sent around."
        )
    if kid in PUBLISHED and not is_sandbox:
        raise KeyFault(f"The key {kid} belongs to a public test kit: everybody has its secret. Use another.")
    if kid not in usable_keys((jwk,), is_sandbox):
        raise KeyFault(f"The key {kid} cannot be used; take an EC key on P-384 (ES384) or RSA of 2048 bits (RS384).")


def new_key(alg: str) -> Jwk:
    """A new private key for that algorithm, named by its thumbprint."""
    key: Key = ECKey.generate_key("P-384") if alg == "ES384" else RSAKey.generate_key(_RSA_BITS)
    return {**key.as_dict(private=True), "kid": key.thumbprint(), "alg": alg, "use": "sig"}


def public_set(key: Jwk) -> dict[str, list[Jwk]]:
    """What of a private key is for others, as a JWK Set."""
    return {"keys": [{name: value for name, value in key.items() if name not in _SECRET}]}


class SigningKey:
    """A private key with which a client signs. Raises: KeyFault for text that holds none."""

    def __init__(self, text: bytes) -> None:
        (jwk, *_) = _written(text)
        try:
            self._key: Key = (ECKey if jwk.get("kty") == "EC" else RSAKey).import_key(jwk)
            self._alg = ALGORITHMS[0] if jwk.get("kty") == "EC" else ALGORITHMS[1]
        except (JoseError, ValueError, TypeError, KeyError) as fault:
            raise KeyFault("This is no private key; `fhir-um client key --out FILE` makes one.") from fault
        if not self._key.is_private or not isinstance(jwk.get("kid"), str):
            raise KeyFault("This is no private key with a kid; `fhir-um client key --out FILE` makes one.")
        self._kid: str = jwk["kid"]

    def assertion(self, client_id: str, audience: str, at: datetime, jti: str) -> str:
        """What a client sends to prove that it is itself, to that address and once. Source: RFC 7523 3."""
        claims = {"iss": client_id, "sub": client_id, "aud": audience, "jti": jti} | _times(at)
        return self.sign(claims)

    def hook_token(self, issuer: str, url: str, at: datetime, jti: str) -> str:
        """What an EHR sends with one call of a hook. Source: CDS Hooks 3.0.0-ballot, trusting CDS clients."""
        return self.sign({"iss": issuer, "aud": url, "jti": jti} | _times(at))

    def sign(self, claims: Mapping[str, Any]) -> str:
        """Those claims as a signed token."""
        header = {"alg": self._alg, "kid": self._kid, "typ": "JWT"}
        return jws.serialize_compact(header, json.dumps(claims).encode(), self._key, algorithms=list(ALGORITHMS))


def _times(at: datetime) -> dict[str, int]:
    return {"iat": int(at.timestamp()), "exp": int((at + _LIFE).timestamp())}
