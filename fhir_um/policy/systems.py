"""The short names policies use for code systems, and how a code is compared. Must not know policies or lines."""

from fhir_um.words import Code
from profiles import canonicals

SYSTEMS: dict[str, str] = {
    "cpt": canonicals.CPT,
    "hcpcs": canonicals.HCPCS,
    "icd10cm": canonicals.ICD10_CM,
    "icd10pcs": canonicals.ICD10_PCS,
    "loinc": canonicals.LOINC,
    "rxnorm": canonicals.RXNORM,
    "x12-service-type": canonicals.X12_SERVICE_TYPE,
}

TEXT_IS_LICENSED = frozenset({"cpt", "x12-service-type"})
"""Systems whose texts belong to others: a policy lists their bare codes only, and has no place for a label."""


def same_code(code: Code) -> Code:
    """The code under the system the book files it under.

    CPT is level I of HCPCS and many senders write it under the level II address (the guide's own examples 99212 and
    33510 do); a level II code starts with a letter, so five characters that start with a digit are CPT.

    >>> same_code(Code(canonicals.HCPCS, "99212")).system == canonicals.CPT
    True
    """
    if code.system == canonicals.HCPCS and len(code.code) == 5 and code.code[0].isdigit():
        return Code(canonicals.CPT, code.code)
    return code


def short_code(text: str, default: str) -> Code:
    """`cpt:97110` with its system spelled out; a code without a prefix belongs to `default`.

    Raises: ValueError when the prefix is no system policies know.
    """
    name, colon, rest = text.partition(":")
    if not colon:
        return Code(SYSTEMS[default], text)
    if name not in SYSTEMS:
        raise ValueError(f"{name!r} is not one of the code systems {', '.join(sorted(SYSTEMS))}")
    return Code(SYSTEMS[name], rest)


def codes_between(first: str, last: str) -> tuple[str, ...]:
    """Every code from first to last, both included, where only the final digits count up.

    Raises: ValueError when the two are not of one series, or run backwards, or span more than a thousand.

    >>> codes_between("E0250", "E0252")
    ('E0250', 'E0251', 'E0252')
    """
    head = first.rstrip("0123456789")
    width = len(first) - len(head)
    tail = last[len(head) :]
    if width == 0 or not last.startswith(head) or len(last) != len(first) or not tail.isdigit():
        raise ValueError(f"{first} to {last} is not a range of one series")
    low, high = int(first[len(head) :]), int(tail)
    if not low <= high < low + 1000:
        raise ValueError(f"{first} to {last} runs backwards or spans more than a thousand codes")
    return tuple(f"{head}{number:0{width}d}" for number in range(low, high + 1))


def loinc_is_well_formed(code: str) -> bool:
    """True when the check digit after the dash is right (LOINC uses the mod 10 scheme).

    >>> loinc_is_well_formed("59408-5"), loinc_is_well_formed("59408-6")
    (True, False)
    """
    number, dash, check = code.partition("-")
    if not (dash and number.isdigit() and check.isdigit() and len(check) == 1):
        return False
    doubled = [int(d) * 2 if i % 2 == 0 else int(d) for i, d in enumerate(reversed(number))]
    total = sum(d - 9 if d > 9 else d for d in doubled)
    return (10 - total % 10) % 10 == int(check)
