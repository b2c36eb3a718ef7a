"""Settings: safe defaults, everything named FHIR_UM_ must be known and usable."""

from pathlib import Path

import pytest

from fhir_um.settings import LogLevel, Mode, OwnAnswers, Settings, SettingsFault, is_loopback
from profiles.strictness import Strictness


def test_defaults_are_safe() -> None:
    settings = Settings.from_env({"PATH": "/bin"})

    assert settings.mode is Mode.PRODUCTION
    assert settings.is_loopback
    assert settings.workers >= 1
    assert settings.base_url == "http://127.0.0.1:8080"


def test_values_are_read() -> None:
    given = {
        "FHIR_UM_MODE": "sandbox",
        "FHIR_UM_PORT": "9000",
        "FHIR_UM_HOST": "::1",
        "FHIR_UM_LOG_LEVEL": "debug",
        "FHIR_UM_MAX_BODY_BYTES": "1000",
    }

    settings = Settings.from_env(given)

    assert (settings.mode, settings.port, settings.log_level) == (Mode.SANDBOX, 9000, LogLevel.DEBUG)
    assert settings.max_body_bytes == 1000
    assert settings.base_url == "http://[::1]:9000"


def test_validation_is_read() -> None:
    given = {
        "FHIR_UM_VALIDATION": "lenient",
        "FHIR_UM_VALIDATION_BY_VERSION": "2.0.1=off",
        "FHIR_UM_VALIDATION_BY_CLIENT": "ehr-1=strict, ehr-2 = off",
        "FHIR_UM_DEFINITIONS": "definitions",
        "FHIR_UM_CODE_TABLES": "tables",
        "FHIR_UM_CHECK_RESPONSES": "report",
    }

    settings = Settings.from_env(given)

    assert settings.validation is Strictness.LENIENT
    assert settings.validation_by_version == (("2.0.1", Strictness.OFF),)
    assert settings.validation_by_client == (("ehr-1", Strictness.STRICT), ("ehr-2", Strictness.OFF))
    assert (settings.definitions, settings.code_tables) == (Path("definitions"), Path("tables"))
    assert settings.check_responses is OwnAnswers.REPORT


def test_without_a_word_requests_are_checked_strictly() -> None:
    settings = Settings.from_env({})

    assert (settings.validation, settings.check_responses) == (Strictness.STRICT, OwnAnswers.OFF)
    assert (settings.validation_by_version, settings.definitions) == ((), None)


def test_public_url_wins_over_host_and_port() -> None:
    settings = Settings.from_env({"FHIR_UM_PUBLIC_URL": "https://payer.example.org/pas/"})

    assert settings.base_url == "https://payer.example.org/pas"


def test_unknown_setting_stops_with_the_nearest_name() -> None:
    with pytest.raises(SettingsFault, match="FHIR_UM_DATABASE_ULR is not a setting; did you mean FHIR_UM_DATABASE_URL"):
        Settings.from_env({"FHIR_UM_DATABASE_ULR": "x"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FHIR_UM_PORT", "http"),
        ("FHIR_UM_PORT", "70000"),
        ("FHIR_UM_WORKERS", "0"),
        ("FHIR_UM_MODE", "open"),
        ("FHIR_UM_PUBLIC_URL", "payer.example.org"),
        ("FHIR_UM_MAX_ENTRIES", "-1"),
        ("FHIR_UM_VALIDATION", "loose"),
        ("FHIR_UM_VALIDATION_BY_CLIENT", "ehr-1"),
        ("FHIR_UM_VALIDATION_BY_CLIENT", "ehr-1=loose"),
        ("FHIR_UM_VALIDATION_BY_CLIENT", "ehr-1=off,"),
        ("FHIR_UM_VALIDATION_BY_CLIENT", "ehr-1=off,ehr-1=strict"),
        ("FHIR_UM_VALIDATION_BY_VERSION", "=off"),
        ("FHIR_UM_CHECK_RESPONSES", "on"),
    ],
)
def test_unusable_value_stops_and_names_the_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsFault, match=name):
        Settings.from_env({name: value})


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("FHIR_UM_REQUESTS_PER_MINUTE", "many", "write a whole number"),
        ("FHIR_UM_PROXIES", "proxy.example.org", "such as 10.0.0.5"),
        ("FHIR_UM_SECRET_KEYS", "MDEyMzQ1Njc4OTAx", "`fhir-um secret-key` makes one"),
    ],
)
def test_unusable_value_stops_with_advice(name: str, value: str, advice: str) -> None:
    with pytest.raises(SettingsFault, match=name) as fault:
        Settings.from_env({name: value})

    assert advice in str(fault.value)


def test_a_mistyped_secret_is_not_repeated() -> None:
    with pytest.raises(SettingsFault) as fault:
        Settings.from_env({"FHIR_UM_SECRET_KEYS": "MDEyMzQ1Njc4OTAx"})

    assert "MDEy" not in str(fault.value)


def test_variables_of_the_tests_are_ignored() -> None:
    assert Settings.from_env({"FHIR_UM_IG_PACKAGES": "somewhere"}) == Settings.from_env({})


def test_database_url_is_not_shown() -> None:
    settings = Settings.from_env({"FHIR_UM_DATABASE_URL": "postgresql://u:secret@h/d"})

    assert "secret" not in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "LOCALHOST", "::1"])
def test_loopback_names(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "10.0.0.1", "localhost.example.org", "127.0.0.1.nip.io"])  # noqa: S104 not bound
def test_other_names_are_not_loopback(host: str) -> None:
    assert not is_loopback(host)
