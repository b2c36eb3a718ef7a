"""Who may find a case by inquiry: its providers, and of what sensitive kinds it is. Never changed once released.

Cases that are there keep no sensitivity: whoever reads one works it out. Their providers are read from their documents.
"""

import json
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NPI = "http://hl7.org/fhir/sid/us-npi"
_BATCH = 500
_cases = sa.table("cases", sa.column("payer_id"), sa.column("id"), sa.column("document"))


def upgrade() -> None:
    """One column for the kinds, one table for the providers, and for subscriptions the payers they hear of."""
    op.add_column("cases", sa.Column("sensitivity", sa.Text))
    op.add_column("subscriptions", sa.Column("payers", sa.Text, nullable=False, server_default="[]"))
    providers = op.create_table(
        "case_providers",
        sa.Column("payer_id", sa.Text, nullable=False),
        sa.Column("case_id", sa.Text, nullable=False),
        sa.Column("npi", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("case_id", "payer_id", "npi", name="case_providers_pkey"),
        sa.ForeignKeyConstraint(
            ("case_id", "payer_id"),
            ("cases.id", "cases.payer_id"),
            name="case_providers_case_fkey",
            ondelete="CASCADE",
            deferrable=True,
            initially="DEFERRED",
        ),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    after = ("", "")
    while rows := connection.execute(_after(*after)).all():
        named = [
            {"payer_id": row.payer_id, "case_id": row.id, "npi": npi}
            for row in rows
            for npi in sorted(set(_npis(json.loads(row.document)["request"])))
        ]
        if named:
            connection.execute(providers.insert(), named)
        after = (rows[-1].id, rows[-1].payer_id)


def _after(case_id: str, payer_id: str) -> sa.Select[Any]:
    key = sa.tuple_(_cases.c.id, _cases.c.payer_id)
    later = key > sa.tuple_(sa.literal(case_id), sa.literal(payer_id))
    return sa.select(_cases).where(later).order_by(_cases.c.id, _cases.c.payer_id).limit(_BATCH)


def _npis(request: dict[str, Any]) -> Iterator[str]:
    """The first NPI of everybody who requests, orders or renders."""
    team = (party for member in request["care_team"] for party in member["parties"])
    for party in (*request["requester_parties"], *team):
        found = next((each["value"] for each in party["identifiers"] if each["system"] == _NPI), "")
        if found:
            fits = len(found) <= 200 and "\0" not in found
            yield found if fits else "sha256:" + sha256(found.encode(errors="surrogatepass")).hexdigest()
