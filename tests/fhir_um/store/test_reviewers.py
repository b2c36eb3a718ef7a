"""Credentials on file: by payer and NPI, replaced whole."""

from dataclasses import replace
from datetime import date

from fhir_um.cases.credentials import Credential, LicenceHeld
from fhir_um.cases.model import PayerId
from fhir_um.store.database import Store
from fhir_um.words import Period

HARBOR, PRAIRIE = PayerId("harbor"), PayerId("prairie")
LICENCE = LicenceHeld("MD", "D1", Period(date(2026, 1, 1), date(2026, 12, 31)))
FALK = Credential(HARBOR, "1910200405", "Irene Falk", "MD", ("imaging",), (LICENCE,), LICENCE.period)


def test_what_is_on_file_is_found_by_payer_and_npi_and_replaced_whole(store: Store) -> None:
    of_prairie = replace(FALK, payer_id=PRAIRIE, licences=())
    with store.open_work() as work:
        work.reviewers.save(())
        work.reviewers.save((replace(FALK, npi="1910200017"), FALK, of_prairie))
        work.reviewers.save((replace(FALK, attested=Period()),))

    with store.open_reading() as reading:
        assert reading.reviewers.by_npi(HARBOR, FALK.npi) == replace(FALK, attested=Period())
        assert reading.reviewers.by_npi(PRAIRIE, FALK.npi) == of_prairie
        assert reading.reviewers.by_npi(HARBOR, "1" * 5000) is None
        assert [one.npi for one in reading.reviewers.all_of(HARBOR)] == ["1910200017", FALK.npi]
