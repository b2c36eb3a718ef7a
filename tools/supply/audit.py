"""Asks a database of vulnerabilities about everything that is pinned, and says plainly what could not be asked."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.supply.lock import LOCK

_SOUND, _VULNERABLE, _NOT_ASKED = 0, 1, 2


def audit(programs: Path) -> int:
    """Ask with `pip-audit` of that folder: 0 nothing is known, 1 something is, 2 not all could be asked about."""
    command = [str(programs / "pip-audit"), "--require-hashes", "--disable-pip", "--format", "json"]
    asked = subprocess.run([*command, "-r", str(LOCK)], capture_output=True, text=True, check=False)
    try:
        found = json.loads(asked.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (asked.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"Nothing was audited: no database of vulnerabilities could be reached ({last[:200]}).", file=sys.stderr)
        return _NOT_ASKED
    return tell(found)


def tell(found: list[dict[str, Any]]) -> int:
    """Print what is known of each package, and of which nothing could be asked."""
    skipped = [each["name"] for each in found if "skip_reason" in each]
    known = [(each, fault) for each in found for fault in each.get("vulns", ())]
    for each, fault in known:
        fixed = ", ".join(fault.get("fix_versions", ())) or "no version yet"
        print(f"{each['name']} {each['version']}: {fault['id']}, fixed in {fixed}")
    print(f"{len(found) - len(skipped)} of {len(found)} packages were asked about; {len(known)} vulnerabilities known.")
    if len(skipped) == len(found):
        print("Nothing was audited: the database knows none of these packages, or was not reached.", file=sys.stderr)
    elif skipped:
        print(f"NOT audited, the database does not know or was not reached: {', '.join(skipped)}", file=sys.stderr)
    return _VULNERABLE if known else _NOT_ASKED if skipped else _SOUND
