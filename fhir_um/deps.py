"""Everything a use case is handed: the store, the clock, chance, policies and deadline rules. Must not decide anything.

Make it in the process that serves: connections do not survive a fork, and the store opens new ones.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Protocol

from fhir_um import clock as real
from fhir_um.cases.administrative_denials import DenialRoles, read_denial_roles
from fhir_um.cases.attachments import Scan, unscanned
from fhir_um.cases.clock_rule_faults import demand_sound
from fhir_um.cases.clock_rules import ClockRules, read_clock_rules
from fhir_um.cases.drugs import DrugCodes, read_drug_codes
from fhir_um.cases.notices import Channel
from fhir_um.cases.peer_to_peer_rules import PeerToPeerRule, shipped_peer_to_peer_rules
from fhir_um.cases.queues import Queues
from fhir_um.cases.retention import RetentionRule, read_retention_rules
from fhir_um.cases.sensitivity import SensitiveCodes, read_sensitive_codes
from fhir_um.clock import Clock, NewId, NewNumber, NewToken
from fhir_um.policy.book import PolicyBook
from fhir_um.policy.load import shipped_policies
from fhir_um.settings import Settings, SettingsFault
from fhir_um.store.database import Store
from fhir_um.store.facts import ClockRun, Span
from fhir_um.store.feed import FeedPage, FeedRow, FeedSearch
from fhir_um.store.routed import shipped_queues, shipped_routing
from fhir_um.store.sealing import Sealed
from fhir_um.store.usage import used_by
from fhir_um.store.visible import Asker
from fhir_um.store.work import Reading, Work
from fhir_um.vault import Vault

__all__ = [
    "Asker",
    "ClockRun",
    "Deps",
    "FeedPage",
    "FeedRow",
    "FeedSearch",
    "Reading",
    "Sealed",
    "Span",
    "Witness",
    "Work",
    "make_deps",
    "used_by",
]


class Witness(Protocol):
    """Notes in the audit log what a transaction did, inside that transaction."""

    def sign(self, work: Work) -> None:
        """Called last of all in a transaction that ended well and may have written."""
        ...

    def kept(self, work: Work) -> None:
        """Called when that transaction was committed."""
        ...


class Nobody:
    """Witnesses nothing: for work that nobody asked for, or that is noted by whoever calls."""

    def sign(self, work: Work) -> None:
        """See `Witness.sign`."""

    def kept(self, work: Work) -> None:
        """See `Witness.kept`."""


class Seen(Protocol):
    """What somebody who acts says they saw: it must still be so when they act."""

    def demand(self, work: Work) -> None:
        """Called first of all in a transaction. Raises: Refusal OUTDATED."""
        ...

    def kept(self) -> None:
        """Called when that transaction was committed."""
        ...


@cache
def shipped_sensitive_codes() -> SensitiveCodes:
    """The codes of sensitive care that come with the house."""
    return read_sensitive_codes(resources.files("fhir_um.cases").joinpath("sensitive_codes.csv").read_text("utf-8"))


@cache
def shipped_denial_roles() -> DenialRoles:
    """Who may deny administratively, as it comes with the house."""
    text = resources.files("fhir_um.cases").joinpath("admin_denial_roles.csv").read_text("utf-8")
    return read_denial_roles(text)


@cache
def shipped_drug_codes() -> DrugCodes:
    """Which codes are drugs, as it comes with the house."""
    return read_drug_codes(resources.files("fhir_um.cases").joinpath("drug_codes.csv").read_text("utf-8"))


def shipped_retention_rules() -> tuple[RetentionRule, ...]:
    """How long records are kept, as it comes with the house."""
    return read_retention_rules(resources.files("fhir_um.cases").joinpath("retention_rules.csv").read_text("utf-8"))


@dataclass(frozen=True, slots=True)
class Deps:
    """What a use case may reach; made once per process, replaced piece by piece in tests.

    `scan` looks at every document from outside before it is kept; a house with a scanner puts its own in. `witness`
    notes who it was that had something written, `seen` what they take the case to be.
    """

    store: Store
    clock: Clock
    new_id: NewId
    new_number: NewNumber
    policies: PolicyBook
    clock_rules: ClockRules
    scan: Scan = unscanned
    new_token: NewToken = real.new_token
    witness: Witness = Nobody()
    seen: Seen | None = None
    sensitive: SensitiveCodes = field(default_factory=shipped_sensitive_codes)
    retention_rules: tuple[RetentionRule, ...] = field(default_factory=shipped_retention_rules)
    denial_roles: DenialRoles = field(default_factory=shipped_denial_roles)
    drug_codes: DrugCodes = field(default_factory=shipped_drug_codes)
    queues: Queues = field(default_factory=shipped_queues)
    member_channel: Channel = Channel.MAIL
    peer_to_peer_rules: tuple[PeerToPeerRule, ...] = field(default_factory=shipped_peer_to_peer_rules)

    @contextmanager
    def open_work(self, alone: bool = False) -> Iterator[Work]:
        """One transaction that may write: kept when the block ends well, undone when it raises.

        Raises: Overtaken, unless it is `alone`, when another one changed a history it had read.
        """
        with self.store.open_work(alone) as work:
            if self.seen is not None:
                self.seen.demand(work)
            yield work
            self.witness.sign(work)
        self.witness.kept(work)
        if self.seen is not None:
            self.seen.kept()

    def open_reading(self) -> AbstractContextManager[Reading]:
        """One transaction that only reads and waits for no writer."""
        return self.store.open_reading()

    def fault_of_store(self) -> str:
        """What keeps the store from being used, or an empty string."""
        return self.store.fault()


def clock_rules_of(settings: Settings) -> ClockRules:
    """The payer's own table of clock rules, or the one that comes with the house.

    Raises: SettingsFault when the payer's own cannot be read or is not sound, with every row that is at fault.
    """
    shipped = resources.files("fhir_um.cases").joinpath("clock_rules.csv")
    try:
        rules = read_clock_rules((settings.clock_rules or shipped).read_text("utf-8"))
        demand_sound(rules)
    except (OSError, ValueError) as fault:
        raise SettingsFault(f"FHIR_UM_CLOCK_RULES={settings.clock_rules} cannot be used:\n{fault}") from fault
    return rules


def make_deps(
    settings: Settings,
    clock: Clock = real.now,
    new_id: NewId = real.new_id,
    new_number: NewNumber = real.new_number,
) -> Deps:
    """The real thing: the database of the settings, the policies and deadline rules that come with the house."""
    shipped_routing()  # a table that cannot be used stops the start
    return Deps(
        store=Store(settings.database_url, clock, vault=Vault(keys) if (keys := settings.vault_keys) else None),
        clock=clock,
        new_id=new_id,
        new_number=new_number,
        policies=shipped_policies(),
        clock_rules=clock_rules_of(settings),
        member_channel=Channel(settings.member_notices.value),
    )
