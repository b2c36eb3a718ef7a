"""A name is one name in any case, with or without its accents; another name is another."""

import pytest

from fhir_um.coverage.names import same_name


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Whitfield", "WHITFIELD"),
        ("García-López", "Garcia Lopez"),
        ("O'Neil", "O\u2019NEIL"),
        ("Smith Jr.", "SMITH"),
        ("Smith, III", "Smith"),
        ("Sørensen", "SORENSEN"),
        ("Weiß", "WEISS"),
        ("de la Cruz", "DELACRUZ"),
        ("李", "李"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert same_name(one, other)
    assert same_name(other, one)


@pytest.mark.parametrize(
    ("one", "other"), [("Smith", "Smythe"), ("Garcia", "Garcia Lopez"), ("Jr", "Sr"), ("", "Smith")]
)
def test_other_names(one: str, other: str) -> None:
    assert not same_name(one, other)
