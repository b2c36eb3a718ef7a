"""Signs tokens as a client of a server would, and spoils them on purpose. Must not know who is called, or read a clock.

Source: RFC 7515, RFC 7517, RFC 7638 (a key is named by its thumbprint); CDS Hooks 3.0.0-ballot and SMART App Launch 2.2
(ES384 and RS384).
"""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Self

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

ES384 = "ES384"
RS384 = "RS384"
_RSA_BITS = 2048
_PUBLIC = {"EC": ("kty", "crv", "x", "y"), "RSA": ("kty", "n", "e")}
LIFE = timedelta(minutes=4)
"""Of a token: under the five minutes that servers accept, whatever the clocks say."""


class SigningFault(Exception):
    """There is no private key to sign with; the text says what to give instead."""


class _Careless(jws.JWSRegistry):
    """Signs whatever header it is given: what is wrong with it is for the server to find."""

    def check_header(self, header: Any) -> None:
        """Nothing is wrong."""


class SigningKey:
    """A private key and the name others know it by."""

    def __init__(self, key: ECKey | RSAKey, kid: str = "") -> None:
        self._key = key
        self.algorithm = ES384 if isinstance(key, ECKey) else RS384
        self.kid = kid or key.thumbprint()

    @classmethod
    def new(cls, algorithm: str = ES384) -> Self:
        """A new key for that algorithm (ES384 or RS384). Raises: SigningFault for any other."""
        if algorithm == ES384:
            return cls(ECKey.generate_key("P-384"))
        if algorithm == RS384:
            return cls(RSAKey.generate_key(_RSA_BITS))
        raise SigningFault(f"{algorithm} is not one of {ES384}, {RS384}.")

    @classmethod
    def from_jwk(cls, text: bytes) -> Self:
        """The first key of a JWK Set, or the one JWK, in that text. Raises: SigningFault when it is no private key."""
        try:
            content = json.loads(text)
            jwk = content["keys"][0] if "keys" in content else content
            key = (ECKey if jwk["kty"] == "EC" else RSAKey).import_key(jwk)
        except (JoseError, ValueError, TypeError, LookupError) as fault:
            raise SigningFault("This is no private key as a JWK; `fhir-um client key --out FILE` makes one.") from fault
        return cls._private(key, str(jwk.get("kid", "")))

    @classmethod
    def from_pem(cls, text: bytes, kid: str = "") -> Self:
        """The key in that PEM text. Raises: SigningFault when it is no private key on P-384 or RSA."""
        for kind in (ECKey, RSAKey):
            try:
                return cls._private(kind.import_key(text), kid)
            except (JoseError, ValueError, TypeError):
                continue
        raise SigningFault("This is no private key as PEM; give an EC key on P-384 or an RSA key without a password.")

    @classmethod
    def _private(cls, key: ECKey | RSAKey, kid: str) -> Self:
        if not key.is_private:
            raise SigningFault("This is a public key; signing takes the private one.")
        if isinstance(key, ECKey) and key.curve_name != "P-384":
            raise SigningFault(f"This key is on {key.curve_name}; {ES384} takes one on P-384.")
        return cls(key, kid)

    def public_jwks(self) -> dict[str, Any]:
        """What of the key is for others, as a JWK Set."""
        written = self._key.as_dict(private=False)
        public = {name: written[name] for name in _PUBLIC[str(written["kty"])]}
        return {"keys": [{**public, "kid": self.kid, "alg": self.algorithm, "use": "sig"}]}

    def token(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        """Those claims, signed. What `header` gives stands in place of the usual; None as a value leaves one out."""
        return self._signed(
            _written(claims), {"alg": self.algorithm, "kid": self.kid, "typ": "JWT"} | dict(header or {})
        )

    def _signed(self, payload: bytes, header: Mapping[str, Any]) -> str:
        """A header may name another algorithm than the one that signs: a lie, for a server to notice."""
        kept = {name: value for name, value in header.items() if value is not None}
        honest = jws.serialize_compact(
            {**kept, "alg": self.algorithm}, payload, self._key, registry=_Careless(algorithms=[self.algorithm])
        )
        if kept.get("alg") == self.algorithm:
            return honest
        _, body, signature = honest.split(".")
        return f"{_encoded(_written(kept))}.{body}.{signature}"


def hook_claims(issuer: str, url: str, at: datetime, jti: str) -> dict[str, Any]:
    """What a token for one call of a hook at that address says. Source: CDS Hooks 3.0.0-ballot (trusting clients)."""
    return {"iss": issuer, "aud": url, "jti": jti} | _times(at)


def client_claims(client_id: str, audience: str, at: datetime, jti: str) -> dict[str, Any]:
    """What a client says to a token endpoint to prove that it is itself. Source: RFC 7523 3."""
    return {"iss": client_id, "sub": client_id, "aud": audience, "jti": jti} | _times(at)


def unsigned(claims: Mapping[str, Any]) -> str:
    """A token that nobody signed (`alg` none), which no server may accept."""
    return f"{_encoded(_written({'alg': 'none', 'typ': 'JWT'}))}.{_encoded(_written(claims))}."


def spoiled(token: str) -> str:
    """The same token with a signature that does not fit it."""
    head, body, signature = token.split(".")
    flipped = "A" if signature[:1] != "A" else "B"
    return f"{head}.{body}.{flipped}{signature[1:]}"


def _times(at: datetime) -> dict[str, int]:
    return {"iat": int(at.timestamp()), "exp": int((at + LIFE).timestamp())}


def _written(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content).encode()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
