"""What a request is by its address."""

import pytest

from fhir_um.conformance.addressing import marks_of

FHIR, HOOKS = "http://a.test/fhir", "http://a.test/cds-services"


@pytest.mark.parametrize(
    ("method", "url", "marks"),
    [
        ("POST", f"{FHIR}/Claim/$submit", {"submit"}),
        ("POST", f"{FHIR}/Claim/$inquire", {"inquire"}),
        ("POST", f"{FHIR}/$submit-attachment", {"attachment"}),
        ("POST", f"{FHIR}/Subscription", {"subscription"}),
        ("GET", f"{FHIR}/Subscription/1/$status", {"subscription"}),
        ("DELETE", f"{FHIR}/Subscription/1", {"subscription"}),
        ("GET", f"{FHIR}/metadata?mode=full", {"metadata"}),
        ("GET", f"{FHIR}/ClaimResponse/1", {"read"}),
        ("GET", f"{FHIR}/Claim?patient=1", {"read"}),
        ("POST", f"{FHIR}/ClaimResponse/_search", {"read"}),
        ("GET", f"{FHIR}/Claim/$submit", set()),
        ("GET", HOOKS, {"discovery"}),
        ("POST", f"{HOOKS}/order-sign", {"hook", "order-sign"}),
        ("POST", f"{HOOKS}/order-sign/feedback", {"feedback"}),
        ("OPTIONS", f"{HOOKS}/order-sign", set()),
        ("POST", "http://a.test/fhirs/Claim/$submit", set()),
        ("GET", "http://a.test/um/v1/cases/1", set()),
    ],
)
def test_marks_come_from_the_address(method: str, url: str, marks: set[str]) -> None:
    assert marks_of(method, url, {"hook": "order-sign"}, FHIR, HOOKS) == marks


def test_a_call_that_names_no_hook_is_still_one() -> None:
    assert marks_of("POST", f"{HOOKS}/order-sign", ["x"], FHIR, HOOKS) == {"hook"}
