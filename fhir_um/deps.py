"""Everything a use case is handed: the store, the clock, chance, policies and deadline rules. Must not decide anything.

Make it in the process that serves: connections do not survive a fork, and the store opens new ones.
"""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib import resources

from fhir_um import clock as real
from fhir_um.cases.attachments import Scan, unscanned
from fhir_um.cases.deadlines import ClockRule, read_clock_rules
from fhir_um.clock import Clock, NewId, NewNumber
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.load import shipped_policies
from fhir_um.settings import Settings
from fhir_um.store.database import Store
from fhir_um.store.trail import AuditRow
from fhir_um.store.usage import used_by
from fhir_um.store.work import Reading, Work
from fhir_um.vault import Vault

__all__ = ["AuditRow", "Deps", "Reading", "Work", "make_deps", "used_by"]


@dataclass(frozen=True, slots=True)
class Deps:
    """What a use case may reach; made once per process, replaced piece by piece in tests.

    `scan` looks at every document from outside before it is kept; a house with a scanner puts its own in.
    """

    store: Store
    clock: Clock
    new_id: NewId
    new_number: NewNumber
    policies: PolicyBook
    clock_rules: tuple[ClockRule, ...]
    scan: Scan = unscanned

    def open_work(self, alone: bool = False) -> AbstractContextManager[Work]:
        """One transaction that may write: kept when the block ends well, undone when it raises.

        Raises: Overtaken, unless it is `alone`, when another one changed a history it had read.
        """
        return self.store.open_work(alone)

    def open_reading(self) -> AbstractContextManager[Reading]:
        """One transaction that only reads and waits for no writer."""
        return self.store.open_reading()

    def fault_of_store(self) -> str:
        """What keeps the store from being used, or an empty string."""
        return self.store.fault()


def make_deps(
    settings: Settings,
    clock: Clock = real.now,
    new_id: NewId = real.new_id,
    new_number: NewNumber = real.new_number,
) -> Deps:
    """The real thing: the database of the settings, the policies and deadline rules that come with the house."""
    rules = resources.files("fhir_um.cases").joinpath("clock_rules.csv").read_text("utf-8")
    return Deps(
        store=Store(settings.database_url, clock, vault=Vault(keys) if (keys := settings.vault_keys) else None),
        clock=clock,
        new_id=new_id,
        new_number=new_number,
        policies=shipped_policies(),
        clock_rules=read_clock_rules(rules),
    )
