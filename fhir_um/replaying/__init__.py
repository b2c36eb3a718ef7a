"""Captured traffic: read, sent again, and held against what was answered then."""
