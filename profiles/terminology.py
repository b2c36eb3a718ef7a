"""The few closed code lists this product decides by. Knows codes, never what a payer makes of them.

One CSV per code system in `codes/`: `# key: value` head lines (`system`, `source`, `licence`), then the column `code`.
Codes of CPT, X12 and NUBC come without descriptions, which are licensed.
"""

import csv
from functools import cache
from importlib.resources import files

_HEAD = ("system", "source", "licence")


class CodeTableFault(Exception):
    """A code table of ours that cannot be used; the message names the file."""


@cache
def code_tables() -> dict[str, frozenset[str]]:
    """Every code list, by system; read once.

    >>> "A2" in code_tables()["https://codesystem.x12.org/005010/306"]
    False

    Raises: CodeTableFault when a file is not as it must be, or two files hold one system.
    """
    tables: dict[str, frozenset[str]] = {}
    for file in sorted(files("profiles").joinpath("codes").iterdir(), key=lambda file: file.name):
        if file.name.endswith(".csv"):
            system, codes = read_table(file.name, file.read_text(encoding="utf-8"))
            if system in tables:
                raise CodeTableFault(f"{file.name}: {system} has a table already.")
            tables[system] = codes
    return tables


def read_table(name: str, text: str) -> tuple[str, frozenset[str]]:
    """The system and codes of one table.

    Raises: CodeTableFault for a missing head line, no codes, an empty code or one written twice.
    """
    lines = text.splitlines()
    head = dict(line.removeprefix("# ").split(": ", 1) for line in lines if line.startswith("# ") and ": " in line)
    missing = [key for key in _HEAD if key not in head]
    if missing:
        raise CodeTableFault(f"{name}: the head does not say {', '.join(missing)}.")
    codes = [row["code"] for row in csv.DictReader(line for line in lines if not line.startswith("#"))]
    if not codes or not all(codes):
        raise CodeTableFault(f"{name}: no codes, or an empty one.")
    if len(set(codes)) != len(codes):
        raise CodeTableFault(f"{name}: a code is written twice.")
    return head["system"], frozenset(codes)
