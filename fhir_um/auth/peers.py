"""Where a call comes from: the peer, or what a proxy that is ours says about it. Must not know what is asked."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_Ip = IPv4Address | IPv6Address
_WRITTEN = re.compile(
    r"\[(?P<v6>[0-9A-Fa-f:.]+)\](?::\d+)?|(?P<v4>[0-9.]+):\d+|(?P<bare>[0-9A-Fa-f:.]+)(?:%.*)?", re.ASCII
)
"""How proxies write an address: alone, or with a port behind it."""

_IPV6_HOME_BITS = 64
"""One subscriber has all the addresses of such a network, and can be counted as one only."""


class Peers:
    """The proxies in front, by address or network; nobody else is believed."""

    def __init__(self, proxies: tuple[str, ...]) -> None:
        self._proxies = tuple(ip_network(each) for each in proxies)

    def is_proxy(self, peer: str) -> bool:
        """True when that address is one of our proxies."""
        ip = _read(peer)
        return ip is not None and self._is_ours(ip)

    def home_of(self, peer: str, forwarded_for: str) -> str:
        """The address that a call is counted by: of an IPv6 address its network.

        Each proxy adds on the right whom it heard from; the first from the right that is no proxy of ours is the
        caller, and whatever stands further left is the caller's own word.

        >>> Peers(("10.0.0.0/8",)).home_of("10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2")
        '203.0.113.9'
        >>> Peers(()).home_of("2001:db8:1:2:3:4:5:6", "203.0.113.9")
        '2001:db8:1:2::/64'
        """
        caller = _read(peer)
        if caller is None:
            return peer
        for text in reversed(forwarded_for.split(",")):
            heard_from = _read(text.strip())
            if heard_from is None or not self._is_ours(caller):
                break
            caller = heard_from
        return _home(caller)

    def _is_ours(self, ip: _Ip) -> bool:
        return any(ip in network for network in self._proxies)


def _read(text: str) -> _Ip | None:
    found = _WRITTEN.fullmatch(text)
    try:
        ip = ip_address(found["v6"] or found["v4"] or found["bare"]) if found else None
    except ValueError:
        return None
    return ip.ipv4_mapped or ip if isinstance(ip, IPv6Address) else ip


def _home(ip: _Ip) -> str:
    return str(ip_network((ip, _IPV6_HOME_BITS), strict=False)) if isinstance(ip, IPv6Address) else str(ip)
