"""The client profile: what is read, and how what is wrong with it is told."""

import re
from pathlib import Path

import pytest

from fhir_um.commands.conformance_profile import template
from fhir_um.conformance.client_profile import ProfileFault, make_tester, read_profile
from fhir_um.conformance.tester import (
    BASES,
    Client,
    Decisions,
    FhirAuth,
    FhirCredentials,
    HookAuth,
    HookCredentials,
    Member,
    Tester,
)


def read(text: str, tmp_path: Path, server: str = "") -> Tester:
    path = tmp_path / "client.yaml"
    path.write_text(text)
    return read_profile(path, server)


def test_an_empty_profile_is_the_sandbox(tmp_path: Path) -> None:
    tester = read("", tmp_path)

    assert tester == Tester(server="http://127.0.0.1:8080")


def test_the_printed_profile_holds_every_default_and_nothing_else(tmp_path: Path) -> None:
    assert read(template(), tmp_path) == Tester(server="http://127.0.0.1:8080")


def test_the_rows_shown_in_the_printed_profile_can_be_used_as_they_stand(tmp_path: Path) -> None:
    shown = [line.removeprefix("#") for line in template().splitlines() if line.startswith("#  ")]
    tables = "".join(f"{name}:\n" for name in ())

    rows = "\n".join(line for line in shown if line.strip().startswith(("H1001", '"*"')))
    tester = read(f"{tables}members:\n{rows}", tmp_path)

    assert set(tester.members) == {"H1001-6103", "*"}
    assert tester.members["*"].family == "Roe"


def test_the_server_of_the_command_line_goes_over_the_profile(tmp_path: Path) -> None:
    assert read("server: http://a.test", tmp_path, "http://b.test/").server == "http://b.test"


def test_days_and_numbers_may_stand_without_quotes_as_keys_and_dates(tmp_path: Path) -> None:
    tester = read('members: {12345: {value: "9", birth_date: 1961-03-14}}', tmp_path)

    assert tester.members == {"12345": Member("9", birth_date="1961-03-14")}


def test_bases_that_are_not_given_stay(tmp_path: Path) -> None:
    assert read("bases: {pas-2.2.1: /r4}", tmp_path).bases == {**BASES, "pas-2.2.1": "/r4"}


def test_files_are_below_the_folder_of_the_profile(tmp_path: Path) -> None:
    text = """
    authentication:
      fhir: {kind: backend-services, client_id: me, key_file: key.pem}
      hooks: {kind: jwt, issuer: "https://ehr.test", key_file: /abs/hook.pem}
    clients:
      other: {fhir: {kind: bearer, token_file: token.txt}}
    decisions: wait
    """
    tester = read(text, tmp_path)

    fhir = FhirCredentials(FhirAuth.BACKEND_SERVICES, client_id="me", key_file=tmp_path / "key.pem")
    hooks = HookCredentials(HookAuth.JWT, "https://ehr.test", Path("/abs/hook.pem"))
    assert tester.authentication == Client(fhir, hooks)
    assert tester.clients == {"other": Client(FhirCredentials(FhirAuth.BEARER, token_file=tmp_path / "token.txt"))}
    assert tester.decisions is Decisions.WAIT


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("sever: x", "sever is not known here; known are authentication, bases,"),
        ("authentication: {fihr: {}}", "authentication.fihr is not known here; known are fhir, hooks."),
        ("authentication: {fhir: {token: x}}", "authentication.fhir.token is not known here; known are client_id,"),
        ("clients: {a: {fhir: {token: x}}}", "clients.a.fhir.token is not known here"),
        ("members: {H1: {value: '1', first: x}}", "members.H1.first is not known here"),
        ("bases: {pas-9: /x}", "bases.pas-9 is not known here; known are pas-2.2.1,"),
        ("listen: {port: many}", "listen.port: expected int, got str."),
        ("members: {'*': {family: No}}", "members[...].family: expected str, got bool. A word such as No"),
        ("decisions: maybe", "decisions: invalid enum value 'maybe'."),
        ("members: {H1: {}}", "members"),
        ("server: payer.test", "server: payer.test is no address; one begins with http:// or https://."),
        ("authentication: {fhir: {kind: bearer}}", "authentication.fhir: bearer takes token_env or token_file."),
        ("authentication: {fhir: {kind: backend-services}}", "authentication.fhir: backend-services takes client_id."),
        ("clients: {a: {hooks: {kind: jwt}}}", "clients.a.hooks: jwt takes issuer."),
        ("- one", "a profile is a list of names with values"),
        ("a: [", "this is no YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileFault) as fault:
        read(text, tmp_path)

    assert str(tmp_path / "client.yaml") in str(fault.value)
    assert told in str(fault.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProfileFault, match=r"none.yaml: No such file"):
        read_profile(tmp_path / "none.yaml")


def test_a_tester_may_be_made_without_a_file() -> None:
    assert make_tester({"server": "http://a.test"}) == Tester(server="http://a.test")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("server: 2026-13-45", "month must be in 1..12"),
        ("[" * 600, "recursion"),
        ("&a {server: *a}", "it has more than 100000 values"),
        (
            "a: &a [x, x]\n"
            + "".join(f"b{n}: &b{n} [{', '.join([f'*b{n - 1}' if n else '*a'] * 9)}]\n" for n in range(9)),
            "more",
        ),
        ("server: !!python/object:os.system x", "could not determine a constructor"),
        ("listen: {port: 99999999}", "listen.port: 1e+08 is not between 0 and 65535"),
        ("timeout_seconds: 0", "timeout_seconds: 0 is not between"),
        ("patience_seconds: .nan", "patience_seconds: nan is not between"),
    ],
)
def test_a_file_that_is_no_profile_is_refused_in_words(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(ProfileFault, match=re.escape(words)):
        read(text, tmp_path)
