"""There is one way out: no other module can connect to anything, and the doors of operators are listed by name.

Whoever fetches, posts or asks goes through `cds_hooks.outbound`, and its addresses through `cds_hooks.addresses`.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = [file for room in ("fhir_um", "cds_hooks", "profiles") for file in sorted((ROOT / room).rglob("*.py"))]

CONNECTING = frozenset(
    {"socket", "ssl", "http.client", "http.server", "urllib.request", "urllib3", "requests", "httpx", "aiohttp"}
    | {"asyncio", "ftplib", "smtplib", "imaplib", "poplib", "telnetlib", "xmlrpc", "socketserver", "select"}
    | {"selectors", "subprocess", "webbrowser", "multiprocessing", "importlib.import_module", "__import__"}
)
"""What can connect, or fetch what can."""

DOORS = {
    "cds_hooks/outbound.py": {"socket", "ssl", "http.client"},
    "cds_hooks/addresses.py": {"socket"},
    "fhir_um/__main__.py": {"importlib.import_module"},
    "fhir_um/commands/serve.py": {"socket"},
    "fhir_um/commands/server_hall.py": {"socket", "select"},
    "fhir_um/commands/server_patience.py": {"socket"},
    "fhir_um/commands/server_worker.py": {"socket"},
    "fhir_um/commands/crew.py": {"subprocess"},
    "fhir_um/simulators/listening.py": {"http.server"},
    "fhir_um/simulators/calling.py": {"requests"},
    "fhir_um/replaying/sending.py": {"requests"},
    "fhir_um/commands/client.py": {"requests"},
    "fhir_um/commands/tokens.py": {"requests"},
    "fhir_um/commands/demo.py": {"requests"},
    "fhir_um/commands/simulate_reviewer.py": {"requests"},
    "fhir_um/conformance/wire.py": {"requests"},
}
"""The way out, the server's own listening, and tools that an operator runs against an address of their choice."""


def named(text: str) -> Iterator[str]:
    """Everything that a program imports, in full, and what it imports by."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "importlib":
            yield f"importlib.{node.attr}"
        elif isinstance(node, ast.Name) and node.id == "__import__":
            yield node.id


def ways_out(text: str) -> set[str]:
    """Which of `CONNECTING` a program uses."""
    return {way for name in named(text) for way in CONNECTING if name == way or name.startswith(f"{way}.")}


def test_nothing_connects_but_through_the_listed_doors() -> None:
    found = {str(file.relative_to(ROOT)): ways_out(file.read_text("utf-8")) for file in PROGRAM}

    assert {name: ways for name, ways in found.items() if ways} == DOORS


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("import socket", "socket"),
        ("import http.client as web", "http.client"),
        ("from http import client", "http.client"),
        ("from urllib.request import urlopen", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("def late():\n    from requests.sessions import Session", "requests"),
        ("import importlib\nimportlib.import_module('x')", "importlib.import_module"),
        ("__import__('x')", "__import__"),
    ],
)
def test_a_way_out_is_seen_however_it_is_written(text: str, way: str) -> None:
    assert ways_out(text) == {way}


@pytest.mark.parametrize("text", ["from http import HTTPStatus", "from urllib.parse import urlsplit", "import fhir_um"])
def test_what_cannot_connect_is_let_be(text: str) -> None:
    assert ways_out(text) == set()
