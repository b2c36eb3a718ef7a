"""Who may ring: the port through which a caller is admitted. Must not know how a token is checked, or HTTP.

Source: CDS Hooks 3.0.0-ballot, trusting CDS clients.
"""

from dataclasses import dataclass
from typing import Protocol

from profiles.issues import Kind, Refusal


@dataclass(frozen=True, slots=True)
class HookClient:
    """A client as it is known here. `dialect` and `is_strict` are None where the call itself decides."""

    id: str
    name: str
    dialect: str | None = None
    is_strict: bool | None = None


class Door(Protocol):
    """Decides who is calling, before anything of the message is read."""

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        """The client behind an Authorization header; `url` is the address called, as the world sees it.

        Raises: Refusal UNKNOWN_CALLER, without saying why.
        """
        ...


def unknown_caller() -> Refusal:
    """The one answer to everybody who is not admitted."""
    return Refusal.of(Kind.UNKNOWN_CALLER, "login", "Authentication is required.")


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """Admits everybody on this machine, and the world too when `is_public`: for sandboxes and tests, never for health
    data of real people."""

    client: HookClient = HookClient("anybody", "Anybody")
    is_public: bool = False

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        """The one client there is.

        Raises: Refusal UNKNOWN_CALLER for a call from elsewhere.
        """
        if is_loopback or self.is_public:
            return self.client
        raise unknown_caller()
