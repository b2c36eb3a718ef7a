import multiprocessing
import re
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from fhir_um.cases.alarms import armed
from fhir_um.cases.asked import CareTeamMember
from fhir_um.cases.clocks import Clock, ClockOutcome
from fhir_um.cases.model import CaseId, Course
from fhir_um.errors import NotMigrated
from fhir_um.store.database import Store
from fhir_um.store.engine import make_engine
from fhir_um.store.migrating import migrate, migrations
from fhir_um.store.tables import metadata
from tests.builders import DEADLINE, claim_request, line_request, party
from tests.conftest import now
from tests.fhir_um.store.older import rewound
from tests.fhir_um.store.stored import PAYER, opened, put_whole

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


def test_the_newest_revision_is_the_one_with_the_highest_number() -> None:
    """So says the name of each file; Alembic, which knows better, is not loaded to look whether it is there."""
    scripts = ScriptDirectory.from_config(migrations())
    in_order = [script.revision for script in scripts.walk_revisions()]

    assert in_order == sorted(in_order, reverse=True)
    assert all(Path(script.path).name.startswith(f"{script.revision}_") for script in scripts.walk_revisions())
    assert in_order[0] == scripts.get_current_head()


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


def test_cases_from_before_are_found_by_their_providers(store: Store, older_url: str) -> None:
    """Their documents said who requests, orders and renders; of what kind they are nobody had looked at."""
    team = (CareTeamMember(1, (party("1910020027"), party("1910010010")), True, None),)
    asked = replace(claim_request(line_request(1)), lines=(), care_team=team, requester_parties=(party("1" * 300),))
    put_whole(store, opened("case-1", request=asked))
    put_whole(store, opened("case-2", request=replace(asked, care_team=(), requester_parties=())))
    with closing(Store(older_url, now)) as old:
        rewound(old, "0009", store)

        old.migrate()

        with store.engine.connect() as expected, old.engine.connect() as found:
            kept = expected.execute(_PROVIDERS).all()
            assert found.execute(_PROVIDERS).all() == kept
        assert len(kept) == 3
        assert old.verify().faults == []


def test_clocks_from_before_run_on_and_their_alarms_begin(store: Store, older_url: str) -> None:
    """They were all of decisions; those that had stopped were in time or late."""
    for name in ("case-1", "case-2", "case-3"):
        put_whole(store, opened(name, Course.PEND_REVIEW))
    late = DEADLINE.due_at + timedelta(seconds=1)
    with store.open_work() as work:
        work.clocks.put(PAYER, (replace(Clock(CaseId("case-2"), 1, DEADLINE), stopped_at=DEADLINE.due_at),))
        work.clocks.put(PAYER, (replace(Clock(CaseId("case-3"), 1, DEADLINE), stopped_at=late),))
    with closing(Store(older_url, now)) as old:
        rewound(old, "0010", store)

        old.migrate()

        with old.open_reading() as reading:
            running, met, missed = (reading.clocks_of(PAYER, CaseId(f"case-{n}"))[0] for n in (1, 2, 3))
            due = reading.clocks.alarms_due(DEADLINE.due_at, 10)
        assert running == armed(Clock(CaseId("case-1"), 1, DEADLINE))
        assert (met.outcome, missed.outcome, met.alarm_at) == (ClockOutcome.MET, ClockOutcome.LATE, None)
        assert due == ((PAYER, "case-1"),)


_PROVIDERS = text("SELECT payer_id, case_id, npi FROM case_providers ORDER BY npi")
