"""Reads the body of a request into one of our own shapes. Must not know any shape; repeats nothing that was sent."""

from typing import TypeVar

from fhir_um.api.content import read_body
from fhir_um.api.decision_in import unwritable
from fhir_um.api.exchange import Asked
from fhir_um.api.misfits import fitted
from fhir_um.api.trail import current_trail
from fhir_um.errors import Kind, Refusal
from profiles.reading import Limits, read_json

_LIMITS = Limits(max_bytes=1_000_000, max_depth=8, max_entries=0)

T = TypeVar("T")


def read_shape(asked: Asked, shape: type[T]) -> T:
    """What was sent, in that shape.

    Raises: Refusal as `read_body`; UNREADABLE when it is no JSON; INVALID when a field is missing, unknown or unusable.
    """
    body = read_body(asked.http, asked.house.settings)
    current_trail().bytes_in = len(body)
    value = read_json(body, _LIMITS)
    given = fitted(value, shape)
    faults = tuple(unwritable(value))
    if faults:
        raise Refusal(Kind.INVALID, faults)
    return given
