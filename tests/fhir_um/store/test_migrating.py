import multiprocessing
import re
from dataclasses import replace

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from fhir_um.cases.asked import CareTeamMember
from fhir_um.errors import NotMigrated
from fhir_um.store.database import Store
from fhir_um.store.engine import make_engine
from fhir_um.store.migrating import migrate
from fhir_um.store.tables import metadata
from tests.builders import claim_request, line_request, party
from tests.conftest import now
from tests.fhir_um.store.stored import opened, put_whole

_SHAPE = {
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL",
    "postgresql": """
        SELECT 'column', table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
               || coalesce(column_default, '')
          FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%'
        UNION ALL SELECT 'index', indexdef FROM pg_indexes
          WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%'
        UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
          FROM pg_constraint
          WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE 'alembic%'
    """,
}


def _shape(connection: Connection) -> set[tuple[str, str]]:
    rows = connection.execute(text(_SHAPE[connection.dialect.name]))
    return {(name, re.sub(r"\s+", " ", definition)) for name, definition in rows}


def test_migrations_build_exactly_the_tables(empty_url: str) -> None:
    engine = make_engine(empty_url)
    with engine.connect() as connection:
        metadata.create_all(connection)
        expected = _shape(connection)
        connection.rollback()

    migrate(engine)

    with engine.connect() as connection:
        assert len(expected) > len(metadata.tables)
        assert _shape(connection) == expected
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_database_without_tables_says_what_to_run(empty_url: str) -> None:
    store = Store(empty_url, now)

    with pytest.raises(NotMigrated, match="Run `fhir-um migrate`"), store.open_work():
        pass

    assert "fhir-um migrate" in store.fault()
    store.migrate()
    assert store.fault() == ""
    store.close()


@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_database_of_a_newer_program_is_refused(store: Store, revision: str) -> None:
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    with pytest.raises(NotMigrated, match=f"schema {revision}, which a newer fhir-um made"):
        store.ping()


def test_migrating_again_changes_nothing(store: Store) -> None:
    store.migrate()

    assert store.verify().faults == []


def test_processes_that_migrate_at_once_take_turns(empty_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_migrate, args=(empty_url,)) for _ in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()

    assert [process.exitcode for process in processes] == [0, 0]
    store = Store(empty_url, now)
    assert store.fault() == ""
    store.close()


def _migrate(url: str) -> None:
    store = Store(url, now)
    store.migrate()
    store.close()


def test_cases_from_before_are_found_by_their_providers(empty_url: str) -> None:
    """Their documents said who requests, orders and renders; of what kind they are nobody had looked at."""
    store = Store(empty_url, now)
    store.migrate()
    team = (CareTeamMember(1, (party("1910020027"), party("1910010010")), True, None),)
    asked = replace(claim_request(line_request(1)), lines=(), care_team=team, requester_parties=(party("1" * 300),))
    put_whole(store, opened("case-1", request=asked))
    put_whole(store, opened("case-2", request=replace(asked, care_team=(), requester_parties=())))
    with store.engine.begin() as connection:
        kept = connection.execute(_PROVIDERS).all()
        for statement in _BEFORE_SENSITIVITY:
            connection.execute(text(statement))

    store.migrate()

    with store.engine.connect() as connection:
        assert connection.execute(_PROVIDERS).all() == kept
    assert len(kept) == 3
    assert store.verify().faults == []
    store.close()


_PROVIDERS = text("SELECT payer_id, case_id, npi FROM case_providers ORDER BY npi")
_BEFORE_SENSITIVITY = (
    "DROP TABLE case_providers",
    "ALTER TABLE cases DROP COLUMN sensitivity",
    "ALTER TABLE subscriptions DROP COLUMN payers",
    "UPDATE alembic_version SET version_num = '0009'",
)
