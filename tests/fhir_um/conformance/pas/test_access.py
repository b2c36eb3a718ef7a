"""Who may ask: judged on made-up exchanges, because our sandbox lets everybody in."""

import pytest

from fhir_um.conformance.client_profile import make_tester
from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import Exchange, Outcome, Session, Verdict
from fhir_um.conformance.pas import access, situations
from fhir_um.conformance.pas.suite import SUITES_PAS

SERVER = "http://127.0.0.1:8080"
TWO = {
    "server": SERVER,
    "authentication": {"fhir": {"kind": "bearer", "token_env": "ONE"}},
    "clients": {"reviewer": {}, "other": {"fhir": {"kind": "bearer", "token_env": "TWO"}}},
}
CHECKS = SUITES_PAS[0].checks


def said(status: int, *marks: str, headers: dict[str, str] | None = None, body: bytes = b"") -> Exchange:
    url = f"{SERVER}/fhir/Claim/$submit"
    words = frozenset(marks)
    return Exchange("s", "-".join(marks), words, "2.2.1", "POST", url, {}, b"", status, headers or {}, body, 1.0)


def outcome(check: str, profile: dict[str, object], *exchanges: Exchange) -> Outcome:
    session = Session("pas-2.2.1", "2.2.1", make_tester(profile), exchanges)
    return next(one for one in judge(CHECKS, session) if one.check.id == check)


@pytest.mark.parametrize(
    ("check", "mark", "good", "bad"),
    [
        ("pas.access.unknown-token", situations.UNKNOWN_BEARER, 401, 200),
        ("pas.access.malformed-token", situations.MALFORMED_BEARER, 400, 200),
        ("pas.access.no-token", situations.NO_BEARER, 401, 200),
        ("pas.access.other-client", situations.OTHER_CLIENT, 404, 200),
    ],
)
@pytest.mark.spec("pas:spec-4")
def test_who_may_not_ask_is_not_answered(check: str, mark: str, good: int, bad: int) -> None:
    assert outcome(check, TWO, said(good, mark)).verdict is Verdict.PASSED
    assert outcome(check, TWO, said(bad, mark)).verdict is Verdict.FAILED


@pytest.mark.spec("pas:spec-52")
def test_who_did_not_send_it_finds_it_all_the_same() -> None:
    found = b'{"resourceType": "Parameters", "parameter": [{"name": "return", "resource": {"resourceType": "Bundle", \
        "entry": [{"fullUrl": "urn:x", "resource": {"resourceType": "ClaimResponse"}}]}}]}'
    marks = ("inquire", situations.OTHER_ASKS)

    assert outcome("pas.access.other-asks", TWO, said(200, *marks, body=found)).verdict is Verdict.PASSED
    nothing = said(200, *marks, body=b'{"resourceType": "Parameters"}')
    assert outcome("pas.access.other-asks", TWO, nothing).verdict is Verdict.FAILED


def test_a_refusal_says_how_to_ask() -> None:
    mark = situations.UNKNOWN_BEARER

    assert outcome("pas.access.challenge", TWO, said(401, mark)).verdict is Verdict.FAILED
    told = said(401, mark, headers={"www-authenticate": "Bearer"})
    assert outcome("pas.access.challenge", TWO, told).verdict is Verdict.PASSED


@pytest.mark.parametrize("check", ["pas.access.no-token", "pas.access.other-client", "pas.access.other-asks"])
def test_what_takes_credentials_does_not_concern_a_profile_without_them(check: str) -> None:
    assert outcome(check, {"server": SERVER}, said(200, situations.NO_BEARER)).verdict is Verdict.OMITTED


def test_the_client_that_decides_is_no_second_sender() -> None:
    assert access.second_client(make_tester(TWO)) == "other"
    assert access.second_client(make_tester({"server": SERVER, "clients": {"reviewer": {}}})) == ""
