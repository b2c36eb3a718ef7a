"""Discovery tells clients what there is, what they may switch, and which queries to run."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from cds_hooks.desk import Topic
from cds_hooks.offered import SERVICES, VERSIONS, Service, discovery, service

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


@pytest.mark.spec("crd:hook-4", "crd:ops-1", "hooks:discovery", "crd-check:3", "crd-check:4")
@pytest.mark.parametrize("versions", BASES)
def test_every_hook_has_one_service_with_its_own_id(versions: tuple[str, ...]) -> None:
    rows = _services(versions)

    assert sorted(row["hook"] for row in rows) == sorted(HOOKS)
    assert len({row["id"] for row in rows}) == len(rows)


@pytest.mark.spec("crd:resp-26", "crd-check:3")
def test_primary_hooks_are_those_of_the_guide() -> None:
    assert {row.hook for row in SERVICES if row.primary} == PRIMARY


@pytest.mark.spec("hooks:discovery", "crd-check:2")
def test_services_say_who_they_are() -> None:
    assert all(isinstance(row[key], str) for row in _services() for key in ("id", "hook", "title", "description"))


@pytest.mark.spec("crd:dev-1", "crd:dev-2", "crd-check:6")
@pytest.mark.parametrize("versions", BASES)
def test_every_service_declares_its_versions(versions: tuple[str, ...]) -> None:
    declared = [row["extension"]["davinci-crd.version"] for row in _services(versions)]

    assert declared == [list(versions)] * len(HOOKS)
    assert all(re.fullmatch(r"[1-9]\d*\.\d+", version) for version in versions)


@pytest.mark.spec("crd:dev-4", "crd-check:7")
@pytest.mark.parametrize("versions", BASES)
def test_option_says_what_it_is_and_defaults_to_its_type(versions: tuple[str, ...]) -> None:
    for option in (option for row in _services(versions) for option in _options(row)):
        assert set(option) == {"code", "type", "name", "description", "default"}
        assert type(option["default"]) is {"boolean": bool, "integer": int}[option["type"]]


@pytest.mark.spec("crd:dev-5", "crd:dev-7", "crd:dev-10", "crd-check:8", "crd-check:10")
def test_options_are_coded_as_the_guide_does() -> None:
    codes = {option["code"]: option["type"] for row in _services() for option in _options(row)}

    assert codes == {topic.value: "boolean" for topic in Topic} | {"max-cards": "integer"}
    assert all(re.fullmatch(r"[a-z][a-z\-]*", code) for code in codes)


@pytest.mark.spec("crd:dev-5", "crd:resp-28", "crd-check:8")
def test_every_service_lets_coverage_information_be_switched_off() -> None:
    assert all("coverage-info" in {o["code"] for o in _options(row)} for row in _services())


@pytest.mark.spec("crd:dev-8", "crd:dev-9", "crd-check:9")
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


@pytest.mark.spec("hooks:discovery", "crd-check:13")
@pytest.mark.parametrize("versions", BASES)
def test_nothing_in_discovery_is_empty(versions: tuple[str, ...]) -> None:
    assert list(_empties(discovery(versions, "Sign in with a JWT."))) == []
    assert list(_empties(discovery(versions, ""))) == []


@pytest.mark.spec("crd-check:14", "hooks:discovery")
def test_usage_names_the_hook_and_what_of_the_ehr_is_read_for_it() -> None:
    for row in _services():
        usage = row["usageRequirements"]
        assert usage.startswith("Sign in with a JWT. ")
        assert row["hook"] in usage
        assert "scopes" in usage
        for template in row["prefetch"].values():
            assert template.partition("?")[0].partition("/")[0] in usage


def test_usage_of_a_house_that_asks_nothing_of_clients_begins_with_the_hook() -> None:
    assert all(row["usageRequirements"].startswith("Hook: ") for row in discovery(VERSIONS, "")["services"])


@pytest.mark.spec("crd-check:8")
@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.id)
def test_topics_without_an_option_are_those_that_come_too_late_or_too_early(row: Service) -> None:
    """An order that is out is not replaced any more; nothing is authorized before it is asked for."""
    drafts = {"order-sign", "order-select"}
    missing = {topic.value for topic in Topic} - {option.code for option in row.options}

    assert {code for code in missing if code.startswith("therapy-")} == (
        set() if row.hook in drafts else {"therapy-alternatives-opt", "therapy-alternatives-req"}
    )
    assert ("unsolicited-determ" in missing) is not row.primary
    assert missing <= {"therapy-alternatives-opt", "therapy-alternatives-req", "unsolicited-determ"}


def test_service_is_found_by_its_id() -> None:
    assert [service(row.id) for row in SERVICES] == list(SERVICES)
    assert service("patient-view") is None


def test_discovery_can_be_written() -> None:
    assert json.loads(json.dumps(discovery(VERSIONS, ""))) == discovery(VERSIONS, "")
