"""Where requests may go: URLs read strictly, hosts from a list, and the addresses behind their names.

Must not know what is asked there. A name is judged by the addresses it leads to, because anybody can let a name lead to
the machine next door. Source: OWASP, server-side request forgery prevention.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Any

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9.\-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[\x21\x22\x24-\x5b\x5d-\x7e]*)?",
    re.ASCII,
)
"""A URL that every reader takes apart alike: no user, no fragment, no backslash, no blank."""

DEFAULT_PORT = {"http": 80, "https": 443}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

_Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Address = tuple[socket.AddressFamily, tuple[Any, ...]]
"""A family, and the place a socket of that family connects to."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Where requests may go and how much they may bring back.

    `allowed_hosts`: `ehr.example.org` (the port of its scheme), `ehr.example.org:8443`, or `localhost:*`.
    `allow_private` is for the sandbox: plain http, and addresses of this machine or its own network. `max_bytes` is
    for everything one call fetches. `ca_file`: certificates to trust instead of those of the system.
    """

    allowed_hosts: frozenset[str]
    allow_private: bool = False
    max_bytes: int = 10_000_000
    per_request_seconds: float = 3.0
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host in lower case and port: what a request is sent to."""

    scheme: str
    host: str
    port: int

    def is_within(self, reach: Reach) -> bool:
        """True when the list of hosts names it, and it is https or plain http is allowed."""
        names = {f"{self.host}:{self.port}", f"{self.host}:*"}
        if self.port == DEFAULT_PORT[self.scheme]:
            names.add(self.host)
        is_listed = not names.isdisjoint(host.lower() for host in reach.allowed_hosts)
        return is_listed and (self.scheme == "https" or reach.allow_private)

    def addresses(self, reach: Reach) -> tuple[Address, ...]:
        """The addresses behind the name that may be connected to. Asks the resolver, which may take its time.

        Raises: OSError when the name is unknown.
        """
        found = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        return tuple((family, place) for family, _, _, _, place in found if _may_connect(str(place[0]), reach))


def taken_apart(url: str) -> tuple[Origin, str] | None:
    """Origin and target (path and query) of a URL; None when it is not a plain http or https URL.

    >>> taken_apart("https://EHR.example.org/r4/Patient?_id=1")
    (Origin(scheme='https', host='ehr.example.org', port=443), '/r4/Patient?_id=1')
    >>> taken_apart("https://ehr.example.org@127.0.0.1/") is None
    True
    """
    found = _URL.fullmatch(url)
    if found is None:
        return None
    port = int(found["port"] or DEFAULT_PORT[found["scheme"]])
    if not 0 < port < 65_536:
        return None
    return Origin(found["scheme"], found["host"].lower(), port), found["target"] or "/"


def _may_connect(text: str, reach: Reach) -> bool:
    ip = _meant(ipaddress.ip_address(text.partition("%")[0]))
    if ip.is_loopback:
        return reach.allow_private
    if ip.is_multicast or ip.is_link_local or ip.is_unspecified:  # link-local: where clouds keep their secrets
        return False
    if ip.is_reserved or (isinstance(ip, ipaddress.IPv6Address) and (ip.is_site_local or ip.teredo)):
        return False  # among them blocks that hide an IPv4 address: ::/96, ::ffff:0:0:0/96, 64:ff9b:1::/48, 2001::/32
    return ip.is_global or (reach.allow_private and ip.is_private)


def _meant(ip: _Ip) -> _Ip:
    """The IPv4 address inside an IPv6 one, where packets would be led to it."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip
