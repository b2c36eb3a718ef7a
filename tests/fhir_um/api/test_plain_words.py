"""Texts that are hard to read are told with the decision, and kept as they were written."""

from dataclasses import replace

from fhir_um.api.plain_words import hard_to_read
from fhir_um.cases.basis import Basis
from fhir_um.cases.lifecycle import RulingAction
from tests.fhir_um.deciding import denial

HARD = "Utilization determinations necessitate comprehensive documentation regarding therapeutic modalities."


def test_plain_words_need_no_warning() -> None:
    plain = replace(
        denial(), text="You did not try physical therapy. It may help.", basis=Basis(alternative="We pay for it.")
    )

    assert hard_to_read([plain]) == []


def test_each_hard_text_is_told_with_its_place() -> None:
    hard = replace(denial(), text=HARD, basis=Basis(alternative=HARD))

    assert [warning["path"] for warning in hard_to_read([hard, hard])] == [
        "lines[0].text",
        "lines[0].basis.alternative",
        "lines[1].text",
        "lines[1].basis.alternative",
    ]


def test_what_reviewers_tell_each_other_is_their_own() -> None:
    assert hard_to_read([replace(denial(), text=HARD, action=RulingAction.REFER_PHYSICIAN)]) == []
