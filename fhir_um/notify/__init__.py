"""Tells subscribers what became of their requests, until it has arrived."""
