"""Opens the store for one command and says in plain words why it cannot be opened. Must not know any command."""

import re
from dataclasses import replace

from fhir_um.cases.zones import is_zone
from fhir_um.commands.noting import CommandWitness
from fhir_um.deps import Deps, make_deps
from fhir_um.errors import NotMigrated, Refusal
from fhir_um.settings import Settings, SettingsFault

_PASSWORD = re.compile(r"(?<=:)(?!//).+(?=@)|(?<=password=)[^&]+")


def open_house(settings: Settings, migrated: bool = True, noted: str = "", on: str = "") -> Deps:
    """Everything a use case needs, over a database that answers. What is written is noted: as `noted`, done to `on`.

    Raises: SettingsFault when the database cannot be used; NotMigrated when its schema is not the one needed, unless
    `migrated` is False.
    """
    where = named(settings)
    try:
        deps = make_deps(settings)
    except (ValueError, OSError) as fault:
        raise SettingsFault(f"FHIR_UM_DATABASE_URL={where} cannot be used: {fault}") from fault
    try:
        deps.store.ping()
    except NotMigrated:
        if migrated:
            raise
    except Refusal as refusal:
        raise SettingsFault(
            f"The database {where} does not answer. Is it running, does it exist, may this user write to it, "
            "and is FHIR_UM_DATABASE_URL right?"
        ) from refusal
    return replace(deps, witness=CommandWitness(deps.clock, noted, on)) if noted else deps


def demand_known_zones(deps: Deps) -> None:
    """Refuses to serve payers whose days nobody can tell. Raises: SettingsFault with each of them."""
    with deps.open_reading() as reading:
        unknown = [payer.id for payer in reading.directory().payers if not is_zone(payer.time_zone)]
    if unknown:
        raise SettingsFault(
            f"No IANA time zone such as America/New_York is on file for {', '.join(unknown)}. Correct time_zone in "
            "payers.yaml and load it with `fhir-um seed`."
        )


def named(settings: Settings) -> str:
    """The database as it may be shown: its URL without the password.

    >>> named(Settings(database_url="postgresql+psycopg://user:secret@host/name"))
    'postgresql+psycopg://user:***@host/name'
    >>> named(Settings(database_url="postgresql+psycopg://user:se:c/r@t@host/name?password=more&x=y"))
    'postgresql+psycopg://user:***@host/name?password=***&x=y'
    """
    return _PASSWORD.sub("***", settings.database_url)
