"""The fake EHR of testers as these tests use it: with the port our own code asks it through, and what it was asked.

`ehr.instead["/r4/Patient/1"] = answer` puts an answer in the place of the honest one. Nothing sleeps: what is slow
waits for `ehr.stopped`, which ends every test.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLContext
from typing import Any

from cds_hooks.budget import Budget
from cds_hooks.ehr import Ehr, EhrPolicy
from fhir_um.simulators import ehr as simulated
from fhir_um.simulators.listening import Answer, Asked
from fhir_um.simulators.misbehaving import (
    SLOW,
    breaks_off,
    claims_huge,
    drips_body,
    drips_headers,
    floods,
    floods_headers,
    hangs_up,
    is_a_bomb,
    never_answers,
    no_http,
    one_huge_header,
    redirects,
    says_wait_forever,
    sends,
    trails_off,
)
from fhir_um.simulators.signing import SigningKey

__all__ = [
    "SLOW",
    "TOKEN",
    "Answer",
    "FakeEhr",
    "breaks_off",
    "claims_huge",
    "drips_body",
    "drips_headers",
    "fake_ehr",
    "floods",
    "floods_headers",
    "hangs_up",
    "is_a_bomb",
    "never_answers",
    "no_http",
    "one_huge_header",
    "redirects",
    "says_wait_forever",
    "sends",
    "trails_off",
]

Json = dict[str, Any]
TOKEN = "eyJ-secret-token-of-the-ehr"
KEY = SigningKey.new()


class FakeEhr(simulated.FakeEhr):
    """A fake EHR that remembers targets, headers with the token in them, and connections."""

    def __init__(self, tls: SSLContext | None = None) -> None:
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.peers: set[tuple[str, int]] = set()
        super().__init__(base="/r4", key=KEY, tls=tls)

    def keep(self, asked: Asked) -> None:
        self.asked.append(asked.target)
        self.headers.append({name.title(): text for name, text in asked.headers.items()})
        self.peers.add(asked.peer)

    def policy(self, **given: Any) -> EhrPolicy:
        return EhrPolicy(**{"allowed_hosts": frozenset({self.host}), "allow_private": True, **given})

    def ehr(self, budget: Budget, token: str = TOKEN, server: str = "", **policy: Any) -> Ehr:
        return Ehr(server or self.url, token, "us", self.policy(**policy), budget)


@contextmanager
def fake_ehr(tls: SSLContext | None = None) -> Iterator[FakeEhr]:
    """A server that runs as long as the block."""
    with FakeEhr(tls) as ehr:
        yield ehr
