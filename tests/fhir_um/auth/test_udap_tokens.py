"""Signed tokens with certificates: which are good, and which are not, whatever else they bring."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey

from fhir_um.auth.certificates import Community
from fhir_um.auth.signed_tokens import Fault, Unproven
from fhir_um.auth.udap_tokens import MOST_CHARACTERS, chained_token, vouched
from tests.conftest import NOW
from tests.fhir_um.community import EHR, EHR_URI, ISSUING, ROOT, STRANGERS, ec_key, member, rsa_key, sign

URL = "https://pa.payer.example/oauth/register"
COMMUNITY = Community([ROOT.certificate])
CLAIMS = {
    "iss": EHR_URI,
    "sub": EHR_URI,
    "aud": URL,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + 300,
    "jti": "one-of-its-kind",
}
PUBLIC = EHR.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def fault_of(text: str) -> Fault | None:
    try:
        vouched(chained_token(text), COMMUNITY.certify, URL, NOW)
    except Unproven as fault:
        return fault.fault
    return None


def seconds(after: int) -> int:
    return int(NOW.timestamp()) + after


def test_a_good_token_says_what_it_says() -> None:
    found = vouched(chained_token(EHR.sign({**CLAIMS, "scope": "system/Claim.c"})), COMMUNITY.certify, URL, NOW)

    assert (found.issuer, found.jti) == (EHR_URI, "one-of-its-kind")
    assert found.claims["scope"] == "system/Claim.c"
    assert found.certified.uris == (EHR_URI,)
    assert found.spent_until == NOW + timedelta(minutes=6)


@pytest.mark.parametrize(
    ("key", "alg"),
    [(rsa_key(), "RS256"), (rsa_key(), "RS384"), (ec_key(), "ES256"), (ec_key(1, ec.SECP384R1), "ES384")],
)
def test_the_algorithms_of_the_guide_are_good(key, alg) -> None:
    assert fault_of(member(EHR_URI, issuer=ISSUING, key=key).sign(CLAIMS, alg)) is None


@pytest.mark.parametrize(
    "change",
    [{"aud": [URL, "https://elsewhere.example"]}, {"exp": seconds(-59)}, {"iat": seconds(59)}, {"nbf": seconds(30)}],
)
def test_what_is_good_too(change) -> None:
    claims = CLAIMS | change

    assert fault_of(EHR.sign(claims | {"iat": min(claims["iat"], claims["exp"] - 1)})) is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"aud": "https://pa.payer.example/oauth/token"}, Fault.AUDIENCE),
        ({"aud": None}, Fault.AUDIENCE),
        ({"aud": [URL.upper()]}, Fault.AUDIENCE),
        ({"iss": None}, Fault.ISSUER),
        ({"iss": ""}, Fault.ISSUER),
        ({"iss": "x" * 256, "sub": "x" * 256}, Fault.ISSUER),
        ({"sub": "https://other.example"}, Fault.SUBJECT),
        ({"sub": None}, Fault.SUBJECT),
        ({"jti": None}, Fault.REPLAY),
        ({"jti": ""}, Fault.REPLAY),
        ({"jti": "x" * 256}, Fault.REPLAY),
        ({"iat": None}, Fault.TIME),
        ({"exp": None}, Fault.TIME),
        ({"exp": str(seconds(300))}, Fault.TIME),
        ({"exp": seconds(301)}, Fault.TIME),
        ({"iat": seconds(-400), "exp": seconds(-100)}, Fault.TIME),
        ({"iat": seconds(61), "exp": seconds(200)}, Fault.TIME),
        ({"nbf": seconds(61)}, Fault.TIME),
        ({"nbf": "soon"}, Fault.TIME),
    ],
)
def test_a_wrong_claim_is_refused(change: dict[str, Any], fault: Fault) -> None:
    assert fault_of(EHR.sign(CLAIMS | change)) is fault


def test_a_stranger_is_told_from_a_faulty_token() -> None:
    assert fault_of(member(EHR_URI, issuer=STRANGERS).sign(CLAIMS)) is Fault.CERTIFICATE


def test_the_key_is_that_of_the_certificate() -> None:
    other = member(EHR_URI, issuer=ISSUING, key=ec_key(5))
    own_key = ECKey.import_key(other.key_pem).as_dict(private=False)

    assert fault_of(other.sign(CLAIMS, x5c=EHR.x5c)) is Fault.SIGNATURE
    assert fault_of(other.sign(CLAIMS, x5c=EHR.x5c, jwk=own_key)) is Fault.SIGNATURE


@pytest.mark.parametrize(
    "header",
    [
        {"x5c": None},
        {"x5c": None, "x5u": "https://ehr.clinic.example/chain.pem"},
        {"x5c": []},
        {"x5c": EHR.x5c * 3},
    ],
)
def test_a_token_brings_its_certificates(header: dict[str, Any]) -> None:
    assert fault_of(EHR.sign(CLAIMS, **header)) is Fault.KEY


def test_no_header_is_obeyed_that_changes_the_rules() -> None:
    text = EHR.sign(CLAIMS, x5u="https://elsewhere.example", jku="https://elsewhere.example", kid="1")

    assert fault_of(text) is None
    assert fault_of(EHR.sign(CLAIMS, typ="JWE")) is Fault.ALGORITHM
    assert fault_of(EHR.sign(CLAIMS, crit=["kid"], kid="1")) is Fault.CRITICAL


def test_only_the_algorithms_of_the_guide_are_good() -> None:
    chain = EHR.x5c
    rsa_member = member(EHR_URI, issuer=ISSUING, key=rsa_key())

    assert fault_of(sign({"alg": "HS256", "x5c": chain}, CLAIMS, OctKey.import_key(b"s" * 32))) is Fault.ALGORITHM
    assert fault_of(rsa_member.sign(CLAIMS, "RS512")) is Fault.ALGORITHM
    assert fault_of(rsa_member.sign(CLAIMS, "RS256", x5c=chain)) is Fault.ALGORITHM


def test_none_is_no_algorithm() -> None:
    good = EHR.sign(CLAIMS)
    header = EHR.sign(CLAIMS, "ES256").split(".")[0]
    for alg in ("none", "None", "NONE", ""):
        unsigned = _unsigned(alg, good.split(".")[1])
        assert fault_of(unsigned) is not None
    assert fault_of(f"{header}.{good.split('.')[1]}.") is not None


def _unsigned(alg: str, payload: str) -> str:
    from joserfc.util import json_b64encode

    return f"{json_b64encode({'alg': alg, 'x5c': EHR.x5c}).decode()}.{payload}."


@given(st.text(max_size=200) | st.text(alphabet="eyJ.0aA-_", max_size=60))
def test_whatever_is_sent_is_refused_without_a_fault_of_ours(text: str) -> None:
    assert fault_of(text) is Fault.NO_JWT


@given(st.data())
def test_a_token_changed_anywhere_is_no_token(data: st.DataObject) -> None:
    text = _GOOD
    place = data.draw(st.integers(0, len(text) - 3))  # the last letter of a signature may hold unused bits
    letter = data.draw(st.sampled_from("ABCxyz019-_."))
    if text[place] != letter:
        assert fault_of(text[:place] + letter + text[place + 1 :]) is not None


_GOOD = EHR.sign(CLAIMS)


def test_a_token_has_a_longest_length() -> None:
    assert fault_of(EHR.sign(CLAIMS | {"note": "x" * MOST_CHARACTERS})) is Fault.NO_JWT


def test_claims_are_an_object() -> None:
    header, _, signature = EHR.sign(CLAIMS).split(".")

    assert fault_of(f"{header}.W10.{signature}") is Fault.NO_JWT
