"""No server is asked over a TLS older than 1.2, whoever vouches for it."""

import ssl
import time
from pathlib import Path

import pytest

from cds_hooks.budget import Budget
from cds_hooks.outbound import Failure, Reply, fetch
from tests.cds_hooks import fake_ehr as fakes
from tests.cds_hooks.fake_ehr import fake_ehr
from tests.cds_hooks.test_outbound import certificate


def _answers(folder: Path, newest: ssl.TLSVersion) -> Reply | Failure:
    """What becomes of a question to a server that speaks nothing newer."""
    file = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.maximum_version = newest
    context.load_cert_chain(file)
    with fake_ehr(context) as server:
        server.instead["/r4"] = fakes.sends(b"{}")
        return fetch(server.url, server.policy(ca_file=str(file)), Budget(2.0, time.monotonic))


@pytest.mark.spec("crd:sec-3", "hrex:sec-9")
def test_tls_1_2_is_spoken(tmp_path: Path) -> None:
    assert isinstance(_answers(tmp_path, ssl.TLSVersion.TLSv1_2), Reply)


@pytest.mark.spec("crd:sec-3", "hrex:sec-9")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1_is_not(tmp_path: Path) -> None:
    assert _answers(tmp_path, ssl.TLSVersion.TLSv1_1) is Failure.UNREACHABLE
