"""Writes `docs/conformance.md`: what the guides ask of a payer, and which tests show it: `python -m tools.conformance`.

Must not judge: a requirement has the tests that carry its id, or our list says why it has none.
"""

from collections.abc import Iterator

from tools.traceability.guides import (
    DOCS,
    GUIDES,
    IN_PART,
    NOT_OURS,
    NOT_YET,
    ORGANIZATION,
    STRENGTHS,
    Guide,
    Requirement,
    by_number,
    others,
    read_otherwise,
    readings,
    requirements,
)
from tools.traceability.markdown import few_links, table
from tools.traceability.proofs import Proof, marked
from tools.traceability.runner_checks import checks

PAGE = DOCS / "conformance.md"

_HEAD = """# Conformance to the guides

Made by `make docs` from the lists `docs/requirements-*.csv` and the marks `@pytest.mark.spec("pas:ID")` in the tests;
do not edit by hand. Every SHALL and SHOULD of PAS, CRD, DTR and HRex that binds a payer, by its number in the guide, in
our own short words (the guide's text decides), with the tests that carry its number, or the reason why none does. What
hooks must do in detail, line by line, is in [conformance to CRD and CDS Hooks](conformance-crd.md).
"""

_KINDS = """A requirement is

- **shown**: tests carry its number. A test proves what it says; it need not prove the whole sentence;
- shown **in part**: tests carry its number, and something of it is left; the page says what;
- **not ours**: it concerns something that is not offered here, or it binds somebody else;
- **the organization's**: people keep it, not a program;
- **not yet**: it is ours and is not done, or not shown;
- **silent**: none of these. A test fails when there is one.
"""

_BY_TAGS = """By the tags of the guides themselves a payer has {pas} SHALLs in PAS, {crd} in CRD as the maker of a
server and {people} more as the organization behind it, and {dtr} in DTR: {total}. The guides publish SHALL NOT without
a strength, so that it is counted apart; and some tags we [read otherwise](#where-we-read-the-guides-otherwise), which
adds {added}.

What is **checked on any server** is looked at from outside by `fhir-um conformance run`; the last column of the tables
below names its checks.
"""

_COLUMNS = (("in part", IN_PART), ("not ours", NOT_OURS), ("the organization's", ORGANIZATION), ("not yet", NOT_YET))


def page() -> str:
    """The whole document as it should be now."""
    parts = [_HEAD, "## In numbers\n", _numbers(), _KINDS, _tagged(), *(_section(guide) for guide in GUIDES)]
    return "\n".join([*parts, _other_statements(), _readings()])


def proven(guide: Guide, requirement: Requirement) -> list[Proof]:
    """The tests that carry its number."""
    return marked().get(f"{guide.prefix}:{requirement.id}", [])


def is_silent(guide: Guide, requirement: Requirement) -> bool:
    """Whether neither a test nor a reason speaks of it."""
    return not requirement.standing and not proven(guide, requirement)


def main() -> None:
    """Rewrites the page."""
    PAGE.write_text(page(), "utf-8")


def _numbers() -> str:
    kinds = (name for name, _ in _COLUMNS)
    head = ("Guide", "Strength", "Statements", "shown", *kinds, "silent", "checked on any server")
    rows = [_count(guide, strength) for guide in GUIDES for strength in STRENGTHS]
    sums = tuple(f"**{sum(int(row[column]) for row in rows)}**" for column in range(2, len(head)))
    return table(head, [*(row for row in rows if row[2] != "0"), ("**all**", "", *sums)])


def _count(guide: Guide, strength: str) -> tuple[str, ...]:
    known = [each for each in requirements(guide) if each.strength == strength]
    silent = sum(is_silent(guide, each) for each in known)
    of_kind = [sum(each.kind == kind for each in known) for _, kind in _COLUMNS]
    shown = len(known) - silent - sum(of_kind)
    checked = sum(f"{guide.prefix}:{each.id}" in checks() for each in known)
    return (guide.title, strength, *map(str, (len(known), shown, *of_kind, silent, checked)))


def _tagged() -> str:
    """How the numbers of SHALLs relate to those one gets by counting the guides' tags."""
    added = read_otherwise("actor")
    by_tags = {
        guide.prefix: [each for each in _shalls(guide) if f"{guide.prefix}:{each.id}" not in added] for guide in GUIDES
    }
    people = sum(map(_of_people_alone, by_tags["crd"]))
    return _BY_TAGS.format(
        pas=len(by_tags["pas"]),
        crd=len(by_tags["crd"]) - people,
        people=people,
        dtr=len(by_tags["dtr"]),
        total=sum(len(by_tags[prefix]) for prefix in ("pas", "crd", "dtr")),
        added=", ".join(f"`{each}`" for each in sorted(added)),
    )


def _shalls(guide: Guide) -> list[Requirement]:
    return [each for each in requirements(guide) if each.strength == "SHALL"]


def _of_people_alone(requirement: Requirement) -> bool:
    return all(actor.endswith("-org") for actor in requirement.actor.split())


def _section(guide: Guide) -> str:
    head = ("Requirement", "Strength", "In short", "Shown by, or why not", "Checked on any server by")
    return f"## {guide.title}\n\n" + table(head, (_row(guide, each) for each in requirements(guide)))


def _row(guide: Guide, requirement: Requirement) -> tuple[str, ...]:
    tests = few_links(proven(guide, requirement))
    reason = f"*{requirement.kind}*: {requirement.reason}" if requirement.standing else ""
    told = "<br>".join(each for each in (tests, reason) if each) or "**silent**"
    return requirement.id, requirement.strength, requirement.words, told, _checked(f"{guide.prefix}:{requirement.id}")


def _checked(requirement: str) -> str:
    return "<br>".join(f"`{each}`" for each in checks().get(requirement, ()))


def _other_statements() -> str:
    rows = (
        (each.id, each.strength, each.words, few_links(marked().get(each.id, [])), _checked(each.id))
        for each in sorted(others(), key=lambda each: (each.id.partition(":")[0], by_number(each.id)))
    )
    head = ("Requirement", "Strength", "In short", "Shown by", "Checked on any server by")
    told = "What a payer may do, and duties of the other side that are checked or shown here.\n"
    return f"## Other statements that tests speak of\n\n{told}\n{table(head, rows)}"


def _readings() -> str:
    rows: Iterator[tuple[str, ...]] = ((" ".join(each.ids), each.what, each.reason) for each in readings())
    return f"## Where we read the guides otherwise\n\n{table(('Statements', 'What of them', 'How, and why'), rows)}"


if __name__ == "__main__":
    main()
