"""Invented packages, small enough to read: a few types of a FHIR of their own, and whatever a test adds."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

Raw = dict[str, Any]
CORE = "http://hl7.org/fhir/StructureDefinition/"


def element(path: str, code: str = "", least: int = 0, most: str = "1", **more: Any) -> Raw:
    """One element of a snapshot; its id is the path unless another is given."""
    types = {"type": [{"code": code}]} if code else {}
    return {"id": path, "path": path.split(":")[0], "min": least, "max": most, **types, **more}


def structure(name: str, parent: str, elements: list[Raw], **more: Any) -> Raw:
    """A StructureDefinition with a snapshot; a type of its own unless told otherwise."""
    return {
        "resourceType": "StructureDefinition",
        "url": f"{CORE}{name}",
        "type": name,
        "kind": "resource",
        "derivation": "specialization",
        "snapshot": {"element": elements},
        **({"baseDefinition": f"{CORE}{parent}"} if parent else {}),
        **more,
    }


def tiny_core() -> list[Raw]:
    """Three types: a Thing, the Base it is a kind of, and the Period it has."""
    rule = {"key": "ele-1", "severity": "error", "expression": "hasValue()"}
    base = structure("Base", "", [element("Base"), element("Base.id", "http://hl7.org/fhirpath/System.String")])
    period = structure(
        "Period", "", [element("Period", constraint=[rule]), element("Period.end", "date")], kind="complex-type"
    )
    thing = structure(
        "Thing",
        "Base",
        [
            element("Thing"),
            element("Thing.id", "http://hl7.org/fhirpath/System.String"),
            element("Thing.when", "Period", constraint=[rule]),
            element("Thing.state", "code", 1, binding={"strength": "required", "valueSet": "http://a.example/states"}),
        ],
    )
    return [base, period, thing]


def write_package(folder: Path, name: str, version: str, resources: list[Raw], **about: Any) -> Path:
    """Writes a package and gives its path."""
    path = folder / f"{name.replace('/', '-')}-{version}.tgz"
    files: Raw = {"package.json": {"name": name, "version": version, **about}}
    files |= {f"{number}.json": resource for number, resource in enumerate(resources)}
    with tarfile.open(path, "w:gz") as archive:
        for file, value in files.items():
            raw = json.dumps(value).encode()
            member = tarfile.TarInfo(f"package/{file}")
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return path
