"""Who decides is who is calling: a system in a role of its people, a person in their own name and in a role of theirs.

Must not know which moves are legal.
"""

from fhir_um.cases.caller import Caller
from fhir_um.cases.deciders import Decider
from fhir_um.errors import RoleNotAllowed


def signed_in(caller: Caller) -> str:
    """Who decides when a decision names nobody: the person who is calling; nobody when a system is."""
    return caller.client_id if caller.is_person else ""


def demand_decider(caller: Caller, decider: Decider) -> None:
    """Passes when that caller may act as that decider.

    A system's own people sign in at the system: it says who they are, and it was registered with their roles. A person
    who signed in here speaks for nobody else.
    Raises: RoleNotAllowed.
    """
    if caller.is_person and decider.id != caller.client_id:
        raise RoleNotAllowed("Who decides is who signed in: leave out reviewer.id, or give your own id.")
    if decider.role not in caller.roles:
        whose = "Nobody gave you" if caller.is_person else "This client's people do not have"
        raise RoleNotAllowed(f"{whose} the role {decider.role}.")
