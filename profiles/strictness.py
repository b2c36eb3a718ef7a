"""How much a message may differ from its profiles before it is refused. A word, nothing else."""

from enum import StrEnum


class Strictness(StrEnum):
    """`strict` refuses every error; `lenient` only what makes processing impossible, the rest comes back as warnings;
    `off` refuses the same and tells nothing of the rest."""

    STRICT = "strict"
    LENIENT = "lenient"
    OFF = "off"
