"""The suites there are, by name. Must not know how they are played."""

from fhir_um.conformance.crd.suite import SUITES_CRD
from fhir_um.conformance.pas.suite import SUITES_PAS
from fhir_um.conformance.stage import Suite

SUITES: dict[str, Suite] = {suite.name: suite for suite in (*SUITES_PAS, *SUITES_CRD)}
"""In the order in which they are run."""
