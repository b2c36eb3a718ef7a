"""`/um/v1/emergency-access`: break the glass, and look at who did. Must not know who may. Source: um-domain SEC8."""

import logging

from fhir_um.api.content import read_body
from fhir_um.api.cookies import session_of
from fhir_um.api.exchange import Answer, Asked, plain
from fhir_um.api.people_views import emergency_view, read_plea, read_review
from fhir_um.api.trail import current_trail, note
from fhir_um.logs import say
from fhir_um.usecases.emergency_access import ask_emergency, review_emergency, see_emergencies

_CREATED = 201


def ask(asked: Asked) -> Answer:
    """An hour of emergency access, at once. An operator sees it in the log the same moment."""
    settings = asked.house.settings
    plea = read_plea(read_body(asked.http, settings), asked.deps.new_id())
    note("emergency-access", detail=plea.id)
    granted = ask_emergency(asked.deps, asked.caller, session_of(asked.http, settings), plea)
    trail = current_trail()
    say(logging.WARNING, "emergency-access", request_id=trail.request_id, client_id=trail.client_id)
    return plain(emergency_view(granted, granted.granted_at), _CREATED)


def list_all(asked: Asked) -> Answer:
    """Every emergency access at the caller's payers: what was not reviewed yet, then the rest."""
    at = asked.deps.clock()
    found = see_emergencies(asked.deps, asked.caller)
    return plain({"emergencyAccess": [emergency_view(each, at) for each in found]})


def review(asked: Asked, access_id: str) -> Answer:
    """Closes one emergency access with what was found."""
    finding = read_review(read_body(asked.http, asked.house.settings))
    note("emergency-review", detail=access_id)
    reviewed = review_emergency(asked.deps, asked.caller, access_id, finding)
    return plain(emergency_view(reviewed, asked.deps.clock()))
