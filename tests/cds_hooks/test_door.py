"""The open door is open to this machine, and says nothing to others."""

import pytest

from cds_hooks.door import HookClient, OpenDoor
from profiles.issues import Kind, Refusal

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
