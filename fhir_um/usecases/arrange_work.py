"""Makes what waits anew from the cases, as after a change of the routing table. Changes nobody's assignment or lock."""

from fhir_um.deps import Deps

_AT_ONCE = 200


def arrange_work(deps: Deps) -> int:
    """How many cases wait. Each 200 of them are a transaction, so that others go on in between."""
    count, last = 0, ("", "")
    while True:
        with deps.open_work(alone=True) as work:
            filled = work.waiting.fill(last, _AT_ONCE)
        if not filled.cases:
            return count
        count, last = count + filled.cases, filled.last
