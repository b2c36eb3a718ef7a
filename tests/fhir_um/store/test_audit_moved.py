"""What the audit table of before held is where the log begins."""

from datetime import timedelta

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from fhir_um.store.columns import Instant
from fhir_um.store.database import Store
from tests.builders import AT
from tests.conftest import now

ROWS = 510


def test_rows_of_before_are_the_first_of_the_chain(empty_url: str) -> None:
    """More than go over in one go, in the order of time, whatever their ids."""
    store = Store(empty_url, now)
    with store.engine.begin() as connection:
        before = Config()
        before.set_main_option("script_location", "fhir_um.store:migrations")
        before.set_main_option("path_separator", "os")
        before.attributes["connection"] = connection
        command.upgrade(before, "0006")
        kind = Instant().process_bind_param
        connection.execute(
            text(
                "INSERT INTO audit VALUES (:id, NULL, :at, 'ehr-1', 'GET /fhir/Claim/<case_id>', 'not-found', 404, "
                "'not-found', :id, '')"
            ),
            [
                {"id": f"r-{(number * 11) % ROWS}", "at": kind(AT + timedelta(seconds=number // 2), connection.dialect)}
                for number in range(ROWS)
            ],
        )

    store.migrate()

    checked = store.verify_audit()
    assert (checked.fault, checked.end.sequence) == ("", ROWS)
    with store.engine.connect() as connection:
        found = connection.execute(text("SELECT at, act, status, outcome, request_id FROM audit_log ORDER BY sequence"))
        kept = found.all()
    assert [row.at for row in kept] == sorted(row.at for row in kept)
    assert len({row.request_id for row in kept}) == ROWS
    assert {(row.act, row.status, row.outcome) for row in kept} == {("R", 404, "not-found")}
    store.close()
