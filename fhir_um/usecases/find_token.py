"""What an access token stands for, for an operator who asks. One reading. Must not know who asks."""

from fhir_um.cases.client import Grant
from fhir_um.deps import Deps


def find_token(deps: Deps, token: str) -> Grant | None:
    """None for a token that is unknown, over or revoked, and for one whose client was changed or disabled since."""
    at = deps.clock()
    with deps.open_reading() as work:
        return work.clients.of_token(token, at)
