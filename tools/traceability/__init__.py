"""Which requirement of the guides is shown by which test, and what of them does not concern this program."""
