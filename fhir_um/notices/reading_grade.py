"""How many years of school a text takes to read, and which short forms in it nobody explained.

Must not know letters. Source: Flesch-Kincaid grade level, Kincaid et al. 1975 (US Navy, public domain).
"""

import re
from functools import cache, lru_cache
from typing import Any

import pyphen  # type: ignore[import-untyped]  # the library ships no types

MOST_FOR_MEMBERS = 8.0
"""Letters to members are to be read by somebody with so many years of school. Source: um-domain 7.3."""

_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-z]+)?")
_SENTENCE_ENDS = re.compile(r"[.!?:;]+(?=\s|$)|\n+")
_VOWELS = re.compile(r"[aeiouyà-ÿ]+")
_NUMBERED = re.compile(r"\S*\d\S*")
_SHORT_FORM = re.compile(r"\b[A-Z]{2,6}s?\b")
_EXPLAINED = re.compile(r"\(([A-Z]{2,6})s?\)")
_KNOWN = frozenset({"US", "USA", "ID", "PDF", "MD", "DO", "RN", "TTY", "AM", "PM", "OK"})
"""Everybody knows them, or they are part of somebody's name."""


def grade_of(text: str) -> float:
    """The Flesch-Kincaid grade of an English text, to one decimal; 0 without words. Numbers and codes do not count.

    >>> grade_of("We said yes. You can go.") < 2 < 12 < grade_of("Utilization determinations necessitate notices.")
    True
    """
    plain = _NUMBERED.sub(" ", text)
    words = _WORD.findall(plain)
    if not words:
        return 0.0
    sentences = sum(1 for part in _SENTENCE_ENDS.split(plain) if _WORD.search(part))
    syllables = sum(_syllables(word.lower()) for word in words)
    grade = 0.39 * len(words) / max(sentences, 1) + 11.8 * syllables / len(words) - 15.59
    return max(0.0, round(grade, 1))


def unexplained(text: str) -> tuple[str, ...]:
    """Short forms in capitals that stand nowhere in brackets behind what they stand for, each once.

    >>> unexplained("An MRI was done. You may ask an independent review organization (IRO).")
    ('MRI',)
    """
    plain = _NUMBERED.sub(" ", text)
    explained = {found.rstrip("s") for found in _EXPLAINED.findall(plain)} | _KNOWN
    found = dict.fromkeys(short.rstrip("s") for short in _SHORT_FORM.findall(plain))
    return tuple(short for short in found if short not in explained)


@cache
def _hyphens() -> Any:
    """A dictionary that takes a while to read: for whoever reads a letter first, not for everybody who starts."""
    return pyphen.Pyphen(lang="en_US")


@lru_cache(4096)
def _syllables(word: str) -> int:
    """Places to divide a word are fewer than its syllables in short words, so groups of vowels count as well."""
    bare = word.replace("'", "").replace("’", "")
    silent = bare.endswith("e") and not bare.endswith("le") or re.search(r"[^td]ed$", bare) is not None
    groups = len(_VOWELS.findall(bare)) - (1 if silent else 0)
    return max(1, groups, len(_hyphens().positions(bare)) + 1)
