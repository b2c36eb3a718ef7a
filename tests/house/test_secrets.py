"""No private key, token or password lies in the repository. What looks like one and is none stands here by name."""

import re
from base64 import b64encode
from pathlib import Path

import pytest

from fhir_um.settings import SANDBOX_KEY

ROOT = Path(__file__).resolve().parents[2]
KEPT = ("fhir_um", "profiles", "cds_hooks", "tools", "bench", "docs", "fixtures", "tests", ".ci")
_LARGEST = 5_000_000
TEXTS = sorted(
    file
    for part in KEPT
    for file in (ROOT / part).rglob("*")
    if file.is_file() and "__pycache__" not in file.parts and file.stat().st_size < _LARGEST
) + [ROOT / name for name in ("README.md", "CHANGELOG.md", "Makefile", "pyproject.toml", "requirements.lock")]

SECRETS = {
    "private key (PEM)": re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=]{40}"),
    "private key (JWK)": re.compile(r'"d"\s*:\s*"[A-Za-z0-9_-]{32,}"'),
    "signed token": re.compile(r"\beyJ[A-Za-z0-9_-]{16,}\.eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    "key of a vault": re.compile(r"(?<![A-Za-z0-9_/+-])[A-Za-z0-9_-]{43}=(?![A-Za-z0-9=])"),
    "token of a service": re.compile(r"\b(?:ghp|gho|ghs|github_pat|glpat|xox[abp]|AKIA|npm)_?[A-Za-z0-9_-]{16,}\b"),
    "password in a URL": re.compile(r"://[^\s/:@\"'<>{}]+:(?!secret@|\*\*\*@)[^\s/:@\"'<>{}$]{6,}@"),
}
KNOWN = {
    SANDBOX_KEY: "the published key of the sandbox: it says itself that it is none",
    b64encode(b"01234567890123456789012345678901").decode(): "digits in a row, a key of tests",
}


def found_in(text: str) -> list[str]:
    """What looks like a secret, in the words of the table."""
    return [
        what
        for what, pattern in SECRETS.items()
        for match in pattern.finditer(text)
        if not any(known in match.group() for known in KNOWN)
    ]


@pytest.mark.parametrize("part", KEPT)
def test_no_secret_lies_in_the_repository(part: str) -> None:
    told = {
        str(file.relative_to(ROOT)): found
        for file in TEXTS
        if file.is_relative_to(ROOT / part) and (found := found_in(file.read_text("utf-8", errors="replace")))
    }

    assert told == {}


def test_no_secret_lies_at_the_top_of_the_repository() -> None:
    assert not any(found_in(file.read_text("utf-8")) for file in TEXTS if file.parent == ROOT)


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN " + "PRIVATE KEY-----\n" + "M" * 64,
        "-----BEGIN EC " + "PRIVATE KEY-----\n" + "M" * 64,
        '{"kty": "EC", "d": "' + "x" * 43 + '"}',
        "Bearer eyJ" + "h" * 20 + ".eyJ" + "p" * 20 + "." + "s" * 40,
        "FHIR_UM_SECRET_KEYS=" + "k" * 43 + "=",
        "ghp_" + "A1" * 18,
        "postgresql://user:" + "hunter22@db",
    ],
)
def test_a_planted_secret_is_found(planted: str) -> None:
    assert found_in(planted)
