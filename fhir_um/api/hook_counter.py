"""The hook counter of this house: its desk, who may ring, which EHRs may be asked, by what clock.

Must not know what is asked or answered. Mounted by `app`.
"""

import logging
import time
from collections.abc import Mapping
from functools import partial

from flask import Blueprint, has_request_context, request

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
_MOST_BYTES = 10_000_000
"""Of one call. A submission may be larger; it need not be answered while somebody waits."""

_USAGE = (
    "Calls carry a JWT of a registered client, except in the sandbox. The FHIR server named in a call must be among "
    "the hosts this payer was told; beside what the hook prefetches the token needs "
    "read and search of Condition, Observation, Procedure, MedicationRequest and DocumentReference."
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
        limits=Limits(min(settings.max_body_bytes, _MOST_BYTES), settings.max_json_depth, settings.max_entries),
        default=DIALECTS[settings.hook_default_version.value],
        usage=_USAGE,
        say=_say,
    )
    blueprint = counter(house)
    blueprint.before_request(partial(_begin, settings.body_timeout_seconds))
    return blueprint


def ehr_policy(settings: Settings) -> EhrPolicy:
    """Which EHRs may be asked: those of the settings, and in the sandbox those on this machine."""
    is_sandbox = settings.mode is Mode.SANDBOX
    hosts = frozenset(settings.hook_ehr_hosts) | frozenset(_THIS_MACHINE if is_sandbox else ())
    return EhrPolicy(allowed_hosts=hosts, allow_private=is_sandbox)


def _begin(body_timeout_seconds: int) -> None:
    """Puts the call on the trail, and sets how long the web server waits for the next part of its body."""
    rule, trail = request.url_rule, current_trail()
    trail.route = rule.rule if rule else "(none)"
    trail.bytes_in = request.content_length or 0
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(body_timeout_seconds)


_CALL, _REFUSED = "hook", "refused"
"""The counter's own line about each call, and about each it refused; all else it says is a fault."""


def _say(event: str, given: Mapping[str, object]) -> None:
    """The line of the request, too, tells whose call it was and how it ended."""
    if has_request_context():
        trail = current_trail()
        trail.outcome = str(given.get("outcome", trail.outcome))
        if event == _CALL:
            trail.client_id = str(given.get("client_id", ""))
    say(logging.INFO if event in (_CALL, _REFUSED) else logging.ERROR, event, **given)
