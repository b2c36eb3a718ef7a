"""What a request brings to show who is calling. Nothing of it is proved. Must not know what it is worth."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Presented:
    """Headers of a request as they came.

    `authorization` is None when there is no such header. `certificate` is the SHA-256 thumbprint (base64url, RFC 8705
    3.1) of the client certificate that the proxy in front has verified, empty when there is none. `session` is the
    value of the session cookie. `origin` and `fetch_site` are what a browser says about the page that asks.
    """

    host: str
    method: str = "GET"
    authorization: str | None = None
    certificate: str = ""
    session: str = ""
    origin: str = ""
    fetch_site: str = ""
