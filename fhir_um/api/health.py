"""Whether the process lives, and whether it can do its work. Must not know any case."""

from fhir_um.api.exchange import Answer, Asked, plain

PATHS = frozenset({"/healthz", "/readyz"})
"""Always answered, and not counted: who watches must not take a busy server for a dead one."""


def alive(_asked: Asked) -> Answer:
    """This process answers."""
    return plain({"status": "ok"})


def ready(asked: Asked) -> Answer:
    """The database answers and its schema is the one this program needs; otherwise 503."""
    fault = asked.deps.fault_of_store()
    return plain({"status": "not ready", "reason": fault}, 503) if fault else plain({"status": "ready"})
