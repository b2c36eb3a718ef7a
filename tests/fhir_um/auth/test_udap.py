"""Our place in the community: which files of an operator are good, and what we sign with them."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fhir_um.auth.certificates import NotTrusted
from fhir_um.auth.udap import Membership, read_membership
from fhir_um.logs import HOUSE
from fhir_um.settings import Settings, SettingsFault
from tests.conftest import NOW
from tests.fhir_um.community import (
    EHR,
    ISSUING,
    PAYER,
    ROOT,
    SERVER,
    STRANGERS,
    Holder,
    files,
    member,
    revocation_list,
    rsa_key,
)


@contextmanager
def heard() -> Iterator[list[str]]:
    """What our log says."""
    lines: list[str] = []
    listener = logging.Handler()
    listener.emit = lambda row: lines.append(row.msg)  # type: ignore[method-assign]
    HOUSE.addHandler(listener)
    try:
        yield lines
    finally:
        HOUSE.removeHandler(listener)


BASES = (f"{SERVER}/fhir", SERVER)
DAY = timedelta(days=1)


def read(given: dict[str, Any]) -> Membership | None:
    return read_membership(Settings(public_url=SERVER, **given), BASES, NOW)


def test_with_all_files_we_are_a_member(tmp_path: Path) -> None:
    membership = read(files(tmp_path / "udap"))

    assert membership is not None
    assert membership.own.x5c == tuple(PAYER.x5c)
    assert membership.certify(EHR.x5c, NOW).uris


def test_without_any_we_are_none() -> None:
    assert read({}) is None


@pytest.mark.parametrize("name", ["udap_trust", "udap_certificate", "udap_key"])
def test_with_some_of_them_the_missing_ones_are_named(tmp_path: Path, name: str) -> None:
    given = files(tmp_path / "udap")

    with pytest.raises(SettingsFault) as one_left_out:
        read({left: path for left, path in given.items() if left != name})
    with pytest.raises(SettingsFault) as one_alone:
        read({name: given[name]})

    assert f"FHIR_UM_{name.upper()} too" in str(one_left_out.value)
    assert all(f"FHIR_UM_{other.upper()}" in str(one_alone.value) for other in given if other != name)


@pytest.mark.parametrize("name", ["udap_trust", "udap_certificate", "udap_key"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsFault, match=f"FHIR_UM_{name.upper()} cannot be used: .*No such file"):
        read(files(tmp_path / "udap") | {name: tmp_path / "nowhere.pem"})


@pytest.mark.parametrize("name", ["udap_trust", "udap_certificate", "udap_key"])
def test_a_file_that_holds_something_else_is_named(tmp_path: Path, name: str) -> None:
    given = files(tmp_path / "udap")
    given[name].write_text("words")

    with pytest.raises(SettingsFault, match=f"FHIR_UM_{name.upper()}.* cannot be used"):
        read(given)


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (member("https://elsewhere.example", issuer=ISSUING, key=rsa_key()), "subjectAltName must have one of"),
        (member(issuer=ISSUING, key=rsa_key()), "subjectAltName must have one of"),
        (member(SERVER, issuer=STRANGERS, key=rsa_key()), "FHIR_UM_UDAP_TRUST does not vouch for it"),
        (replace(PAYER, between=()), "FHIR_UM_UDAP_TRUST does not vouch for it"),
        (member(SERVER, issuer=ISSUING), "must be RSA"),
        (replace(PAYER, key=rsa_key(3)), "not that of the first certificate"),
    ],
)
def test_a_certificate_that_would_not_do_stops_the_start(tmp_path: Path, own: Holder, why: str) -> None:
    with pytest.raises(SettingsFault, match=why):
        read(files(tmp_path / "udap", own=own))


def test_no_fault_tells_a_key(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault) as fault:
        read(files(tmp_path / "udap", own=replace(PAYER, key=rsa_key(3))))

    assert "PRIVATE KEY" not in str(fault.value)


@pytest.mark.parametrize("times", [{"valid_until": NOW - DAY}, {"valid_from": NOW + DAY}])
def test_a_certificate_out_of_its_time_does_not_stop_the_start(tmp_path: Path, times: dict[str, Any]) -> None:
    own = member(SERVER, issuer=ISSUING, key=rsa_key(), **times)

    assert read(files(tmp_path / "udap", own=own)) is not None


def test_all_authorities_of_the_file_are_one_community_and_members_are_no_authorities(tmp_path: Path) -> None:
    both = ROOT.pem + STRANGERS.pem

    membership = read(files(tmp_path / "udap", trust=both))
    assert membership is not None
    assert membership.certify(member("https://two.example", issuer=STRANGERS).x5c, NOW).uris
    with pytest.raises(SettingsFault, match="each certificate in it must be one of an authority"):
        read(files(tmp_path / "udap", trust=both + EHR.pem))


def test_an_access_token_is_good_for_an_hour_at_most(tmp_path: Path) -> None:
    given = files(tmp_path / "udap")

    assert read(given | {"token_seconds": 3_600}) is not None
    with pytest.raises(SettingsFault, match="FHIR_UM_TOKEN_SECONDS"):
        read(given | {"token_seconds": 3_601})


def test_what_is_revoked_counts_without_a_new_start(tmp_path: Path) -> None:
    given = files(tmp_path / "udap")
    membership = read(given)
    assert membership is not None
    assert membership.certify(EHR.x5c, NOW).uris

    given["udap_trust"].write_bytes(ROOT.pem + revocation_list(ISSUING, EHR))

    with pytest.raises(NotTrusted):
        membership.certify(EHR.x5c, NOW)


@pytest.mark.parametrize("spoil", [lambda path: path.write_text("words"), lambda path: path.unlink()])
def test_a_trust_file_that_is_spoilt_later_changes_nothing_but_our_log(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    given = files(tmp_path / "udap")
    membership = read(given)
    assert membership is not None

    spoil(given["udap_trust"])

    with heard() as lines:
        assert membership.certify(EHR.x5c, NOW).uris
        assert membership.certify(EHR.x5c, NOW).uris
    assert lines == ["udap-trust-unusable"]
