"""`fhir-um notices`: made, listed, shown, confirmed, and tried beforehand."""

import re
from contextlib import closing
from pathlib import Path

import pytest

from fhir_um.__main__ import main
from fhir_um.clock import now
from fhir_um.commands.seed import seed
from fhir_um.deps import make_deps
from fhir_um.settings import Mode, Settings
from fhir_um.usecases.submit_claim import submit_claim
from tests.builders import line_request
from tests.fhir_um.usecases.asking import a_caller, ask, sent
from tests.people import people


@pytest.fixture
def case(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FHIR_UM_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("FHIR_UM_MODE", "sandbox")
    deps = make_deps(Settings(database_url=sqlite_url, mode=Mode.SANDBOX), clock=now)
    with closing(deps.store):
        seed(people(), deps)
        submit_claim(deps, a_caller(), sent(ask(line_request(code="E0241")), now()))


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    assert main(["notices", *words]) == code
    read = capsys.readouterr()
    return read.out + read.err


def test_letters_are_made_listed_shown_and_confirmed(case, capsys, tmp_path: Path) -> None:
    assert told(capsys, "list") == "There are no such letters.\n"
    assert told(capsys, "make") == "2 letters were made.\n"
    listed = told(capsys, "list")

    member = next(row for row in listed.splitlines() if "to member" in row)
    notice = member.split()[0]
    shown = told(capsys, "show", notice, "--pdf", str(tmp_path / "a.pdf"), "--html", str(tmp_path / "a.html"))
    assert '"deliveries": []' in shown
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")
    assert "<h1>" in (tmp_path / "a.html").read_text()
    assert " sent " in told(capsys, "confirm", notice, "--outcome", "sent", "--role", "intake")
    assert "next may come" in told(capsys, "confirm", notice, "--outcome", "sent", "--role", "intake", code=1)
    assert "Every decided line has its letters" in told(capsys, "missing")


@pytest.mark.parametrize("end", ["pdf", "html"])
def test_text_can_be_looked_at_beforehand(capsys, tmp_path: Path, end: str) -> None:
    file = tmp_path / f"letter.{end}"

    said = told(capsys, "preview", "--kind", "denial", "--line-of-business", "MA", "--to", str(file))

    assert re.search(r"We did not approve your request \(text denial 1, grade [\d.]+\)", said)
    assert file.stat().st_size > 3_000


def test_a_letter_is_kept_in_a_form_that_is_known(capsys, tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["notices", "preview", "--kind", "denial", "--to", str(tmp_path / "letter.txt")])
    assert "ends with .pdf or .html" in capsys.readouterr().err
    assert not (tmp_path / "letter.txt").exists()


def test_letters_of_one_case_and_when_something_became_of_them(case, capsys) -> None:
    told(capsys, "make")
    letters = told(capsys, "list").splitlines()
    case_id = letters[0].split("case ")[1].split()[0]

    assert told(capsys, "list", "--case", case_id).splitlines() == sorted(letters, key=lambda row: "provider" in row)
    assert told(capsys, "list", "--case", case_id, "--status", "held") == "There are no such letters.\n"
    assert "There is no such case here." in told(capsys, "list", "--case", "none", code=1)
    with pytest.raises(SystemExit):
        main(["notices", "confirm", "any", "--outcome", "sent", "--at", "2026-11-10T16:00:00"])
    assert "is not an instant with a time zone" in capsys.readouterr().err
