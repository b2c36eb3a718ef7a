import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_um.notices.reading_grade import grade_of, unexplained


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("The cat sat on the mat.", 0, 1),
        ("You can ask us to look at our decision again. This is called an appeal.", 1, 5),
        (
            "The documentation submitted does not substantiate the medical necessity of the requested intervention.",
            14,
            40,
        ),
        ("", 0, 0),
        ("E1390 12345", 0, 0),
    ],
)
def test_grade_follows_words_and_sentences(text, least, most) -> None:
    assert least <= grade_of(text) <= most


@given(st.text(max_size=300))
@settings(max_examples=60)
def test_every_text_has_a_grade(text) -> None:
    assert grade_of(text) >= 0


def test_short_forms_need_an_explanation() -> None:
    assert unexplained("A CPAP and MRIs, and a magnetic scan (MRI).") == ("CPAP",)
