"""What will be late at today's pace, for each payer of the caller. Changes nothing, and asks of no single person."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fhir_um.cases.caller import Caller
from fhir_um.cases.forecast import DeskForecast, forecast
from fhir_um.cases.model import PayerId
from fhir_um.cases.zones import UNKNOWN
from fhir_um.deps import Deps

DAYS = 14
MOST_DAYS = 90


@dataclass(frozen=True, slots=True)
class PayerForecast:
    """The desks of one payer; `zone` is where its working hours are."""

    payer_id: PayerId
    zone: str
    desks: tuple[DeskForecast, ...]


def forecast_late(deps: Deps, caller: Caller, days: int = DAYS) -> tuple[datetime, tuple[PayerForecast, ...]]:
    """The moment it is told for, and the forecast, by the pace of so many days up to then."""
    at = deps.clock()
    with deps.open_reading() as reading:
        directory = reading.directory()
        found = []
        for payer_id in caller.payer_ids:
            payer = directory.payer(payer_id)
            zone = payer.time_zone if payer else UNKNOWN
            decided = reading.clocks.decided(payer_id, at - timedelta(days=days))
            desks = forecast(reading.clocks.waiting(payer_id), decided, days, at, zone)
            found.append(PayerForecast(payer_id, zone, desks))
    return at, tuple(found)
