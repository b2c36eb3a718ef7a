"""The suites for CRD servers: scenes that are played, and checks over what was said. Nothing of any one server."""
