"""Every assertion that may be made, on every type of order, in both dialects, held against the guides' definitions."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from itertools import chain, combinations, cycle, product

import pytest

from cds_hooks.answers import response
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
    ReasonCode,
    Unsayable,
    Why,
)
from cds_hooks.coverage_information import annotated
from cds_hooks.desk import Json
from cds_hooks.dialects import DIALECTS
from cds_hooks.request import Options
from profiles.validating.validator import Validator, shipped_library
from tests.cds_hooks import stated, wire
from tests.cds_hooks.orders import COVERAGE, RESOURCES, answered, counted, order, question

GUIDES = {"2.2": "hl7.fhir.us.davinci-crd#2.2.0", "2.0": "hl7.fhir.us.davinci-crd#2.0.1"}
_PROFILE = "http://hl7.org/fhir/us/davinci-crd/StructureDefinition/profile-"
_APPOINTMENT = {"2.2": "appointment-no-order", "2.0": "appointment"}
TODAY = date(2026, 3, 2)
_CHECKED_BY_DEFINITION = 11
"""Of so many assertions one is held against the definitions as well; all are against the rules by hand."""


@cache
def validator(version: str) -> Validator:
    return Validator(shipped_library(), GUIDES[version])


@cache
def _before(kind: str, version: str) -> frozenset[tuple[str, str]]:
    """What is wrong with the order as it came: patients and practitioners are not beside it."""
    return frozenset(_issues(RESOURCES[kind], kind, version))


def _issues(resource: Json, kind: str, version: str) -> set[tuple[str, str]]:
    profile = _PROFILE + (_APPOINTMENT[version] if kind == "Appointment" else kind.lower())
    found = validator(version).check(resource, (profile,))
    return {(issue.path, issue.text) for issue in found if issue.severity != "information"}


def added_issues(resource: Json, version: str) -> set[tuple[str, str]]:
    """What the coverage information on an order breaks, by the guide's own definitions."""
    kind = resource["resourceType"]
    return _issues(resource, kind, version) - _before(kind, version)


def _subsets(codes: type, most: int) -> list[tuple[str, ...]]:
    every = list(codes)
    return [*chain.from_iterable(combinations(every, size) for size in range(most + 1)), tuple(every)]


_REASONS = (
    (),
    (Why("The plan says so."),),
    *((Why("The plan says so.", code),) for code in ReasonCode),
    (Why("A system is down.", ReasonCode.TECHNICAL), Why("And the plan says so.")),
)


@cache
def every_assertion() -> tuple[Assertion, ...]:
    """Every combination of codes that can be made; the other elements come and go beside them."""
    return tuple(_made())


def _made() -> Iterator[Assertion]:
    details = cycle(_DETAILS)
    codes = product(
        Covered,
        (None, *PaNeeded),
        _subsets(DocNeeded, 2),
        ((), (DocPurpose.WITH_PA,), (DocPurpose.WITH_CLAIM, DocPurpose.RETAIN), tuple(DocPurpose)),
        ((), (InfoNeeded.PERFORMER,), (InfoNeeded.DETAIL_CODE,), (InfoNeeded.OTHER,), tuple(InfoNeeded)),
        _REASONS,
    )
    for covered, pa_needed, docs, purposes, infos, reasons in codes:
        try:
            yield Assertion(
                "a7f3",
                TODAY,
                covered,
                pa_needed,
                docs,
                purposes,
                infos,
                reasons=reasons,
                questionnaires=("https://payer.example/Questionnaire/mri|2",) if docs else (),
                satisfied_pa_id="PA-1" if pa_needed is PaNeeded.SATISFIED else "",
                **next(details),
            )
        except Unsayable:
            continue


_DETAILS = (
    {},
    {"expires": date(2026, 6, 1), "billing_codes": (Coding("http://www.ama-assn.org/go/cpt", "72148", "MRI"),)},
    {"details": (Detail(DetailCategory.LIMITATION, "allowed-quantity", Amount(Decimal("1.50"), "visits"), "a week"),)},
    {"details": (Detail(DetailCategory.LIMITATION, "allowed-period", Period(TODAY, None)),)},
    {"details": (Detail(DetailCategory.OTHER, "policy-link", "https://payer.example/policies/mri"),)},
    {"details": (Detail(DetailCategory.DECISIONAL, "concurrent-review", True),)},
    {"details": (Detail(DetailCategory.DECISIONAL, "in-network-copay", Amount(Decimal("20"), "%")),)},
    {"details": (Detail(DetailCategory.OTHER, "instructions", "Bill by the month."),)},
    {"details": (Detail(DetailCategory.OTHER, "of our own", "Words."),), "depends_on": ("ServiceRequest/other",)},
    {"contacts": (Contact("Imaging desk", (("phone", "555-0100"), ("email", "desk@payer.example"))),)},
    {"contacts": (Contact("Imaging desk", ()),)},
)


@pytest.mark.spec("crd:conf-13")
@pytest.mark.spec(
    "crd-check:67",
    "crd-check:72",
    "crd-check:73",
    "crd-check:74",
    "crd-check:75",
    "crd-check:76",
    "crd-check:77",
    "crd-check:78",
    "crd-check:79",
    "crd-check:80",
    "crd-check:81",
    "crd-check:82",
    "crd-check:83",
    "crd-check:90",
)
@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("is_secondary", [False, True])
@pytest.mark.spec("crd:resp-47")
@pytest.mark.spec("crd:hook-19")
def test_every_assertion_keeps_the_rules_of_its_guide(version: str, is_secondary: bool) -> None:
    kinds = cycle(sorted(DIALECTS[version].annotated))
    asked = question(is_secondary=is_secondary)
    broken = []

    for index, told in enumerate(every_assertion()[:: 3 if is_secondary else 1]):
        resource = annotated(order(next(kinds)), (told,), asked, DIALECTS[version])
        assert resource is not None
        (extension,) = stated.extensions(resource)
        issues = stated.faults(extension, version)
        if is_secondary and {"clinical", "admin", "both"} & set(stated.parts(extension, "doc-needed")):
            issues.append("documentation on a secondary hook")
        if index % _CHECKED_BY_DEFINITION == 0:
            issues += sorted(map(str, added_issues(resource, version)))
        broken += [(told, issue) for issue in issues]

    assert not broken[:5]


@pytest.mark.spec("crd-check:90")
@pytest.mark.parametrize("version", DIALECTS)
def test_the_definition_checked_is_that_of_the_guide(version: str) -> None:
    told = Assertion("a7f3", TODAY, Covered.COVERED, PaNeeded.NO_AUTH)
    resource = annotated(order(), (told,), question(), DIALECTS[version])
    assert resource is not None
    (extension,) = stated.extensions(resource)
    extension["extension"][1]["valueCode"] = "nonsense"

    found = validator(version).check(resource)

    profiles = {issue.profile for issue in found if "coverageInfo" in issue.text}
    guide = GUIDES[version].partition("#")[2]
    assert profiles == {f"{stated.URL}|{guide}"}, [(i.text, i.profile) for i in found]


_RECIPES = {
    "nothing more": Assertion("a1", TODAY, Covered.COVERED, PaNeeded.NO_AUTH),
    "form known": Assertion(
        "a2",
        TODAY,
        Covered.COVERED,
        PaNeeded.AUTH_NEEDED,
        (DocNeeded.CLINICAL, DocNeeded.ADMIN),
        (DocPurpose.WITH_PA,),
        reasons=(Why("Conservative care first."),),
        questionnaires=("https://payer.example/Questionnaire/mri|2",),
        expires=date(2026, 5, 31),
    ),
    "satisfied": Assertion(
        "a3",
        TODAY,
        Covered.COVERED,
        PaNeeded.SATISFIED,
        reasons=(Why("The clinic has a gold card.", ReasonCode.GOLD_CARD),),
        satisfied_pa_id="PA-77",
    ),
    "performer": Assertion("a4", TODAY, Covered.CONDITIONAL, PaNeeded.CONDITIONAL, info_needed=(InfoNeeded.PERFORMER,)),
    "no benefit": Assertion("a5", TODAY, Covered.NOT_COVERED, reasons=(Why("Not a benefit of this plan."),)),
    "no member": Assertion(
        "a6", TODAY, Covered.NOT_COVERED, reasons=(Why("No such member.", ReasonCode.NO_MEMBER_FOUND),)
    ),
    "technical": Assertion(
        "a7",
        TODAY,
        Covered.INDETERMINATE,
        PaNeeded.INDETERMINATE,
        reasons=(Why("A system did not answer.", ReasonCode.TECHNICAL),),
    ),
}


@pytest.mark.spec("crd:resp-47", "crd-check:68", "crd-check:72", "crd-check:90")
@pytest.mark.parametrize("version", DIALECTS)
@pytest.mark.parametrize("kind", RESOURCES)
@pytest.mark.parametrize("recipe", _RECIPES)
@pytest.mark.spec("crd:resp-29")
@pytest.mark.spec("crd:resp-52")
def test_every_order_gets_its_system_action(version: str, kind: str, recipe: str) -> None:
    asked = order(kind)
    told = answered({asked.ref: (_RECIPES[recipe],)})

    body, _ = response(question(asked), told, Options(), DIALECTS[version], counted())

    assert wire.faults(body, version) == []
    if version == "2.0" and kind == "VisionPrescription":
        assert "systemActions" not in body
        return
    (action,) = body["systemActions"]
    (extension,) = stated.extensions(action["resource"])
    assert stated.faults(extension, version) == []
    assert stated.parts(extension, "coverage") == [{"reference": COVERAGE}]
    assert added_issues(action["resource"], version) == set()
