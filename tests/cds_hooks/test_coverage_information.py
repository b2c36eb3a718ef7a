"""Coverage information on orders: what is replaced, what is kept, and when nothing is sent."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cds_hooks.asking import indeterminate
from cds_hooks.assertions import (
    Assertion,
    Coding,
    Covered,
    DocNeeded,
    DocPurpose,
    InfoNeeded,
    PaNeeded,
    ReasonCode,
    Why,
)
from cds_hooks.coverage_information import annotated, extension, updates
from cds_hooks.desk import Json, Order
from cds_hooks.dialects import CRD_2_0, CRD_2_2, DIALECTS, Dialect
from profiles.reading import Limits, read_json, write_json
from tests.cds_hooks.orders import COVERAGE, answered, order, question
from tests.cds_hooks.stated import URL, extensions, parts

_DAY = date(2026, 3, 2)
_TOLD = Assertion(
    "a1",
    _DAY,
    Covered.COVERED,
    PaNeeded.AUTH_NEEDED,
    (DocNeeded.CLINICAL,),
    (DocPurpose.WITH_PA,),
    reasons=(Why("Conservative care first."),),
    questionnaires=("https://payer.example/Questionnaire/mri|2",),
    expires=date(2026, 5, 31),
)
_BILLED = [replace(_TOLD, id=f"a{index}", billing_codes=(Coding("urn:codes", f"7214{index}"),)) for index in (1, 2)]
_BOTH = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)


def _annotated(asked: Order, *told: Assertion, dialect: Dialect = CRD_2_2, **changes: Any) -> Json:
    resource = annotated(asked, told, question(**changes), dialect)
    assert resource is not None
    return resource


def _rest(resource: Json) -> Json:
    kept = [item for item in resource.get("extension", ()) if item["url"] != URL]
    return {name: value for name, value in resource.items() if name != "extension"} | (
        {"extension": kept} if kept else {}
    )


@pytest.mark.spec("crd-check:69")
@_BOTH
@pytest.mark.spec("crd:resp-37")
def test_everything_else_of_the_order_is_as_it_was_sent(dialect: Dialect) -> None:
    body = (
        b'{"resourceType":"ServiceRequest","id":"s-1","meta":{"versionId":"7"},"status":"draft","unheardOf":{"a":[1.10]},'
        b'"_status":{"id":"x"},"quantityQuantity":{"value":1.00},"extension":[{"url":"urn:other","valueDecimal":0.50}]}'
    )
    sent = read_json(body, Limits(10_000, 20, 10))

    resource = _annotated(replace(order(), resource=sent), _TOLD, dialect=dialect)

    assert write_json(_rest(resource)) == write_json(_rest(sent))
    assert (
        read_json(write_json(resource), Limits(10_000, 20, 10))["quantityQuantity"]["value"].as_tuple()
        == Decimal("1.00").as_tuple()
    )
    assert sent["extension"] == [{"url": "urn:other", "valueDecimal": Decimal("0.50")}]


def test_members_stand_in_the_order_of_the_definition() -> None:
    written = extension(_TOLD, COVERAGE, CRD_2_2)

    assert [part["url"] for part in written["extension"]] == [
        "coverage",
        "covered",
        "pa-needed",
        "doc-needed",
        "doc-purpose",
        "reason",
        "questionnaire",
        "date",
        "coverage-assertion-id",
        "expiry-date",
    ]


@pytest.mark.spec("crd:resp-29", "crd-check:70")
@_BOTH
@pytest.mark.parametrize("reference", [COVERAGE, f"https://ehr.example/fhir/{COVERAGE}"])
def test_older_answer_for_the_same_coverage_is_replaced(dialect: Dialect, reference: str) -> None:
    older = extension(
        replace(_TOLD, id="a0", covered=Covered.NOT_COVERED, pa_needed=None, doc_purpose=()), reference, dialect
    )
    other = extension(replace(_TOLD, id="b0"), "Coverage/another", dialect)

    resource = _annotated(order(extension=[older, other]), _TOLD, dialect=dialect)

    assert [parts(item, "coverage-assertion-id") for item in extensions(resource)] == [["b0"], ["a1"]]


@pytest.mark.spec("crd-check:71")
@_BOTH
@pytest.mark.spec("crd:resp-35")
def test_nothing_is_sent_when_the_order_says_so_already(dialect: Dialect) -> None:
    on_order = extension(replace(_TOLD, id="a0", on=date(2026, 2, 1)), COVERAGE, dialect)
    on_order["extension"].reverse()
    asked = order(extension=[{"url": "urn:other", "valueCode": "x"}, on_order])

    assert updates(question(asked), answered({asked.ref: (_TOLD,)}), dialect) == []


@_BOTH
@pytest.mark.parametrize(
    "changed",
    [
        {"satisfied_pa_id": "P1", "pa_needed": PaNeeded.SATISFIED, "doc_purpose": ()},
        {"reasons": (Why("Another reason."),)},
        {"expires": date(2026, 7, 1)},
        {"billing_codes": (Coding("urn:codes", "72148"),)},
    ],
)
def test_a_changed_answer_is_sent(dialect: Dialect, changed: dict[str, Any]) -> None:
    asked = order(extension=[extension(_TOLD, COVERAGE, dialect)])

    (action,) = updates(question(asked), answered({asked.ref: (replace(_TOLD, id="a2", **changed),)}), dialect)

    (only,) = extensions(action["resource"])
    assert parts(only, "coverage-assertion-id") == ["a2"]


@pytest.mark.spec("crd:resp-35", "crd-check:71")
@_BOTH
def test_fewer_scopes_than_the_order_has_are_a_change(dialect: Dialect) -> None:
    asked = order(extension=[extension(told, COVERAGE, dialect) for told in _BILLED])

    assert annotated(asked, tuple(reversed(_BILLED)), question(), dialect) is None
    assert annotated(asked, (_BILLED[0],), question(), dialect) is not None


@pytest.mark.spec("crd-check:84")
@_BOTH
@pytest.mark.spec("crd:resp-33")
def test_scopes_of_one_coverage_share_an_id(dialect: Dialect) -> None:
    resource = _annotated(order(), *_BILLED, dialect=dialect)

    ids = [parts(item, "coverage-assertion-id") for item in extensions(resource)]
    codes = [parts(item, "billingCode")[0]["code"] for item in extensions(resource)]
    assert ids == [["a1"], ["a1"]]
    assert codes == ["72141", "72142"]


@pytest.mark.spec("crd-check:84")
@_BOTH
@pytest.mark.spec("crd:resp-32")
def test_what_other_coverages_have_keeps_its_own_ids(dialect: Dialect) -> None:
    other = extension(replace(_TOLD, id="b0"), "Coverage/another", dialect)

    resource = _annotated(order(extension=[other]), *_BILLED, dialect=dialect)

    assert [parts(item, "coverage-assertion-id") for item in extensions(resource)] == [["b0"], ["a1"], ["a1"]]


@pytest.mark.spec("crd-check:84")
def test_another_authorization_number_is_left_out_where_there_may_be_one() -> None:
    satisfied = [
        replace(told, pa_needed=PaNeeded.SATISFIED, satisfied_pa_id=f"P{told.id}", doc_purpose=()) for told in _BILLED
    ]

    new = _annotated(order(), *satisfied, dialect=CRD_2_2)
    old = _annotated(order(), *satisfied, dialect=CRD_2_0)

    assert [parts(item, "satisfied-pa-id") for item in extensions(new)] == [["Pa1"], ["Pa2"]]
    assert [parts(item, "satisfied-pa-id") for item in extensions(old)] == [["Pa1"]]


@pytest.mark.spec("crd-check:67")
@pytest.mark.spec("crd:hook-19")
@pytest.mark.parametrize(
    ("docs", "new", "old"),
    [
        ((DocNeeded.CLINICAL,), [], []),
        ((DocNeeded.CLINICAL, DocNeeded.ADMIN), [], []),
        ((DocNeeded.PATIENT,), ["patient"], []),
        ((DocNeeded.ADMIN, DocNeeded.PATIENT), ["patient"], []),
        ((DocNeeded.CONDITIONAL,), ["conditional"], ["conditional"]),
    ],
)
def test_secondary_hook_asks_staff_for_nothing(docs: tuple[DocNeeded, ...], new: list[str], old: list[str]) -> None:
    infos = (InfoNeeded.PERFORMER,) if DocNeeded.CONDITIONAL in docs else ()
    told = replace(_TOLD, doc_needed=docs, info_needed=infos)

    said = {
        dialect.version: extensions(_annotated(order(), told, dialect=dialect, hook="order-select", is_secondary=True))[
            0
        ]
        for dialect in (CRD_2_2, CRD_2_0)
    }

    assert parts(said["2.2"], "doc-needed") == new
    assert parts(said["2.0"], "doc-needed") == old
    if not new:
        assert parts(said["2.2"], "questionnaire") == parts(said["2.2"], "doc-purpose") == []


@_BOTH
def test_nothing_is_said_without_a_coverage_or_an_assertion(dialect: Dialect) -> None:
    asked = order()

    assert updates(question(asked, coverage_ref=""), answered({asked.ref: (_TOLD,)}), dialect) == []
    assert updates(question(asked), answered(), dialect) == []


def test_vision_prescription_carries_nothing_in_2_0() -> None:
    asked = order("VisionPrescription")

    assert annotated(asked, (_TOLD,), question(), CRD_2_0) is None
    assert annotated(asked, (_TOLD,), question(), CRD_2_2) is not None


@_BOTH
def test_what_may_not_be_annotated_is_not(dialect: Dialect) -> None:
    assert (
        annotated(replace(order(), resource={"resourceType": "Task", "id": "1"}), (_TOLD,), question(), dialect) is None
    )


@_BOTH
@pytest.mark.parametrize(
    "odd",
    [
        {"url": "urn:other", "valueCode": "x"},
        None,
        [{"url": URL}],
        [{"url": URL, "extension": {"url": "coverage"}}],
        [{"url": URL, "extension": ["text", {"url": "coverage", "valueReference": "Coverage/plan-7"}]}],
        ["text", 7],
    ],
)
def test_odd_extensions_on_the_order_are_survived_and_kept(dialect: Dialect, odd: Any) -> None:
    resource = annotated(order(extension=odd), (_TOLD,), question(), dialect)

    assert resource is not None
    kept = odd if isinstance(odd, list) else ([odd] if odd else [])
    assert resource["extension"][:-1] == kept


@pytest.mark.spec("crd:resp-29", "crd:resp-52", "hooks:cards", "crd-check:68")
@_BOTH
def test_mixed_call_annotates_every_order_that_has_an_answer(dialect: Dialect) -> None:
    first, second, third = order(), order("DeviceRequest"), order("MedicationRequest")
    told = answered({first.ref: (_TOLD,), third.ref: (replace(_TOLD, id="a3"),)})

    actions = updates(question(first, second, third), told, dialect)

    assert [action["resource"]["id"] for action in actions] == ["s-1", "m-1"]
    assert [action["type"] for action in actions] == ["update", "update"]
    assert all(action["description"] and "resourceId" not in action for action in actions)


@pytest.mark.spec("crd:found-13")
@pytest.mark.spec("crd:hook-30", "crd:hook-34", "crd-check:66")
def test_an_order_nobody_asked_about_gets_nothing() -> None:
    asked, other = order(), order("DeviceRequest")

    actions = updates(question(asked), answered({asked.ref: (_TOLD,), other.ref: (_TOLD,)}), CRD_2_2)

    assert [action["resource"]["id"] for action in actions] == ["s-1"]


@pytest.mark.spec("crd:conf-5", "crd-check:86")
def test_last_day_is_told_where_there_is_an_element_for_it() -> None:
    assert parts(extensions(_annotated(order(), _TOLD))[0], "expiry-date") == ["2026-05-31"]
    assert parts(extensions(_annotated(order(), replace(_TOLD, expires=None)))[0], "expiry-date") == []


@pytest.mark.spec("crd:resp-44", "crd:resp-45", "crd-check:87")
@pytest.mark.parametrize(
    "code", [ReasonCode.NO_MEMBER_FOUND, ReasonCode.NO_ACTIVE_COVERAGE, ReasonCode.COVERAGE_NOT_FOUND]
)
def test_who_is_not_insured_is_told_why(code: ReasonCode) -> None:
    told = Assertion("a1", _DAY, Covered.NOT_COVERED, reasons=(Why("Not on file.", code),))

    (new,) = extensions(_annotated(order(), told))
    (old,) = extensions(_annotated(order(), told, dialect=CRD_2_0))

    assert [parts(said, "covered") for said in (new, old)] == [["not-covered"], ["not-covered"]]
    assert [coding["code"] for coding in parts(new, "reason")[0]["coding"]] == [code.value]
    assert parts(old, "reason") == [{"text": "Not on file."}]
    assert (parts(new, "pa-needed"), parts(old, "pa-needed")) == ([], ["no-auth"])


@pytest.mark.spec("crd:resp-43", "crd-check:88")
def test_what_failed_is_told_as_each_version_can() -> None:
    asked = order()
    told = indeterminate(asked, "a1", question(asked))

    (new,) = extensions(_annotated(asked, told))
    (old,) = extensions(_annotated(asked, told, dialect=CRD_2_0))

    assert (parts(new, "covered"), parts(new, "pa-needed")) == (["indeterminate"], ["indeterminate"])
    (why,) = parts(new, "reason")
    assert [coding["code"] for coding in why["coding"]] == ["technical"]
    assert why["text"]
    assert parts(new, "info-needed") == []
    assert (parts(old, "covered"), parts(old, "pa-needed"), parts(old, "info-needed")) == (
        ["conditional"],
        ["conditional"],
        ["OTH"],
    )
    assert parts(old, "reason") == [{"text": why["text"]}]
