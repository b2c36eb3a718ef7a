"""The subscriber's endpoint: notifications in their order, by kind, with their headers."""

import json

import pytest
import requests

from fhir_um.simulators.receiver import Receiver, kind_of


def notification(kind: str) -> bytes:
    status = {"resourceType": "Parameters", "parameter": [{"name": "type", "valueCode": kind}]}
    return json.dumps({"resourceType": "Bundle", "entry": [{"resource": status}]}).encode()


def test_what_comes_is_heard_by_kind() -> None:
    with Receiver() as receiver:
        for kind in ("handshake", "heartbeat", "event-notification"):
            assert requests.post(receiver.url, data=notification(kind), headers={"X-Own": "1"}, timeout=5).ok

        heard = receiver.next("heartbeat", 1)
        assert heard is not None and (heard.body, heard.headers["x-own"]) == (notification("heartbeat"), "1")
        assert receiver.hear("handshake", 0) is None
        assert receiver.hear("event-notification", 1) == notification("event-notification")
        assert receiver.next("event-notification", 0) is None


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"\xff", b'{"entry": [{"resource": {"parameter": [{}]}}]}'])
def test_what_is_no_notification_has_no_kind(body: bytes) -> None:
    assert kind_of(body) == ""
