"""`fhir-um conformance inferno-presets` where something is in its way: told in a sentence, never a traceback."""

from pathlib import Path

import pytest

from fhir_um.__main__ import main
from fhir_um.commands.inferno_presets import LAST_RUN
from fhir_um.simulators.listening import Listener, Told


def told(server: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    assert main(["conformance", "inferno-presets", "--server", server, "--to", str(folder)]) == 2
    return capsys.readouterr().err


@pytest.mark.parametrize("text", [b"", b"{}", b"[1]", b'{"server": 5}', b"\xff", b"[" * 100_000])
def test_what_is_left_of_a_damaged_last_run_is_told(
    text: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / LAST_RUN).write_bytes(text)

    assert f"{tmp_path / LAST_RUN} is damaged" in told("http://127.0.0.1:1", tmp_path, capsys)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()

    assert "cannot be written" in told("http://127.0.0.1:1", tmp_path / "file", capsys)


def test_what_is_no_address_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is no address" in told("ftp://payer.test", tmp_path, capsys)


@pytest.mark.parametrize(
    "body",
    [
        b'{"resourceType": "ClaimResponse", "item": {"a": 1}}',
        b'{"resourceType": "Bundle", "entry": [null]}',
        b'{"lines": 5}',
    ],
)
def test_a_server_that_answers_in_another_form_is_told(
    body: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Listener(lambda _asked: Told(body=body)) as listener:
        assert "a form that cannot be read here" in told(listener.url, tmp_path, capsys)


def test_a_server_that_goes_away_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Listener(lambda _asked: Told(hangs_up=True, wire=lambda wire: wire.hang_up())) as listener:
        assert "Nobody answers at" in told(listener.url, tmp_path, capsys)
