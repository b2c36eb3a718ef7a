"""The tests of the public CRD server suite by their numbers, so that each check can say which look at the same.

Group 3 repeats its tests for each hook; the last two stand two places later where drafts are looked at as well.
"""

_DRAFTS = ("4", "6")
_OTHERS = ("1", "2", "3", "5")


def for_hooks(place: int) -> tuple[str, ...]:
    """A test of group 3 that stands at the same place for every hook: 1 to 11."""
    return tuple(f"crd:3.{group}.{place:02d}" for group in "123456")


def for_drafts(place: int) -> tuple[str, ...]:
    """A test of order-select and order-sign alone: 12 and 13."""
    return tuple(f"crd:3.{group}.{place:02d}" for group in _DRAFTS)


def last(place: int) -> tuple[str, ...]:
    """One of the last tests: 12 or 13 for most hooks, two places later for order-select and order-sign."""
    return tuple(f"crd:3.{group}.{place:02d}" for group in _OTHERS) + for_drafts(place + 2)


def demonstrated(place: int) -> tuple[str, ...]:
    """A test of group 2, which is also made for every hook; 4 is the test of responses, fifth in group 3."""
    return (f"crd:2.{place:02d}", *for_hooks(5 if place == 4 else place))


def every() -> tuple[str, ...]:
    """All tests, in their order."""
    groups = [("1", 3), ("2", 4), *((f"3.{group}", 15 if group in _DRAFTS else 13) for group in "123456"), ("3.7", 3)]
    return tuple(f"crd:{group}.{place:02d}" for group, last_place in groups for place in range(1, last_place + 1))
