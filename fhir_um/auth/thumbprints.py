"""The client certificate that a proxy has verified -> its thumbprint. Must not know who is believed in handing one on.

Nothing is verified here: the proxy that ends TLS has done so. Source: RFC 8705 3.1 (`x5t#S256`); RFC 9440 (base64 of
DER between colons).
"""

import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error
from hashlib import sha256
from urllib.parse import unquote

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
_BLANKS = re.compile(r"\s+")
_SEQUENCE = 0x30
"""The first byte of every certificate in DER."""


def thumbprint(written: str) -> str:
    """Of a certificate as PEM (also percent-encoded) or base64 of DER; empty when it is none, or more than one.

    Of two the first may be the caller's own word, before which the proxy did not clear the header.
    """
    text = (unquote(written) if "%" in written else written).strip()
    found = _PEM.fullmatch(text)
    return _of_base64(found[1] if found else text.strip(":"))


def thumbprints(written: str) -> tuple[str, ...]:
    """Of every certificate in a PEM file, each once."""
    return tuple(dict.fromkeys(filter(None, map(_of_base64, _PEM.findall(written)))))


def _of_base64(text: str) -> str:
    try:
        der = b64decode(_BLANKS.sub("", text), validate=True)
    except (Error, ValueError):
        return ""
    if not der or der[0] != _SEQUENCE:
        return ""
    return urlsafe_b64encode(sha256(der).digest()).rstrip(b"=").decode()
