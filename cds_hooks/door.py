"""Who may ring: the port through which a caller is admitted. Must not know how a token is checked, or HTTP.

Source: CDS Hooks 3.0.0-ballot, trusting CDS clients.
"""

from dataclasses import dataclass
from typing import Protocol

from profiles.issues import Issue, Kind, Refusal


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

        Raises: NotAdmitted.
        """
        ...


class NotAdmitted(Refusal):
    """The one answer to everybody who is not admitted.

    `reason` and `client_id` are for our own log: what is wrong, in a word of ours, and which known client the caller
    claimed to be, or nothing. Neither may hold anything of the caller's own.
    """

    def __init__(self, reason: str, client_id: str = "") -> None:
        super().__init__(Kind.UNKNOWN_CALLER, (Issue("login", "Authentication is required."),))
        self.reason = reason
        self.client_id = client_id


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """Admits everybody on this machine, and the world too when `is_public`: for sandboxes and tests, never for health
    data of real people."""

    client: HookClient = HookClient("anybody", "Anybody")
    is_public: bool = False

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        """The one client there is.

        Raises: NotAdmitted for a call from elsewhere.
        """
        if is_loopback or self.is_public:
            return self.client
        raise NotAdmitted("elsewhere")
