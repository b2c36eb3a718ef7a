"""A call is read leniently, unless its client speaks 2.2 or is known to be strict."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.desk import Topic
from cds_hooks.dialects import CRD_2_0, CRD_2_2, Dialect
from cds_hooks.offered import SERVICES, Service, service
from cds_hooks.request import HookCall, read_call
from profiles.issues import Kind, Refusal
from profiles.reading import Limits
from tests.cds_hooks.calling import Json, appointment, call, configured, order, speaking

LIMITS = Limits(100_000, 64, 100)
HOOKS = [row.hook for row in SERVICES]


def read(body: Any, hook: str = "order-sign", default: Dialect = CRD_2_0, **more: Any) -> HookCall:
    found = service(hook)
    assert found is not None
    return read_call(body if isinstance(body, bytes) else json.dumps(body).encode(), found, default, LIMITS, **more)


def refused(body: Any, hook: str = "order-sign", default: Dialect = CRD_2_0, **more: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        read(body, hook, default, **more)
    return caught.value


def good(hook: str) -> Json:
    return call(hook, appointment() if hook == "appointment-book" else order())


@pytest.mark.spec("crd:found-2")
@pytest.mark.parametrize("version", ["2.0", "2.2"])
@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_read_in_every_version(hook: str, version: str) -> None:
    read_as = read(speaking(good(hook), version), hook)

    assert (read_as.hook, read_as.patient_id, read_as.user) == (hook, "pat1", "Practitioner/pra1")
    assert (read_as.dialect.version, read_as.is_lenient) == (version, version == "2.0")


def test_access_is_read_and_the_token_shown_nowhere() -> None:
    access = {"access_token": "secret-7", "token_type": "Bearer", "expires_in": 300, "scope": "x", "subject": "us"}
    body = good("order-sign") | {"fhirServer": "https://ehr.example.org/r4", "fhirAuthorization": access}

    read_as = read(body)

    assert (read_as.fhir_server, read_as.token, read_as.token_subject) == (
        "https://ehr.example.org/r4",
        "secret-7",
        "us",
    )
    assert "secret-7" not in repr(read_as)


@pytest.mark.spec("crd:hook-13", "crd-check:37")
@pytest.mark.parametrize("default", [CRD_2_0, CRD_2_2], ids=["2.0", "2.2"])
@pytest.mark.parametrize("body", [b"", b"{", b"hook=order-sign", b"\xff{}", b'{"a":1,"a":2}', b"[" * 70 + b"]" * 70])
def test_what_is_not_json_is_unreadable(body: bytes, default: Dialect) -> None:
    assert refused(body, default=default).kind is Kind.UNREADABLE


@pytest.mark.spec("crd:hook-13", "hooks:errors", "crd-check:38")
@pytest.mark.parametrize(("default", "kind"), [(CRD_2_2, Kind.UNREADABLE), (CRD_2_0, Kind.INVALID)])
@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"hook": None}, "hook"),
        ({"hook": "order-select"}, "hook"),
        ({"hookInstance": None}, "hookInstance"),
        ({"hookInstance": 7}, "hookInstance"),
        ({"hookInstance": "x" * 200}, "hookInstance"),
        ({"context": None}, "context"),
        ({"context": []}, "context"),
        ({"context": {"patientId": "pat1"}}, "context.draftOrders"),
        ({"context": {"patientId": "pat1", "draftOrders": "all"}}, "context.draftOrders"),
        ({"context": {"draftOrders": {"entry": []}}}, "context.patientId"),
        ({"context": {"patientId": 15, "draftOrders": {"entry": []}}}, "context.patientId"),
    ],
)
def test_call_without_its_substance_is_refused(wrong: Json, path: str, default: Dialect, kind: Kind) -> None:
    refusal = refused(good("order-sign") | wrong, default=default)

    assert refusal.kind is kind
    assert path in {issue.path for issue in refusal.issues}


@pytest.mark.spec("crd:hook-13", "crd-check:38")
@pytest.mark.parametrize("value", [[], "text", 7, None])
def test_json_that_is_no_object_is_refused(value: Any) -> None:
    assert refused(value).kind is Kind.INVALID
    assert refused(value, default=CRD_2_2).kind is Kind.UNREADABLE


def test_every_fault_is_told_at_once() -> None:
    assert [issue.path for issue in refused({}).issues] == ["hook", "hookInstance", "context"]


@pytest.mark.spec("crd:hook-23", "crd:found-33", "crd-check:40")
@pytest.mark.parametrize("is_strict", [False, True])
def test_what_is_unknown_is_ignored(is_strict: bool) -> None:
    body = configured(good("order-sign"), alt_drug=True, dtr_clin=[1])
    body["context"]["own"] = {"any": ["thing"]}
    body["extension"]["example.own"] = 7
    body["own"] = None

    read_as = read(body, is_strict=is_strict)

    assert read_as.options.is_on(Topic.COVERAGE_INFO)
    assert read_as.options.nonsense == ()


@pytest.mark.spec("crd:conf-12", "crd-check:41", "crd-check:51")
@pytest.mark.parametrize("hook", HOOKS)
def test_optional_members_may_be_absent(hook: str) -> None:
    body = good(hook)
    del body["prefetch"]

    read_as = read(body, hook)

    assert (read_as.prefetch, read_as.fhir_server, read_as.token) == ({}, "", "")
    assert hook.startswith("encounter-") or "encounterId" not in read_as.context


@pytest.mark.parametrize("name", ["prefetch", "fhirAuthorization", "extension", "fhirServer"])
@pytest.mark.parametrize("value", [None, [], "x", 7])
def test_odd_optional_member_counts_as_absent(name: str, value: Any) -> None:
    assert read(good("order-sign") | {name: value}).is_lenient


@pytest.mark.spec("crd-check:52")
@pytest.mark.parametrize("user", ["PractitionerRole/r1", "Practitioner/p1", "Patient/pat1", "RelatedPerson/x", ""])
@pytest.mark.parametrize("hook", HOOKS)
def test_any_kind_of_user_may_call(hook: str, user: str) -> None:
    body = good(hook)
    body["context"]["userId"] = user

    assert read(body, hook).user == user


def test_patient_may_be_named_with_the_type() -> None:
    assert read(call("order-sign", order(), patientId="Patient/pat1")).patient_id == "pat1"


@pytest.mark.spec("crd:dev-15", "crd-check:42")
@pytest.mark.parametrize("configuration", [None, {}, {"other": 1}, []])
@pytest.mark.parametrize("row", SERVICES, ids=lambda row: row.id)
def test_without_configuration_the_declared_defaults_hold(row: Service, configuration: Any) -> None:
    body = good(row.hook)
    if configuration is not None:
        body["extension"] = {"davinci-crd.configuration": configuration}

    options = read(body, row.hook).options

    held = {topic.value: options.is_on(topic) for topic in Topic} | {"max-cards": options.max_cards}
    assert {option.code: held[option.code] for option in row.options} == {o.code: o.default for o in row.options}
    assert (options.determine, options.nonsense) == (row.primary, ())


@pytest.mark.spec("crd:dev-5", "crd-check:8")
def test_topic_without_an_option_is_off_and_cannot_be_switched_on() -> None:
    body = configured(good("order-dispatch"), therapy_alternatives_req=True)

    options = read(body, "order-dispatch").options

    assert not options.is_on(Topic.ALTERNATIVES_REQUIRED)
    assert options.nonsense == ()


@pytest.mark.spec("crd:dev-14", "crd-check:43", "crd-check:44", "crd-check:45")
def test_configuration_is_read() -> None:
    body = configured(good("order-sign"), coverage_info=False, unsolicited_determ=False, cost=True, max_cards=3)

    options = read(body).options

    assert not options.is_on(Topic.COVERAGE_INFO)
    assert not options.determine
    assert options.is_on(Topic.COST)
    assert options.max_cards == 3


@pytest.mark.spec("crd:dev-6", "crd:dev-17", "crd-check:46")
@pytest.mark.parametrize(
    "nonsense",
    [
        {"coverage_info": "no"},
        {"coverage_info": 0},
        {"max_cards": -1},
        {"max_cards": True},
        {"max_cards": "3"},
        {"max_cards": 2.5},
        {"cost": None},
        {"cost": []},
    ],
)
def test_nonsense_in_a_configuration_has_no_effect_and_is_noted(nonsense: Json) -> None:
    options = read(configured(good("order-sign"), **nonsense)).options

    assert options.is_on(Topic.COVERAGE_INFO) and options.is_on(Topic.COST)
    assert options.max_cards == 10
    assert options.nonsense == tuple(code.replace("_", "-") for code in nonsense)


@pytest.mark.spec("crd:dev-2", "crd-check:48")
@pytest.mark.parametrize("requested", ["2.2", "2.2.1", "2.2.0"])
def test_requested_version_decides_the_dialect(requested: str) -> None:
    read_as = read(speaking(good("order-sign"), requested), default=CRD_2_0)

    assert (read_as.dialect, read_as.requested_version, read_as.is_lenient) == (CRD_2_2, "2.2", False)


@pytest.mark.spec("crd:hook-9", "crd-check:48")
@pytest.mark.parametrize("requested", ["2.1", "3", "", "two", 2.2, ["2.2"]])
def test_version_that_is_not_spoken_is_refused(requested: Any) -> None:
    refusal = refused(speaking(good("order-sign"), requested))

    assert refusal.kind is Kind.UNREADABLE
    assert "2.2" in refusal.issues[0].text


@pytest.mark.spec("crd:hook-9", "crd-check:48")
def test_version_that_is_not_spoken_at_this_address_is_refused() -> None:
    assert refused(speaking(good("order-sign"), "2.2"), versions=("2.0",)).kind is Kind.UNREADABLE


@pytest.mark.spec("crd-check:49")
@pytest.mark.parametrize("default", [CRD_2_0, CRD_2_2], ids=["2.0", "2.2"])
def test_without_requested_version_the_default_is_spoken(default: Dialect) -> None:
    read_as = read(good("order-sign"), default=default)

    assert (read_as.dialect, read_as.is_lenient) == (default, True)


def test_client_known_to_be_lenient_stays_so_in_2_2() -> None:
    assert read(speaking(good("order-sign"), "2.2"), is_strict=False).is_lenient


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"hookInstance": "not-hex"}, "hookInstance"),
        ({"prefetch": []}, "prefetch"),
        ({"fhirAuthorization": {"access_token": "x"}}, "fhirServer"),
    ],
)
def test_strict_reading_holds_to_cds_hooks(wrong: Json, path: str) -> None:
    assert read(good("order-sign") | wrong).is_lenient
    assert [issue.path for issue in refused(good("order-sign") | wrong, is_strict=True).issues] == [path]


@pytest.mark.parametrize(
    ("hook", "member"),
    [("order-sign", "userId"), ("order-select", "selections"), ("order-dispatch", "performer")],
)
def test_strict_reading_misses_what_a_lenient_one_can_do_without(hook: str, member: str) -> None:
    body = good(hook)
    del body["context"][member]

    assert read(body, hook).is_lenient
    assert [issue.path for issue in refused(body, hook, is_strict=True).issues] == [f"context.{member}"]


def test_strict_reading_wants_a_bundle_with_a_list() -> None:
    body = call("order-sign", draftOrders={"resourceType": "Bundle", "entry": {"resource": order()}})

    assert read(body).is_lenient
    assert [issue.path for issue in refused(body, is_strict=True).issues] == ["context.draftOrders.entry"]


@pytest.mark.spec("crd-check:50")
@pytest.mark.parametrize(
    "names",
    [
        {"dispatchedOrders": ["ServiceRequest/1"]},
        {"dispatched-orders": ["ServiceRequest/1"], "fulfillment-tasks": []},
        {"order": "ServiceRequest/1", "task": {"resourceType": "Task"}},
    ],
    ids=["1.1", "hyphens", "1.0"],
)
@pytest.mark.parametrize("is_strict", [False, True])
def test_order_dispatch_is_read_in_each_of_its_forms(names: Json, is_strict: bool) -> None:
    body = call("order-dispatch")
    body["context"] = {"patientId": "pat1", "performer": "Organization/dme1"} | names

    assert read(body, "order-dispatch", is_strict=is_strict).hook == "order-dispatch"


def test_more_orders_than_allowed_are_too_many() -> None:
    many = call("order-sign", *(order(str(n)) for n in range(101)))
    named = call("order-dispatch", dispatchedOrders=["ServiceRequest/1"] * 101)

    assert refused(many).kind is refused(named, "order-dispatch").kind is Kind.TOO_BIG
    assert read(call("order-sign", *(order(str(n)) for n in range(100))))


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
)


@given(
    st.dictionaries(st.sampled_from(["hook", "hookInstance", "context", "prefetch", "extension"]), _VALUES),
    st.dictionaries(st.sampled_from(["userId", "patientId", "draftOrders", "selections"]), _VALUES),
    st.booleans(),
)
def test_any_json_is_read_or_refused(members: Json, context: Json, is_strict: bool) -> None:
    body = good("order-sign") | {"context": good("order-sign")["context"] | context} | members
    try:
        read_as = read(body, is_strict=is_strict)
    except Refusal as refusal:
        assert refusal.issues
    else:
        assert read_as.patient_id or read_as.context["patientId"]
