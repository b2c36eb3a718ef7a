"""What a letter tells of a case: per line, reasons, criteria, who decided; and what somebody should look at."""

from dataclasses import replace

import pytest

from fhir_um.cases.model import LineState
from fhir_um.cases.notices import NoticeKind, Recipient
from fhir_um.cases.roles import ENGINE
from fhir_um.notices.composing import GRADE_ABOVE, compose
from fhir_um.notices.samples import DATED, sample
from fhir_um.notices.templates import shipped_texts
from fhir_um.policy.load import shipped_policies


def letter_of(kind: NoticeKind, recipient: Recipient = Recipient.MEMBER, **decision):
    case, owed, people = sample(kind, recipient)
    lines = tuple(replace(line, decision=replace(line.decision, **decision)) for line in case.lines)
    return compose(shipped_texts(), replace(case, lines=lines), owed, people, DATED)


def said(letter) -> str:
    return "\n".join(t for s in letter.sections for t in (*s.paragraphs, *s.items))


def test_denial_has_all_that_is_required() -> None:
    told = said(letter_of(NoticeKind.DENIAL))

    for words in (
        "You asked for 20 visits for your knee.",
        "Physical therapy (P-SAMPLE, version 3)",
        "We looked at: Pain or weakness that limits daily life.",
        "We looked at 1 more record sent to us.",
        "Not found in what we have: A plan with goals.",
        "Missing: a plan with goals.",
        "You can have lessons for exercises at home.",
        "Irene Sample, MD, orthopedic surgery, licensed in MD (number D00000).",
        "Nobody pays this person to say no",
        "A software tool helped the person who decided: a program that finds passages in notes.",
    ):
        assert words in told


def test_provider_is_offered_a_talk() -> None:
    headings = [s.heading for s in letter_of(NoticeKind.DENIAL, Recipient.PROVIDER).sections]

    assert "Talk with a physician (peer-to-peer)" in headings


def test_lines_show_asked_beside_approved() -> None:
    (table,) = [s.table for s in letter_of(NoticeKind.PARTIAL).sections if s.table]

    assert table.rows[0] == (
        "1",
        "Physical therapy, knee (S9001)",
        "20 visits\nMarch 10, 2026 to June 10, 2026",
        "Approved in part",
        "12 visits\nMarch 10, 2026 to June 10, 2026\nnumber A0000000011",
    )


def test_lines_that_differ_are_told_apart() -> None:
    case, owed, people = sample(NoticeKind.DENIAL, Recipient.MEMBER)
    first, second = case.lines
    other = replace(second, decision=replace(second.decision, text="Lessons are not part of it."))

    told = said(compose(shipped_texts(), replace(case, lines=(first, other)), owed, people, DATED))

    assert "Line 2: Lessons are not part of it." in told


TITLES = sorted({policy.title for policy in shipped_policies().policies})


@pytest.mark.parametrize("kind", [NoticeKind.APPROVAL, NoticeKind.APPROVAL_WITH_LIMITS])
@pytest.mark.parametrize("title", TITLES)
def test_approval_by_software_is_easy_to_read_whatever_the_policy_is_called(title, kind) -> None:
    sentence = f"Approved: the criteria of the policy {title}, version 1.0.0, are met."

    letter = letter_of(kind, decider=ENGINE, text=sentence)

    assert letter.flags == ()
    assert sentence not in said(letter)


def test_provider_reads_by_which_policy_software_approved() -> None:
    letter = letter_of(NoticeKind.APPROVAL_WITH_LIMITS, Recipient.PROVIDER, decider=ENGINE, text="Criteria are met.")

    assert "Criteria are met." in said(letter)


def test_software_says_so() -> None:
    told = said(letter_of(NoticeKind.APPROVAL, decider=ENGINE))

    assert "Our software checked the request by written rules." in told


def test_contract_rule_is_cited() -> None:
    assert "booklet, page 12" in said(letter_of(NoticeKind.ADMINISTRATIVE_DENIAL))


HARD = (
    "The documentation insufficiently demonstrates contraindications necessitating supplementary interventional "
    "rehabilitation following arthroscopic reconstruction per MRI."
)


def test_hard_reason_is_kept_and_flagged() -> None:
    letter = letter_of(NoticeKind.DENIAL, text=HARD)

    assert HARD in said(letter)
    assert letter.flags == (GRADE_ABOVE, "unexplained MRI")
    assert letter.grade > 8


def test_providers_letters_are_not_held_against_a_grade() -> None:
    assert letter_of(NoticeKind.DENIAL, Recipient.PROVIDER, text=HARD).flags == ()


def test_same_case_gives_the_same_letter() -> None:
    assert letter_of(NoticeKind.DENIAL) == letter_of(NoticeKind.DENIAL)


@pytest.mark.parametrize("state", [LineState.DENIED_CLINICAL, LineState.VOIDED])
def test_number_of_what_is_not_authorized_is_not_shown(state) -> None:
    case, owed, people = sample(NoticeKind.VOID, Recipient.MEMBER)
    lines = tuple(replace(line, state=state, authorization_number="A1") for line in case.lines)

    (table,) = [
        s.table for s in compose(shipped_texts(), replace(case, lines=lines), owed, people, DATED).sections if s.table
    ]

    assert table.columns == ("Line", "Care", "What was asked", "Decision")
    assert not any("A1" in cell for row in table.rows for cell in row)
