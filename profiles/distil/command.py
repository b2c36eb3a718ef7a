"""`python -m profiles compile PACKAGE.tgz... --to FOLDER`: bring your own guide.

Knows the command line, not how facts are made or written.
"""

import argparse
import sys
from importlib.resources import files
from pathlib import Path

from profiles.distil.compiling import compile_packages
from profiles.distil.packages import PackageFault
from profiles.distil.writing import Sheet, read

_DESCRIPTION = """Reads FHIR packages of guides (.tgz, R4) and writes what their profiles, extensions and value
sets say as facts, one file per package. They may build on one another and on the guides that come with this program;
what else a guide builds on has to be given too. Value sets that take a whole code system of FHIR R4 are known
completely only when the package hl7.fhir.r4.core is given as well."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command's options; what was asked for is handed to `run`."""
    parser = commands.add_parser(
        "compile", help="make a guide of your own ready for checking", description=_DESCRIPTION
    )
    parser.add_argument("packages", nargs="+", type=Path, metavar="PACKAGE.tgz", help="a FHIR package")
    parser.add_argument("--to", required=True, type=Path, metavar="FOLDER", help="where the files of facts are written")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """0 when all is written, 2 when a package cannot be read or the folder not be written."""
    folder: Path = options.to
    try:
        compiled = compile_packages(options.packages, shipped_sheets())
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in sorted(compiled.files.items()):
            (folder / name).write_text(text, encoding="utf-8", newline="\n")
            sys.stdout.write(f"{folder / name}: {len(text):,} characters\n")
    except PackageFault as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    except OSError as fault:
        sys.stderr.write(f"{fault.filename}: cannot be written: {fault.strerror}\n")
        return 2
    for note in compiled.notes:
        sys.stderr.write(f"note: {note}\n")
    sys.stdout.write(f"To check with them: python -m profiles check --definitions {folder} FILE\n")
    return 0


def shipped_sheets() -> list[Sheet]:
    """The facts that come with this program, in the order of their names."""
    folder = files("profiles").joinpath("facts")
    shipped = sorted((file for file in folder.iterdir() if file.name.endswith(".facts")), key=lambda file: file.name)
    return [read(file.read_text(encoding="utf-8").split("\n")) for file in shipped]
