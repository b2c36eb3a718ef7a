"""How a setting is written: text -> value. Must not know which setting it is, or read the environment."""

import re
from ipaddress import ip_network
from urllib.parse import urlsplit

from fhir_um.vault import Vault
from profiles.strictness import Strictness

StrictnessOf = tuple[tuple[str, Strictness], ...]
"""Names, each once, and how strict to be with each."""

_NAME_OF_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)


def whole(text: str) -> int:
    """A number from 1. Raises: ValueError."""
    number = _number(text)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def port(text: str) -> int:
    """A TCP port. Raises: ValueError."""
    number = _number(text)
    if not 0 <= number <= 65535:
        raise ValueError("must be a TCP port")
    return number


def url(text: str) -> str:
    """An http or https address, without a trailing slash. Raises: ValueError."""
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("must be an http or https URL without query")
    return text.rstrip("/")


def strictness_by_name(text: str) -> StrictnessOf:
    """Names, each once, and how strict to be with each. Raises: ValueError."""
    found: dict[str, Strictness] = {}
    for row in text.split(","):
        name, _, word = (part.strip() for part in row.partition("="))
        if not name or word not in tuple(Strictness):
            raise ValueError(f"write NAME=WORD, separated by commas, where WORD is one of {', '.join(Strictness)}")
        if name in found:
            raise ValueError(f"{name} is given twice")
        found[name] = Strictness(word)
    return tuple(found.items())


def hosts(text: str) -> tuple[str, ...]:
    """Host names, in lower case. Raises: ValueError."""
    found = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if not found or any("/" in host or "@" in host for host in found):
        raise ValueError("write host names, or host:port, separated by commas")
    return found


def keys(text: str) -> tuple[str, ...]:
    """Keys that seal. Raises: ValueError."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    try:
        Vault(found)
    except ValueError as fault:
        raise ValueError("one of the keys is none, or there is none; `fhir-um secret-key` makes one") from fault
    return found


def words(text: str) -> tuple[str, ...]:
    """Words, separated by commas. Raises: ValueError."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    if not found:
        raise ValueError("write words, separated by commas")
    return found


def addresses(text: str) -> tuple[str, ...]:
    """Addresses or networks. Raises: ValueError."""
    written = words(text)
    for each in written:
        try:
            ip_network(each)
        except ValueError as fault:
            raise ValueError("write addresses or networks, such as 10.0.0.5 or 10.1.0.0/16") from fault
    return written


def header(text: str) -> str:
    """The name of a header. Raises: ValueError."""
    if not _NAME_OF_HEADER.fullmatch(text):
        raise ValueError("must be the name of a header")
    return text


def count(text: str) -> int:
    """A number from 0. Raises: ValueError."""
    number = _number(text)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as fault:
        raise ValueError("write a whole number") from fault
