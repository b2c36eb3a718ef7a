"""What both rehearsals speak of: tests of a public suite as they went."""

from collections.abc import Iterable
from dataclasses import dataclass

from fhir_um.conformance.model import Verdict


@dataclass(frozen=True, slots=True)
class Ran:
    """One test of the suite by its number, and what it would find. A required test that is skipped is no pass."""

    number: str
    title: str
    verdict: Verdict
    faults: tuple[str, ...] = ()
    is_required: bool = True

    @property
    def is_in_the_way(self) -> bool:
        """Whether it keeps a run from being green."""
        return self.verdict is Verdict.FAILED or (self.is_required and self.verdict is not Verdict.PASSED)


def ran(number: str, title: str, faults: Iterable[str]) -> Ran:
    """A test that was run: passed without faults."""
    found = tuple(faults)
    return Ran(number, title, Verdict.FAILED if found else Verdict.PASSED, found)
