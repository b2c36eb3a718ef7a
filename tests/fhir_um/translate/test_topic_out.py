"""The topic says what the guide's own Basic says, in words of ours."""

import json
from typing import Any

import pytest

from fhir_um.translate.topic_out import TOPIC_ID, topic
from profiles.canonicals import EXT_OF_TOPIC
from tests.packages import member
from tests.validators import validator_for

FACTS = ("url", "version", "status", "eventTrigger", "canFilterBy", "notificationShape")


def facts(basic: dict[str, Any]) -> set[str]:
    """What a topic says to programs: every extension that matters, without the words for people."""
    rows = [row for row in basic["extension"] if row["url"].removeprefix(EXT_OF_TOPIC) in FACTS]
    for row in rows:
        row["extension"] = [part for part in row.get("extension", []) if part["url"] != "description"]
    return {json.dumps(row, sort_keys=True) for row in rows}


@pytest.mark.parametrize("guide", ["2.2.1", "2.0.1"])
def test_the_guide_says_nothing_we_do_not(guide: str) -> None:
    official = json.loads(member(f"davinci_pas_{guide}", f"package/Basic-{TOPIC_ID}.json") or b"")
    ours = topic(guide)

    assert (ours["resourceType"], ours["id"], ours["code"]) == ("Basic", official["id"], official["code"])
    assert facts(official) <= facts(ours)
    assert all("canFilterBy" in row for row in facts(ours) - facts(official))


@pytest.mark.parametrize("guide", ["2.2.1", "2.0.1"])
def test_it_is_a_valid_basic(guide: str) -> None:
    assert [issue for issue in validator_for(guide).check(topic(guide)) if issue.severity == "error"] == []
