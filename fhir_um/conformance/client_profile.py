"""Reads a client profile, `client.yaml`: a tester's own values. Must not send anything, or read a secret.

What nobody knows in it is refused, with its place and what is known there; what it does not say is as the default says.
"""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
import yaml

from fhir_um.conformance.tester import BASES, Client, FhirAuth, FhirCredentials, HookAuth, HookCredentials, Tester

SANDBOX = "http://127.0.0.1:8080"
"""The server of `make run`."""
_MOST_VALUES = 100_000


class ProfileFault(Exception):
    """A profile cannot be used; the text says where and why."""


def read_profile(path: Path, server: str = "") -> Tester:
    """The tester of that file; `server` goes over what it says. Raises: ProfileFault."""
    try:
        content = _without_loops(yaml.safe_load(path.read_bytes()) or {})
    except OSError as fault:
        raise ProfileFault(f"{path}: {fault.strerror}.") from fault
    except (yaml.YAMLError, ValueError, RecursionError) as fault:
        raise ProfileFault(f"{path}: this is no YAML that can be read: {' '.join(str(fault).split())}") from fault
    if not isinstance(content, dict):
        raise ProfileFault(
            f"{path}: a profile is a list of names with values; `fhir-um conformance profile` shows one."
        )
    return make_tester(content | ({"server": server} if server else {}), str(path), path.parent)


def make_tester(content: Mapping[str, Any], name: str = "profile", folder: Path = Path()) -> Tester:
    """The tester a profile describes; file names in it are below `folder`. Raises: ProfileFault."""
    written = {"server": SANDBOX} | _as_texts(dict(content))
    _refuse_unknown(written, Tester, name, "")
    try:
        tester = msgspec.convert(written, Tester, strict=True, dec_hook=_as_path)
    except msgspec.ValidationError as fault:
        raise ProfileFault(f"{name}: {_in_words(fault)}") from fault
    _refuse_suites(tester, name)
    for where, client in {"authentication": tester.authentication, **_named(tester)}.items():
        _refuse_incomplete(client, f"{name}: {where}")
    for place, value, least, most in _ranges(tester):
        if not least <= value <= most:
            raise ProfileFault(f"{name}: {place}: {value:g} is not between {least:g} and {most:g}.")
    if not tester.server.startswith(("http://", "https://")):
        raise ProfileFault(f"{name}: server: {tester.server} is no address; one begins with http:// or https://.")
    return replace(
        tester,
        server=tester.server.rstrip("/"),
        bases={**BASES, **tester.bases},
        authentication=_client_below(tester.authentication, folder),
        clients={key: _client_below(client, folder) for key, client in tester.clients.items()},
        ca_file=_below(tester.ca_file, folder),
    )


def _without_loops(content: Any) -> Any:
    """The same content. Raises: ValueError when it is larger than any profile, as what names itself is without end."""
    left, seen = [content], 0
    while left:
        one = left.pop()
        seen += 1
        if seen > _MOST_VALUES:
            raise ValueError(f"it has more than {_MOST_VALUES} values")
        left += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
    return content


def _as_texts(content: Any) -> Any:
    """YAML reads a day without quotes as a date, and a number as a key as a number: here both are texts."""
    if isinstance(content, dict):
        return {str(key): _as_texts(value) for key, value in content.items()}
    return content.isoformat() if isinstance(content, date) else content


def _named(tester: Tester) -> dict[str, Client]:
    return {f"clients.{key}": client for key, client in tester.clients.items()}


# --- what nobody knows ------------------------------------------------------------------------------------------------


def _refuse_unknown(content: Any, shape: Any, name: str, place: str) -> None:
    """Raises: ProfileFault naming the first key that a shape does not have."""
    if not isinstance(content, dict):
        return
    if is_dataclass(shape):
        known = get_type_hints(shape)
        for key, value in content.items():
            if key not in known:
                raise ProfileFault(f"{name}: {place}{key} is not known here; known are {', '.join(sorted(known))}.")
            _refuse_unknown(value, known[key], name, f"{place}{key}.")
    elif get_origin(shape) is not UnionType and get_args(shape):
        for key, value in content.items():
            _refuse_unknown(value, get_args(shape)[-1], name, f"{place}{key}.")


def _refuse_suites(tester: Tester, name: str) -> None:
    if unknown := sorted(set(tester.bases) - set(BASES)):
        raise ProfileFault(f"{name}: bases.{unknown[0]} is not known here; known are {', '.join(BASES)}.")


def _ranges(tester: Tester) -> tuple[tuple[str, float, float, float], ...]:
    """Where a number stands, the number, and the least and the most that makes sense."""
    return (
        ("listen.port", tester.listen.port, 0, 65_535),
        ("patience_seconds", tester.patience_seconds, 0, 86_400),
        ("timeout_seconds", tester.timeout_seconds, 0.001, 86_400),
    )


def _as_path(shape: type, value: Any) -> Any:
    if shape is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"Expected `{shape.__name__}`")


def _in_words(fault: msgspec.ValidationError) -> str:
    """`Expected `int`, got `str` - at `$.listen.port`` -> `listen.port: expected int, got str.`"""
    told, _, place = str(fault).partition(" - at `$")
    where = place.rstrip("`").removeprefix(".").removeprefix("[...]")
    words = told.replace("`", "")
    hint = _QUOTE if words.endswith("got bool") else ""
    return f"{where}: {words[:1].lower()}{words[1:]}.{hint}" if where else f"{words}.{hint}"


_QUOTE = " A word such as No, On or Yes is true or false in YAML, also as a name; write it in quotes."


# --- what is missing --------------------------------------------------------------------------------------------------

_NEEDED: tuple[tuple[str, FhirAuth | HookAuth, tuple[tuple[str, ...], ...]], ...] = (
    ("fhir", FhirAuth.BEARER, (("token_env", "token_file"),)),
    ("fhir", FhirAuth.BACKEND_SERVICES, (("client_id",), ("key_file",))),
    ("hooks", HookAuth.JWT, (("issuer",), ("key_file",))),
)
"""Whose, of what kind, and what that takes: of each group, one."""


def _refuse_incomplete(client: Client, where: str) -> None:
    for part, kind, groups in _NEEDED:
        credentials = getattr(client, part)
        if credentials.kind is not kind:
            continue
        for names in groups:
            if not any(getattr(credentials, key) for key in names):
                raise ProfileFault(f"{where}.{part}: {kind.value} takes {' or '.join(names)}.")


def _client_below(client: Client, folder: Path) -> Client:
    return Client(_credentials_below(client.fhir, folder), _hooks_below(client.hooks, folder))


def _credentials_below(credentials: FhirCredentials, folder: Path) -> FhirCredentials:
    return replace(
        credentials,
        token_file=_below(credentials.token_file, folder),
        key_file=_below(credentials.key_file, folder),
    )


def _hooks_below(hooks: HookCredentials, folder: Path) -> HookCredentials:
    return replace(hooks, key_file=_below(hooks.key_file, folder))


def _below(path: Path | None, folder: Path) -> Path | None:
    """A file name is below the profile's folder; an absolute one stays."""
    return folder / path if path else None
