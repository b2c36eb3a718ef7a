"""Every request and inquiry Bundle of the official packages is read, and answered with what it sent."""

import os
import tarfile
from functools import cache
from pathlib import Path

import pytest

from fhir_um.cases.model import Decision, Line, LineState
from fhir_um.translate.claim_in import read_claim
from fhir_um.translate.dialects import DIALECTS
from fhir_um.translate.facts_in import read_evidence
from fhir_um.translate.inquiry_in import read_inquiry
from fhir_um.translate.response_out import submit_response
from profiles.reading import raw_entries
from tests.fhir_um.translate.by_hand import AT, BASE, ENGINE, case, read

BESIDE = Path(__file__).parents[4] / "shared" / "igs"
PACKAGES = Path(os.environ.get("FHIR_UM_IG_PACKAGES", BESIDE))


@cache
def examples(version):
    package = PACKAGES / f"davinci_pas_{version}.tgz"
    if not package.exists():
        pytest.skip("no packages")
    with tarfile.open(package) as opened:
        names = [n for n in opened.getnames() if n.startswith("package/example/Bundle-")]
        return {Path(n).stem: opened.extractfile(n).read() for n in names}


def requests(version):
    return {n: b for n, b in examples(version).items() if "Response" not in n and "Notification" not in n}


@pytest.mark.spec("hrex:conf-2")
@pytest.mark.spec("pas:conf-5")
@pytest.mark.parametrize("version", sorted(DIALECTS))
def test_every_official_request_is_read_whole(version):
    for name, body in requests(version).items():
        bundle = read(body)
        if "Inquiry" in name:
            assert read_inquiry(bundle).lines
            continue
        request = read_claim(bundle)
        read_evidence(bundle)

        assert request.lines and all(line.service.codes and line.category for line in request.lines), name
        assert request.payer.npi and request.provider_npis and request.member.family and request.coverage, name


@pytest.mark.parametrize("version", sorted(DIALECTS))
def test_every_official_request_is_answered_with_what_it_sent(version):
    for name, body in requests(version).items():
        request = read_claim(read(body))
        standing = tuple(_approved(asked) for asked in request.lines)

        went = raw_entries(submit_response(case(*standing, request=request), body, DIALECTS[version], BASE))

        came = raw_entries(body)
        assert {url for url in went if url in came} >= {request.member.full_url, request.payer.full_url}, name
        assert all(raw == came[url] for url, raw in went.items() if url in came), name


@pytest.mark.spec("pas:spec-65")
def test_the_official_update_names_the_claim_it_builds_on():
    update = read_claim(read(requests("2.2.1")["Bundle-HomecareAuthorizationUpdateBundleExample"]))

    assert update.prior.full_url == "http://example.org/fhir/Claim/HomecareAuthorizationExample"
    assert [i.value for i in update.prior.identifiers] == ["111099"]
    assert [(line.sequence, line.changed, line.cancelled) for line in update.lines] == [
        (1, "", False),
        (2, "changed", True),
        (3, "added", False),
    ]


def _approved(asked):
    return Line(asked.sequence, asked, LineState.APPROVED, Decision(AT, ENGINE, "criteria-met", ""))
