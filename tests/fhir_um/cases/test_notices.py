from datetime import UTC, datetime
from itertools import product

import pytest

from fhir_um.cases.model import CaseId, PayerId
from fhir_um.cases.notices import (
    Channel,
    Notice,
    NoticeKind,
    NoticeStatus,
    NoticeWords,
    Outcome,
    Recipient,
    status_after,
)
from fhir_um.errors import Refusal

AT = datetime(2026, 3, 2, tzinfo=UTC)


def a_notice(status: NoticeStatus) -> Notice:
    return Notice(
        "n", PayerId("p"), CaseId("c"), 1, 1, NoticeKind.DENIAL, Recipient.MEMBER, (1,), "MA", "MD", "denial", "1",
        status, Channel.MAIL, AT, AT, why_held="no text",
    )  # fmt: skip


@pytest.mark.parametrize(("status", "outcome"), list(product(NoticeStatus, Outcome)))
def test_what_became_of_a_letter_follows_what_was_before(status, outcome) -> None:
    legal = {
        ("ready", "sent"), ("ready", "failed"),
        ("sent", "delivered"), ("sent", "returned"), ("sent", "failed"), ("delivered", "returned"),
        ("returned", "sent"), ("returned", "failed"),
        ("failed", "sent"), ("failed", "failed"),
    }  # fmt: skip
    if (status.value, outcome.value) in legal:
        assert status_after(a_notice(status), Channel.MAIL, outcome).value == outcome.value
    else:
        with pytest.raises(Refusal):
            status_after(a_notice(status), Channel.MAIL, outcome)


@pytest.mark.parametrize("status", [NoticeStatus.READY, NoticeStatus.RETURNED, NoticeStatus.FAILED])
def test_letter_is_sent_before_it_is_delivered_and_shown_in_a_portal_at_once(status) -> None:
    with pytest.raises(Refusal) as refused:
        status_after(a_notice(status), Channel.MAIL, Outcome.DELIVERED)
    assert "say first when it was sent" in refused.value.issues[0].text
    assert status_after(a_notice(status), Channel.PORTAL, Outcome.DELIVERED) is NoticeStatus.DELIVERED


@pytest.mark.parametrize("status", [s for s in NoticeStatus if s is not NoticeStatus.HELD])
def test_call_leaves_the_letter_where_it_is(status) -> None:
    assert status_after(a_notice(status), Channel.PHONE, Outcome.DELIVERED) is status
    with pytest.raises(Refusal):
        status_after(a_notice(status), Channel.PHONE, Outcome.RETURNED)


def test_letter_without_words_has_no_hash() -> None:
    assert NoticeWords().content_hash == ""
    assert len(NoticeWords(b"a").content_hash) == 64
