"""The tables of clients and of their access tokens. Must equal what the migrations build.

Of no payer: who calls is known before it is known which payer is asked, and one client may speak to several.
"""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Text, text

from fhir_um.store.columns import Instant
from fhir_um.store.tables import metadata

_IS_NAMED = text("uri <> ''")

clients = Table(
    "clients",
    metadata,
    Column("id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("uri", Text, nullable=False),
    Column("standing", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("id", name="clients_pkey"),
    Index("clients_by_uri", "uri", "kind", unique=True, sqlite_where=_IS_NAMED, postgresql_where=_IS_NAMED),
)
"""`document` is the whole client; the other columns are what queries need of it."""

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_hash", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_version", Integer, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("certificate", Text, nullable=False),
    Column("issued_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    PrimaryKeyConstraint("token_hash", name="access_tokens_pkey"),
    Index("access_tokens_by_end", "expires_at"),
    sqlite_with_rowid=False,
)
"""`token_hash` is the SHA-256 of a token; the token itself is kept nowhere."""
