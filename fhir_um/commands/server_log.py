"""Lets the web server's own log lines go the way of ours. Must not write a request's address or headers."""

import logging
from typing import Any

from gunicorn.glogging import Logger  # type: ignore[import-untyped]  # gunicorn ships no types

from fhir_um.logs import handler


class ServerLog(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """The web server's logger: JSON lines from warning on, no access log (each request has its canonical line)."""

    def setup(self, cfg: Any) -> None:
        """Called once by the web server."""
        self.error_log.handlers = [handler()]
        self.error_log.propagate = False
        self.error_log.setLevel(logging.WARNING)
        self.access_log.handlers = []
        self.access_log.propagate = False
        self.access_log.disabled = True

    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """Nothing: `fhir_um.api.trail` writes the line."""
