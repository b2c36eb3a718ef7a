"""The hook counter of this house: its desk, who may ring, which EHRs may be asked, by what clock.

Must not know what is asked or answered. Mounted by `app`.
"""

import logging
import time
from collections.abc import Mapping

from flask import Blueprint, request

from cds_hooks.dialects import DIALECTS
from cds_hooks.door import Door
from cds_hooks.ehr import EhrPolicy
from cds_hooks.http import counter
from cds_hooks.invoking import HookHouse
from fhir_um.api.hook_desk import HookDesk
from fhir_um.api.trail import current_trail
from fhir_um.deps import Deps
from fhir_um.logs import say
from fhir_um.settings import Mode, Settings
from profiles.reading import Limits

_THIS_MACHINE = ("localhost:*", "127.0.0.1:*")
_USAGE = (
    "Calls carry a JWT of a registered client, except in the sandbox. The FHIR server named in a call must be among "
    "the hosts this payer was told; the token needs read and search of Patient, Coverage, Condition, Observation, "
    "Procedure, MedicationRequest, DocumentReference, Practitioner, PractitionerRole, Organization and Location."
)


def hook_counter(deps: Deps, settings: Settings, door: Door) -> Blueprint:
    """`/cds-services` and `/2.0.1/cds-services`, behind that door."""
    house = HookHouse(
        desk=HookDesk(deps, settings),
        door=door,
        ehr_policy=ehr_policy(settings),
        public_url=settings.base_url,
        now=deps.clock,
        monotonic=time.monotonic,
        new_uuid=deps.new_id,
        limits=Limits(settings.max_body_bytes, settings.max_json_depth, settings.max_entries),
        default=DIALECTS[settings.hook_default_version.value],
        usage=_USAGE,
        say=_say,
    )
    blueprint = counter(house)
    blueprint.before_request(_on_the_trail)
    return blueprint


def ehr_policy(settings: Settings) -> EhrPolicy:
    """Which EHRs may be asked: those of the settings, and in the sandbox those on this machine."""
    is_sandbox = settings.mode is Mode.SANDBOX
    hosts = frozenset(settings.hook_ehr_hosts) | frozenset(_THIS_MACHINE if is_sandbox else ())
    return EhrPolicy(allowed_hosts=hosts, allow_private=is_sandbox)


def _on_the_trail() -> None:
    rule = request.url_rule
    current_trail().route = rule.rule if rule else "(none)"


_CALL = "hook"
"""The counter's own line about each call; all else it says is a fault."""


def _say(event: str, given: Mapping[str, object]) -> None:
    say(logging.INFO if event == _CALL else logging.ERROR, event, **given)
