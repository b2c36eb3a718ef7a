"""Tell why an EHR was told what it was told. Changes nothing.

Must not know FHIR. "Not yours" and "not there" are the same answer. Source: CRD 2.2.1 found-37, found-38.
"""

from dataclasses import replace

from fhir_um.cases.caller import Caller
from fhir_um.cases.guidance import Explained
from fhir_um.cases.model import PayerId
from fhir_um.deps import Deps, Reading
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.guiding import told_ids


def explain_hook(deps: Deps, caller: Caller, name: str) -> Explained:
    """Everything kept about a hook instance, or about the one that a coverage assertion was given to.

    Raises: Refusal NOT_FOUND.
    """
    with deps.open_reading() as work:
        found = _find(work, caller, name)
        payer_id = (found.invocation or found.guidance[0]).payer_id if found else None
        payer = work.directory().payer(payer_id) if payer_id else None
    if found is None:
        raise Refusal.of(Kind.NOT_FOUND, "not-found", "There is no such hook call or coverage assertion here.")
    return replace(found, payer=next(iter(payer.identifiers), None) if payer else None)


def _with_repeated(work: Reading, payer_id: PayerId, found: Explained) -> Explained:
    """Also the assertions an order brought along from an earlier call, and was told again."""
    told = told_ids(found.invocation.document) if found.invocation else ()
    known = {row.id for row in found.guidance}
    repeated = work.guidance(payer_id, tuple(each for each in told if each not in known))
    return replace(found, guidance=found.guidance + repeated)


def _find(work: Reading, caller: Caller, name: str) -> Explained | None:
    for payer_id in caller.payer_ids:
        named = work.guidance(payer_id, (name,))
        found = _with_repeated(work, payer_id, work.explained(payer_id, named[0].instance if named else name))
        if found.invocation is not None or found.guidance:
            return found
    return None
