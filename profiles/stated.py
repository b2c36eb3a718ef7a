"""Rules that a guide states in words and in no definition, written here as invariants. A table only; knows no message.

They are ours and marked so. All are warnings, because the guides' own examples break some of them.
"""

from dataclasses import dataclass

from profiles.canonicals import PAS_SD


@dataclass(frozen=True, slots=True)
class Stated:
    """An invariant of ours on whatever meets the profile `on` (`url|version`); `key` names it, `source` who asks."""

    key: str
    on: str
    expression: str
    source: str


STATED = (
    Stated(
        "prof-1 (ours)",
        f"{PAS_SD}profile-datatype-timing|2.2.1",
        "repeat.count.exists() or (repeat.frequency.exists() and repeat.period.exists() and repeat.periodUnit.exists())"
        f" or extension('{PAS_SD}extension-timingcalendarpattern').exists()"
        f" or extension('{PAS_SD}extension-timingdeliverypattern').exists()",
        "PAS 2.2.1 prof-1",
    ),
    Stated(
        "prof-2 (ours)",
        f"{PAS_SD}profile-quantity|2.2.1",
        "unit.exists() or code.exists()",
        "PAS 2.2.1 prof-2; that there is a value, the profile says itself",
    ),
    Stated(
        "prof-3 (ours)",
        f"{PAS_SD}profile-quantity|2.2.1",
        "code.empty() or system = 'https://codesystem.x12.org/005010/673'",
        "PAS 2.2.1 prof-3",
    ),
)
