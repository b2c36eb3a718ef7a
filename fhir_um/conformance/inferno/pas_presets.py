"""The preset for the PAS server suites of Inferno, versions 2.0.1 and 2.2.1.

Source: the inputs of PAS test kit 0.15.1. Titles and descriptions are ours; names are the suite's.
"""

import json
from collections.abc import Mapping

from fhir_um.conformance.inferno.payloads import Script
from fhir_um.conformance.inferno.preparing import INQUIRE, SUBMIT, Prepared
from fhir_um.conformance.inferno.presets import TEXT, Input, Preset
from profiles.canonicals import (
    EXT_FILTER_CRITERIA,
    EXT_PAYLOAD_CONTENT,
    PAS_TOPIC,
    PROFILE_BACKPORT_SUBSCRIPTION,
    PROFILE_SUBSCRIPTION,
)

STORY = "public-suite"
_PROVIDER = "1910010010"
"""NPI of the organization that asks in that story; a subscription is for what it asks."""

_NEWER, _OLDER = "2.2.1", "2.0.1"
_SUITES = {_NEWER: "davinci_pas_server_suite_v221", _OLDER: "davinci_pas_server_suite_v201"}
_CONTENT = {_NEWER: "full-resource", _OLDER: "id-only"}
_PROFILE = {_NEWER: PROFILE_SUBSCRIPTION, _OLDER: PROFILE_BACKPORT_SUBSCRIPTION}
_STEPS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    _NEWER: (
        ("approval_pa_submit_request_payload", "Request that is approved", "approved"),
        ("denial_pa_submit_request_payload", "Request that is denied", "denied"),
        ("pended_pa_submit_request_payload", "Request that is pended", "pended"),
        ("claim_update_initial_submit_payload", "Update chain: the first request", "first"),
        ("claim_update_add_item_submit_payload", "Update chain: a line more", "added"),
        ("claim_update_modify_cancel_submit_payload", "Update chain: a line changed, one withdrawn", "changed"),
        ("claim_update_cancel_all_submit_payload", "Update chain: everything withdrawn", "withdrawn"),
    ),
    _OLDER: (
        ("approval_pa_submit_request_payload", "Request that is approved", "approved"),
        ("denial_pa_submit_request_payload", "Request that is denied", "denied"),
        ("pended_pa_submit_request_payload", "Request that is pended", "pended"),
        ("pended_pa_inquire_request_payload", "Inquiry about the pended request", "found"),
    ),
}
"""Input, title, and the step of the story it comes from."""


def preset(base: str, script: Script, prepared: Prepared, access_token: str) -> Preset:
    """The preset of one version. `base` is its FHIR base, `access_token` what notifications will carry."""
    version = script.version
    inputs = (
        Input("server_endpoint", "FHIR base of the server", base, TEXT),
        Input(
            "access_token",
            "Token of notifications",
            access_token,
            TEXT,
            "The server sends it with every notification, so that the suite knows whose it is.",
        ),
        Input("subscription_resource", "Subscription", _subscription(version, access_token)),
        *(Input(name, title, script.body(STORY, step), is_optional=True) for name, title, step in _STEPS[version]),
        _must_support(prepared, "submit", SUBMIT, "Requests that show every must-support element"),
        _must_support(prepared, "inquire", INQUIRE, "Inquiries that show every must-support element"),
    )
    title = f"fhir-um, PAS {version}"
    return Preset(title, f"pas-server-v{version.replace('.', '')}-fhir-um", _SUITES[version], version, inputs)


def _must_support(prepared: Prepared, name: str, operation: str, title: str) -> Input:
    return Input(f"must_support_pa_{name}_request_payload", title, prepared.payload(operation), is_optional=True)


def _subscription(version: str, access_token: str) -> str:
    """As the suite takes it: it puts its own endpoint and token in before it sends it."""
    return json.dumps(
        {
            "resourceType": "Subscription",
            "meta": {"profile": [_PROFILE[version]]},
            "status": "requested",
            "reason": "Decisions about requests that were pended",
            "criteria": PAS_TOPIC,
            "_criteria": {"extension": [{"url": EXT_FILTER_CRITERIA, "valueString": f"org-identifier={_PROVIDER}"}]},
            "channel": {
                "type": "rest-hook",
                "endpoint": "http://localhost:4567/notifications",
                "payload": "application/fhir+json",
                "_payload": {"extension": [{"url": EXT_PAYLOAD_CONTENT, "valueCode": _CONTENT[version]}]},
                "header": [f"Authorization: Bearer {access_token}"],
            },
        },
        indent=1,
    )
