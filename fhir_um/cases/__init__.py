"""One request for services and what became of it: pure domain, no FHIR, no SQL, no clock of its own."""
