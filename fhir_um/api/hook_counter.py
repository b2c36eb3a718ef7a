"""The hook counter of this house: its desk, who may ring, which EHRs may be asked, by what clock.

Must not know what is asked or answered. Mounted by `app`.
"""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from typing import ParamSpec, TypeVar

from flask import Blueprint, has_request_context, request

from cds_hooks.dialects import DIALECTS
from cds_hooks.door import Door, HookClient
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

_HELPERS = 8
"""Threads in which a process asks its desk."""

P = ParamSpec("P")
T = TypeVar("T")

_USAGE = (
    "Calls carry a JWT of a registered client, except in the sandbox. The FHIR server named in a call must be among "
    "the hosts this payer was told; beside what the hook prefetches the token needs "
    "read and search of Condition, Observation, Procedure, MedicationRequest and DocumentReference."
)


def hook_counter(deps: Deps, settings: Settings, door: Door) -> Blueprint:
    """`/cds-services` and `/2.0.1/cds-services`, behind that door."""
    house = HookHouse(
        desk=HookDesk(deps, settings),
        door=_NotingDoor(door),
        ehr_policy=ehr_policy(settings),
        public_url=settings.base_url,
        now=deps.clock,
        monotonic=time.monotonic,
        new_uuid=deps.new_id,
        limits=Limits(min(settings.max_body_bytes, _MOST_BYTES), settings.max_json_depth, settings.max_entries),
        default=DIALECTS[settings.hook_default_version.value],
        usage=_USAGE,
        say=_say,
        waited_seconds=_waited_seconds,
        helpers=_OfTheCall(_HELPERS, "desk"),
    )
    blueprint = counter(house)
    blueprint.before_request(partial(_begin, settings.body_timeout_seconds))
    return blueprint


@dataclass(frozen=True, slots=True)
class _NotingDoor:
    """The same door; who was admitted goes on the trail before anything is written."""

    door: Door

    def admit(self, header: str | None, url: str, is_loopback: bool) -> HookClient:
        """See `Door.admit`."""
        client = self.door.admit(header, url, is_loopback)
        current_trail().client_id = client.id
        return client


class _OfTheCall(ThreadPoolExecutor):
    """Helpers that know whose call they work for: what they write is noted with it in the audit log."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """See `Executor.submit`."""
        return super().submit(partial(copy_context().run, fn, *args, **kwargs))


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
    trail.is_noted = request.method != "OPTIONS"
    connection = request.environ.get("gunicorn.socket")
    if connection is not None:
        connection.settimeout(body_timeout_seconds)


def _waited_seconds() -> float:
    """Before a process was free for the call, where the web server knows."""
    return float(getattr(request.environ.get("gunicorn.socket"), "waited_seconds", 0.0))


_CALL, _REFUSED = "hook", "refused"
"""The counter's own line about each call, and about each it refused; all else it says is a fault."""


def _say(event: str, given: Mapping[str, object]) -> None:
    """The line of the request, too, tells whose call it was and how it ended; both name the request."""
    if has_request_context():
        trail = current_trail()
        given = {"request_id": trail.request_id, **given}
        trail.outcome = str(given.get("outcome", trail.outcome))
        if event == _CALL:
            trail.client_id = str(given.get("client_id", ""))
        else:
            claimed = (given.get("reason"), given.get("client_id"))
            trail.detail = " ".join(str(word) for word in claimed if word)
    say(logging.INFO if event in (_CALL, _REFUSED) else logging.ERROR, event, **given)
