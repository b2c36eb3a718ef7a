from hashlib import sha256

import pytest

from fhir_um.cases.model import ClientId, PayerId, SubmissionId
from fhir_um.errors import DuplicateSubmission
from fhir_um.store.database import Store
from fhir_um.words import Identifier
from tests.fhir_um.store.stored import EHR, PAYER, arrived, opened, put

CLAIM = Identifier("urn:test:claim", "C1")


@pytest.mark.spec("pas:spec-26")
def test_submission_comes_back_byte_for_byte(store: Store) -> None:
    body = b'{"a": 1.00, \xc3\xa9\x00\xff}'
    kept = arrived(put(store, opened(submission_hash=sha256(body).hexdigest())), body)
    with store.open_work() as work:
        work.add_submission(kept, (CLAIM,))

        assert work.submission(PAYER, kept.id) == kept
        assert work.find_submission(PAYER, EHR, kept.content_hash) == kept
    assert store.verify().faults == []


def test_submission_is_not_found_by_another_payer_or_sender(store: Store) -> None:
    kept = arrived(put(store, opened()))
    with store.open_work() as work:
        work.add_submission(kept, ())

        assert work.submission(PayerId("payer-2"), kept.id) is None
        assert work.find_submission(PayerId("payer-2"), EHR, kept.content_hash) is None
        assert work.find_submission(PAYER, ClientId("ehr-2"), kept.content_hash) is None


def test_same_content_from_the_same_sender_is_refused_and_changes_nothing(store: Store) -> None:
    case = put(store, opened())
    first, second = arrived(case), arrived(case, id=SubmissionId("another"), claim_url="https://other.test/Claim/2")
    with store.open_work() as work:
        work.add_submission(first, ())

        with pytest.raises(DuplicateSubmission):
            work.add_submission(second, (CLAIM,))

        assert work.submission(PAYER, second.id) is None
        assert work.find_by_claim(PAYER, EHR, second.claim_url, (CLAIM,)) == ()


def test_same_content_from_another_sender_is_another_submission(store: Store) -> None:
    case = put(store, opened())
    with store.open_work() as work:
        work.add_submission(arrived(case), ())
        work.add_submission(arrived(case, id=SubmissionId("another"), sender=ClientId("ehr-2")), ())

        assert work.submission(PAYER, SubmissionId("another")) is not None
