"""When two spellings are one family name. Must not know members, FHIR or how names are looked up."""

import unicodedata

_GENERATIONS = frozenset({"jr", "sr", "ii", "iii", "iv"})
_PLAIN = str.maketrans(
    {
        "\u00f8": "o",
        "\u0142": "l",
        "\u0111": "d",
        "\u00f0": "d",
        "\u00fe": "th",
        "\u00e6": "ae",
        "\u0153": "oe",
        "\u0131": "i",
    }
)
"""Letters that Unicode does not take apart, as passports spell them."""


def same_name(one: str, other: str) -> bool:
    """True when the two differ at most in case, accents, hyphens, apostrophes, spaces or a generation suffix.

    >>> same_name("O'Neil-Garc\u00eda Jr.", "ONEIL GARCIA")
    True
    >>> same_name("Smith", "Smythe")
    False
    """
    return one == other or _plain(one) == _plain(other)


def _plain(name: str) -> str:
    apart = unicodedata.normalize("NFKD", name.casefold()).translate(_PLAIN)
    letters = "".join(c if c.isalnum() else " " if c.isspace() or c == "," else "" for c in apart)
    words = letters.split()
    while len(words) > 1 and words[-1] in _GENERATIONS:
        words.pop()
    return "".join(words)
