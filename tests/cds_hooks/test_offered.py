"""Discovery tells clients what there is, what they may switch, and which queries to run."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cds_hooks.desk import Topic
from cds_hooks.offered import SERVICES, VERSIONS, discovery, service

HOOKS = {"order-sign", "order-dispatch", "appointment-book", "order-select", "encounter-start", "encounter-discharge"}
PRIMARY = {"order-sign", "order-dispatch", "appointment-book"}
BASES = [VERSIONS, ("2.0",)]


def _services(versions: tuple[str, ...] = VERSIONS) -> list[dict[str, Any]]:
    return list(discovery(versions, "Sign in with a JWT.")["services"])


def _options(row: dict[str, Any]) -> list[dict[str, Any]]:
    return list(row["extension"]["davinci-crd.configuration-options"])


def _empties(value: Any) -> Iterator[Any]:
    if value in (None, "", [], {}):
        yield value
    for child in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _empties(child)


@pytest.mark.spec("crd:hook-4")
@pytest.mark.spec("crd:ops-1")
@pytest.mark.parametrize("versions", BASES)
def test_every_hook_has_one_service_with_its_own_id(versions: tuple[str, ...]) -> None:
    rows = _services(versions)

    assert sorted(row["hook"] for row in rows) == sorted(HOOKS)
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.spec("crd:resp-26")
def test_primary_hooks_are_those_of_the_guide() -> None:
    assert {row.hook for row in SERVICES if row.primary} == PRIMARY


def test_services_say_who_they_are() -> None:
    assert all(isinstance(row[key], str) for row in _services() for key in ("id", "hook", "title", "description"))


@pytest.mark.spec("crd:dev-1")
@pytest.mark.spec("crd:dev-2")
@pytest.mark.parametrize("versions", BASES)
def test_every_service_declares_its_versions(versions: tuple[str, ...]) -> None:
    declared = [row["extension"]["davinci-crd.version"] for row in _services(versions)]

    assert declared == [list(versions)] * len(HOOKS)
    assert all(re.fullmatch(r"[1-9]\d*\.\d+", version) for version in versions)


@pytest.mark.spec("crd:dev-4")
@pytest.mark.parametrize("versions", BASES)
def test_option_says_what_it_is_and_defaults_to_its_type(versions: tuple[str, ...]) -> None:
    for option in (option for row in _services(versions) for option in _options(row)):
        assert set(option) == {"code", "type", "name", "description", "default"}
        assert type(option["default"]) is {"boolean": bool, "integer": int}[option["type"]]


@pytest.mark.spec("crd:dev-5")
@pytest.mark.spec("crd:dev-7")
@pytest.mark.spec("crd:dev-10")
def test_options_are_coded_as_the_guide_does() -> None:
    codes = {option["code"]: option["type"] for row in _services() for option in _options(row)}

    assert codes == {topic.value: "boolean" for topic in Topic} | {"max-cards": "integer"}
    assert all(re.fullmatch(r"[a-z][a-z\-]*", code) for code in codes)


@pytest.mark.spec("crd:dev-5")
@pytest.mark.spec("crd:resp-28")
def test_every_service_lets_coverage_information_be_switched_off() -> None:
    assert all("coverage-info" in {o["code"] for o in _options(row)} for row in _services())


@pytest.mark.spec("crd:dev-8")
@pytest.mark.spec("crd:dev-9")
def test_options_are_unique_in_a_service_and_alike_in_all() -> None:
    seen: dict[str, Any] = {}
    for row in _services():
        for key in ("code", "name", "description"):
            values = [option[key] for option in _options(row)]
            assert len(set(values)) == len(values)
        for option in _options(row):
            assert seen.setdefault(option["code"], option) == option


def test_2_0_does_not_offer_what_it_has_no_code_for() -> None:
    codes = {option["code"] for row in _services(("2.0",)) for option in _options(row)}

    assert "unsolicited-determ" not in codes


@pytest.mark.parametrize("versions", BASES)
def test_nothing_in_discovery_is_empty(versions: tuple[str, ...]) -> None:
    assert list(_empties(discovery(versions, "Sign in with a JWT."))) == []
    assert list(_empties(discovery(versions, ""))) == []


def test_usage_is_told_when_there_is_something_to_tell() -> None:
    assert {row["usageRequirements"] for row in _services()} == {"Sign in with a JWT."}
    assert all("usageRequirements" not in row for row in discovery(VERSIONS, "")["services"])


def test_service_is_found_by_its_id() -> None:
    assert [service(row.id) for row in SERVICES] == list(SERVICES)
    assert service("patient-view") is None


def test_discovery_can_be_written() -> None:
    assert json.loads(json.dumps(discovery(VERSIONS, ""))) == discovery(VERSIONS, "")
