"""Every official example against a real server of four processes, on both databases, and every story on one of them."""

import json
import subprocess
import sys

from bench.load import exchange
from tests.packages import bundles_with
from tests.serving import LEGAL_ACTIONS, actions_of

BASES = {"2.2.1": "/fhir", "2.0.1": "/2.0.1/fhir"}


def test_every_story_and_every_official_example(server, seeded_url) -> None:
    which = "--all" if "postgresql" in seeded_url else "update-chain"
    told = _cli("demo", which, "--server", f"http://127.0.0.1:{server.port}")
    assert told.returncode == 0, told.stdout[-3000:]

    for version, base in BASES.items():
        for name, (body, claim) in bundles_with(f"davinci_pas_{version}", "Claim").items():
            inquiry = "Inquiry" in name
            answer = json.loads(exchange(server.port, f"{base}/Claim/{'$inquire' if inquiry else '$submit'}", body))
            if inquiry:
                assert answer["resourceType"] == {"2.2.1": "Parameters", "2.0.1": "Bundle"}[version]
                continue
            actions = actions_of(answer)
            assert {item["sequence"] for item in claim["item"]} <= set(actions), name
            assert set(actions.values()) <= LEGAL_ACTIONS, name

    sound = _cli("verify", database_url=seeded_url)
    assert sound.returncode == 0, sound.stdout


def _cli(*arguments: str, database_url: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {"FHIR_UM_DATABASE_URL": database_url} if database_url else {}
    command = [sys.executable, "-m", "fhir_um", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
