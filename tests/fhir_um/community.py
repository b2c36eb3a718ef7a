"""A trust community of the tests' own: authorities, certificates of its members, and what members sign with them."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from joserfc import jws, jwt
from joserfc.jwk import ECKey, RSAKey

from tests.conftest import NOW

SERVER = "https://um.example.org"
EHR_URI = "https://ehr.clinic.example/prior-auth"

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_HASHES = {384: hashes.SHA384(), 256: hashes.SHA256()}
_ALGORITHMS = ["RS256", "RS384", "ES256", "ES384", "HS256", "RS512", "none"]


@cache
def ec_key(number: int = 0, curve: type[ec.EllipticCurve] = ec.SECP256R1) -> ec.EllipticCurvePrivateKey:
    """One key for each number."""
    return ec.generate_private_key(curve())


@cache
def rsa_key(number: int = 0, bits: int = 2048) -> rsa.RSAPrivateKey:
    """One key for each number."""
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Holder:
    """A certificate with its key, and those that lie between it and its root, nearest first."""

    certificate: x509.Certificate
    key: PrivateKey
    between: tuple[x509.Certificate, ...] = ()

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        return (self.certificate, *self.between)

    @property
    def x5c(self) -> list[str]:
        return x5c(*self.chain)

    @property
    def pem(self) -> bytes:
        return b"".join(each.public_bytes(Encoding.PEM) for each in self.chain)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def sign(self, claims: dict[str, Any], alg: str = "", **header: Any) -> str:
        """A token of those claims with this chain; any header can be replaced, or left out with None."""
        alg = alg or algorithm_of(self.key)
        full = {"alg": alg, "x5c": self.x5c, **header}
        key = (ECKey if alg.startswith("ES") else RSAKey).import_key(self.key_pem)
        return sign({name: value for name, value in full.items() if value is not None}, claims, key)


def sign(header: dict[str, Any], claims: dict[str, Any], key: Any) -> str:
    registry = jws.JWSRegistry(algorithms=_ALGORITHMS, strict_check_header=False)
    registry.max_header_length = 100_000
    return jwt.encode(header, claims, key, registry=registry)


def algorithm_of(key: PrivateKey) -> str:
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    return {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}[key.curve.name]


def x5c(*chain: x509.Certificate) -> list[str]:
    return [b64encode(each.public_bytes(Encoding.DER)).decode() for each in chain]


def authority(name: str, issuer: Holder | None = None, key: PrivateKey | None = None, **given: Any) -> Holder:
    """An authority; a root when it has no issuer."""
    return _issued(name, issuer, key or ec_key(hash_of(name)), is_authority=True, **given)


def member(
    *uris: str,
    issuer: Holder,
    key: PrivateKey | None = None,
    name: str = "Member",
    is_authority: bool = False,
    **given: Any,
) -> Holder:
    """A certificate of a member that bears those names."""
    return _issued(name, issuer, key or ec_key(99), is_authority=is_authority, uris=uris, **given)


def hash_of(name: str) -> int:
    return sum(name.encode()) + 1_000


def _issued(
    name: str,
    issuer: Holder | None,
    key: PrivateKey,
    is_authority: bool,
    uris: tuple[str, ...] = (),
    valid_from: datetime = NOW - timedelta(days=30),
    valid_until: datetime = NOW + timedelta(days=365),
    may_sign: bool = True,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Holder:
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(issuer.certificate.subject if issuer else named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid_from)
        .not_valid_after(valid_until)
        .add_extension(x509.BasicConstraints(is_authority, None), True)
        .add_extension(_usage(may_sign and not is_authority, is_authority), True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    )
    if issuer:
        builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    if uris:
        names = x509.SubjectAlternativeName([x509.UniformResourceIdentifier(uri) for uri in uris])
        builder = builder.add_extension(names, False)
    for extension, is_critical in extra:
        builder = builder.add_extension(extension, is_critical)
    between = issuer.chain if issuer and not _is_root(issuer) else ()
    return Holder(builder.sign(signer, hashes.SHA256()), key, between)


def _is_root(holder: Holder) -> bool:
    return holder.certificate.issuer == holder.certificate.subject


def _usage(signs: bool, certifies: bool) -> x509.KeyUsage:
    return x509.KeyUsage(signs, not signs and not certifies, False, False, False, certifies, certifies, False, False)


def revocation_list(issuer: Holder, *revoked: Holder, by: Holder | None = None) -> bytes:
    """What an authority says it has revoked, as PEM; `by` signs it in the authority's place."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(NOW - timedelta(days=1))
        .next_update(NOW + timedelta(days=6))
    )
    for each in revoked:
        row = x509.RevokedCertificateBuilder().serial_number(each.certificate.serial_number)
        builder = builder.add_revoked_certificate(row.revocation_date(NOW - timedelta(days=1)).build())
    return builder.sign((by or issuer).key, hashes.SHA256()).public_bytes(Encoding.PEM)


ROOT = authority("Community Root")
ISSUING = authority("Community Issuing", ROOT)
EHR = member(EHR_URI, issuer=ISSUING)
PAYER = member(SERVER, f"{SERVER}/fhir", f"{SERVER}/2.0.1/fhir", issuer=ISSUING, key=rsa_key(), name="Payer")
STRANGERS = authority("Other Root")


def files(folder: Path, own: Holder = PAYER, trust: bytes = ROOT.pem) -> dict[str, Path]:
    """The three files of an operator, by the names of their settings."""
    folder.mkdir(exist_ok=True)
    written = {"udap_trust": trust, "udap_certificate": own.pem, "udap_key": own.key_pem}
    for name, content in written.items():
        (folder / f"{name}.pem").write_bytes(content)
    return {name: folder / f"{name}.pem" for name in written}
