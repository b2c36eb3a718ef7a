"""Runs migrations on the connection `fhir_um.store.migrating` hands over, inside its transaction."""

from alembic import context

from fhir_um.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
context.run_migrations()
