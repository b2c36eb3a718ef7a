"""The open door is open to this machine, and says nothing to others."""

import pytest

from cds_hooks.door import HookClient, NotAdmitted, OpenDoor
from profiles.issues import Kind, Refusal
from tests.cds_hooks.calling import call, make_counter, order

URL = "https://payer.example.org/cds-services"


@pytest.mark.parametrize("header", [None, "", "Bearer x", "Basic y"])
def test_everybody_on_this_machine_is_admitted(header: str | None) -> None:
    client = HookClient("demo", "Demo", dialect="2.2", is_strict=True)

    assert OpenDoor(client).admit(header, URL, is_loopback=True) is client


def test_nobody_else_is_admitted_and_no_reason_given() -> None:
    with pytest.raises(Refusal) as caught:
        OpenDoor().admit("Bearer x", URL, is_loopback=False)

    assert caught.value.kind is Kind.UNKNOWN_CALLER
    assert [(issue.code, issue.text) for issue in caught.value.issues] == [("login", "Authentication is required.")]


def test_public_door_admits_the_world() -> None:
    assert OpenDoor(is_public=True).admit(None, URL, is_loopback=False).id == "anybody"


class _Strict:
    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        raise NotAdmitted("signature", "ehr-1")


@pytest.mark.spec("hooks:jwt", "crd-check:22")
def test_why_nobody_was_admitted_is_for_our_log_and_not_for_the_caller() -> None:
    at = make_counter(door=_Strict())

    response = at.ask(call("order-sign", order()))

    assert response.status_code == 401
    assert "signature" not in response.get_data(as_text=True) + str(response.headers)
    assert at.lines == [
        (
            "refused",
            {
                "route": "/cds-services/<id>",
                "outcome": Kind.UNKNOWN_CALLER.value,
                "reason": "signature",
                "client_id": "ehr-1",
            },
        )
    ]


def test_every_refused_call_has_a_line_without_its_content() -> None:
    at = make_counter()
    patient = {"resourceType": "Patient", "id": "Marisol"}

    at.ask(b'{"hook": "Marisol"')
    at.ask({"hook": "Marisol Vega"}, service="order-sign")
    at.client.post("/cds-services/Marisol", json={})
    at.client.get("/cds-services/order-sign")
    at.client.post("/cds-services/order-sign", data="Marisol", content_type="text/plain")
    at.client.post("/cds-services/order-sign/feedback", json={"feedback": [patient]})

    assert [event for event, _ in at.lines] == ["refused"] * 6
    assert [line["outcome"] for _, line in at.lines] == [
        "unreadable",
        "invalid",
        "not-found",
        "not-offered",
        "wrong-type",
        "unreadable",
    ]
    assert "Marisol" not in repr(at.lines)


@pytest.mark.parametrize(
    ("peer", "headers", "is_admitted"),
    [
        ("127.0.0.1", {}, True),
        ("127.8.9.10", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("::1:2:3", {}, False),
        ("127.0.0.1.example.org", {}, False),
        ("203.0.113.7", {}, False),
        ("", {}, False),
        ("127.0.0.1", {"X-Forwarded-Host": "payer.example.org"}, False),
        ("127.0.0.1", {"x-forwarded-proto": "https"}, False),
        ("127.0.0.1", {"Via": "1.1 proxy"}, False),
        ("127.0.0.1", {"X-Real-IP": "127.0.0.1"}, False),
        ("203.0.113.7", {"X-Forwarded-For": "127.0.0.1"}, False),
    ],
)
def test_this_machine_is_who_connects_from_it_and_is_no_proxy(
    peer: str, headers: dict[str, str], is_admitted: bool
) -> None:
    response = make_counter().client.get("/cds-services", headers=headers, environ_overrides={"REMOTE_ADDR": peer})

    assert (response.status_code == 200) is is_admitted


def test_a_fault_of_ours_is_logged_with_its_place() -> None:
    class Broken(OpenDoor):
        def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
            raise LookupError("Marisol Vega")

    at = make_counter(door=Broken())
    at.ask(call("order-sign", order()))

    ((event, line),) = at.lines
    assert (event, line["error_type"], line["outcome"]) == ("broken", "LookupError", "broken")
    assert "test_door.py" in str(line["frames"]) and "Marisol" not in repr(line)


@pytest.mark.spec("hooks:errors")
def test_who_came_while_we_were_busy_is_told_when_to_come_again() -> None:
    class Busy(OpenDoor):
        def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
            raise Refusal.of(Kind.BUSY, "transient", "The store cannot be reached.")

    response = make_counter(door=Busy()).ask(call("order-sign", order()))

    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
