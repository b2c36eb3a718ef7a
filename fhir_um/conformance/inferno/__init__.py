"""The public test suites (Inferno): presets for them, and their checks rebuilt, so that a run can be rehearsed here."""
