"""Certificates of a trust community: whom one names, and whether the community vouches for it at a time.

With the vault the only door to `cryptography` (ADR 0018). Must not know tokens, and fetches nothing: no address inside
a certificate is ever followed. Source: RFC 5280 6 (path validation) and 5 (revocation lists), RFC 7515 4.1.6 (`x5c`).
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.verification import (
    ClientVerifier,
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
    VerifiedClient,
)

MOST_CERTIFICATES = 5
"""The longest chain that is read, and the most that may lie between a certificate and an authority, with both."""

_MOST_CHARACTERS = 8_192
_MIN_RSA_BITS = 2048
_RSA = ("RS256", "RS384")
_CURVES = {"secp256r1": ("ES256",), "secp384r1": ("ES384",)}
_FAULTS = (
    VerificationError,
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
"""All that reading and validating what a stranger sent may end in."""

_STANDARD_BASE64 = str.maketrans("-_", "+/")
_LIST = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----", re.DOTALL)


class NotTrusted(Exception):
    """The community does not vouch for a certificate, or there is none. Why is nobody's business."""


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate the community vouches for: whom it names, and the key and algorithms of what its holder signs."""

    uris: tuple[str, ...]
    public_key: bytes
    algorithms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OwnCertificate:
    """Our own certificate with those up to the authority, ready for `x5c`, and the private key, as PEM."""

    x5c: tuple[str, ...]
    uris: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    key: bytes = field(repr=False)


Certify = Callable[[Sequence[str], datetime], Certified]
"""Whom the first certificate of a chain (`x5c`) names, if a community vouches for it at that time.

Raises: NotTrusted.
"""


class Community:
    """The authorities that a community trusts, and what they say they have revoked."""

    def __init__(
        self, authorities: Sequence[x509.Certificate], lists: Sequence[x509.CertificateRevocationList] = ()
    ) -> None:
        self._authorities = Store(list(authorities))
        self._lists = tuple(lists)

    def certify(self, x5c: Sequence[str], at: datetime) -> Certified:
        """See `Certify`: a chain leads from it to an authority, in order and all good at that time.

        It may sign, is no authority, and no certificate of the chain is on a list of its issuer that is at hand.
        Raises: NotTrusted.
        """
        try:
            leaf, *between = _read_chain(x5c)
            verified = self._verifier(at).verify(leaf, between)
            found = Certified(_uris(verified), _pem(leaf.public_key()), algorithms_of(leaf.public_key()))
        except _FAULTS as fault:
            raise NotTrusted from fault
        if any(self._is_revoked(holder, issuer) for holder, issuer in _pairs(verified)):
            raise NotTrusted
        return found

    def _verifier(self, at: datetime) -> ClientVerifier:
        """A community's certificates sign tokens, so what they may do in TLS (extended key usage) does not matter."""
        any_use = (x509.ExtendedKeyUsage, Criticality.AGNOSTIC, None)
        holders = ExtensionPolicy.webpki_defaults_ee().may_be_present(*any_use)
        holders = holders.require_present(x509.KeyUsage, Criticality.AGNOSTIC, _demand_signing)
        issuers = ExtensionPolicy.webpki_defaults_ca().may_be_present(*any_use)
        rules = PolicyBuilder().store(self._authorities).time(at).max_chain_depth(MOST_CERTIFICATES - 2)
        return rules.extension_policies(ca_policy=issuers, ee_policy=holders).build_client_verifier()

    def _is_revoked(self, holder: x509.Certificate, issuer: x509.Certificate) -> bool:
        """What an old list says still holds: a certificate that was revoked is never good again."""
        return any(
            each.issuer == holder.issuer
            and each.get_revoked_certificate_by_serial_number(holder.serial_number) is not None
            and _is_signed_by(each, issuer)
            for each in self._lists
        )


def read_community(pem: bytes) -> Community:
    """The community of a file of certificates of authorities, and of revocation lists where there are any.

    Raises: ValueError, in words for the operator.
    """
    authorities = x509.load_pem_x509_certificates(pem)
    if not all(_is_authority(each) for each in authorities):
        raise ValueError("each certificate in it must be one of an authority (basicConstraints CA)")
    return Community(authorities, [x509.load_pem_x509_crl(found) for found in _LIST.findall(pem)])


def read_own(chain: bytes, key: bytes) -> OwnCertificate:
    """Our own certificate, first in its file, and the key to it.

    Raises: ValueError, in words for the operator.
    """
    certificates = x509.load_pem_x509_certificates(chain)
    leaf = certificates[0]
    try:
        private = serialization.load_pem_private_key(key, password=None)
    except (TypeError, UnsupportedAlgorithm) as fault:
        raise ValueError("the key must be readable without a password") from fault
    if not isinstance(private, rsa.RSAPrivateKey) or private.key_size < _MIN_RSA_BITS:
        raise ValueError(f"the key must be RSA of {_MIN_RSA_BITS} bits or more")
    if private.public_key() != leaf.public_key():
        raise ValueError("the key is not that of the first certificate")
    return OwnCertificate(
        x5c=tuple(b64encode(each.public_bytes(serialization.Encoding.DER)).decode() for each in certificates),
        uris=tuple(_uris_in(leaf)),
        valid_from=leaf.not_valid_before_utc,
        valid_until=leaf.not_valid_after_utc,
        key=key,
    )


def algorithms_of(key: CertificatePublicKeyTypes) -> tuple[str, ...]:
    """What a key may sign tokens with. Raises: ValueError for one that is too weak or of another kind.

    Source: UDAP Security 7.1.2 (RS256, ES256, RS384, ES384); RFC 7518 3.3 and 3.4.
    """
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= _MIN_RSA_BITS:
        return _RSA
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise ValueError("no key that tokens may be signed with")


def _read_chain(x5c: Sequence[str]) -> list[x509.Certificate]:
    """Either alphabet of base64 is read: the official test kit sends the one of URLs.

    Each holder comes once, or trying every way from one to another would be work that a stranger can make us do.
    Raises: ValueError.
    """
    if not 1 <= len(x5c) <= MOST_CERTIFICATES or any(len(each) > _MOST_CHARACTERS for each in x5c):
        raise ValueError("no chain of certificates")
    chain = [x509.load_der_x509_certificate(b64decode(each.translate(_STANDARD_BASE64), validate=True)) for each in x5c]
    if len({each.subject for each in chain}) < len(chain):
        raise ValueError("a holder comes twice")
    return chain


def _demand_signing(_: Policy, __: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not usage.digital_signature:
        raise ValueError("the key is not for signatures")


def _uris(verified: VerifiedClient) -> tuple[str, ...]:
    named = verified.subjects or ()
    return tuple(each.value for each in named if isinstance(each, x509.UniformResourceIdentifier))


def _uris_in(certificate: x509.Certificate) -> Iterable[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return names.get_values_for_type(x509.UniformResourceIdentifier)


def _pairs(verified: VerifiedClient) -> Iterable[tuple[x509.Certificate, x509.Certificate]]:
    """Each certificate of the chain with the one that issued it."""
    return zip(verified.chain, verified.chain[1:], strict=False)


def _is_signed_by(revoked: x509.CertificateRevocationList, issuer: x509.Certificate) -> bool:
    key = issuer.public_key()
    return isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) and revoked.is_signature_valid(key)


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _pem(key: CertificatePublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
