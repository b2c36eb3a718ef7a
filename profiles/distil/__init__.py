"""Packages of guides in, compact machine facts out: `python -m profiles compile`. Never used while checking."""
