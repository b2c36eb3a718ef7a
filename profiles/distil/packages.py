"""Reads an official package (`.tgz`) and finds its definitions. Knows no facts format."""

import json
import re
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

_DEFINITIONS = frozenset({"StructureDefinition", "ValueSet", "CodeSystem"})
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_URL = re.compile(r"[^\s|]+")
_ALIAS = re.compile(r"\.v\d+$")
_LARGEST_MEMBER_BYTES = 50_000_000

Resource = dict[str, Any]


class PackageFault(Exception):
    """A package that cannot be used; the message names the file and says why."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package: what it is, what it builds on (name -> version), and its definitions by kind and canonical URL."""

    name: str
    version: str
    canonical: str
    sha256: str
    depends: dict[str, str]
    resources: dict[str, dict[str, Resource]] = field(repr=False)

    @property
    def key(self) -> str:
        """`hl7.fhir.us.core#7.0.0`."""
        return f"{self.name}#{self.version}"


def read_package(path: Path) -> Package:
    """The definitions of one package.

    Raises: PackageFault when the file is no FHIR package.
    """
    try:
        packed = path.read_bytes()
        with tarfile.open(path) as archive:
            members = dict(_members(archive))
    except tarfile.TarError as fault:
        raise PackageFault(f"{path}: not a package: it is no .tgz that can be unpacked.") from fault
    except (OSError, ValueError) as fault:
        why = fault.strerror if isinstance(fault, OSError) and fault.strerror else fault
        raise PackageFault(f"{path}: not a readable package: {why}.") from fault
    about = members.pop("package.json", None)
    if not isinstance(about, dict) or not about.get("name") or not about.get("version"):
        raise PackageFault(f"{path.name}: package/package.json with name and version is missing.")
    if not (_NAME.fullmatch(str(about["name"])) and _NAME.fullmatch(str(about["version"]))):
        raise PackageFault(f"{path.name}: name and version of a package are letters, digits, dots and dashes.")
    return Package(
        about["name"],
        about["version"],
        about.get("canonical", ""),
        sha256(packed).hexdigest(),
        dict(about.get("dependencies") or {}),
        _by_kind(members),
    )


def _by_kind(members: dict[str, Any]) -> dict[str, dict[str, Resource]]:
    """The definitions among the files; one whose URL is none is left out, since nothing can refer to it."""
    resources: dict[str, dict[str, Resource]] = {kind: {} for kind in sorted(_DEFINITIONS)}
    for _, resource in sorted(members.items()):
        if isinstance(resource, dict) and resource.get("resourceType") in _DEFINITIONS:
            url = resource.get("url")
            if isinstance(url, str) and _URL.fullmatch(url):
                resources[resource["resourceType"]][url] = resource
    return resources


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, Any]]:
    for member in archive:
        folder, _, name = member.name.rpartition("/")
        if folder == "package" and name.endswith(".json") and member.isfile():
            if member.size > _LARGEST_MEMBER_BYTES:
                raise ValueError(f"{name} is larger than {_LARGEST_MEMBER_BYTES} bytes")
            stream = archive.extractfile(member)
            if stream is not None:
                yield name, json.load(stream, parse_float=Decimal)


class Shelf:
    """Packages that may refer to one another. Canonicals are pinned to the version their package depends on."""

    def __init__(self, packages: Iterable[Package], stand_ins: dict[str, str]) -> None:
        """`stand_ins`: package key asked for -> key of the package that answers for it."""
        self.packages = {package.key: package for package in packages}
        self._stand_ins = stand_ins

    def pinned(self, canonical: str, package: Package) -> str:
        """`url|version` for a canonical as that package means it; without a version when nothing here has it."""
        url, _, version = canonical.partition("|")
        if version:
            return canonical
        for candidate in self.reach(package):
            for kind in candidate.resources.values():
                if url in kind:
                    found = kind[url].get("version", candidate.version)
                    return f"{url}|{found}" if found else url
        return url

    def find(self, kind: str, canonical: str, package: Package) -> tuple[Resource, Package] | None:
        """The resource a canonical means in that package, and the package it is in."""
        url, _, version = canonical.partition("|")
        near = self.reach(package)
        far = [other for other in self.packages.values() if version and other not in near]
        for candidate in [*near, *far]:
            resource = candidate.resources[kind].get(url)
            if resource is not None and version in ("", resource.get("version"), candidate.version):
                return resource, candidate
        return None

    def any_version(self, kind: str, canonical: str) -> tuple[Resource, Package] | None:
        """The resource with that URL in whatever version is at hand, from the latest package."""
        url = canonical.partition("|")[0]
        holders = [package for package in self.packages.values() if url in package.resources[kind]]
        if not holders:
            return None
        latest = max(holders, key=lambda package: package.key)
        return latest.resources[kind][url], latest

    def reach(self, package: Package) -> list[Package]:
        """The package, then what it depends on, nearest first."""
        found = [package]
        for candidate in found:
            for name, version in sorted(candidate.depends.items(), key=_aliases_last):
                wanted = f"{_ALIAS.sub('', name)}#{version}"
                other = self.packages.get(self._stand_ins.get(wanted, wanted))
                if other is not None and other not in found:
                    found.append(other)
        return found


def _aliases_last(dependency: tuple[str, str]) -> bool:
    """A guide that builds on several versions of another gives all but one an alias: the plain name is the default."""
    return _ALIAS.search(dependency[0]) is not None
