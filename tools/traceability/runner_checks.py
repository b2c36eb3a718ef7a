"""Which checks of the conformance runner look at which requirement, on any server. Must not run any."""

from functools import cache


@cache
def checks() -> dict[str, tuple[str, ...]]:
    """Requirement id with its guide (`pas:spec-33`) -> the ids of the checks that name it, each once."""
    from fhir_um.conformance.suites import SUITES

    found: dict[str, dict[str, None]] = {}
    for suite in SUITES.values():
        for check in suite.checks:
            for requirement in check.requirements:
                found.setdefault(requirement, {})[check.id] = None
    return {requirement: tuple(names) for requirement, names in found.items()}
