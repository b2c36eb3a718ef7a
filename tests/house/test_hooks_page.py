"""The page about hooks tells the truth: its examples can be used, its tables are those of the program."""

import json
import re
from pathlib import Path

import pytest

from cds_hooks.dialects import CRD_2_2
from cds_hooks.feedback import read_feedback
from cds_hooks.offered import MAX_CARDS, SERVICES, service
from cds_hooks.request import read_call
from fhir_um.auth.hook_registry import read_registry
from profiles.reading import Limits

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/hooks.md").read_text("utf-8")
CALL, FEEDBACK = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
LIMITS = Limits(100_000, 64, 100)


def test_the_call_is_one_and_its_options_are_offered() -> None:
    signing = service("order-sign")
    assert signing is not None

    call = read_call(CALL.encode(), signing, CRD_2_2, LIMITS)

    assert (call.requested_version, call.options.max_cards) == ("2.2", 3)
    assert set(json.loads(CALL)["extension"]["davinci-crd.configuration"]) <= {o.code for o in signing.options}


def test_the_feedback_is_taken() -> None:
    (row,) = read_feedback(FEEDBACK.encode(), LIMITS)

    assert row.outcome == "accepted"


def test_the_list_of_clients_can_be_used(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(clients:.*?)```", PAGE, re.DOTALL)
    assert example is not None
    file = tmp_path / "clients.yaml"
    file.write_text(example.group(1), "utf-8")

    assert [client.id for client in read_registry(file)] == ["valley-ehr", "older-ehr"]


@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.id)
def test_every_hook_has_its_row(row) -> None:
    assert re.search(rf"^\|.*`{row.hook}`", PAGE, re.MULTILINE)


def test_options_without_a_topic_are_told() -> None:
    assert f"`{MAX_CARDS}`" in PAGE
