"""The table of the payer's clinicians: who may rule, with which licences. Must equal what the migrations build."""

from sqlalchemy import Column, PrimaryKeyConstraint, Table, Text

from fhir_um.store.tables import metadata

reviewers = Table(
    "reviewers",
    metadata,
    Column("payer_id", Text, nullable=False),
    Column("npi", Text, nullable=False),
    Column("document", Text, nullable=False),
    PrimaryKeyConstraint("npi", "payer_id", name="reviewers_pkey"),
)
