"""Everything the program needs to run is pinned with hashes, and under a licence that somebody has read."""

from importlib.metadata import version
from pathlib import Path

import pytest

from tools.supply.licences import allowed_licences, licensed
from tools.supply.lock import LOCK, needed_to_run, pinned

ROOT = Path(__file__).resolve().parents[2]
OUR_OWN = {
    "fhir_um/api/templates/style.css",
    "fhir_um/conformance/templates/report.css",
    "fhir_um/notices/templates/letter.css",
}
"""Files for browsers; nothing of anybody else's comes along, and pages load nothing from elsewhere."""


@pytest.mark.parametrize("name", needed_to_run())
def test_package_is_pinned_with_hashes(name: str) -> None:
    locked = pinned(LOCK.read_text("utf-8")).get(name)

    assert locked is not None, f"{name} is not in requirements.lock"
    assert locked.hashes
    assert locked.version == version(name)


@pytest.mark.parametrize("row", list(licensed(needed_to_run())), ids=lambda row: row.name)
def test_licence_is_on_the_list(row) -> None:
    assert row.is_allowed, f"{row.name} {row.version}: {row.licence or 'no licence declared'}"


def test_what_asks_for_more_than_being_named_has_a_reason() -> None:
    reasons = dict(allowed_licences())

    assert all(reasons[licence] for licence in reasons if "GPL" in licence or "MPL" in licence)
    assert not any(licence.startswith(("GPL", "AGPL")) for licence in reasons)


def test_the_closure_is_a_closure() -> None:
    """Packages that only others ask for are in it, and tools of developers are not."""
    names = needed_to_run()

    assert {"flask", "werkzeug", "markupsafe", "psycopg-binary"} <= set(names)
    assert not {"pytest", "mypy", "hypothesis", "schemathesis"} & set(names)


def test_no_files_of_others_come_along_for_browsers() -> None:
    parts = [ROOT / part for part in ("fhir_um", "cds_hooks", "profiles")]
    found = {
        str(file.relative_to(ROOT))
        for part in parts
        for file in part.rglob("*")
        if file.suffix in {".js", ".css", ".woff", ".woff2", ".ttf", ".map", ".svg"}
    }

    assert found <= OUR_OWN
