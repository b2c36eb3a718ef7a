"""The queues of work, and which roles may work in each: one table. Must not know what waits in them, or why."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from fhir_um.cases.roles import Role

LATE = "late"
"""Where supervisors look, and where anybody may send a case that needs one."""

MINE = "mine"
"""Stands for every queue, in the list of what one person has taken. No queue has that name."""

SUPERVISOR = Role.OPERATIONS_MANAGER
"""Assigns to others, in every queue."""

_COLUMNS = ["queue", "title", "roles"]


class QueuesFault(Exception):
    """A table of queues that cannot be used; every fault with its row."""


@dataclass(frozen=True, slots=True)
class Queue:
    """One queue; `title` is for people, `roles` may take what waits in it."""

    name: str
    title: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Queues:
    """Every queue by its name, in the order they are listed."""

    by_name: Mapping[str, Queue]

    def may_work(self, role: str, queue: str) -> bool:
        """True when somebody in that role may take what waits in that queue."""
        found = self.by_name.get(queue)
        return found is not None and role in found.roles

    def of_role(self, role: str) -> tuple[str, ...]:
        """The queues in which that role works."""
        return tuple(name for name, queue in self.by_name.items() if role in queue.roles)


def read_queues(text: str) -> Queues:
    """The queues of a CSV text; lines that begin with # are its head. Raises: QueuesFault with every fault."""
    reader = csv.DictReader(line for line in text.splitlines() if line and not line.startswith("#"))
    rows = list(reader)
    faults = [] if reader.fieldnames == _COLUMNS else [f"the columns must be {', '.join(_COLUMNS)}"]
    if not faults:
        faults = [f"queue {row['queue']}: {fault}" for row in rows for fault in _faults(row)]
        faults += _repeated(row["queue"] for row in rows)
    if faults:
        raise QueuesFault("; ".join(faults))
    made = (Queue(row["queue"], row["title"], frozenset(map(Role, row["roles"].split()))) for row in rows)
    queues = Queues({queue.name: queue for queue in made})
    if LATE not in queues.by_name:
        raise QueuesFault(f"there must be a queue {LATE}")
    return queues


def _faults(row: dict[str, str]) -> Iterable[str]:
    if not row["queue"] or not set(row["queue"]) <= set("abcdefghijklmnopqrstuvwxyz-") or row["queue"] == MINE:
        yield f"a name is lower-case letters and hyphens, and not {MINE}"
    if not (row["title"] or "").strip():
        yield "it needs a title"
    unknown = sorted(set((row["roles"] or "").split()) - {role.value for role in Role})
    if unknown:
        yield f"unknown roles: {', '.join(unknown)}"
    if not (row["roles"] or "").split():
        yield "somebody must work in it"


def _repeated(names: Iterable[str]) -> Iterable[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"queue {name} is there twice"
        seen.add(name)
