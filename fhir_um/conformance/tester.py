"""The tester's own values: where the server is, who asks, about whom. Read from a client profile in YAML."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tester:
    """A client profile."""

    server: str
