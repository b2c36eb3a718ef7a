"""How the fake EHR calls a payer: finds its hooks, signs a call and sends it, and asks to be notified.

Must not know what the answers mean. Source: CDS Hooks 3.0.0-ballot, discovery and trusting CDS clients.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
import requests

from fhir_um.simulators.listening import FHIR_JSON, JSON
from fhir_um.simulators.signing import SigningKey, hook_claims

HOOKS = "/cds-services"
TIMEOUT_SECONDS = 30
LARGEST_BYTES = 20_000_000
_CHUNK_BYTES = 65_536
_WRITE = msgspec.json.Encoder(decimal_format="number")


class CallFault(Exception):
    """Nobody answers there, or not as hooks are answered; the text is for a person."""


@dataclass(frozen=True, slots=True)
class Called:
    """What came back from an address, and how long it took, to the last byte."""

    url: str
    status: int
    body: bytes
    milliseconds: float


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: its key, its name as an issuer, where its public keys are, and its clock and chance."""

    key: SigningKey
    issuer: str
    jwks_url: str
    now: Callable[[], datetime]
    new_id: Callable[[], str]

    def authorization(self, url: str) -> str:
        """The Authorization header of one call to that address."""
        claims = hook_claims(self.issuer, url, self.now(), self.new_id())
        return f"Bearer {self.key.token(claims, {'jku': self.jwks_url})}"


def discover(server: str, caller: Caller | None = None) -> dict[str, str]:
    """Hook -> where it is answered, the first service of each. `server` is with or without `/cds-services`.

    Raises: CallFault.
    """
    base = hooks_base(server)
    headers = {"Authorization": caller.authorization(base)} if caller else {}
    got = _sent("GET", base, b"", headers)
    found: dict[str, str] = {}
    try:
        for service in msgspec.json.decode(got.body)["services"]:
            found.setdefault(str(service["hook"]), f"{base}/{service['id']}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, LookupError, TypeError) as fault:
        raise CallFault(f"{base} answers {got.status}, and not with the services it offers.") from fault
    return found


def call_hook(url: str, body: Mapping[str, Any], caller: Caller | None) -> Called:
    """Call a hook at the address of its service, signed for it; without a caller unsigned. Raises: CallFault."""
    headers = {"Authorization": caller.authorization(url)} if caller else {}
    return _sent("POST", url, _WRITE.encode(body), {**headers, "Content-Type": JSON, "Accept": JSON})


def post_resource(url: str, resource: Mapping[str, Any], headers: Mapping[str, str]) -> Called:
    """Create a resource. Raises: CallFault."""
    usual = {"Content-Type": FHIR_JSON, "Accept": FHIR_JSON}
    return _sent("POST", url, _WRITE.encode(resource), {**usual, **headers})


def delete_resource(url: str, headers: Mapping[str, str]) -> Called:
    """Delete a resource. Raises: CallFault."""
    return _sent("DELETE", url, b"", {"Accept": FHIR_JSON, **headers})


def hooks_base(server: str) -> str:
    """Where discovery is: the server's address with `/cds-services`."""
    trimmed = server.rstrip("/")
    return trimmed if trimmed.endswith(HOOKS) else trimmed + HOOKS


def _sent(method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Called:
    start = time.perf_counter()
    try:
        with requests.Session() as session:
            session.trust_env = False
            got = session.request(
                method,
                url,
                data=body or None,
                headers=dict(headers),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
            content = whole_body(got, TIMEOUT_SECONDS)
    except (requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL):
        raise CallFault(f"{url} is not an address; give one such as http://127.0.0.1:8080.") from None
    except requests.RequestException as fault:
        raise CallFault(f"Nobody answers at {url} ({type(fault).__name__}).") from fault
    except (ValueError, NotWhole) as fault:
        raise CallFault(f"{url} cannot be asked, or its answer not be read: {fault}.") from fault
    return Called(url, got.status_code, content, (time.perf_counter() - start) * 1000)


class NotWhole(Exception):
    """An answer is too large, or takes too long to come; the text says which."""


def whole_body(got: requests.Response, seconds: float) -> bytes:
    """The body of an answer that was asked for as a stream, unpacked. Raises: NotWhole."""
    until, body = time.perf_counter() + seconds, bytearray()
    with got:
        while chunk := _next_part(got):
            body += chunk
            if len(body) > LARGEST_BYTES:
                raise NotWhole(f"it is larger than {LARGEST_BYTES} bytes")
            if time.perf_counter() > until:
                raise NotWhole(f"it did not come to its end within {seconds:g} seconds")
    return bytes(body)


def _next_part(got: requests.Response) -> bytes:
    """As much as has come, without waiting for more. Raises: NotWhole."""
    try:
        part: bytes = got.raw.read1(_CHUNK_BYTES, decode_content=True)
    except requests.exceptions.BaseHTTPError as fault:  # type: ignore[attr-defined]  # urllib3's own, as it is known here
        raise NotWhole(f"it broke off, or cannot be unpacked ({type(fault).__name__})") from fault
    return part
