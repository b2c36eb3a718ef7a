"""Certificates as proxies hand them on: one thumbprint whatever the way they are written."""

from base64 import b64encode
from hashlib import sha256
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.util import urlsafe_b64encode

from fhir_um.auth.thumbprints import thumbprint, thumbprints

DER = b"\x30\x82" + bytes(range(256))
LINES = b64encode(DER).decode()
PEM = "-----BEGIN CERTIFICATE-----\n" + LINES[:64] + "\n" + LINES[64:] + "\n-----END CERTIFICATE-----\n"
EXPECTED = urlsafe_b64encode(sha256(DER).digest()).decode().rstrip("=")


@pytest.mark.parametrize(
    "written",
    [PEM, quote(PEM), quote(PEM, safe=""), PEM.replace("\n", " "), PEM.replace("\n", "\n\t"), LINES, f":{LINES}:"],
    ids=["PEM", "encoded", "encoded whole", "one line", "continued", "DER", "RFC 9440"],
)
def test_a_certificate_has_one_thumbprint(written: str) -> None:
    assert thumbprint(written) == EXPECTED
    assert len(EXPECTED) == 43


@pytest.mark.parametrize(
    "written", ["", "null", "(null)", "%%%", "-----BEGIN CERTIFICATE-----", "aGVsbG8=", LINES[:-1]]
)
def test_what_is_no_certificate_has_none(written: str) -> None:
    assert thumbprint(written) == ""


@pytest.mark.parametrize("joined", [PEM + PEM, f"{quote(PEM)},{quote(PEM)}", f"{quote(PEM)}, {LINES}", f"x{PEM}"])
def test_two_in_one_header_are_none(joined: str) -> None:
    """A proxy that adds its own behind the caller's hands on both."""
    assert thumbprint(joined) == ""


@given(st.text())
def test_no_header_breaks_it(written: str) -> None:
    assert len(thumbprint(written)) in {0, 43}


def test_each_certificate_of_a_file_counts_once() -> None:
    other = PEM.replace(LINES[:64], b64encode(b"\x30" + b"x" * 47).decode())

    assert thumbprints(PEM + "and\n" + other + PEM) == (EXPECTED, thumbprint(other))
    assert thumbprints("nothing") == ()
