"""What may be asserted, and what is refused when it is made."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from cds_hooks.assertions import (
    Amount,
    Assertion,
    Coding,
    Contact,
    Covered,
    Detail,
    DetailCategory,
    DocNeeded,
    DocPurpose,
    InfoNeeded,
    PaNeeded,
    Period,
    Unsayable,
    Why,
    tells_apart,
)
from cds_hooks.desk import Answered

_DAY = date(2026, 3, 2)
_FORM = ("https://payer.example/Questionnaire/mri|2",)
_WHY = (Why("The plan says so."),)


def _assertion(covered: Covered = Covered.COVERED, **rest: Any) -> Assertion:
    return Assertion("a1", _DAY, covered, **rest)


_BROKEN: dict[str, dict[str, Any]] = {
    "q1 form without question": {"questionnaires": _FORM},
    "q2 authorization of no benefit": {"covered": Covered.NOT_COVERED, "pa_needed": PaNeeded.NO_AUTH},
    "q3 conditional on nothing": {"covered": Covered.CONDITIONAL},
    "q3 documents conditional on nothing": {"doc_needed": (DocNeeded.CONDITIONAL,)},
    "q3 information for nothing": {"info_needed": (InfoNeeded.PERFORMER,)},
    "q4 with no authorization": {
        "pa_needed": PaNeeded.NO_AUTH,
        "doc_purpose": (DocPurpose.WITH_PA,),
        "reasons": _WHY,
    },
    "q4 with a satisfied one": {
        "pa_needed": PaNeeded.SATISFIED,
        "satisfied_pa_id": "P1",
        "doc_purpose": (DocPurpose.WITH_PA,),
        "reasons": _WHY,
    },
    "q4 with no benefit": {
        "covered": Covered.NOT_COVERED,
        "doc_purpose": (DocPurpose.WITH_PA,),
        "reasons": _WHY,
    },
    "q5 satisfied without number": {"pa_needed": PaNeeded.SATISFIED},
    "q5 number without satisfied": {"pa_needed": PaNeeded.AUTH_NEEDED, "satisfied_pa_id": "P1"},
    "q6 other information without reason": {
        "covered": Covered.CONDITIONAL,
        "info_needed": (InfoNeeded.OTHER,),
    },
    "q7 reason without words": {"reasons": (Why(" "),)},
    "q8 purpose without reason": {"doc_needed": (DocNeeded.ADMIN,), "doc_purpose": (DocPurpose.WITH_CLAIM,)},
    "q9 indeterminate without reason": {"covered": Covered.INDETERMINATE},
    "q9 documents indeterminate": {"doc_needed": (DocNeeded.INDETERMINATE,)},
    "detail of the wrong category": {
        "details": (Detail(DetailCategory.OTHER, "allowed-quantity", Amount(Decimal(3), "visits")),)
    },
    "detail of the wrong type": {"details": (Detail(DetailCategory.LIMITATION, "allowed-quantity", "3 visits"),)},
    "detail that is an empty period": {
        "details": (Detail(DetailCategory.LIMITATION, "allowed-period", Period(None, None)),)
    },
    "detail without words": {"details": (Detail(DetailCategory.OTHER, "instructions", ""),)},
    "detail without code": {"details": (Detail(DetailCategory.OTHER, "", "words"),)},
    "billing code without system": {"billing_codes": (Coding("", "72148"),)},
    "nobody to ask": {"contacts": (Contact("", ()),)},
    "expired before it is told": {"expires": date(2026, 3, 1)},
}


@pytest.mark.spec(
    "crd-check:75",
    "crd-check:76",
    "crd-check:77",
    "crd-check:78",
    "crd-check:79",
    "crd-check:80",
    "crd-check:81",
    "crd-check:82",
)
@pytest.mark.parametrize("broken", _BROKEN)
def test_assertion_that_breaks_a_rule_cannot_be_made(broken: str) -> None:
    with pytest.raises(Unsayable):
        _assertion(**_BROKEN[broken])


def test_assertion_without_id_cannot_be_made() -> None:
    with pytest.raises(Unsayable, match="id"):
        Assertion("", _DAY, Covered.COVERED)


def test_refusal_names_every_rule() -> None:
    with pytest.raises(Unsayable, match="authorization number.*reason"):
        _assertion(Covered.INDETERMINATE, pa_needed=PaNeeded.SATISFIED)


def test_what_the_rules_allow_can_be_made() -> None:
    told = _assertion(
        Covered.CONDITIONAL,
        pa_needed=PaNeeded.AUTH_NEEDED,
        doc_needed=(DocNeeded.CLINICAL,),
        doc_purpose=(DocPurpose.WITH_PA,),
        info_needed=(InfoNeeded.LOCATION,),
        questionnaires=_FORM,
        reasons=_WHY,
        details=(Detail(DetailCategory.LIMITATION, "instructions", "For the first month only."),),
    )

    assert told.is_conditional
    assert not told.is_indeterminate


_CODE, _OTHER_CODE = Coding("urn:codes", "72148"), Coding("urn:codes", "72158")
_LIMIT = Detail(DetailCategory.LIMITATION, "allowed-quantity", Amount(Decimal(3), "visits"))


@pytest.mark.spec("crd-check:85")
@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ({}, {}, False),
        ({"billing_codes": (_CODE,)}, {"billing_codes": (_OTHER_CODE,)}, True),
        ({"billing_codes": (_CODE,)}, {"billing_codes": (_CODE, _OTHER_CODE)}, False),
        ({"billing_codes": (_CODE,)}, {}, False),
        ({"details": (_LIMIT,)}, {}, True),
        ({"depends_on": ("ServiceRequest/2",)}, {"depends_on": ("ServiceRequest/3",)}, True),
        ({"expires": date(2026, 5, 1)}, {"expires": date(2026, 6, 1)}, False),
    ],
)
@pytest.mark.spec("crd:covinfo-1")
def test_assertions_about_one_order_differ_in_scope(one: dict[str, Any], other: dict[str, Any], apart: bool) -> None:
    assertions = (_assertion(**one), _assertion(**other))

    assert tells_apart(*assertions) is apart
    if apart:
        Answered("Bluewater Health", {"ServiceRequest/1": assertions})
    else:
        with pytest.raises(Unsayable):
            Answered("Bluewater Health", {"ServiceRequest/1": assertions})


@pytest.mark.spec("crd:resp-4")
def test_answer_without_insurer_cannot_be_made() -> None:
    with pytest.raises(Unsayable, match="insurer"):
        Answered(" ", {})
