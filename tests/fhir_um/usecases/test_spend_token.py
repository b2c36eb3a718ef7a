"""A token of a hook call is good once, for all processes that share the store."""

from datetime import timedelta

from fhir_um.deps import make_deps
from fhir_um.settings import Settings
from fhir_um.usecases.spend_token import spend_token
from tests.conftest import NOW, now


def test_a_token_is_spent_for_every_process(database_url: str) -> None:
    one, other = (make_deps(Settings(database_url=database_url), clock=now) for _ in range(2))

    spent = [spend_token(deps, "https://ehr.example.org", "1", NOW + timedelta(minutes=6)) for deps in (one, other)]

    assert spent == [True, False]
    one.store.close()
    other.store.close()
