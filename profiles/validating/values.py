"""Fixed values and patterns: does a JSON value equal, or include, what a definition asks for? Knows no definition.

Source: FHIR R4 4.0.1 ElementDefinition.fixed[x] and pattern[x].
"""

from decimal import Decimal
from typing import Any


def equals(value: Any, fixed: Any) -> bool:
    """True when both are the same, to the type: true is not 1, and nothing may be there besides.

    >>> equals(True, 1), equals({"code": "a", "display": "A"}, {"code": "a"})
    (False, False)
    """
    if type(fixed) is dict:
        return type(value) is dict and value.keys() == fixed.keys() and all(equals(value[k], fixed[k]) for k in fixed)
    if type(fixed) is list:
        return type(value) is list and len(value) == len(fixed) and all(map(equals, value, fixed))
    return _same(value, fixed)


def includes(value: Any, pattern: Any) -> bool:
    """True when everything in the pattern is in the value; each item of a list matches some item, in any order.

    >>> includes({"coding": [{"code": "b"}, {"code": "a", "display": "A"}]}, {"coding": [{"code": "a"}]})
    True
    """
    if type(pattern) is str:
        return bool(value == pattern)
    if type(pattern) is dict:
        if type(value) is not dict:
            return False
        return all(name in value and includes(value[name], wanted) for name, wanted in pattern.items())
    if type(pattern) is list:
        return type(value) is list and all(any(includes(item, wanted) for item in value) for wanted in pattern)
    return _same(value, pattern)


def _same(value: Any, wanted: Any) -> bool:
    if type(value) is type(wanted):
        return bool(value == wanted)
    numbers = (int, Decimal)
    return type(value) in numbers and type(wanted) in numbers and bool(value == wanted)
