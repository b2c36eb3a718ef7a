"""The dialects spoken here, by version of the guide. Must not know what a dialect changes."""

from collections.abc import Mapping
from types import MappingProxyType

from fhir_um.translate.dialect import Dialect
from fhir_um.translate.pas_2_0_1 import PAS_2_0_1
from fhir_um.translate.pas_2_2_1 import PAS_2_2_1

DIALECTS: Mapping[str, Dialect] = MappingProxyType({d.version: d for d in (PAS_2_2_1, PAS_2_0_1)})
"""Every version that has a base path of its own (PAS 2.2.1 conf-1)."""
