"""Which addresses a subscriber may be notified at: by scheme, by list, and in the sandbox this machine."""

import pytest

from fhir_um.subscribers.endpoints import ANY_HOST, Endpoints

LISTED = Endpoints(frozenset({"ehr.example.org", "other.example.org:8443"}))
ANY = Endpoints(frozenset({ANY_HOST}))
SANDBOX = Endpoints(frozenset({"ehr.example.org"}), is_sandbox=True)


@pytest.mark.parametrize(
    ("endpoints", "url"),
    [
        (LISTED, "https://ehr.example.org/notify?x=1"),
        (LISTED, "https://EHR.example.org:443/notify"),
        (LISTED, "https://other.example.org:8443"),
        (ANY, "https://anybody.example.net:9000/x"),
        (SANDBOX, "http://localhost:4567/custom"),
        (SANDBOX, "http://127.0.0.1/"),
        (SANDBOX, "http://[::1]:8080/"),
        (SANDBOX, "http://ehr.example.org/notify"),
    ],
)
def test_may_be_notified(endpoints: Endpoints, url: str) -> None:
    assert endpoints.fault_of(url) == ""


@pytest.mark.parametrize(
    ("endpoints", "url", "why"),
    [
        (LISTED, "http://ehr.example.org/notify", "https"),
        (ANY, "http://anybody.example.net/", "https"),
        (LISTED, "https://ehr.example.org:8443/notify", "not among"),
        (LISTED, "https://evil.example.org/", "not among"),
        (LISTED, "https://ehr.example.org.evil.example/", "not among"),
        (LISTED, "https://localhost/", "not among"),
        (LISTED, "https://169.254.169.254/latest/meta-data", "not among"),
        (Endpoints(frozenset()), "https://ehr.example.org/", "not among"),
        (SANDBOX, "http://10.0.0.1/", "not among"),
        (SANDBOX, "http://localhost.evil.example/", "not among"),
        (LISTED, "https://ehr.example.org@evil.example/", "such as"),
        (LISTED, "https://ehr.example.org\\@evil.example/", "such as"),
        (LISTED, "https://ehr.example.org/#x", "such as"),
        (LISTED, "ftp://ehr.example.org/", "such as"),
        (LISTED, "urn:uuid:7f000001", "such as"),
        (LISTED, " https://ehr.example.org/", "such as"),
        (LISTED, "https://ehr.example.org/" + "x" * 2000, "longer"),
    ],
)
def test_may_not_be_notified(endpoints: Endpoints, url: str, why: str) -> None:
    assert why in endpoints.fault_of(url)
