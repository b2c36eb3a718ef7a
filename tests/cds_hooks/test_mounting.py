"""The counter mounts in a Flask application of somebody else's, as docs/hooks.md shows, without fhir_um."""

import json
import re
import subprocess
import sys
from pathlib import Path

from tests.cds_hooks.calling import call, order

ROOT = Path(__file__).resolve().parents[2]
_PAGE = (ROOT / "docs/hooks.md").read_text("utf-8")
_ASK = """
import json, sys
sent = json.load(sys.stdin)
asked = app.test_client().post("/cds-services/order-sign", json=sent)
offered = app.test_client().get("/cds-services")
houses = sorted({name.partition(".")[0] for name in sys.modules} & {"fhir_um", "sqlalchemy", "fhir"})
print(json.dumps([asked.status_code, asked.get_json(), len(offered.get_json()["services"]), houses]))
"""


def _example() -> str:
    blocks = re.findall(r"```python\n(.*?)```", _PAGE.partition("## Mount it in your own Flask app")[2], re.DOTALL)
    assert len(blocks) == 1
    return str(blocks[0])


def test_example_of_the_page_answers_without_importing_the_house() -> None:
    sent = json.dumps(call("order-sign", order()))

    ran = subprocess.run(
        [sys.executable, "-c", _example() + _ASK], cwd=ROOT, input=sent, capture_output=True, text=True, check=False
    )

    assert ran.stderr == ""
    status, answer, services, houses = json.loads(ran.stdout)
    assert (status, services, houses) == (200, 6, [])
    assert answer["systemActions"][0]["resource"]["id"] == "1"


def test_example_of_the_page_is_short() -> None:
    lines = [line for line in _example().splitlines() if line and not line.startswith(("from ", "import "))]

    assert len(lines) <= 5
