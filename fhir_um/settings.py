"""Everything an operator can set, read from the environment once at start. Must not know what the settings are for.

One field is one variable: `database_url` is `FHIR_UM_DATABASE_URL`. `docs/running.md` is made from this table.
"""

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Self

from fhir_um import setting_forms as forms
from fhir_um.setting_forms import StrictnessOf
from profiles.strictness import Strictness

PREFIX = "FHIR_UM_"
OF_TESTS = frozenset({"FHIR_UM_IG_PACKAGES"})
"""Variables that only the tests read; a server started from the same shell ignores them."""


SANDBOX_KEY = "c2FuZGJveC1vbmx5LW5vdC1hLXNlY3JldC1hdC1hbGw="
"""Seals secrets of the sandbox: 32 bytes that say that they are none."""


class Mode(StrEnum):
    """How the server meets strangers. Only the sandbox may run without client authentication."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"


class LogLevel(StrEnum):
    """The least serious kind of line that is written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class OwnAnswers(StrEnum):
    """Whether the server holds its own answers against the profiles they claim."""

    OFF = "off"
    REPORT = "report"


class MemberNotices(StrEnum):
    """How letters reach members: a mail house takes them and says when they went out, or a portal shows them."""

    MAIL = "mail"
    PORTAL = "portal"


class HookVersion(StrEnum):
    """The versions of CRD that hooks are answered in."""

    CRD_2_0 = "2.0"
    CRD_2_2 = "2.2"


class SettingsFault(Exception):
    """A setting that is unknown or cannot be used; the text is for the operator."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _row(read: Callable[[str], Any], meaning: str, shown: str = "") -> dict[str, Any]:
    return {"read": read, "meaning": meaning, "shown": shown}


@dataclass(frozen=True, slots=True)
class Settings:
    """The operator's choices; every field has a default that is safe. What is not in `repr` is secret."""

    database_url: str = field(
        default="sqlite:///var/fhir-um.sqlite",
        metadata=_row(str, "The case store: a SQLite file, or a PostgreSQL database by its URL."),
        repr=False,
    )
    mode: Mode = field(
        default=Mode.PRODUCTION,
        metadata=_row(
            Mode, "`sandbox` is open, loopback only, synthetic data only. Anything else refuses to start open."
        ),
    )
    host: str = field(
        default="127.0.0.1", metadata=_row(str, "Address to listen on; the sandbox takes a loopback address only.")
    )
    port: int = field(default=8080, metadata=_row(forms.port, "TCP port to listen on."))
    public_url: str = field(
        default="",
        metadata=_row(
            forms.url, "Base of every address the server hands out, as callers see it.", "from host and port"
        ),
    )
    workers: int = field(
        default_factory=cores,
        metadata=_row(forms.whole, "Server processes; each answers one request at a time.", "one per core"),
    )
    worker_timeout_seconds: int = field(
        default=30, metadata=_row(forms.whole, "A worker busy for longer with one request is replaced.")
    )
    body_timeout_seconds: int = field(
        default=10, metadata=_row(forms.whole, "Longest pause while a request body arrives.")
    )
    max_body_bytes: int = field(
        default=20_000_000,
        metadata=_row(forms.whole, "Largest request body, counted while reading and again while inflating."),
    )
    max_json_depth: int = field(default=64, metadata=_row(forms.whole, "Deepest nesting of a request body."))
    max_entries: int = field(default=1000, metadata=_row(forms.whole, "Most entries of a request Bundle."))
    validation: Strictness = field(
        default=Strictness.STRICT,
        metadata=_row(
            Strictness,
            "What profile faults of a request do: `strict` refuses it for any error, `lenient` only for what cannot be "
            "processed and tells the rest as warnings, `off` looks at no profile.",
        ),
    )
    validation_by_version: StrictnessOf = field(
        default=(),
        metadata=_row(
            forms.strictness_by_name,
            "Another strictness for the base of one PAS version: `2.0.1=lenient`.",
            "the same for all",
        ),
    )
    validation_by_client: StrictnessOf = field(
        default=(),
        metadata=_row(
            forms.strictness_by_name,
            "Another strictness for one caller, whatever the base: `client-a=lenient,client-b=off`.",
            "the same for all",
        ),
    )
    definitions: Path | None = field(
        default=None,
        metadata=_row(Path, "Folder of more compiled definitions (`*.facts`), beside those that come along.", "none"),
    )
    code_tables: Path | None = field(
        default=None,
        metadata=_row(Path, "Folder of code tables (`*.csv`) for value sets no package lists, such as X12's.", "none"),
    )
    clock_rules: Path | None = field(
        default=None,
        metadata=_row(
            Path,
            "Table of the payer's own clock rules, in place of the one that comes along (`fhir-um clocks rules` shows "
            "the one in force). A table with overlaps or gaps stops the start.",
            "the one that comes along",
        ),
    )
    check_responses: OwnAnswers = field(
        default=OwnAnswers.OFF,
        metadata=_row(OwnAnswers, "`report` holds every FHIR answer against its profiles too, and logs what is wrong."),
    )
    hook_clients: Path | None = field(
        default=None,
        metadata=_row(Path, "File of the EHRs that may call hooks: names, issuers, keys (`docs/hooks.md`).", "none"),
    )
    hook_default_version: HookVersion = field(
        default=HookVersion.CRD_2_0,
        metadata=_row(HookVersion, "CRD version of a hook call that asks for none: `2.0` or `2.2`."),
    )
    hook_ehr_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_row(
            forms.hosts, "Hosts of EHRs that may be asked for records, with commas between; no others are.", "none"
        ),
    )
    hook_retention_days: int = field(
        default=2557,
        metadata=_row(forms.whole, "How long hook calls, what was told and feedback are kept (seven years)."),
    )
    secret_keys: tuple[str, ...] = field(
        default=(),
        metadata=_row(
            forms.keys,
            "Keys for secrets and documents at rest, with commas between; the first one seals, all of them open. Make "
            "one with `fhir-um secret-key`.",
            "none; a public one in the sandbox",
        ),
        repr=False,
    )
    token_seconds: int = field(
        default=300, metadata=_row(forms.whole, "How long an access token is good. SMART recommends five minutes.")
    )
    proxies: tuple[str, ...] = field(
        default=(),
        metadata=_row(
            forms.addresses,
            "Addresses or networks of the proxies in front, with commas between. Only they are believed in what they "
            "say about a caller: `X-Forwarded-For` and `FHIR_UM_CERTIFICATE_HEADER`.",
            "none",
        ),
    )
    certificate_header: str = field(
        default="",
        metadata=_row(
            forms.header,
            "Header in which a proxy that ends mutual TLS hands on the client certificate it verified, as PEM (also "
            "percent-encoded), or as base64 of DER. Tokens are then bound to it.",
            "none",
        ),
    )
    udap_trust: Path | None = field(
        default=None,
        metadata=_row(
            Path, "PEM file with the certificate authorities of the UDAP community; none switches UDAP off.", "none"
        ),
    )
    udap_certificate: Path | None = field(
        default=None,
        metadata=_row(Path, "PEM file with our own UDAP certificate and those between it and the authority.", "none"),
    )
    udap_key: Path | None = field(
        default=None, metadata=_row(Path, "PEM file with the private key of our own UDAP certificate.", "none")
    )
    udap_community: str = field(
        default="",
        metadata=_row(
            str,
            "URI that clients name the UDAP community by (`?community=`); one that names another is told that there is "
            "nothing for it here.",
            "whichever they name",
        ),
    )
    oidc_issuer: str = field(
        default="",
        metadata=_row(forms.url, "OpenID provider that people sign in with; none means nobody can.", "none"),
    )
    oidc_client_id: str = field(default="", metadata=_row(str, "Our client id at the OpenID provider.", "none"))
    oidc_client_secret: str = field(
        default="", metadata=_row(str, "Our secret at the OpenID provider.", "none"), repr=False
    )
    oidc_roles_claim: str = field(
        default="roles", metadata=_row(str, "Claim of the ID token that lists the roles of a person.")
    )
    oidc_payers_claim: str = field(
        default="payers", metadata=_row(str, "Claim of the ID token that lists the payers a person works for.")
    )
    oidc_mfa: tuple[str, ...] = field(
        default=("mfa", "otp", "hwk"),
        metadata=_row(
            forms.words,
            "Values of the claims `amr` or `acr`, one of which a person with a role that sees health data must bring.",
            "mfa,otp,hwk",
        ),
    )
    session_idle_seconds: int = field(
        default=900, metadata=_row(forms.whole, "A session ends when nothing was asked for so long.")
    )
    session_seconds: int = field(
        default=43_200, metadata=_row(forms.whole, "A session ends after so long, whatever was asked.")
    )
    requests_per_minute: int = field(
        default=6_000,
        metadata=_row(
            forms.count,
            "Requests a client may send in a minute, over all processes, a twelfth of them at once; 0 counts none.",
        ),
    )
    longest_wait_ms: int = field(
        default=500,
        metadata=_row(
            forms.count, "A request that waited longer for a free process is answered 503 at once; 0 lets it wait."
        ),
    )
    delivery_hosts: tuple[str, ...] = field(
        default=(),
        metadata=_row(
            forms.hosts,
            "Hosts that subscribers may be notified at, with commas between; `*` allows any public one.",
            "none",
        ),
    )
    delivery_workers: int = field(
        default=1,
        metadata=_row(
            forms.count, "Notifying processes that `serve` runs beside itself; 0 when they run by themselves."
        ),
    )
    member_notices: MemberNotices = field(
        default=MemberNotices.MAIL,
        metadata=_row(
            MemberNotices,
            "How letters reach members: `mail` leaves them ready for a mail house, which says when they went out; with "
            "`portal` a letter counts as given when it is made.",
        ),
    )
    log_level: LogLevel = field(
        default=LogLevel.INFO, metadata=_row(LogLevel, "`debug`, `info`, `warning` or `error`.")
    )

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Self:
        """The settings of that environment.

        Raises: SettingsFault on an unknown FHIR_UM_ variable or a value that cannot be used.
        """
        rows = {variable_of(row.name): row for row in fields(cls)}
        given = {
            name: text for name, text in environ.items() if name.startswith(PREFIX) and text and name not in OF_TESTS
        }
        for name in given:
            if name not in rows:
                raise SettingsFault(_unknown(name, list(rows)))
        return cls(**{rows[name].name: _read(name, text, rows[name]) for name, text in given.items()})

    @property
    def vault_keys(self) -> tuple[str, ...]:
        """The keys for secrets at rest; the sandbox, which holds no real ones, has one that everybody knows."""
        return self.secret_keys or ((SANDBOX_KEY,) if self.mode is Mode.SANDBOX else ())

    @property
    def base_url(self) -> str:
        """Where callers reach the server, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can connect."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """True for `localhost` and for the loopback networks of IPv4 and IPv6.

    >>> is_loopback("127.0.0.53"), is_loopback("::1"), is_loopback("127.0.0.1.example.org")
    (True, True, False)
    """
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def variable_of(name: str) -> str:
    """The environment variable of a field.

    >>> variable_of("max_body_bytes")
    'FHIR_UM_MAX_BODY_BYTES'
    """
    return PREFIX + name.upper()


def settings_table() -> str:
    """Every setting as a Markdown table, for `docs/running.md`."""
    head = "| Variable | Default | Meaning |\n|---|---|---|\n"
    rows = (
        f"| `{variable_of(f.name)}` | {f.metadata['shown'] or f.default} | {f.metadata['meaning']} |"
        for f in fields(Settings)
    )
    return head + "\n".join(rows) + "\n"


def _read(name: str, text: str, row: Field[Any]) -> Any:
    read = row.metadata["read"]
    try:
        return read(text)
    except ValueError as fault:
        told = f"{name} cannot be {text!r}" if row.repr else f"{name} cannot be used"
        raise SettingsFault(f"{told}: {_why(read, fault)}") from fault


def _why(read: Callable[[str], Any], fault: ValueError) -> str:
    if isinstance(read, type) and issubclass(read, StrEnum):
        return "one of " + ", ".join(read)
    return str(fault)


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0)
    return f"{name} is not a setting; did you mean {near[0]}?"
