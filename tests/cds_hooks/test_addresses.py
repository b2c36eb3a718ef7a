"""Where requests may go: by the list, over TLS, to public addresses, however they are written."""

import pytest

from cds_hooks.addresses import Origin, Reach, taken_apart

PUBLIC = ["8.8.8.8", "[2001:4860:4860::8888]"]
OWN_NETWORK = ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]"]
NEVER = ["169.254.169.254", "[fe80::1]", "0.0.0.0", "[::]", "224.0.0.1", "[ff02::1]", "[::ffff:169.254.169.254]"]  # noqa: S104 not bound
INSIDE_ANOTHER = ["[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[::ffff:0:127.0.0.1]"]
INSIDE_ANOTHER += ["[64:ff9b:1::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "[2001:0:7f00:1::1]"]
INSIDE_ANOTHER += ["[64:ff9b::a00:1]", "[2002:a00:1::]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:a01:203]", "[2001::1]"]
METADATA_INSIDE_ANOTHER = ["[64:ff9b::a9fe:a9fe]", "[64:ff9b:1::a9fe:a9fe]", "[64:ff9b:1:fffe::a9fe:a9fe]"]
METADATA_INSIDE_ANOTHER += ["[2002:a9fe:a9fe::]", "[::ffff:a9fe:a9fe]", "[::a9fe:a9fe]", "[::ffff:0:a9fe:a9fe]"]
METADATA_INSIDE_ANOTHER += ["[2001:0:a9fe:a9fe::1]", "[2001:0:1:1:0:0:5601:5601]"]
OF_NOBODY = ["[fec0::1]", "[4000::1]", "240.0.0.1", "255.255.255.255", "100.64.0.1"]
FOR_BOOKS = ["192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "192.0.0.1", "[2001:db8::1]", "[100::1]"]
SPELT_OTHERWISE = ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "017700000001", "0x7f.1", "127.0x0.0.1", "0"]
SPELT_OTHERWISE += ["0xa9fea9fe", "169.16689662", "0xa.1.2.3", "[0000:0000::0001]", "[::FFFF:127.0.0.1]"]


def reach(*hosts: str, **given: object) -> Reach:
    return Reach(frozenset(hosts), **given)  # type: ignore[arg-type]  # the fields of Reach by name


@pytest.mark.parametrize("host", PUBLIC)
def test_public_addresses_may_be_connected_to(host: str) -> None:
    assert Origin("https", host, 443).addresses(reach(host))


@pytest.mark.spec("crd-check:59")
@pytest.mark.parametrize("host", [*OWN_NETWORK, *NEVER, *INSIDE_ANOTHER, *METADATA_INSIDE_ANOTHER, *OF_NOBODY])
def test_no_other_address_may_be(host: str) -> None:
    assert Origin("https", host, 443).addresses(reach(host)) == ()


@pytest.mark.spec("crd-check:59")
@pytest.mark.parametrize("host", [*SPELT_OTHERWISE, *FOR_BOOKS, "localhost"])
def test_the_address_is_judged_however_it_is_written(host: str) -> None:
    assert Origin("https", host, 443).addresses(reach(host)) == ()


@pytest.mark.spec("crd-check:59")
@pytest.mark.parametrize("host", OWN_NETWORK)
def test_the_sandbox_may_use_its_own_network(host: str) -> None:
    assert Origin("http", host, 80).addresses(reach(host, allow_private=True))


@pytest.mark.parametrize("host", NEVER + OF_NOBODY + METADATA_INSIDE_ANOTHER)
def test_not_even_the_sandbox_may_ask_where_clouds_keep_secrets(host: str) -> None:
    assert Origin("http", host, 80).addresses(reach(host, allow_private=True)) == ()


@pytest.mark.parametrize(
    ("url", "listed", "is_within"),
    [
        ("https://ehr.example.org/r4", "ehr.example.org", True),
        ("https://EHR.example.org:443/r4", "EHR.Example.org", True),
        ("https://ehr.example.org:8443/r4", "ehr.example.org", False),
        ("https://ehr.example.org:8443/r4", "ehr.example.org:8443", True),
        ("https://ehr.example.org:8443/r4", "ehr.example.org:*", True),
        ("https://evil.ehr.example.org/r4", "ehr.example.org", False),
        ("https://ehr.example.org.evil.example/r4", "ehr.example.org", False),
        ("https://ehr.example.org./r4", "ehr.example.org", False),
        ("http://ehr.example.org/r4", "ehr.example.org", False),
    ],
)
def test_only_listed_hosts_over_https(url: str, listed: str, is_within: bool) -> None:
    parts = taken_apart(url)

    assert parts is not None
    assert parts[0].is_within(reach(listed)) is is_within


@pytest.mark.parametrize(
    "url",
    ["", "ehr.example.org", "ftp://ehr.example.org/", "file:///etc/passwd", "https://", "https:///r4"]
    + ["https://user@ehr.example.org/", "https://ehr.example.org@127.0.0.1/", "https://ehr.example.org\\@127.0.0.1/"]
    + ["https://ehr.example.org/#x", "https://ehr.example.org/a b", "https://ehr.example.org/\r\nHost: x", "https://é/"]
    + ["https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::1]x/", "https://[::1/", "https://[]/"]
    + ["https://ehr.example.org%2f@x/", "https://ehr.example.org%00.evil.example/", "https://ehr.example.org:4 43/"]
    + ["https://ehr.example.org:+443/", "https://ehr.example.org:443:443/", "https://ehr.example.org:443@x/"]
    + ["https://ehr\u3002example.org/", "https://ehr.example.org\uff1a443/", "https://ehr.example.org:\u0664/"]
    + ["https:ehr.example.org/", "https:/ehr.example.org/", "https:\\\\ehr.example.org/", "https://ehr.example.org\t/"]
    + ["https://ehr.example.org:0/", "https://ehr.example.org:99999/", "https://ehr.example.org?x", "HTTPS://x/\n"],
)
def test_what_is_no_plain_address_is_none(url: str) -> None:
    assert taken_apart(url) is None
