"""One verb per file: one public function, one transaction. House words only; never FHIR, never SQL, no network."""
