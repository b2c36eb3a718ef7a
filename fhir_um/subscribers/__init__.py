"""Who is told about decisions, and what is still to be told to them."""
