"""The cellar: every table and every SQL statement of the house.

Reached only through `fhir_um.deps`. Takes and gives frozen dataclasses; knows nothing of FHIR, HTTP or policies.
"""
