"""The public keys of one issuer: pinned, or fetched from its registered address. Must not read tokens."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from cds_hooks.addresses import Reach, taken_apart
from cds_hooks.budget import Budget
from cds_hooks.outbound import Reply, fetch
from profiles.issues import Refusal
from profiles.reading import Limits, read_json

Key = ECKey | RSAKey


@dataclass(frozen=True, slots=True)
class Published:
    """A JSON value found at an address, and for how many seconds its server says it is good, if it says so."""

    value: Any
    fresh_seconds: int | None = None


Fetch = Callable[[str], Published | None]
"""Gets what is published at a registered address; None when it cannot be had."""

FRESH_SECONDS = 3600
"""Fetched keys are used for so long at most; a key that was withdrawn is good for no longer."""

SHORTEST_SECONDS = 60
"""And for so long at least, whatever their server says (`Cache-Control`), or every call would wait for a fetch."""

STALE_SECONDS = 86_400
"""Keys that could not be fetched anew for so long are given up: the EHR may have withdrawn them."""

AGAIN_AFTER_SECONDS = 30
"""Between two fetches, so that strangers who name unknown keys cannot make us knock at an EHR all the time."""

Algorithms = Mapping[tuple[str, str], tuple[str, ...]]
"""Kind and curve of a key (no curve for RSA) -> the algorithms it may sign with."""

SMART: Algorithms = {("EC", "P-384"): ("ES384",), ("RSA", ""): ("RS384",)}
OPENID: Algorithms = {("EC", "P-256"): ("ES256",), ("EC", "P-384"): ("ES384",), ("RSA", ""): ("RS256", "RS384")}
_MIN_RSA_BITS = 2048
_MOST_BYTES = 200_000
_MOST_DEPTH = 8
_SECONDS = 2.0

PUBLISHED = frozenset(
    {
        "4b49a739d1eb115b3225f4cf9beb6d1b",
        "b41528b6f37a9500edb8a905a595bdd7",
        "44823f3d-0b01-4a6c-a80e-b9d3e8a7226f",
    }
)
"""Key ids of Inferno and of the CDS Hooks sandbox. Their private keys are public, so they prove nothing."""


class KeyRing:
    """Keys by their id. Pinned keys never change; fetched ones are fetched anew when old, or when one is unknown."""

    def __init__(
        self,
        pinned: Iterable[Mapping[str, Any]],
        url: str,
        fetch: Fetch,
        monotonic: Callable[[], float],
        is_test: bool,
        algorithms: Algorithms = SMART,
    ) -> None:
        self._url = url
        self._fetch = fetch
        self._monotonic = monotonic
        self._is_test = is_test
        self._algorithms = algorithms
        self._keys = usable_keys(pinned, is_test, algorithms)
        self._tried_at: float | None = None
        self._fetched_at: float | None = None
        self._fresh_until: float | None = None
        self._lock = Lock()

    def key(self, kid: str, alg: str) -> Key | None:
        """The key with that id for that algorithm, after one look at the registered address where that may help."""
        if self._url and not self._is_fresh(kid):  # who names a known key never waits for one that names another
            with self._lock:
                self._refresh(kid)
        key = self._keys.get(kid)
        return key if key is not None and alg in _signs_with(key, self._algorithms) else None

    def _is_fresh(self, kid: str) -> bool:
        return kid in self._keys and self._fresh_until is not None and self._monotonic() < self._fresh_until

    def _refresh(self, kid: str) -> None:
        now = self._monotonic()
        if self._is_fresh(kid) or (self._tried_at is not None and now - self._tried_at < AGAIN_AFTER_SECONDS):
            return
        self._tried_at = now
        if self._fetched_at is not None and now - self._fetched_at >= STALE_SECONDS:
            self._keys = {}
        found = self._fetch(self._url)
        if found and isinstance(found.value, dict) and isinstance(found.value.get("keys"), list):
            self._keys, self._fetched_at = usable_keys(found.value["keys"], self._is_test, self._algorithms), now
            asked = FRESH_SECONDS if found.fresh_seconds is None else found.fresh_seconds
            self._fresh_until = now + min(max(asked, SHORTEST_SECONDS), FRESH_SECONDS)


def usable_keys(written: Iterable[Any], is_test: bool, algorithms: Algorithms = SMART) -> dict[str, Key]:
    """The keys that may verify signatures by those algorithms, by id; published ones only in a test."""
    named = ((jwk.get("kid"), _imported(jwk, algorithms)) for jwk in written if isinstance(jwk, dict))
    return {
        kid: key for kid, key in named if key and isinstance(kid, str) and kid and (is_test or kid not in PUBLISHED)
    }


def fetch_json(monotonic: Callable[[], float], allow_private: bool) -> Fetch:
    """How keys are fetched: from public addresses over https, or in the sandbox also from its own network."""

    def fetched(url: str) -> Published | None:
        parts = taken_apart(url)
        if parts is None:
            return None
        reach = Reach(frozenset({f"{parts[0].host}:{parts[0].port}"}), allow_private, _MOST_BYTES, _SECONDS)
        reply = fetch(url, reach, Budget(_SECONDS, monotonic))
        if not isinstance(reply, Reply) or reply.status != 200:
            return None
        try:
            return Published(read_json(reply.body, Limits(_MOST_BYTES, _MOST_DEPTH, 0)), reply.fresh_seconds)
        except Refusal:
            return None

    return fetched


def _imported(jwk: dict[str, Any], algorithms: Algorithms) -> Key | None:
    """A key that may verify signatures by those algorithms, without its secret part; None for any other.

    Source: CDS Hooks 3.0.0-ballot (ES384 and RS384); RFC 7517 4.2 to 4.4; RFC 7518 3.3 (at least 2048 bits).
    """
    try:
        fitting = algorithms[jwk["kty"], jwk.get("crv", "")]
        if jwk.get("alg", fitting[0]) not in fitting or jwk.get("use", "sig") != "sig" or "d" in jwk:
            return None
        if "verify" not in jwk.get("key_ops", ["verify"]):
            return None
        return ECKey.import_key(jwk) if jwk["kty"] == "EC" else _rsa_key(jwk)
    except (JoseError, ValueError, TypeError, KeyError):  # whatever it is, it is no key
        return None


def _signs_with(key: Key, algorithms: Algorithms) -> tuple[str, ...]:
    """One algorithm when the key names it, else all that fit its kind. Source: RFC 7517 4.4."""
    named = key.get("alg")
    fitting = algorithms[key.key_type, key.curve_name if isinstance(key, ECKey) else ""]
    return fitting if named is None else (str(named),)


def _rsa_key(jwk: dict[str, Any]) -> Key | None:
    is_long_enough = len(str(jwk.get("n"))) * 6 >= _MIN_RSA_BITS  # base64 holds six bits a character
    key = RSAKey.import_key(jwk) if is_long_enough else None
    return key if key is not None and key.public_key.key_size >= _MIN_RSA_BITS else None
