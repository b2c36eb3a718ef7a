"""How a subscription stands, as the profile of the backport wants it."""

import json

import pytest

from fhir_um.subscribers.model import Standing
from fhir_um.translate.subscription_status_out import status_parameters, statuses
from profiles.canonicals import PAS_TOPIC
from tests.fhir_um.subscribing import kept
from tests.fhir_um.translate.by_hand import BASE
from tests.validators import validator_for


def told(rows: list[dict[str, object]]) -> dict[str, object]:
    """Parameters with one value each."""
    return {str(row["name"]): value for row in rows for name, value in row.items() if name.startswith("value")}


@pytest.mark.spec("pas:spec-54")
@pytest.mark.parametrize("guide", ["2.2.1", "2.0.1"])
@pytest.mark.parametrize("standing", list(Standing))
def test_every_mandatory_part_is_there(guide: str, standing: Standing) -> None:
    one = kept(guide, standing=standing, event_count=7, fault="handshake: unreachable")

    bundle = json.loads(statuses((one, one), BASE))

    assert (bundle["type"], bundle["total"]) == ("searchset", 2)
    rows = told(bundle["entry"][0]["resource"]["parameter"])
    assert rows.pop("error", None) is not None or standing is not Standing.ERROR
    assert rows == {
        "subscription": {"reference": f"{BASE}/Subscription/{one.id}"},
        "topic": PAS_TOPIC,
        "status": standing.value,
        "type": "query-status",
        "events-since-subscription-start": "7",
    }
    for entry in bundle["entry"]:
        assert [i for i in validator_for(guide).check(entry["resource"]) if i.severity == "error"] == []


def test_without_subscriptions_there_are_no_entries() -> None:
    assert json.loads(statuses((), BASE)) == {"resourceType": "Bundle", "type": "searchset", "total": 0}


def test_an_error_tells_nothing_secret() -> None:
    one = kept(standing=Standing.ERROR, fault="event-notification: 503")

    assert "of-nobody" not in json.dumps(status_parameters(one, BASE, "query-status", one.standing, 0))
