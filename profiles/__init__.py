"""What the specifications say: shapes, URLs, code lists, checks. Never cases, payers, HTTP servers or SQL."""
