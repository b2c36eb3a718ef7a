"""Payers, plans, members, providers and what the payer's own records say about them. Pure values."""
