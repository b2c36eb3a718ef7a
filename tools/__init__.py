"""Programs that keep generated documents true. Never imported by the server."""
