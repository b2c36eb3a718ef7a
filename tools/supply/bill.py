"""Writes the bill of materials: CycloneDX, with the hashes of the lock and the licence of each package."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.supply.licences import licensed, table
from tools.supply.lock import LOCK, ROOT, needed_to_run, pinned


def write_bill(programs: Path, file: Path) -> int:
    """Write it with `cyclonedx-py` of that folder; 0, or 1 when a licence is not on the list."""
    locked, names = pinned(LOCK.read_text("utf-8")), needed_to_run()
    wanted = "\n".join(locked[name].line() for name in names) + "\n"
    command = [str(programs / "cyclonedx-py"), "requirements", "--pyproject", str(ROOT / "pyproject.toml")]
    options = ["--output-reproducible", "--short-PURLs", "--spec-version", "1.6", "-"]
    made = subprocess.run([*command, *options], input=wanted, capture_output=True, text=True, check=False)
    if made.returncode:
        print(made.stderr, file=sys.stderr)
        return 1
    rows = list(licensed(names))
    bill = with_licences(json.loads(made.stdout), {row.name: row.licence for row in rows})
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(bill, indent=2) + "\n", "utf-8")
    print(*table(rows), sep="\n")
    print(f"{file}: {len(bill['components'])} packages.")
    return 0 if all(row.is_allowed for row in rows) else 1


def with_licences(bill: dict[str, Any], licences: dict[str, str]) -> dict[str, Any]:
    """The same bill, with the licence each package declares; an expression where it is one."""
    for component in bill["components"]:
        licence = licences.get(component["name"], "")
        if licence:
            component["licenses"] = [_written(licence)]
    return bill


def _written(licence: str) -> dict[str, Any]:
    if " OR " in licence or " AND " in licence:
        return {"expression": licence}
    return {"license": {"name" if " " in licence else "id": licence}}
