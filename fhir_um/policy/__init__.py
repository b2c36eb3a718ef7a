"""Coverage policies as data: what software may decide about a line, and what it must leave to people."""
