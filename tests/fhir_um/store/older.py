"""A database as an older program left it: built to a revision of then, with rows of a database of today."""

from alembic import command
from sqlalchemy import MetaData, insert, select

from fhir_um.store.database import Store
from fhir_um.store.migrating import migrations


def rewound(old: Store, revision: str, today: Store) -> None:
    """Build an empty database as it was at that revision, with what it could have held of today's rows."""
    config = migrations()
    then, now = MetaData(), MetaData()
    with old.engine.begin() as connection, today.engine.connect() as source:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        then.reflect(connection)
        now.reflect(source)
        for table in then.sorted_tables:
            if table.name in now.tables and table.name != "alembic_version":
                names = [column.name for column in table.columns if column.name in now.tables[table.name].columns]
                rows = source.execute(select(*(now.tables[table.name].c[name] for name in names))).mappings().all()
                if rows:
                    connection.execute(insert(table), [dict(row) for row in rows])
