"""Where a call comes from: what a proxy of ours says, and nobody else."""

import pytest

from fhir_um.auth.peers import Peers

PROXIES = Peers(("10.0.0.0/8", "fd00::/8", "192.0.2.7"))


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "home"),
    [
        ("198.51.100.4", "", "198.51.100.4"),
        ("198.51.100.4", "203.0.113.9", "198.51.100.4"),
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.7", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.8", "203.0.113.9", "192.0.2.8"),
        ("10.0.0.1", "1.1.1.1,203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, ", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9, <script>", "10.0.0.1"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::/64"),
        ("10.0.0.1", "999.1.1.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("fd00::1", "::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:0:1:aaaa::1", "", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:bbbb::2", "203.0.113.9", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "", "fe80::/64"),
        ("", "203.0.113.9", ""),
    ],
)
def test_where_a_call_comes_from(peer: str, forwarded_for: str, home: str) -> None:
    assert PROXIES.home_of(peer, forwarded_for) == home


@pytest.mark.parametrize(
    ("peer", "is_proxy"),
    [("10.200.3.4", True), ("::ffff:10.0.0.1", True), ("fd12::1", True), ("11.0.0.1", False), ("", False)],
)
def test_who_is_believed(peer: str, is_proxy: bool) -> None:
    assert PROXIES.is_proxy(peer) is is_proxy
    assert not Peers(()).is_proxy(peer)
