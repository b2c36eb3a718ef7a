"""FHIR on one side, house words on the other: pure translation. Never SQL, HTTP, policies or the time."""
