"""The floor: the least a server in this stack must do with a request. Same server, same processes, same durability.

It parses the same bytes, inserts one row with them, commits, and answers as many bytes as we do. Nothing is checked,
decided or translated. For hooks it does not even insert.
"""

import os
import sqlite3
from pathlib import Path

import msgspec
from flask import Flask, Response, request

app = Flask(__name__)
_DATABASE = Path(os.environ.get("BENCH_FLOOR_DATABASE", "floor.sqlite"))
_ANSWER = b'{"resourceType":"Bundle","padding":"' + b"x" * int(os.environ.get("BENCH_FLOOR_ANSWER_BYTES", "0")) + b'"}'
_connections: list[sqlite3.Connection] = []


def _connection() -> sqlite3.Connection:
    """One connection per process, opened after the fork, with the durability of the real store."""
    if not _connections:
        connection = sqlite3.connect(_DATABASE, isolation_level=None, timeout=30)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE IF NOT EXISTS arrived (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        _connections.append(connection)
    return _connections[0]


@app.post("/submit")
def submit() -> Response:
    """Parse, insert, answer."""
    body = request.get_data()
    msgspec.json.decode(body)
    connection = _connection()
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO arrived (body) VALUES (?)", (body,))
    connection.execute("COMMIT")
    return Response(_ANSWER, content_type="application/fhir+json")


@app.post("/parsed/<int:answer_bytes>")
def parsed(answer_bytes: int) -> Response:
    """Parse, answer."""
    msgspec.json.decode(request.get_data())
    return Response(b'{"padding":"' + b"x" * (answer_bytes - 14) + b'"}', content_type="application/json")
