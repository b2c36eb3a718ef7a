"""Numbers of the public suites' tests that look at the same things, in groups that several checks name."""

V201, V221 = "pas-v201:", "pas-v221:"


def _numbers(suites: tuple[str, ...], *numbers: str) -> tuple[str, ...]:
    return tuple(f"{suite}{number}" for suite in suites for number in numbers)


def both(*numbers: str) -> tuple[str, ...]:
    """A test that has the same number in both suites."""
    return _numbers((V201, V221), *numbers)


def newer(*numbers: str) -> tuple[str, ...]:
    """A test of the suite for 2.2.1 alone, or with that number there."""
    return _numbers((V221,), *numbers)


def older(*numbers: str) -> tuple[str, ...]:
    """A test of the suite for 2.0.1 alone, or with that number there."""
    return _numbers((V201,), *numbers)


_STEPS = ("2.4.1", "2.4.2", "2.4.3", "2.4.4")
REQUEST_VALID = (
    *both("2.1.1.01", "2.2.1.01", "2.3.1.01", "3.1.1.01", "3.2.1.01"),
    *older("2.3.2.04"),
    *newer(*(f"{step}.01" for step in _STEPS)),
)
SUBMIT_TAKEN = (
    *both("2.1.1.02", "2.2.1.02", "2.3.1.02", "3.1.1.02"),
    *newer(*(f"{step}.02" for step in _STEPS)),
)
SUBMIT_VALID = (
    *both("2.1.1.03", "2.2.1.03", "2.3.1.03", "3.1.1.03"),
    *newer(*(f"{step}.03" for step in _STEPS)),
)
INQUIRE_TAKEN = (*both("3.2.1.02"), *older("2.3.2.05"))
INQUIRE_VALID = (*both("3.2.1.03"), *older("2.3.2.06"))
SUBSCRIPTION_VALID = (*both("1.01"), *older("1.02"))
SUBSCRIPTION_SENT = (*older("1.03"), *newer("1.02"))
SUBSCRIPTION_MADE = (*older("1.04"), *newer("1.03"))
HANDSHAKE = (*older("1.05"), *newer("1.04"))
NOTIFIED = both("2.3.2.01")
EVENT = both("2.3.2.02")
CONTENT = both("2.3.2.03")
WHOLE_ANSWER = newer("2.3.2.04")
