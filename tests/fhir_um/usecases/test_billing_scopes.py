"""An order that may be billed by codes with different answers is told each of them, for its own codes."""

from dataclasses import replace
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cds_hooks.coverage_information import annotated
from cds_hooks.desk import Answered, Coding, Covered, PaNeeded
from cds_hooks.dialects import DIALECTS
from fhir_um.api.hook_desk import HookDesk
from fhir_um.cases.model import Course, Determination
from fhir_um.settings import Settings
from fhir_um.usecases.billing_scopes import MOST_CODES, scopes_of
from fhir_um.words import Code
from tests.fhir_um.asking_hooks import COPD, HCPCS, order, question, saturation

FREE, EXCLUDED, OXYGEN, FREE_TOO = "G0399", "A9300", "E1390", "G0398"


@pytest.fixture
def quick(lite):
    """On SQLite alone."""
    return HookDesk(lite, Settings(public_url="https://payer.example.org"))


def billed(*codes, **more):
    return order(codes[0], codes=tuple(Coding(HCPCS, code) for code in codes), **more)


def told(quick, *codes, **changes):
    ((_, assertions),) = quick.answer(question(billed(*codes), **changes)).assertions.items()
    return {tuple(code.code for code in each.billing_codes): each for each in assertions}


@pytest.mark.spec("crd:billopt-3", "crd:covinfo-1", "crd-check:62", "crd-check:85")
def test_each_code_has_its_own_answer(quick):
    by_code = told(quick, OXYGEN, FREE, EXCLUDED)

    assert {codes: (each.covered, each.pa_needed) for codes, each in by_code.items()} == {
        (OXYGEN,): (Covered.COVERED, PaNeeded.AUTH_NEEDED),
        (FREE,): (Covered.COVERED, PaNeeded.NO_AUTH),
        (EXCLUDED,): (Covered.NOT_COVERED, None),
    }


@pytest.mark.spec("crd:billopt-2")
def test_codes_with_the_same_answer_share_it(quick):
    assert set(told(quick, OXYGEN, "E1391")) == {(OXYGEN, "E1391")}
    assert set(told(quick, OXYGEN)) == {(OXYGEN,)}


@pytest.mark.spec("crd:billopt-3")
def test_a_code_no_rule_names_is_in_no_scope(quick):
    assert set(told(quick, OXYGEN, FREE, "Z9999")) == {(OXYGEN,), (FREE,)}


def test_an_authorization_is_for_its_own_codes_only(quick):
    """The first order earns one; the second may be billed by that code, or by one it does not name."""
    chart = (COPD, saturation())
    ((_, (earned,)),) = quick.answer(question(billed(OXYGEN), chart=chart)).assertions.items()

    again = told(quick, OXYGEN, EXCLUDED, chart=chart)

    assert again[(OXYGEN,)].satisfied_pa_id == earned.satisfied_pa_id
    assert (again[(EXCLUDED,)].covered, again[(EXCLUDED,)].satisfied_pa_id) == (Covered.NOT_COVERED, "")


@pytest.mark.spec("crd:resp-33", "crd:resp-35", "crd-check:71", "crd-check:84")
@pytest.mark.parametrize("version", ["2.2", "2.0"])
def test_repetitions_share_one_id_and_are_not_told_again(quick, version):
    first, dialect = question(billed(OXYGEN, FREE), version=version), DIALECTS[version]
    (about,) = quick.answer(first).assertions.values()
    signed = annotated(first.orders[0], about, first, dialect)
    ids = [
        part["valueString"]
        for extension in signed["extension"]
        for part in extension["extension"]
        if part["url"] == "coverage-assertion-id"
    ]
    kept(quick, about)

    later = question(replace(billed(OXYGEN, FREE), resource=signed), version=version, instance=first.instance)
    (again,) = quick.answer(later).assertions.values()

    assert (len(ids), len(set(ids))) == (2, 1)
    assert annotated(later.orders[0], again, later, dialect) is None


def kept(quick, assertions):
    with quick.deps.open_work() as work:
        work.add_guidance(tuple(each.basis for each in assertions))


def test_answers_are_sayable_together(quick):
    answered = quick.answer(question(billed(OXYGEN, FREE, EXCLUDED)))

    assert isinstance(answered, Answered)


LETTERS = st.sampled_from("abcdefgh")
CODES = st.lists(LETTERS, unique=True, max_size=8).map(lambda some: tuple(Code("s", c) for c in some))


@given(CODES, st.sets(LETTERS), st.dictionaries(LETTERS, st.sampled_from("xyz")))
def test_every_code_is_in_one_scope(known, granted, answers):
    whole = Determination(Course.PEND_REVIEW, "r", "whole")

    scopes = scopes_of(
        known,
        whole,
        frozenset(Code("s", c) for c in granted),
        lambda code: Determination(Course.APPROVE, "r", answers.get(code.code, "z")),
    )

    assert sorted(chain.from_iterable(scope.codes for scope in scopes), key=str) == sorted(known, key=str)
    assert len({scope.determination for scope in scopes if not scope.is_granted}) == sum(
        not scope.is_granted for scope in scopes
    )


def test_with_too_many_codes_the_strictest_answer_stands_for_all():
    known = tuple(Code("s", str(n)) for n in range(MOST_CODES + 1))
    whole = Determination(Course.PEND_REVIEW, "r", "whole")

    (scope,) = scopes_of(known, whole, frozenset(), lambda code: replace(whole, text=code.code))

    assert (scope.codes, scope.determination) == (known, whole)
