"""Every letter, for every recipient, line of business and state with words of its own; and what may be wrong."""

from dataclasses import replace
from datetime import date

import pytest

from fhir_um.cases.notices import ADVERSE, NoticeKind, Recipient
from fhir_um.coverage.model import LineOfBusiness
from fhir_um.notices.composing import compose, fixed_text, need_of
from fhir_um.notices.page import page_of
from fhir_um.notices.reading_grade import MOST_FOR_MEMBERS, grade_of, unexplained
from fhir_um.notices.samples import DATED, sample
from fhir_um.notices.templates import Block, Need, TemplateFault, Texts, filled, shipped_texts

STATES = ("MD", "CA", "TX", "NY")
RIGHTS = ("appeal", "fast-appeal", "outside-review", "criteria-copy")


def letters(recipient: Recipient):
    texts = shipped_texts()
    for kind in NoticeKind:
        for business in LineOfBusiness:
            for state in STATES:
                case, owed, people = sample(kind, recipient, business, state)
                yield kind, business, state, need_of(case, owed, people, DATED), texts, (case, owed, people)


@pytest.mark.parametrize("recipient", list(Recipient))
def test_every_letter_can_be_made(recipient) -> None:
    for *_, texts, made_of in letters(recipient):
        letter = compose(texts, *made_of, DATED)
        whole = page_of(letter).decode()

        assert letter.title
        assert letter.sections
        assert all(each.heading for each in letter.sections)
        assert "{" not in whole.split("</style>")[1]


def test_members_can_read_every_letter() -> None:
    hard = []
    for kind, business, state, need, texts, made_of in letters(Recipient.MEMBER):
        fixed = fixed_text(texts.template(need), texts.parts(need), Recipient.MEMBER)
        letter = compose(texts, *made_of, DATED)
        prose = "\n".join(text for each in letter.sections for text in (*each.paragraphs, *each.items))
        if max(grade_of(fixed), grade_of(prose)) > MOST_FOR_MEMBERS or unexplained(fixed) or letter.flags:
            hard.append((kind, business, state, grade_of(fixed), grade_of(prose), letter.flags))

    assert hard == []


@pytest.mark.parametrize("recipient", list(Recipient))
def test_no_adverse_letter_is_without_rights(recipient) -> None:
    for kind, business, state, need, texts, _ in letters(recipient):
        places = [block.place for block in texts.parts(need)]
        if kind in ADVERSE:
            assert set(RIGHTS) <= set(places), (kind, business, state)


@pytest.mark.parametrize(
    ("business", "state", "words"),
    [
        ("MA", "MD", "May 9, 2026. That is 65 days"),
        ("MA", "MD", "form number CMS-10003"),
        ("MCO", "MD", "May 4, 2026. That is 60 days"),
        ("MCO", "MD", "120 days from the date of our answer"),
        ("MCO", "MD", "Ask for it by March 15, 2026"),
        ("COMM", "MD", "September 1, 2026. That is 180 days"),
        ("QHP", "CA", "Outside review in California"),
        ("COMM", "TX", "Outside review in Texas"),
        ("QHP", "NY", "external appeal"),
        ("ERISA", "CA", "U.S. Department of Labor"),
        ("MCO", "NY", "If both are done, the hearing counts"),
    ],
)
def test_denial_tells_the_rights_of_its_coverage(business, state, words) -> None:
    case, owed, people = sample(NoticeKind.DENIAL, Recipient.MEMBER, LineOfBusiness(business), state)

    letter = compose(shipped_texts(), case, owed, people, DATED)

    assert words in page_of(letter).decode()


def test_law_of_states_does_not_reach_employers_own_plans() -> None:
    case, owed, people = sample(NoticeKind.DENIAL, Recipient.MEMBER, LineOfBusiness.SELF_FUNDED, "CA")

    assert "California" not in page_of(compose(shipped_texts(), case, owed, people, DATED)).decode()


@pytest.mark.parametrize("kind", [NoticeKind.EXTENSION, NoticeKind.EXPEDITE_REFUSAL])
def test_more_time_comes_with_the_right_to_complain(kind) -> None:
    case, owed, people = sample(kind, Recipient.MEMBER, LineOfBusiness.MEDICARE_ADVANTAGE)

    assert "expedited grievance" in page_of(compose(shipped_texts(), case, owed, people, DATED)).decode()


def a_block(**changes) -> Block:
    given = {"id": "new", "place": "help", "since": date(2026, 1, 1), "heading": "H", "text": "T"}
    return Block(**given | changes)


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (a_block(text="{nobody}"), "no letter has a value {nobody}"),
        (a_block(place="nowhere"), "no letter has the place nowhere"),
        (a_block(text="by {deadline}", place="contact"), "does not say after how many days"),
        (a_block(states=["Maryland"]), "two capital letters"),
        (a_block(recipients=[Recipient.MEMBER]), "all fit the place help"),
        (a_block(id="help"), "The block help is there twice"),
    ],
)
def test_text_that_may_not_be_used_is_a_fault_at_start(block, told) -> None:
    shipped = shipped_texts()

    with pytest.raises(TemplateFault) as caught:
        Texts(shipped.templates, (*shipped.blocks, block))

    assert told in str(caught.value)


def test_missing_kinds_and_places_are_faults_at_start() -> None:
    shipped = shipped_texts()

    with pytest.raises(TemplateFault, match="no text for letters of kind void"):
        Texts([t for t in shipped.templates if t.kind is not NoticeKind.VOID], shipped.blocks)
    with pytest.raises(TemplateFault, match="nothing fits the place appeal"):
        Texts(shipped.templates, [b for b in shipped.blocks if b.id != "appeal-mco"])


def test_newer_text_takes_over_on_its_day() -> None:
    shipped = shipped_texts()
    (old,) = [b for b in shipped.blocks if b.id == "help"]
    texts = Texts(
        shipped.templates,
        (*shipped.blocks, a_block(id="help-2", since=date(2027, 1, 1), recipients=[Recipient.MEMBER], text="New.")),
    )

    def help_on(day: date) -> str:
        need = Need(NoticeKind.DENIAL, Recipient.MEMBER, "MA", "MD", day)
        return next(block.id for block in texts.parts(need) if block.place == "help")

    assert (help_on(date(2026, 12, 31)), help_on(date(2027, 1, 1))) == (old.id, "help-2")


def test_no_text_before_its_day() -> None:
    with pytest.raises(TemplateFault, match="no text in force"):
        shipped_texts().parts(Need(NoticeKind.DENIAL, Recipient.MEMBER, "MA", "MD", date(2025, 1, 1)))


def test_value_that_a_case_lacks_is_a_fault() -> None:
    with pytest.raises(TemplateFault, match="names {why}"):
        filled("Because {why}", {"why": ""})


def test_braces_in_a_name_are_letters() -> None:
    case, owed, people = sample(NoticeKind.DENIAL, Recipient.MEMBER)
    named = replace(people, member=replace(people.member, given="{why}"))

    assert "{why} Sample" in compose(shipped_texts(), case, owed, named, DATED).greeting
