"""Letters follow what happens to cases: each once, also after a crash, and nothing waits for one that is held."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from sqlalchemy import text

from fhir_um.cases.auditing import AuditSearch
from fhir_um.cases.clocks import ClockKind
from fhir_um.cases.history import rebuild
from fhir_um.cases.model import LineState
from fhir_um.cases.notices import Channel, NoticeKind, NoticeSearch, NoticeStatus, Outcome, Recipient
from fhir_um.cases.retention import Going, Purge, RecordKind
from fhir_um.errors import Refusal, RoleNotAllowed
from fhir_um.notices.letter import CannotPrint
from fhir_um.notices.templates import TemplateFault
from fhir_um.store.database import Store
from fhir_um.usecases import give_notices as giving
from fhir_um.usecases import making_notices
from fhir_um.usecases.give_notices import FOLLOWER, OLDEST_DAYS, give_notices, tell_clocks
from fhir_um.usecases.print_notice import print_notice
from fhir_um.usecases.read_case import read_case, read_events
from fhir_um.usecases.record_delivery import Told, record_delivery
from fhir_um.usecases.rotate_keys import rotate_keys
from fhir_um.usecases.see_notices import list_notices, notices_of, open_page, open_words, read_notice, unwritten
from fhir_um.usecases.submit_claim import submit_claim
from fhir_um.vault import CannotOpen, Vault, new_key
from tests.builders import line_request
from tests.fhir_um.usecases.asking import a_caller, ask, sent
from tests.fhir_um.usecases.attached import NURSE, oxygen

HOUR = timedelta(hours=1)
CALLER = a_caller()


class Crash(Exception):
    """Stands for a process that is killed."""


def letters(deps, case):
    return notices_of(deps, CALLER, case.id)[1]


def denied(deps):
    """Refused by software: a benefit that is used up or excluded."""
    return submit_claim(deps, CALLER, sent(ask(line_request(code="E0241"))))


@pytest.fixture
def case(deps):
    return submit_claim(deps, CALLER, oxygen())


def test_request_for_documents_is_told_to_both(deps, case) -> None:
    assert case.line(1).state is LineState.PENDED_INFO
    assert give_notices(deps) == 2

    found = {notice.recipient: notice for notice in letters(deps, case)}
    assert {notice.kind for notice in found.values()} == {NoticeKind.INFORMATION_REQUEST}
    assert (found["member"].status, found["member"].channel) == (NoticeStatus.READY, Channel.MAIL)
    assert (found["provider"].status, found["provider"].channel) == (NoticeStatus.SENT, Channel.FHIR)
    assert found["provider"].content_hash
    _, words = open_words(deps, CALLER, found["member"].id)
    assert (words.pdf, found["member"].pdf_hash) == (b"", "")
    assert words.content_hash == found["member"].content_hash
    assert deps.store.verify().faults == []


def test_case_notes_its_letters_and_keeps_its_version(deps, case) -> None:
    give_notices(deps)

    after = read_case(deps, CALLER, case.id)
    assert (after.version, len(after.review.notices)) == (case.version, 2)
    events = read_events(deps, CALLER, case.id)
    assert events[-1].path == ("T19",)
    assert rebuild(events) == after


def test_audit_log_says_that_software_made_them(lite) -> None:
    denied(lite)
    give_notices(lite)

    with lite.open_reading() as reading:
        (row,) = reading.audit.search(("harbor",), AuditSearch(action="give-notices"))
    assert (row.entry.client_id, row.entry.person, row.entry.role) == ("engine", "", "engine")


def test_letters_are_made_once(deps, case) -> None:
    assert give_notices(deps) == 2
    assert give_notices(deps) == 0
    assert len(letters(deps, case)) == 2


@pytest.mark.parametrize(("together", "kept"), [(1, 2), (10, 0)])
def test_crash_repeats_nothing_and_leaves_nothing_out(lite, monkeypatch, together, kept) -> None:
    first, second = submit_claim(lite, CALLER, oxygen()), denied(lite)
    entries = iter([None])

    def crash(*args):
        if next(entries, "crash") == "crash":
            raise Crash
        return entry(*args)

    entry = giving._entry
    monkeypatch.setattr(giving, "_entry", crash)
    monkeypatch.setattr(giving, "_CASES_TOGETHER", together)
    with pytest.raises(Crash):
        give_notices(lite)
    monkeypatch.setattr(giving, "_entry", entry)

    assert (len(letters(lite, first)), len(letters(lite, second))) == (kept, 0)
    assert give_notices(lite) == 4 - kept
    assert (len(letters(lite, first)), len(letters(lite, second))) == (2, 2)
    assert lite.store.verify().faults == []


def test_two_who_follow_make_each_letter_once(lite, monkeypatch) -> None:
    case = submit_claim(lite, CALLER, oxygen())
    make = making_notices.make
    others = iter([True])

    def overtaken(*args):
        if next(others, False):
            monkeypatch.setattr(giving, "make", make)
            give_notices(lite)
        return make(*args)

    monkeypatch.setattr(giving, "make", overtaken)

    give_notices(lite)

    assert len(letters(lite, case)) == 2


def test_place_that_was_lost_makes_no_second_letter(lite) -> None:
    case = submit_claim(lite, CALLER, oxygen())
    give_notices(lite)
    with lite.open_work() as work:
        work.feed.place_of(FOLLOWER)
        work.feed.keep_place(FOLLOWER, "")

    assert give_notices(lite) == 0
    assert len(letters(lite, case)) == 2


def test_letter_that_cannot_be_made_is_held_and_keeps_nobody_waiting(lite, monkeypatch) -> None:
    case = submit_claim(lite, CALLER, oxygen())

    def no_text(*_):
        raise TemplateFault("There is no text.")

    monkeypatch.setattr(making_notices, "compose", no_text)
    assert give_notices(lite) == 2

    found = list_notices(lite, CALLER, NoticeSearch((NoticeStatus.HELD,)))
    assert {(notice.case_id, notice.why_held) for notice in found} == {(case.id, "There is no text.")}
    with pytest.raises(Refusal, match="not-found"):
        open_page(lite, CALLER, found[0].id)
    with pytest.raises(Refusal, match="conflict"):
        tell(lite, found[0], Outcome.SENT)
    assert lite.store.verify().faults == []


def test_old_decisions_get_no_letter(lite, clock) -> None:
    case = submit_claim(lite, CALLER, oxygen())
    clock.move(days=OLDEST_DAYS)

    assert give_notices(lite) == 0
    assert letters(lite, case) == ()


def test_portal_gives_the_members_letter_at_once(lite) -> None:
    at_once = replace(lite, member_channel=Channel.PORTAL)
    case = submit_claim(at_once, CALLER, oxygen())

    give_notices(at_once)

    assert {(n.status, n.channel) for n in letters(at_once, case)} == {
        (NoticeStatus.SENT, Channel.PORTAL),
        (NoticeStatus.SENT, Channel.FHIR),
    }


# --- delivery -------------------------------------------------------------------------------------------------------


def members(deps, case):
    give_notices(deps)
    return next(notice for notice in letters(deps, case) if notice.recipient == "member")


def tell(deps, notice, outcome, channel=Channel.MAIL, at=None, note=""):
    return record_delivery(deps, CALLER, notice.id, NURSE, Told(channel, outcome, at, note))


def test_letter_goes_out_comes_back_and_goes_out_again(deps, case, clock) -> None:
    notice = members(deps, case)

    for outcome in (Outcome.SENT, Outcome.RETURNED, Outcome.SENT, Outcome.DELIVERED):
        clock.move(hours=1)
        assert tell(deps, notice, outcome).status.value == outcome.value

    after, tries = read_notice(deps, CALLER, notice.id)
    assert [(made.sequence, made.outcome.value) for made in tries] == [
        (1, "sent"),
        (2, "returned"),
        (3, "sent"),
        (4, "delivered"),
    ]
    assert after.changed_at == clock.at
    (step,) = [s for s in read_case(deps, CALLER, case.id).review.notices if s.id == notice.id]
    assert (step.status, step.at) == ("delivered", clock.at)
    assert deps.store.verify().faults == []


def test_same_said_twice_is_said_once(lite) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))

    tell(lite, notice, Outcome.SENT, at=lite.clock())
    tell(lite, notice, Outcome.SENT, at=lite.clock())

    assert len(read_notice(lite, CALLER, notice.id)[1]) == 1


def test_call_is_noted_and_the_letter_still_has_to_go_out(lite) -> None:
    case = submit_claim(lite, CALLER, oxygen())
    notice = members(lite, case)

    after = tell(lite, notice, Outcome.DELIVERED, Channel.PHONE, note="Told the member at home.")

    assert after.status is NoticeStatus.READY
    steps = {s.id: s for s in read_case(lite, CALLER, case.id).review.notices}
    assert steps[f"{notice.id}.phone"].status == "delivered"
    assert steps[notice.id].status == "ready"


@pytest.mark.parametrize("hours", [1, -1])
def test_time_that_cannot_be_is_refused(lite, hours) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))

    with pytest.raises(Refusal):
        tell(lite, notice, Outcome.SENT, at=lite.clock() + hours * HOUR)


def test_letters_of_others_are_not_there(lite) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))
    other = a_caller("ehr-2", "prairie")

    with pytest.raises(Refusal, match="not-found"):
        read_notice(lite, other, notice.id)
    with pytest.raises(Refusal, match="not-found"):
        record_delivery(lite, other, notice.id, NURSE, Told(Channel.MAIL, Outcome.SENT))
    assert list_notices(lite, other, NoticeSearch()) == ()


def test_role_that_nobody_has_is_refused(lite) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))

    with pytest.raises(RoleNotAllowed):
        record_delivery(lite, replace(CALLER, roles=frozenset()), notice.id, NURSE, Told(Channel.MAIL, Outcome.SENT))


def test_clock_stops_when_both_were_told_of_a_determination(lite) -> None:
    case = submit_claim(lite, CALLER, oxygen())
    asked = members(lite, case)
    denial = replace(asked, kind=NoticeKind.DENIAL)

    def told(*notices) -> list[tuple[str, ...]]:
        with lite.open_work() as work:
            for notice in notices:
                tell_clocks(work, work.load_case(case.payer_id, case.id), notice, lite.clock())
        with lite.open_reading() as work:
            clocks = work.clocks_of(case.payer_id, case.id)
        return [clock.told for clock in clocks if clock.is_running and clock.kind is ClockKind.DECISION]

    assert told(asked) == [()]
    assert told(denial) == [("member",)]
    assert told(replace(denial, recipient=Recipient.PROVIDER)) == []


# --- the PDF, when it is needed --------------------------------------------------------------------------------------


def test_pdf_is_made_once_and_kept_whatever_becomes_of_the_case(deps, case, monkeypatch) -> None:
    notice = members(deps, case)

    printed, pdf = print_notice(deps, CALLER, notice.id)
    monkeypatch.setattr("fhir_um.usecases.print_notice.pdf_of", lambda letter: b"another program")
    again, same = print_notice(deps, CALLER, notice.id)

    assert pdf.startswith(b"%PDF")
    assert (printed, same) == (again, pdf)
    assert printed.pdf_hash == sha256(pdf).hexdigest()
    assert printed.content_hash == notice.content_hash
    assert deps.store.verify().faults == []


def test_two_who_need_it_at_once_get_the_same_bytes(lite, monkeypatch) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))
    drawn = iter([b"first", b"second"])
    others: list[bytes] = []

    def overtaken(letter):
        if not others:
            others.append(b"")
            others[0] = print_notice(lite, CALLER, notice.id)[1]
        return next(drawn)

    monkeypatch.setattr("fhir_um.usecases.print_notice.pdf_of", overtaken)

    assert print_notice(lite, CALLER, notice.id)[1] == others[0] == b"first"


@pytest.mark.parametrize(("channel", "is_kept"), [(Channel.MAIL, True), (Channel.FAX, True), (Channel.PORTAL, False)])
def test_what_went_out_on_paper_is_kept_as_pdf(lite, channel, is_kept) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))

    tell(lite, notice, Outcome.SENT, channel)

    assert bool(read_notice(lite, CALLER, notice.id)[0].pdf_hash) is is_kept


def test_letter_that_fits_on_no_page_can_go_out_as_a_page(lite, monkeypatch) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))

    def too_long(letter):
        raise CannotPrint("Too long.")

    monkeypatch.setattr("fhir_um.usecases.print_notice.pdf_of", too_long)

    with pytest.raises(Refusal, match="conflict"):
        print_notice(lite, CALLER, notice.id)
    assert tell(lite, notice, Outcome.SENT).status is NoticeStatus.SENT


def test_many_cases_are_told_in_one_call(lite, monkeypatch) -> None:
    monkeypatch.setattr(giving, "_CASES_TOGETHER", 2)
    monkeypatch.setattr(giving, "_STEPS_AT_ONCE", 7)
    cases = [denied(lite) for _ in range(5)]

    assert give_notices(lite) == 10
    assert [len(letters(lite, case)) for case in cases] == [2] * 5
    assert lite.store.verify().faults == []


# --- lines without a letter -----------------------------------------------------------------------------------------


def test_decided_line_without_a_letter_is_listed_after_a_day(deps, clock) -> None:
    case = denied(deps)
    assert case.line(1).state is LineState.DENIED_ADMINISTRATIVE
    assert unwritten(deps, CALLER) == ()
    clock.move(days=1, minutes=1)

    listed = [(each.case.id, list(each.sequences)) for each in unwritten(deps, CALLER)]
    give_notices(deps)

    assert listed == [(case.id, [1])]
    assert unwritten(deps, CALLER) == ()


def test_pages_of_letters_follow_each_other(deps) -> None:
    submit_claim(deps, CALLER, oxygen())
    denied(deps)
    give_notices(deps)

    first = list_notices(deps, CALLER, NoticeSearch(limit=3))
    rest = list_notices(deps, CALLER, NoticeSearch(after=(first[-1].created_at, first[-1].id)))
    ready = list_notices(deps, CALLER, NoticeSearch((NoticeStatus.READY,), (NoticeKind.INFORMATION_REQUEST,)))

    assert (len(first), len(rest), len(ready)) == (3, 1, 1)
    assert len({notice.id for notice in (*first, *rest)}) == 4


# --- at rest --------------------------------------------------------------------------------------------------------


def test_letters_are_sealed_and_go_with_their_case(deps, clock) -> None:
    case = denied(deps)
    notice = members(deps, case)
    tell(deps, notice, Outcome.SENT)
    with deps.store.engine.connect() as connection:
        kept = connection.execute(text("SELECT letter, pdf FROM notices WHERE id = :id"), {"id": notice.id}).one()
    assert b"Dear" not in bytes(kept.letter)
    assert len(bytes(kept.pdf)) > 10_000
    assert b"%PDF" not in bytes(kept.pdf)

    with deps.open_work() as work:
        candidate = next(
            each
            for each in work.retention.candidates_to_go(RecordKind.CASE, clock.at + timedelta(days=1), (), 10)
            if each.key[0] == case.id
        )
        work.retention.purge(
            RecordKind.CASE, [Going(candidate, "rule", clock.at.date())], Purge("report", "me", clock.at)
        )

    with deps.store.engine.connect() as connection:
        for table in ("notices", "notice_deliveries"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
    assert deps.store.verify().faults == []


def test_letters_open_after_the_key_was_changed(lite) -> None:
    old, new = new_key(), new_key()
    url = lite.store.engine.url.render_as_string(hide_password=False)
    first, second, both = (
        replace(lite, store=Store(url, lite.clock, vault=Vault(k))) for k in ((old,), (new,), (new, old))
    )
    case = submit_claim(first, CALLER, oxygen())
    notice = members(first, case)
    _, pdf = print_notice(first, CALLER, notice.id)

    rotate_keys(both, "somebody", lambda what, count: None)

    assert open_words(second, CALLER, notice.id)[1].content_hash == notice.content_hash
    assert print_notice(second, CALLER, notice.id)[1] == pdf
    assert second.store.verify().faults == []
    with pytest.raises(CannotOpen):
        open_words(first, CALLER, notice.id)
    for each in (first, second, both):
        each.store.close()


def test_words_that_were_altered_are_a_fault(lite) -> None:
    notice = members(lite, submit_claim(lite, CALLER, oxygen()))
    with lite.store.engine.begin() as connection:
        connection.execute(text("UPDATE notices SET pdf = letter WHERE id = :id"), {"id": notice.id})

    assert [fault for fault in lite.store.verify().faults if "notice" in fault] == [
        f"payer harbor, notice {notice.id}: it cannot be opened: What was sealed was altered since, or belongs to "
        "another place."
    ]
