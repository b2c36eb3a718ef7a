"""Note that somebody looks at members or cases, before they see anything. One transaction, of nothing else."""

from collections.abc import Iterable

from fhir_um.cases.auditing import Subject
from fhir_um.deps import Deps


def note_look(deps: Deps, about: Iterable[Subject] = ()) -> None:
    """Has the witness of these dependencies write a row about them. Raises: Refusal BUSY when it cannot be written."""
    with deps.open_work(alone=True) as work:
        work.concern(about)
