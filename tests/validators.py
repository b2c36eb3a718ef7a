"""One validator per PAS version for all tests of a process: compiling definitions is the slow part."""

from functools import cache

from profiles.rules import GUIDES
from profiles.validating.validator import Validator, shipped_library


@cache
def validator_for(version: str) -> Validator:
    return Validator(shipped_library(), GUIDES[version])
