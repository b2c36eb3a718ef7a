"""Checks messages against definitions. One walk; every fault at once. Knows no guide by name."""
