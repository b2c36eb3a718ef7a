"""Checks that a server of the sandbox gives no occasion for: TLS, and calls without a token where one is demanded."""

from dataclasses import replace
from typing import Any

import pytest

from fhir_um.conformance.crd.suite import SUITES_CRD
from fhir_um.conformance.judging import judge
from fhir_um.conformance.model import Exchange, Outcome, Session, Verdict
from fhir_um.conformance.tester import Client, HookAuth, HookCredentials, Tester

CHECKS = SUITES_CRD[0].checks


def said(*marks: str, url: str = "https://payer.example.test/cds-services", **given: Any) -> Exchange:
    told: dict[str, Any] = {"method": "GET", "status": 200, "body": b"{}", "headers": {}} | given
    return Exchange(
        scene="s",
        step="-".join(marks),
        marks=frozenset(marks),
        version="2.2.1",
        url=url,
        sent_headers={},
        sent=b"",
        milliseconds=1,
        **told,
    )


def outcome(check: str, tester: Tester, *exchanges: Exchange) -> Outcome:
    session = Session("crd-2.2.1", "2.2.1", tester, exchanges)
    return next(each for each in judge(CHECKS, session) if each.check.id == check)


@pytest.mark.spec("crd:sec-2", "crd-check:15")
@pytest.mark.parametrize(
    ("server", "url", "verdict"),
    [
        ("https://payer.example.test", "https://payer.example.test/cds-services", Verdict.PASSED),
        ("https://payer.example.test", "http://payer.example.test/cds-services", Verdict.FAILED),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080/cds-services", Verdict.OMITTED),
    ],
)
def test_tls_concerns_servers_that_are_spoken_to_over_it(server: str, url: str, verdict: Verdict) -> None:
    found = outcome("crd.discovery.tls", Tester(server), said("discovery", url=url))

    assert found.verdict is verdict
    assert bool(found.why) is (verdict is Verdict.OMITTED)


@pytest.mark.spec("hooks:jwt", "crd-check:22")
@pytest.mark.parametrize(
    ("kind", "status", "verdict"),
    [
        (HookAuth.JWT, 401, Verdict.PASSED),
        (HookAuth.JWT, 200, Verdict.FAILED),
        (HookAuth.PUBLISHED, 200, Verdict.OMITTED),
        (HookAuth.NONE, 200, Verdict.OMITTED),
    ],
)
def test_a_call_without_token_is_refused_where_calls_are_signed(kind: HookAuth, status: int, verdict: Verdict) -> None:
    tester = Tester("https://payer.example.test", authentication=Client(hooks=HookCredentials(kind)))
    call = said("hook", "bad-token", "bad-token:missing", method="POST", status=status)

    assert outcome("crd.signing.refuses-missing", tester, call).verdict is verdict


def test_no_check_of_tokens_concerns_a_server_that_takes_none() -> None:
    tester = Tester("https://payer.example.test", authentication=Client(hooks=HookCredentials(HookAuth.NONE)))

    told = judge(CHECKS, Session("crd-2.2.1", "2.2.1", tester, ()))

    concerned = [each for each in told if each.check.id.startswith(("crd.signing.", "crd.discovery.with-token"))]
    assert {each.verdict for each in concerned} == {Verdict.OMITTED}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"cards": 1}',
        b'{"cards": [1, null]}',
        b'{"cards": [{"links": {}, "suggestions": 5, "source": []}]}',
        b'{"cards": [{"source": {"topic": {"code": [1], "system": {}}}, "links": [{"type": []}], "uuid": {}}]}',
        b'{"services": [{"hook": [], "id": {}, "extension": {"davinci-crd.version": 1}}, 5]}',
        b'{"cards": [], "systemActions": [1, {"resource": {"extension": [7, {"url": 1}]}}, {"resource": []}]}',
    ],
)
@pytest.mark.parametrize("sent", [b"", b"5", b"{}", b'{"hook": 1, "context": {"draftOrders": []}, "prefetch": []}'])
def test_whatever_is_said_is_judged(body: bytes, sent: bytes) -> None:
    """No shape of a call or of an answer may end a run."""
    marks = ("hook", "covered", "no-member", "outdated", "told-already", "usual", "max-cards")
    call = replace(said(*marks, method="POST", body=body), sent=sent)
    found = replace(said("discovery", body=body), sent=sent)

    for suite in SUITES_CRD:
        outcomes = judge(suite.checks, Session(suite.name, suite.version, Tester("http://localhost"), (found, call)))

        assert len(outcomes) == len(suite.checks)
