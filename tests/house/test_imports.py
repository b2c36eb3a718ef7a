"""What the server imports at start: no model classes, no test client, nothing that makes the first answer late."""

import subprocess
import sys

import pytest

PROBE = """
import sys
import fhir_um.app, fhir_um.commands.serve, fhir_um.commands.migrate
print(" ".join(sorted({name.split(".")[0] for name in sys.modules})))
"""


@pytest.mark.parametrize("unwanted", ["fhir", "pydantic", "requests", "hypothesis"])
def test_server_does_not_import(unwanted: str) -> None:
    loaded = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True).stdout

    assert unwanted not in loaded.split()
