"""Certificates: whom one names, and when the community vouches for it."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fhir_um.auth.certificates import MOST_CERTIFICATES, Community, NotTrusted, read_community, read_own
from tests.conftest import NOW
from tests.fhir_um.community import (
    EHR,
    EHR_URI,
    ISSUING,
    PAYER,
    ROOT,
    SERVER,
    STRANGERS,
    authority,
    ec_key,
    member,
    revocation_list,
    rsa_key,
    x5c,
)

DAY = timedelta(days=1)
COMMUNITY = Community([ROOT.certificate])
TLS_SERVER = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
STRANGE = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\x00")


def refuses(community: Community, chain: list[str], at=NOW) -> bool:
    try:
        community.certify(chain, at)
    except NotTrusted:
        return True
    return False


def test_a_certificate_names_its_holder() -> None:
    found = COMMUNITY.certify(EHR.x5c, NOW)

    assert found.uris == (EHR_URI,)
    assert found.algorithms == ("ES256",)


@pytest.mark.parametrize(
    ("key", "algorithms"),
    [
        (rsa_key(), ("RS256", "RS384")),
        (ec_key(1, ec.SECP384R1), ("ES384",)),
    ],
)
def test_a_key_signs_with_the_algorithms_of_its_kind(key, algorithms) -> None:
    assert COMMUNITY.certify(member(EHR_URI, issuer=ISSUING, key=key).x5c, NOW).algorithms == algorithms


def test_every_name_of_a_certificate_counts() -> None:
    two = member("urn:oid:1.2.3", EHR_URI, issuer=ISSUING)

    assert COMMUNITY.certify(two.x5c, NOW).uris == ("urn:oid:1.2.3", EHR_URI)


def test_the_root_may_come_along_and_either_alphabet_of_base64_is_read() -> None:
    chain = [each.replace("+", "-").replace("/", "_") for each in x5c(*EHR.chain, ROOT.certificate)]

    assert COMMUNITY.certify(chain, NOW).uris == (EHR_URI,)


def test_what_a_certificate_may_do_in_tls_does_not_matter() -> None:
    assert not refuses(COMMUNITY, member(EHR_URI, issuer=ISSUING, extra=((TLS_SERVER, False),)).x5c)


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(member(EHR_URI, issuer=STRANGERS).x5c, id="of another community"),
        pytest.param(
            x5c(member(EHR_URI, issuer=STRANGERS).certificate, *ISSUING.chain), id="with our issuer beside it"
        ),
        pytest.param(x5c(EHR.certificate), id="without the one between"),
        pytest.param(x5c(*reversed(EHR.chain)), id="in the wrong order"),
        pytest.param(ISSUING.x5c, id="an authority"),
        pytest.param(ROOT.x5c, id="the root"),
        pytest.param(member(EHR_URI, issuer=ISSUING, is_authority=True).x5c, id="an authority with the name"),
        pytest.param(member(EHR_URI, issuer=EHR).x5c, id="issued by a member"),
        pytest.param(member(issuer=ISSUING).x5c, id="without a name"),
        pytest.param(member(EHR_URI, issuer=ISSUING, may_sign=False).x5c, id="not for signatures"),
        pytest.param(member(EHR_URI, issuer=ISSUING, key=rsa_key(1, 1024)).x5c, id="a short RSA key"),
        pytest.param(member(EHR_URI, issuer=ISSUING, key=ec_key(2, ec.SECP521R1)).x5c, id="another curve"),
        pytest.param(member(EHR_URI, issuer=ISSUING, extra=((STRANGE, True),)).x5c, id="an unknown demand"),
        pytest.param(["AAAA"], id="no certificate"),
        pytest.param([EHR.x5c[0] + "!", EHR.x5c[1]], id="no base64"),
        pytest.param([], id="nothing"),
        pytest.param([*EHR.x5c, EHR.x5c[1]], id="one of them twice"),
        pytest.param([*EHR.x5c, *[EHR.x5c[1]] * MOST_CERTIFICATES], id="too many"),
        pytest.param(["A" * 10_000], id="too long"),
    ],
)
def test_nobody_vouches_for(chain) -> None:
    assert refuses(COMMUNITY, chain)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
@settings(max_examples=150)
@given(st.data())
def test_a_chain_changed_in_any_byte_is_not_trusted(data: st.DataObject) -> None:
    which = data.draw(st.integers(0, 1))
    der = bytearray(EHR.chain[which].public_bytes(Encoding.DER))
    place = data.draw(st.integers(0, len(der) - 1))
    assume(place != der.index(EHR.chain[which].signature) - 1)  # how many bits of its last byte count: not signed
    der[place] ^= data.draw(st.integers(1, 255))
    chain = [*EHR.x5c]
    chain[which] = b64encode(der).decode()

    assert refuses(COMMUNITY, chain)


@given(st.lists(st.binary(max_size=400) | st.just(EHR.certificate.public_bytes(Encoding.DER)), max_size=4))
def test_whatever_is_sent_as_a_chain_is_no_fault_of_ours(chain: list[bytes]) -> None:
    assert refuses(COMMUNITY, [b64encode(each).decode() for each in chain])


@pytest.mark.spec("hrex:sec-14")
def test_who_signs_for_themselves_is_a_stranger_even_under_our_names() -> None:
    alone = authority("Community Root", key=ec_key(77))
    forged = member(EHR_URI, issuer=alone)

    assert refuses(COMMUNITY, forged.x5c)
    assert refuses(COMMUNITY, x5c(forged.certificate, alone.certificate))


def test_a_certificate_is_good_in_its_time_only() -> None:
    short = member(EHR_URI, issuer=ISSUING, valid_from=NOW, valid_until=NOW + DAY)

    assert not refuses(COMMUNITY, short.x5c, NOW + DAY / 2)
    assert refuses(COMMUNITY, short.x5c, NOW - timedelta(seconds=1))
    assert refuses(COMMUNITY, short.x5c, NOW + DAY + timedelta(seconds=1))


def test_those_above_it_must_be_good_at_that_time_too() -> None:
    old = authority("Old Issuing", ROOT, valid_until=NOW - DAY)
    old_root = authority("Old Root", valid_until=NOW - DAY)

    assert refuses(COMMUNITY, member(EHR_URI, issuer=old).x5c)
    assert refuses(Community([old_root.certificate]), member(EHR_URI, issuer=old_root).x5c)
    assert not refuses(Community([old_root.certificate]), member(EHR_URI, issuer=old_root).x5c, NOW - 2 * DAY)


def test_a_chain_has_a_longest_length() -> None:
    issuer, lengths = ROOT, []
    for number in range(MOST_CERTIFICATES):
        issuer = authority(f"Level {number}", issuer)
        lengths.append(refuses(COMMUNITY, member(EHR_URI, issuer=issuer).x5c))

    assert lengths == [False, False, False, True, True]


def test_what_an_authority_revoked_is_not_trusted() -> None:
    revoked = member(EHR_URI, issuer=ISSUING)
    community = read_community(ROOT.pem + revocation_list(ISSUING, revoked))

    assert refuses(community, revoked.x5c)
    assert refuses(community, revoked.x5c, NOW + 30 * DAY)
    assert not refuses(community, EHR.x5c)


def test_an_authority_that_was_revoked_takes_its_members_along() -> None:
    community = read_community(ROOT.pem + revocation_list(ROOT, ISSUING))

    assert refuses(community, EHR.x5c)
    assert not refuses(community, member(EHR_URI, issuer=ROOT).x5c)


def test_only_the_issuer_can_revoke() -> None:
    twin = authority("Twin", ROOT, key=ISSUING.key)

    assert not refuses(read_community(ROOT.pem + revocation_list(twin, EHR)), EHR.x5c)
    assert not refuses(read_community(ROOT.pem + revocation_list(ISSUING, EHR, by=STRANGERS)), EHR.x5c)


@pytest.mark.parametrize("pem", [b"", b"words", EHR.certificate.public_bytes(Encoding.PEM)])
def test_a_file_without_authorities_is_not_trusted(pem) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read_community(pem)


def test_our_own_certificate_is_read_with_its_key() -> None:
    own = read_own(PAYER.pem, PAYER.key_pem)

    assert own.x5c == tuple(PAYER.x5c)
    assert own.uris[0] == SERVER
    assert own.valid_until == NOW + 365 * DAY
    assert "PRIVATE" not in repr(own)


def locked(key) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret"))


@pytest.mark.parametrize(
    ("chain", "key", "why"),
    [
        (b"", PAYER.key_pem, ".+"),
        (PAYER.pem, b"", ".+"),
        (PAYER.pem, locked(PAYER.key), "without a password"),
        (PAYER.pem, replace(PAYER, key=rsa_key(2)).key_pem, "not that of the first"),
        (EHR.pem, EHR.key_pem, "must be RSA"),
    ],
)
def test_our_own_certificate_and_key_must_fit(chain, key, why) -> None:
    with pytest.raises(ValueError, match=why):
        read_own(chain, key)
