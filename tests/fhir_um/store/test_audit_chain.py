"""The canonical form: the same for the same row, another for another, and kept through the database."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from fhir_um.cases.auditing import Act, AuditEntry, Subject, as_word
from fhir_um.cases.model import CaseId, MemberId, PayerId
from fhir_um.store.audit import entry_of, subjects_in
from fhir_um.store.audit_chain import canonical, hash_of, record_of, written

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
INSTANTS = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  (the strategy adds the zone)
SUBJECTS = st.builds(
    Subject, WORDS.map(PayerId), WORDS.map(MemberId), WORDS.map(CaseId), st.integers(min_value=0, max_value=2**31)
)
ENTRIES = st.builds(
    AuditEntry,
    at=INSTANTS,
    action=WORDS,
    act=st.sampled_from(Act),
    outcome=WORDS,
    status=st.integers(0, 599),
    payer_id=st.none() | WORDS.map(PayerId),
    **{name: WORDS for name in ("client_id", "person", "role", "on_behalf_of", "detail", "request_id", "remote")},
    **{name: WORDS for name in ("purpose", "emergency", "body_hash")},
    subjects=st.lists(SUBJECTS, max_size=3).map(tuple),
)


@given(ENTRIES, ENTRIES, st.integers(1, 9), st.integers(1, 9), WORDS, WORDS)
def test_two_rows_have_the_same_hash_only_when_they_say_the_same(
    one: AuditEntry, other: AuditEntry, here: int, there: int, before: str, after: str
) -> None:
    records = record_of(one, here, before), record_of(other, there, after)

    assert (hash_of(records[0]) == hash_of(records[1])) == (records[0] == records[1])


@given(ENTRIES, ENTRIES)
def test_each_field_counts(one: AuditEntry, other: AuditEntry) -> None:
    basis = record_of(one, 1, "")

    for field in fields(AuditEntry):
        changed = record_of(replace(one, **{field.name: getattr(other, field.name)}), 1, "")
        assert (hash_of(changed) == hash_of(basis)) == (changed == basis)


@given(ENTRIES)
def test_the_form_is_plain_json_that_anybody_can_make_again(entry: AuditEntry) -> None:
    """Whoever checks the log with another program needs nothing of ours; the migration does it so."""
    record = record_of(entry, 7, "before")
    said = {**record, "at": record["at"].isoformat(timespec="microseconds"), "form": 1}

    again = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    assert json.loads(canonical(record)) == said
    assert hash_of(record) == sha256(again).hexdigest()


@given(ENTRIES, st.integers(-14, 14))
def test_a_time_is_the_same_in_every_zone(entry: AuditEntry, hours: int) -> None:
    elsewhere = replace(entry, at=entry.at.astimezone(timezone(timedelta(hours=hours))))

    assert hash_of(record_of(elsewhere, 1, "")) == hash_of(record_of(entry, 1, ""))


@given(ENTRIES, st.randoms())
def test_the_order_of_subjects_does_not_count_and_the_row_comes_back(entry: AuditEntry, chance: object) -> None:
    turned = replace(entry, subjects=tuple(reversed(entry.subjects)) + entry.subjects)
    record = record_of(turned, 1, "")

    assert record == record_of(entry, 1, "")
    assert entry_of(record) == replace(entry, subjects=tuple(sorted(set(entry.subjects))))
    assert written(subjects_in(record["subjects"])) == record["subjects"]


@given(st.text(max_size=400))
def test_a_word_from_outside_is_one_short_plain_line(text: str) -> None:
    word = as_word(text)

    assert len(word) <= 200
    assert word.isascii()
    assert word.isprintable()
    assert as_word(word) == word
