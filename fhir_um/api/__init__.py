"""The street door: HTTP in, HTTP out. Never a business rule, never SQL."""
