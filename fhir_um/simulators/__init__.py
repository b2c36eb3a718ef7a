"""Stand-ins for the other side: an EHR for payers to try, a payer for EHRs to try. Nothing of the house is in them."""
