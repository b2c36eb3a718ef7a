"""Seal again, with the first key, what older keys sealed, and tell which keys are still needed.

Each batch is one short transaction, so a server may run beside it; what was broken off is simply begun again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from fhir_um.cases.auditing import Act, AuditEntry, Purpose, as_word
from fhir_um.deps import Deps, Sealed

Counts = dict[tuple[Sealed, str], int]
"""How many rows of each sort each key seals; the empty name is that of no key."""

Told = Callable[[Sealed, int], None]
"""Is told after each batch how many rows of a sort were sealed again."""


@dataclass(frozen=True, slots=True)
class SealedRows:
    """The keys at hand, the first of which seals, and how many rows each key seals, these or others."""

    keys: tuple[str, ...]
    counts: Counts

    @property
    def left(self) -> int:
        """How many rows are sealed with another key than the first, or not at all."""
        return sum(count for (_, key), count in self.counts.items() if key != self.keys[0])

    @property
    def missing(self) -> dict[str, int]:
        """How many rows each key seals that is not at hand."""
        known = {"", *self.keys}
        found = dict.fromkeys((key for _, key in self.counts if key not in known), 0)
        for (_, key), count in self.counts.items():
            if key in found:
                found[key] += count
        return found


@dataclass(frozen=True, slots=True)
class Rotated:
    """What became of a run: how many rows were sealed again, which cannot be opened although their key is known."""

    count: int
    unopened: tuple[str, ...]
    after: SealedRows


def see_sealed(deps: Deps) -> SealedRows:
    """Which keys are at hand, and how many rows each key seals."""
    with deps.open_reading() as work:
        return SealedRows(work.sealing.keys, work.sealing.counts())


def rotate_keys(deps: Deps, by: str, tell: Told) -> Rotated:
    """Seal with the first key everything another one sealed, or none; as far as the keys at hand open it."""
    before, count, unopened = see_sealed(deps), 0, list[str]()
    for what, key in sorted(before.counts):
        if key not in (before.keys[0], *before.missing):
            again, faults = _seal_again(deps, what, key, tell)
            count, unopened = count + again, unopened + faults
    if count:
        with deps.open_work(alone=True) as work:
            work.audit.add(_entry(deps, by, before.keys[0]))
    return Rotated(count, tuple(dict.fromkeys(unopened)), see_sealed(deps))


def _seal_again(deps: Deps, what: Sealed, key: str, tell: Told) -> tuple[int, list[str]]:
    count, unopened, after = 0, list[str](), tuple[str, ...]()
    while True:
        with deps.open_work(alone=True) as work:
            done = work.sealing.again(what, key, after)
        count += done.count
        unopened += [f"{what}: {named}" for named in done.unopened]
        tell(what, done.count)
        if done.after is None:
            return count, unopened
        after = done.after


def _entry(deps: Deps, by: str, key: str) -> AuditEntry:
    return AuditEntry(
        at=deps.clock(),
        action="secret-key-rotate",
        act=Act.UPDATE,
        person=as_word(by),
        role="operator",
        purpose=Purpose.ADMINISTRATION,
        detail=key,
    )
