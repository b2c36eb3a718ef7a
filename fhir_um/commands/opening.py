"""Opens the store for one command and says in plain words why it cannot be opened. Must not know any command."""

import re

from fhir_um.deps import Deps, make_deps
from fhir_um.errors import NotMigrated, Refusal
from fhir_um.settings import Settings, SettingsFault

_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")


def open_house(settings: Settings, migrated: bool = True) -> Deps:
    """Everything a use case needs, over a database that answers.

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
    return deps


def named(settings: Settings) -> str:
    """The database as it may be shown: its URL without the password.

    >>> named(Settings(database_url="postgresql+psycopg://user:secret@host/name"))
    'postgresql+psycopg://user:***@host/name'
    """
    return _PASSWORD.sub("***", settings.database_url)
