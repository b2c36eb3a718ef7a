"""Operators, as the specification says. Source: FHIRPath N1 (2.0.0), operations."""

from decimal import Decimal
from typing import Any

import pytest

from profiles.fhirpath.environment import EvaluationFault
from profiles.fhirpath.syntax import FhirPathFault

T, F, E = [True], [False], []

LOGIC = {
    "and": {"TT": T, "TF": F, "TE": E, "FT": F, "FF": F, "FE": F, "ET": E, "EF": F, "EE": E},
    "or": {"TT": T, "TF": T, "TE": T, "FT": T, "FF": F, "FE": E, "ET": T, "EF": E, "EE": E},
    "xor": {"TT": F, "TF": T, "TE": E, "FT": T, "FF": F, "FE": E, "ET": E, "EF": E, "EE": E},
    "implies": {"TT": T, "TF": F, "TE": E, "FT": T, "FF": T, "FE": T, "ET": T, "EF": E, "EE": E},
}
WRITTEN = {"T": "true", "F": "false", "E": "{}"}


@pytest.mark.parametrize(
    ("operator", "operands", "result"), [(op, pair, told) for op, rows in LOGIC.items() for pair, told in rows.items()]
)
def test_logic_has_three_values(operator: str, operands: str, result: list[bool], evaluate: Any) -> None:
    assert evaluate(f"{WRITTEN[operands[0]]} {operator} {WRITTEN[operands[1]]}") == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 = 1", T),
        ("1 = 1.0", T),
        ("1 = true", F),
        ("'a' = 'A'", F),
        ("'a' = 1", F),
        ("{} = 1", E),
        ("1 = {}", E),
        ("1 != 2", T),
        ("{} != 1", E),
        ("(1 | 2) = (1 | 2)", T),
        ("(1 | 2) = (2 | 1)", F),
        ("(1 | 2) = (1 | 2 | 3)", F),
        ("(1 | 2) ~ (2 | 1)", T),
        ("'ab  C' ~ 'AB  c'", T),
        ("'a' !~ 'b'", T),
        ("{} ~ {}", T),
        ("{} ~ 1", F),
        ("1.01 ~ 1.0", T),
        ("@2026 = @2026-01", E),
        ("@2026 = @2025-01", F),
        ("@2026 ~ @2026-01", F),
        ("@2026-03-01T10:00:00Z = @2026-03-01T12:00:00+02:00", T),
        ("@2026-03-01T10:00:00.0Z = @2026-03-01T10:00:00Z", T),
        ("@T10:00 = @T10:00:00", E),
        ("@T10:00 = @2026", F),
        ("1 'g' = 1000 'mg'", T),
        ("1 'g' = 1 'm'", E),
        ("1 year = 12 months", T),
        ("7 days = 1 week", T),
        ("7 days ~ 1 week", T),
        ("1 'g' ~ 1 'm'", F),
        ("1 = 1 '1'", T),
        ("1 '1' = 1", T),
    ],
)
def test_equal_and_equivalent(text: str, result: list[bool], evaluate: Any) -> None:
    assert evaluate(text) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 < 2", T),
        ("2 <= 2.0", T),
        ("2 > 2", F),
        ("3 >= 4", F),
        ("'a' < 'b'", T),
        ("{} < 1", E),
        ("1 < {}", E),
        ("@2026-03 < @2026-04", T),
        ("@2026-03 <= @2026-03-01", E),
        ("@2026-03-01 >= @2026-02", T),
        ("@2026-03-01T10:00:00Z < @2026-03-01T11:00:00+02:00", F),
        ("@T10:30 < @T11:00", T),
        ("@T10:30 < @2026", E),
        ("1 'g' > 500 'mg'", T),
        ("1 'g' > 500 'm'", E),
        ("1 '1' < 2", T),
        ("2 > 1 '1'", T),
        ("5 'mg/dL' < 1 'g/L'", T),
        ("5 '/uL' < 1 '10*3/uL'", T),
    ],
)
def test_order(text: str, result: list[bool], evaluate: Any) -> None:
    assert evaluate(text) == result


@pytest.mark.parametrize("text", ["1 < 'a'", "true < false", "'a' < @2026"])
def test_values_of_different_kinds_have_no_order(text: str, evaluate: Any) -> None:
    with pytest.raises(EvaluationFault):
        evaluate(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 + 2", [3]),
        ("1 + 2.5", [Decimal("3.5")]),
        ("'a' + 'b'", ["ab"]),
        ("'a' + {}", E),
        ("'a' & {}", ["a"]),
        ("{} & {}", [""]),
        ("'a' & 'b'", ["ab"]),
        ("3 - 1", [2]),
        ("-1 + 3", [2]),
        ("+1", [1]),
        ("-(2.5)", [Decimal("-2.5")]),
        ("-{}", E),
        ("2 * 3", [6]),
        ("3 / 2", [Decimal("1.5")]),
        ("1 / 0", E),
        ("7 div 2", [3]),
        ("-7 div 2", [-3]),
        ("7 div 0", E),
        ("7 mod 2", [1]),
        ("-7 mod 2", [-1]),
        ("7 mod 0", E),
        ("1 + 2 * 3", [7]),
        ("(1 + 2) * 3", [9]),
        ("1 'g' + 1 'g' = 2 'g'", T),
        ("3 'g' - 1 'g' = 2 'g'", T),
        ("3 'g' * 2 = 6 'g'", T),
        ("2 * 3 'g' = 6 'g'", T),
        ("1 'g' + 1 'm'", E),
        ("-(1 'g') < 0 'g'", T),
        ("(@2026-01-31 + 1 month).toString()", ["2026-02-28"]),
        ("(@2024-02-29 + 1 year).toString()", ["2025-02-28"]),
        ("(@2026-12-31 + 1 day).toString()", ["2027-01-01"]),
        ("(@2026-01-01 - 1 week).toString()", ["2025-12-25"]),
        ("(@2026 + 24 months).toString()", ["2028"]),
        ("(@2026-03 + 30 days).toString()", ["2026-04"]),
        ("(@2026-03-01T23:30:00Z + 45 minutes).toString()", ["2026-03-02T00:15:00Z"]),
        ("(@2026-03-01T00:15:00+02:00 - 1 hour).toString()", ["2026-02-28T23:15:00+02:00"]),
        ("(@T23:30:00 + 1 hour).toString()", ["00:30:00"]),
        ("@2026 + 10000 years", E),
        ("@2026 + 1 'mg'", E),
    ],
)
def test_arithmetic(text: str, result: list[Any], evaluate: Any) -> None:
    assert evaluate(text) == result


@pytest.mark.parametrize("text", ["1 + 'a'", "'a' * 2", "-'a'", "1 & 'a'", "true + true", "(1 | 2) + 1"])
def test_arithmetic_of_what_are_no_numbers_has_no_answer(text: str, evaluate: Any) -> None:
    with pytest.raises(EvaluationFault):
        evaluate(text)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("1 | 2 | 1", [1, 2]),
        ("1 | 1.0", [1]),
        ("true | 1", [True, 1]),
        ("'a' in ('a' | 'b')", T),
        ("'a' in 'a'|'b'", T),
        ("'c' in ('a' | 'b')", F),
        ("{} in ('a' | 'b')", E),
        ("'a' in {}", F),
        ("('a' | 'b') contains 'b'", T),
        ("('a' | 'b') contains {}", E),
        ("{} contains 'a'", F),
        ("('a' | 'b')[1]", ["b"]),
        ("('a' | 'b')[2]", E),
        ("('a' | 'b')[-1]", E),
        ("('a' | 'b')[{}]", E),
        ("1 is Integer", T),
        ("1 is System.Integer", T),
        ("1 is Decimal", F),
        ("1.0 is Decimal", T),
        ("'a' is String", T),
        ("true is Boolean", T),
        ("@2026 is Date", T),
        ("@2026T is DateTime", T),
        ("@T10:00 is Time", T),
        ("1 'g' is Quantity", T),
        ("{} is Integer", E),
        ("1 as Integer", [1]),
        ("1 as String", E),
        ("1 > 2 = false", T),
        ("true or false and false", T),
        ("1 = 2 implies 1 = 3", T),
        ("not() = {}", E),
    ],
)
def test_collections_types_and_precedence(text: str, result: list[Any], evaluate: Any) -> None:
    assert evaluate(text) == result


def test_an_index_is_a_whole_number(evaluate: Any) -> None:
    with pytest.raises(EvaluationFault):
        evaluate("('a' | 'b')['a']")


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("1 +", 3),
        ("a.", 2),
        ("a b", 2),
        ("(1", 2),
        ("f(1", 3),
        ("a[1", 3),
        ("{1}", 1),
        ("a is 1", 5),
        ("and", 0),
        (") 1", 0),
        ("a ^ b", 2),
        ("@2026-13", 0),
        ("@T25:00", 0),
        ("a.nothing()", 2),
        ("a.exists(1, 2)", 2),
        ("a.is('x')", 5),
        ("%nobody", 0),
        ("a.matches(b)", 10),
        ("a.matches('(')", 10),
        ("a.today()", 2),
        ("'open", 0),
        ("(" * 200, 120),
        ("-" * 200 + "1", 60),
        ("1" + "+1" * 200, 238),
        ("a" + ".a" * 200, 239),
        ("'" + "a" * 20_000 + "'", 20_000),
    ],
)
def test_what_cannot_be_compiled_is_refused_where_it_stands(text: str, position: int, evaluate: Any) -> None:
    with pytest.raises(FhirPathFault) as refused:
        evaluate(text)
    assert refused.value.position == position
