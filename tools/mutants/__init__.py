"""Single faults, made on purpose: intact messages and definitions in, messages with one known fault each out."""
