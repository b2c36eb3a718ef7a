"""Which addresses a subscriber may be notified at, judged by the URL alone. Must not resolve names or connect.

What a name leads to is judged when something is sent. Source: Subscriptions R5 Backport 1.1.0, security (https only).
"""

from dataclasses import dataclass

from cds_hooks.addresses import Origin, Reach, taken_apart
from fhir_um.settings import is_loopback

ANY_HOST = "*"
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The hosts of the operator's list; in the sandbox also this machine, there by plain http too."""

    hosts: frozenset[str]
    is_sandbox: bool = False

    def fault_of(self, url: str) -> str:
        """Why nobody can be notified there; empty when somebody can.

        >>> Endpoints(frozenset({"ehr.example.org"})).fault_of("https://ehr.example.org/notify")
        ''
        """
        if len(url) > _LONGEST_URL:
            return f"The endpoint is longer than {_LONGEST_URL} characters."
        parts = taken_apart(url)
        if parts is None:
            return "The endpoint must be a URL such as https://ehr.example.org/notify, without user or fragment."
        return self.fault_of_origin(parts[0])

    def fault_of_origin(self, origin: Origin) -> str:
        """As `fault_of`, for a URL that was taken apart."""
        if origin.scheme != "https" and not self.is_sandbox:
            return "The endpoint must be https: notifications carry health data."
        if self.is_sandbox and is_loopback(origin.host.strip("[]")):
            return ""
        if ANY_HOST in self.hosts or origin.is_within(Reach(self.hosts, allow_private=self.is_sandbox)):
            return ""
        return "The host of the endpoint is not among those this server may notify; ask its operator to add it."
