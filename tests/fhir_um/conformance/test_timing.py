"""Response times by operation."""

from fhir_um.conformance.tester import Limits
from fhir_um.conformance.timing import Timing, timings
from tests.fhir_um.conformance.playing_for import exchange


def test_times_are_told_by_operation_beside_what_is_allowed() -> None:
    said = [exchange(f"s/{n}", "submit", milliseconds=float(n)) for n in range(1, 21)]
    said += [exchange("s/slow", "hook", "order-sign", milliseconds=6000.0)]
    said += [exchange("s/book", "hook", "appointment-book", milliseconds=6000.0)]

    assert timings(said, Limits()) == (
        Timing("Claim/$submit", 20, 10.0, 19.0, 20.0, 15, 0),
        Timing("hook appointment-book", 1, 6000.0, 6000.0, 6000.0, 10, 0),
        Timing("other hooks", 1, 6000.0, 6000.0, 6000.0, 5, 1),
    )


def test_what_came_in_or_did_not_come_back_does_not_count() -> None:
    said = [exchange("s/a", "submit", status=0), exchange("s/b", "submit", came_in=True), exchange("s/c")]

    assert timings(said, Limits()) == ()
