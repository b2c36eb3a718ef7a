"""One verb of the command line per file. Must not hold a rule of its own: each calls the room that has it."""
