"""What clients call permissions -> the scopes of this house, and back. Must not know clients or tokens.

Source: SMART App Launch 2.2, scopes and launch context: `system/Claim.rs` (v2: letters of `cruds`, in that order),
`system/Claim.read`, `.write` and `.*` (v1), `system/*` for every type. A scope with a search behind it (`?…`) is not
known here and never widened to one without.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from fhir_um.auth.scopes import ALL

_LETTERS = "cruds"
_SYSTEM = re.compile(r"system/(?P<type>\*|[A-Za-z]+)\.(?P<what>read|write|\*|(?=[cruds])c?r?u?d?s?)", re.ASCII)
_OLD_WORDS = {"read": "rs", "write": "cud", "*": _LETTERS}
_OWN = frozenset(scope for scope in ALL if not scope.startswith("system/"))
_KNOWN = {scope.lower(): scope for scope in ALL}


def meant(written: Iterable[str]) -> frozenset[str]:
    """Every single scope of this house that those words stand for; words that stand for none are passed over.

    The type may be written in any case, as the guides themselves do. `system/*` stands for every type there is here.
    """
    return frozenset(scope for word in written for scope in _meant(word))


def granted(asked: str, registered: Iterable[str]) -> tuple[str, ...]:
    """What of the scopes asked for, with blanks between, is granted to a client that is registered with those."""
    return tuple(sorted(meant(asked.split()) & meant(registered)))


def compact(scopes: Iterable[str]) -> str:
    """Single scopes as one text in SMART v2 form, a word for each type.

    >>> compact(("system/Claim.s", "system/Claim.c", "um/cases.read"))
    'system/Claim.cs um/cases.read'
    """
    letters: dict[str, set[str]] = defaultdict(set)
    words = set()
    for scope in scopes:
        name, _, letter = scope.rpartition(".")
        if scope.startswith("system/"):
            letters[name].add(letter)
        else:
            words.add(scope)
    words |= {name + "." + "".join(each for each in _LETTERS if each in found) for name, found in letters.items()}
    return " ".join(sorted(words))


def _meant(word: str) -> Iterable[str]:
    if word in _OWN:
        return (word,)
    found = _SYSTEM.fullmatch(word)
    if found is None:
        return ()
    letters = _OLD_WORDS.get(found["what"], found["what"])
    if found["type"] == "*":
        return (scope for scope in ALL - _OWN if scope[-1] in letters)
    named = (f"system/{found['type']}.{letter}".lower() for letter in letters)
    return (_KNOWN[name] for name in named if name in _KNOWN)
