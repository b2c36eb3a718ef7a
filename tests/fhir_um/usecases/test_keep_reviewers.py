"""Clinicians are put on file by those who may, all or none; attestations last a year; somebody may leave at once."""

from dataclasses import replace
from datetime import date

import pytest

from fhir_um.cases.credentials import Credential, LicenceHeld
from fhir_um.cases.model import PayerId
from fhir_um.coverage.model import LicenceOnFile, Reviewer
from fhir_um.errors import Kind, Refusal
from fhir_um.usecases.keep_reviewers import attest, expire, keep_reviewers, on_file, see_reviewers
from fhir_um.words import Period
from tests.fhir_um.usecases.asking import a_caller
from tests.people import people

YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
ORR = Credential(PayerId("harbor"), "1910200439", "Nadia Orr", "MD", (), (LicenceHeld("MD", "D1", YEAR),), YEAR)
HARBOR, BOTH = a_caller(), a_caller("both", "harbor", "prairie")


def refused(excinfo: pytest.ExceptionInfo[Refusal]) -> tuple[Kind, list[str]]:
    return excinfo.value.kind, [issue.text for issue in excinfo.value.issues]


def test_everybody_of_the_fixtures_is_on_file(lite) -> None:
    assert set(see_reviewers(lite, BOTH)) == set(on_file(people().reviewers))
    assert {one.payer_id for one in see_reviewers(lite, HARBOR)} == {"harbor"}


def test_a_row_becomes_a_credential_as_it_is() -> None:
    licences = (LicenceOnFile("MD", "D1", YEAR),)
    row = Reviewer("harbor", ORR.npi, "Nadia Orr", "MD", (), licences, YEAR)

    assert on_file((row,)) == (ORR,)
    with pytest.raises(Refusal) as caught:
        on_file((row, replace(row, npi="1", kind="")))
    assert refused(caught)[1] == [
        "reviewers.yaml, row 2: the NPI has ten digits.",
        "reviewers.yaml, row 2: say what they are, for example MD.",
    ]


def test_who_is_put_on_file_is_there(lite) -> None:
    keep_reviewers(lite, HARBOR, (ORR, replace(ORR, npi="1910200504")))

    with lite.open_reading() as reading:
        assert reading.reviewers.by_npi(PayerId("harbor"), ORR.npi) == ORR


def test_all_or_none_are_put_on_file(lite) -> None:
    with pytest.raises(Refusal) as caught:
        keep_reviewers(lite, HARBOR, (ORR, replace(ORR, npi="2", attested=replace(YEAR, end=date(2027, 12, 31)))))

    kind, texts = refused(caught)
    assert (kind, len(texts)) == (Kind.INVALID, 2)
    assert texts[1].startswith("Row 2: an attestation is for a year")
    assert ORR not in see_reviewers(lite, HARBOR)


def test_another_payers_clinicians_are_not_there(lite) -> None:
    with pytest.raises(Refusal) as caught:
        keep_reviewers(lite, HARBOR, (replace(ORR, payer_id=PayerId("prairie")),))
    assert caught.value.kind is Kind.NOT_FOUND
    with pytest.raises(Refusal) as caught:
        expire(lite, HARBOR, "1910200157", date(2026, 3, 2))
    assert caught.value.kind is Kind.NOT_FOUND


def test_somebody_attests_for_every_payer_of_the_caller(lite) -> None:
    expire(lite, BOTH, "1910200405", date(2025, 12, 31))
    attested = attest(lite, BOTH, "1910200405", date(2027, 1, 1), date(2027, 12, 31))

    assert [one.payer_id for one in attested] == ["harbor", "prairie"]
    assert all(one.attested_on(date(2027, 6, 1)) and not one.attested_on(date(2026, 6, 1)) for one in attested)
    assert set(attested) <= set(see_reviewers(lite, BOTH))


def test_who_attests_for_the_next_year_may_go_on_in_this_one(lite) -> None:
    year = lite.clock().year
    this = Period(date(year, 1, 1), date(year, 12, 31))
    keep_reviewers(lite, HARBOR, (replace(ORR, attested=this),))

    (again,) = attest(lite, HARBOR, ORR.npi, date(year + 1, 1, 1), date(year + 1, 12, 31))

    assert again.attested == Period(this.start, date(year + 1, 12, 31))
    assert attest(lite, HARBOR, ORR.npi, date(year, 3, 1), date(year, 6, 1))[0].attested == again.attested
    with pytest.raises(Refusal) as caught:
        attest(lite, HARBOR, ORR.npi, date(year + 2, 1, 2), date(year + 2, 12, 31))
    assert refused(caught)[1] == [
        "The attestation on file still holds, and the new one begins days after its end; "
        f"begin it on {year + 2}-01-01 or before."
    ]


@pytest.mark.parametrize("last", [date(2026, 12, 31), date(2028, 1, 3)])
def test_an_attestation_that_is_backwards_or_too_long_is_refused(lite, last: date) -> None:
    with pytest.raises(Refusal) as caught:
        attest(lite, BOTH, "1910200405", date(2027, 1, 1), last)
    assert caught.value.kind is Kind.INVALID


def test_who_leaves_may_rule_no_more_from_then_on(lite) -> None:
    keep_reviewers(
        lite,
        HARBOR,
        (
            replace(
                ORR, licences=(*ORR.licences, LicenceHeld("PA", "P1", Period(date(2026, 6, 1), date(2026, 12, 31))))
            ),
        ),
    )

    (left,) = expire(lite, HARBOR, ORR.npi, date(2026, 3, 31))

    assert left.licences == (LicenceHeld("MD", "D1", Period(date(2026, 1, 1), date(2026, 3, 31))),)
    assert left.valid_licence(date(2026, 3, 31))
    assert not left.valid_licence(date(2026, 4, 1))
    assert not left.attested_on(date(2026, 4, 1))
    assert expire(lite, HARBOR, ORR.npi, date(2025, 12, 31))[0].attested == Period()
